"""What marketdata's side door tells of it: whether it goes on, and whether the tables have caught up."""

from __future__ import annotations

from typing import Final

from exchange.telemetry.process_health import Readiness
from marketdata.feed.board import Board
from marketdata.projection.projector import Projector

#: Caught up: the tables are at most so many commands behind the journal.
MOST_LAG: Final = 200


class ProjectorHealth:
    """Asked from the side door's thread; ``projector`` is put here once it has found its place."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.projector: Projector | None = None

    def readiness(self) -> Readiness:
        """Ready while its steps end and the tables are close behind the journal."""
        if self.projector is None:
            return Readiness(("the journal is being read",))
        status = self._board.status()
        lag = int(status.get("lag", 0))
        found = self.projector.rounds.readiness("the projection", sequence=status.get("sequence"), lag=lag)
        behind = () if lag <= MOST_LAG else ("the tables are behind",)
        return Readiness((*found.reasons, *behind), found.facts)
