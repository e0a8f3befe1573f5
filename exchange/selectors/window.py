"""Which part of a history is asked for, and the page that comes of it."""

from __future__ import annotations

from typing import NamedTuple

from exchange.wire.shape_parts import Encoded


class Window(NamedTuple):
    """Which part of a history: of one symbol or all, from ``start_ns`` up to but not including
    ``end_ns``, rows with a key below ``before``, at most ``limit`` of them.

    ``side`` is the engine's number, ``kind`` and ``liquidity`` are words of the wire; they are asked of
    orders and fills only."""

    symbol: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    before: int | None = None
    limit: int = 100
    side: int | None = None
    kind: str | None = None
    liquidity: str | None = None

    def holds(self, time_ns: int) -> bool:
        """Whether a time lies in the window."""
        after_start = self.start_ns is None or time_ns >= self.start_ns
        return after_start and (self.end_ns is None or time_ns < self.end_ns)

    @property
    def is_picked(self) -> bool:
        """Whether it is of a side, kind or liquidity only."""
        return any(one is not None for one in (self.side, self.kind, self.liquidity))

    @property
    def is_search(self) -> bool:
        """Whether rows may have to be passed over that no index leaves out."""
        return self.is_picked or self.start_ns is not None or self.end_ns is not None


class Page(NamedTuple):
    """Rows newest first as JSON, the key of the next page (None at the end), and the sequence they
    reflect."""

    rows: list[Encoded]
    next_before: int | None
    as_of_sequence: int
