"""Public reads: what the DRF view and the fast lane of an address share.

A read is made from the names in the address and the query, both checked. The view asks it, which may block;
the lane, on the event loop, takes what this process holds in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from exchange import selectors
from exchange.listing.symbol_table import symbols
from exchange.telemetry.breakers import ENGINE, MARKETDATA
from exchange.wire.checksum import DEPTH
from exchange.wire.rendering import Json
from marketdata import reads
from marketdata.intervals import MS
from web.live import runtime
from web.live.hub import Hub
from web.rest import params
from web.rest.params import Query

#: What the addresses of public reads begin with.
PREFIX: Final = "/api/v1/"
DEFAULT_DEPTH: Final = 20
MAX_DEPTH: Final = 1_000
#: Trades or candles of one reply, at most: what the rings hold.
MAX_LIMIT: Final = 1_000
MAX_ID: Final = 10**18 - 1


class PublicRead(Protocol):
    """One read, checked."""

    #: Of whom the reply is made, for ``web.live.venue_notice``.
    sources: ClassVar[tuple[str, ...]]

    def ask(self) -> Json:
        """The reply, from wherever it is. Raises what the view answers with; not for the event loop."""

    def recall(self) -> Json | None:
        """The reply from memory, on the event loop; None when memory does not hold it."""

    def version(self) -> Hashable:
        """While this stays, ``recall`` gives the same reply. None when memory holds nothing."""


#: Makes a read of the names in its address, in their order, and the query. Raises the errors of reading it.
ReadOf = Callable[..., PublicRead]


@dataclass(frozen=True, slots=True)
class OrderBookRead:
    """The best ``depth`` levels. Memory is the hub's copy of the book, which follows the engine."""

    symbol: str
    depth: int
    sources: ClassVar[tuple[str, ...]] = (ENGINE,)

    @classmethod
    def of(cls, symbol: str, query: Query) -> OrderBookRead:
        params.refuse_unknown(query, {"depth"})
        return cls(symbol, params.read_integer(query, "depth", 1, MAX_DEPTH) or DEFAULT_DEPTH)

    def ask(self) -> Json:
        hub = stale_hub()
        if hub is None:
            return selectors.order_book(symbols.get(self.symbol), self.depth, now_ms())
        return self._from(hub)

    def recall(self) -> Json | None:
        hub = _live_hub() or stale_hub()
        return None if hub is None else self._from(hub)

    def _from(self, hub: Hub) -> Json:
        spec = hub.symbols.get(self.symbol)
        levels = hub.books[spec.name].top(max(self.depth, DEPTH))
        return selectors.book_reply(spec, self.depth, hub.sequence, levels, now_ms())

    def version(self) -> Hashable:
        """The reply has the time, so it is the same for a millisecond at most."""
        hub = _live_hub() or stale_hub()
        return None if hub is None else (hub.sequence, now_ms())


def _live_hub() -> Hub | None:
    """The hub, while it follows the engine."""
    running = runtime.current()
    return None if running is None or not symbols.is_live else running.hub


def stale_hub() -> Hub | None:
    """The hub as the engine left it, while the engine is away; its books and symbols do not change then, so
    that any thread may read them."""
    running = runtime.current()
    if running is None or not running.hub.knows_state or running.hub.client.away_s is None:
        return None
    return running.hub


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class _FromRings:
    """A read of what marketdata computes: memory is the rings of this process, which follow its feed."""

    __slots__ = ()
    sources: ClassVar[tuple[str, ...]] = (ENGINE, MARKETDATA)

    @staticmethod
    def version() -> Hashable:
        return reads.kept_version()


@dataclass(frozen=True, slots=True)
class ExecutionsRead(_FromRings):
    """The last trades of a symbol, of those with smaller ids than ``before_id`` if given."""

    symbol: str
    before_id: int | None
    limit: int

    @classmethod
    def of(cls, symbol: str, query: Query) -> ExecutionsRead:
        params.refuse_unknown(query, ("limit", "before"))
        limit = params.read_limit(query, maximum=MAX_LIMIT)
        return cls(symbol, params.read_integer(query, "before", 0, MAX_ID), limit)

    def ask(self) -> Json:
        return _trades(reads.executions(self.symbol, self.before_id, self.limit))

    def recall(self) -> Json | None:
        kept = reads.kept_executions(self.symbol, self.before_id, self.limit)
        return None if kept is None else _trades(kept)


@dataclass(frozen=True, slots=True)
class StatisticsRead(_FromRings):
    """The 24-hour figures of a symbol."""

    symbol: str

    @classmethod
    def of(cls, symbol: str, query: Query) -> StatisticsRead:
        params.refuse_unknown(query, ())
        return cls(symbol)

    def ask(self) -> Json:
        return reads.statistics(self.symbol)

    def recall(self) -> Json | None:
        return reads.kept_statistics(self.symbol)


@dataclass(frozen=True, slots=True)
class AllStatisticsRead(_FromRings):
    """The 24-hour figures of every symbol."""

    @classmethod
    def of(cls, query: Query) -> AllStatisticsRead:
        params.refuse_unknown(query, ())
        return cls()

    def ask(self) -> Json:
        return {"statistics": reads.all_statistics()}

    def recall(self) -> Json | None:
        kept = reads.kept_all_statistics()
        return None if kept is None else {"statistics": kept}


@dataclass(frozen=True, slots=True)
class KlinesRead(_FromRings):
    """Candles of a symbol."""

    symbol: str
    interval: str
    span: reads.Span

    @classmethod
    def of(cls, symbol: str, interval: str, query: Query) -> KlinesRead:
        params.refuse_unknown(query, ("limit", "start", "end"))
        start_ms, end_ms = params.read_span(query)
        limit = params.read_limit(query, maximum=MAX_LIMIT)
        return cls(symbol, interval, reads.Span(limit, _time_ns(start_ms), _time_ns(end_ms)))

    def ask(self) -> Json:
        return self._reply(reads.klines(self.symbol, self.interval, self.span))

    def recall(self) -> Json | None:
        kept = reads.kept_klines(self.symbol, self.interval, self.span)
        return None if kept is None else self._reply(kept)

    def _reply(self, candles: list[Json]) -> Json:
        return {"symbol": self.symbol, "interval": self.interval, "candles": candles}


def _trades(rows: list[Json]) -> Json:
    return {"executions": rows}


def _time_ns(time_ms: int | None) -> int | None:
    return None if time_ms is None else time_ms * MS


#: How the fast lane finds a read: by the first part of the address after ``PREFIX`` and the number of names
#: that follow.
READS: Final[dict[tuple[str, int], ReadOf]] = {
    ("orderbook", 1): OrderBookRead.of,
    ("executions", 1): ExecutionsRead.of,
    ("statistics", 0): AllStatisticsRead.of,
    ("statistics", 1): StatisticsRead.of,
    ("klines", 2): KlinesRead.of,
}
