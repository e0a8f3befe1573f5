"""All tables of the projection made anew from the journal."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from exchange.journal.files import OS_FILES
from exchange.journal.reader import JournalReader
from exchange.journal.segments import list_all_segments
from exchange.link.follower import Follower, Position
from exchange.telemetry.progress import step
from marketdata.feed.board import Board
from marketdata.projection.projector import Projector
from marketdata.projection.reset import empty_tables
from marketdata.projection.store import ProjectionError, Store


def rebuild(journal: Path, snapshots: Path, engine_socket: Path | None = None) -> int:
    """Empty the tables and project the journal from its start; the sequence they have then.

    The caller sees to it that no other projector runs. Broken off, it is gone on with by marketdata's next
    start, as after any other stop. Raises ProjectionError where the journal does not begin at its start (the
    tables then stay as they are), JournalError, FollowerError.
    """
    first = next((name.first_sequence for name in list_all_segments(OS_FILES, journal)), 1)
    if first > 1:
        raise ProjectionError(
            f"{journal} begins at sequence {first}: bring its first segments back to its archive, or restore "
            "a backup of the database"
        )
    last = _last_sequence(journal)
    with transaction.atomic():
        empty_tables()

    def follow(position: Position | None) -> Follower:
        return Follower(journal, snapshots, socket_path=engine_socket, position=position)

    board = Board()
    projector = Projector(follow, Store(), board, snapshot_dir=snapshots)
    try:
        with step("projecting the journal", last, "commands") as advance:
            # Where no engine vouches for the end, the last batch may be left for later.
            while projector.position.sequence < last and (commands := projector.step(timeout_s=0.5)):
                advance(commands)
                # Nobody reads the board.
                board.take()
    finally:
        projector.finish()
    return projector.position.sequence


def _last_sequence(journal: Path) -> int:
    """Of the journal as it is now."""
    names = list_all_segments(OS_FILES, journal)
    with JournalReader(journal, names[-1].first_sequence - 1 if names else 0) as reader:
        while reader.next() is not None:
            pass
        return reader.next_sequence - 1
