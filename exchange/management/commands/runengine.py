"""``manage.py runengine``: the engine worker, the only writer of market state."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.journal.errors import JournalError
from exchange.journal.file_journal import DEFAULT_SEGMENT_BYTES
from exchange.worker.sequencer import open_sequencer
from exchange.worker.server import EngineServer, Limits

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the engine: sequence, match, journal, reply. One per journal; SIGTERM stops it cleanly."
    # The engine needs neither the database nor the URLs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        limits = Limits()
        parser.add_argument("--journal", type=Path, help="folder of the journal (default: JOURNAL_URL)")
        parser.add_argument("--snapshots", type=Path, help="folder of snapshots (default: SNAPSHOT_DIR)")
        parser.add_argument("--socket", type=Path, help="Unix socket to serve (default: ENGINE_SOCKET)")
        parser.add_argument("--segment-bytes", type=int, default=DEFAULT_SEGMENT_BYTES)
        parser.add_argument("--max-batch", type=int, default=limits.max_batch_commands)
        parser.add_argument("--max-waiting", type=int, default=limits.max_waiting_commands)
        parser.add_argument("--max-output-bytes", type=int, default=limits.max_output_bytes)

    def handle(self, *args: Any, **options: Any) -> None:
        configured = settings.XTRADER
        journal = options["journal"] or journal_folder(configured["JOURNAL_URL"])
        snapshots = options["snapshots"] or Path(configured["SNAPSHOT_DIR"])
        socket_path = options["socket"] or Path(configured["ENGINE_SOCKET"])
        limits = Limits(
            max_batch_commands=options["max_batch"],
            max_waiting_commands=options["max_waiting"],
            max_output_bytes=options["max_output_bytes"],
        )
        try:
            serve(journal, snapshots, socket_path, limits, options["segment_bytes"])
        except (JournalError, OSError) as error:
            log.critical("the engine stops: %s", error)
            sys.exit(1)


def journal_folder(url: str) -> Path:
    """The folder a ``file://`` journal URL names. CommandError for any other URL."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        raise CommandError(f"JOURNAL_URL {url!r}: this engine writes file:///… journals")
    return Path(parts.path)


def serve(journal: Path, snapshots: Path, socket_path: Path, limits: Limits, segment_bytes: int) -> None:
    """Recover, serve until SIGTERM or SIGINT, seal. Raises JournalError."""
    # A full collection of a large book stalls for hundreds of milliseconds, and the core makes no
    # cycles that need one.
    gc.disable()
    sequencer = open_sequencer(journal, snapshots, segment_bytes=segment_bytes)
    gc.collect()
    gc.freeze()
    with sequencer:
        log.info("epoch %d, state at sequence %d", sequencer.journal.epoch, sequencer.position.sequence)
        server = EngineServer(sequencer, socket_path, limits)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        server.run()
