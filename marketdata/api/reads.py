"""The public reads of this app, as their views and the fast lane share them (``exchange.api.reads``)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from exchange.api import params
from exchange.api.params import Query
from exchange.api.reads import ReadOf
from marketdata import reads
from marketdata.intervals import MS
from marketdata.wire import Json

#: Trades or candles of one reply, at most: what the rings hold.
MAX_LIMIT: Final = 1_000
MAX_ID: Final = 10**18 - 1


class _FromRings:
    """What memory has of it is in this process' rings."""

    __slots__ = ()

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


#: By the first part of the address after ``/api/v1/`` and the number of names that follow.
READS: Final[dict[tuple[str, int], ReadOf]] = {
    ("executions", 1): ExecutionsRead.of,
    ("statistics", 0): AllStatisticsRead.of,
    ("statistics", 1): StatisticsRead.of,
    ("klines", 2): KlinesRead.of,
}
