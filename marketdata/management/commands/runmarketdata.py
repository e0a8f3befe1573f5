"""``manage.py runmarketdata``: the projector with its feed, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.journal.archive import Archiver
from exchange.journal.errors import JournalError
from exchange.journal.files import OS_FILES
from exchange.link.errors import FollowerError
from exchange.link.follower import Follower, Position
from exchange.management.commands.runengine import journal_folder
from exchange.own_side_door import own_side_door
from exchange.telemetry.logs import get_logger
from exchange.telemetry.process_health import health_pages
from marketdata.feed.board import Board
from marketdata.feed.feed_server import FeedServer
from marketdata.projection import garbage
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.projector_health import ProjectorHealth
from marketdata.projection.store import ProjectionError, Store

logger = get_logger(__name__)


class Command(BaseCommand):
    help = "Follow the journal: write orders, fills and candles to the database, serve live market data."

    # The projector serves no URLs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        defaults = Options()
        parser.add_argument("--snapshot-commands", type=int, default=defaults.snapshot_commands)
        parser.add_argument("--snapshot-minutes", type=int, default=defaults.snapshot_minutes)
        parser.add_argument("--check-seconds", type=int, default=defaults.check_seconds)

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        paced = Options(
            snapshot_commands=options["snapshot_commands"],
            snapshot_minutes=options["snapshot_minutes"],
            check_seconds=options["check_seconds"],
        )
        board = Board()
        health = ProjectorHealth(board)
        pages = health_pages(health.readiness)
        try:
            with only_one(Path(settings.XTRADER["MARKETDATA_SOCKET"])), own_side_door("marketdata", pages):
                has_failed = run(stopping, paced, board, health)
        except (FollowerError, JournalError, ProjectionError) as error:
            # Going on would write what the journal does not say: an operator has to look.
            logger.critical("marketdata_stops", error=error)
            raise CommandError(str(error), returncode=3) from error
        if has_failed:
            sys.exit(1)


class AlreadyRunning(ProjectionError):
    """Another runmarketdata serves this exchange."""


@contextmanager
def only_one(socket_path: Path) -> Iterator[None]:
    """Hold the lock of a socket's server. Two would take it from one another, and write the same rows in
    turns.

    Raises AlreadyRunning.
    """
    path = socket_path.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = OS_FILES.lock(path)
    except BlockingIOError:
        raise AlreadyRunning(f"another runmarketdata holds {path}") from None
    try:
        yield
    finally:
        OS_FILES.close(lock)


def run(stopping: threading.Event, options: Options, board: Board, health: ProjectorHealth) -> bool:
    """Project and serve until ``stopping`` is set. True if it ended because the feed's server failed."""
    failed = threading.Event()
    xtrader = settings.XTRADER
    store = Store(stop=stopping.is_set)
    journal = journal_folder(xtrader["JOURNAL_URL"])
    kept = xtrader["JOURNAL_KEEP_SEGMENTS"]

    def follow(position: Position | None) -> Follower:
        return Follower(
            journal,
            xtrader["SNAPSHOT_DIR"],
            socket_path=xtrader["ENGINE_SOCKET"],
            position=position,
        )

    def feed_failed() -> None:
        failed.set()
        stopping.set()

    projector = Projector(
        follow,
        store,
        board,
        snapshot_dir=xtrader["SNAPSHOT_DIR"],
        stop=stopping.is_set,
        options=options,
        engine_socket=xtrader["ENGINE_SOCKET"],
        archiver=Archiver(journal, keep=kept) if kept else None,
    )
    health.projector = projector
    garbage.take_over()
    server = FeedServer(Path(xtrader["MARKETDATA_SOCKET"]), board, on_failure=feed_failed)
    server.start()
    try:
        projector.run()
    finally:
        server.stop()
    return failed.is_set()
