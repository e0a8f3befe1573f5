"""Reads of the projection's tables: candles, public trades, symbols. All by keyset, all bounded."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, PositiveSmallIntegerField, QuerySet, Value, When

from exchange.engine.messages import NO_SIDE, Protection
from exchange.models import Fill, Symbol
from exchange.symbols import SymbolSpec
from marketdata.candles import Candle
from marketdata.intervals import SECOND
from marketdata.models import CandleRow, Projection
from marketdata.projection.store import NAME
from marketdata.trades import PublicTrade

_CANDLE_FIELDS = (
    *("open_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks"),
    *("volume_lots", "quote_volume_minor", "trade_count"),
)


def projected_now_ns() -> int:
    """The engine's time that the tables have reached; 0 before the first write."""
    return Projection.objects.filter(name=NAME).values_list("now_ns", flat=True).first() or 0


def projected_sequence() -> int:
    """The engine's sequence that the tables reflect; 0 before the first write."""
    return Projection.objects.filter(name=NAME).values_list("sequence", flat=True).first() or 0


def candles_from(symbol: str, interval_ns: int, start_ns: int, end_ns: int, limit: int) -> list[Candle]:
    """The first ``limit`` candles with trades that open in [start, end), ascending."""
    rows = _candle_rows(symbol, interval_ns).filter(open_ns__gte=start_ns, open_ns__lt=end_ns)
    return _candles(rows.order_by("open_ns").values_list(*_CANDLE_FIELDS)[:limit])


def candles_before(symbol: str, interval_ns: int, end_ns: int, limit: int) -> list[Candle]:
    """The last ``limit`` candles with trades that open before ``end_ns``, ascending."""
    rows = _candle_rows(symbol, interval_ns).filter(open_ns__lt=end_ns)
    return _candles(rows.order_by("-open_ns").values_list(*_CANDLE_FIELDS)[:limit])[::-1]


def trades_before(symbol: str, before_id: int | None, limit: int) -> list[PublicTrade]:
    """The last ``limit`` trades (with ids below ``before_id`` if given), newest first."""
    rows = Fill.objects.filter(symbol=symbol, is_taker=True)
    if before_id is not None:
        rows = rows.filter(trade_id__lt=before_id)
    auction = When(is_auction=True, then=Value(NO_SIDE))
    side = Case(auction, default="side", output_field=PositiveSmallIntegerField())
    fields = ("trade_id", "symbol", "price_ticks", "quantity_lots", side, "time_ns", "sequence")
    return [PublicTrade(*row) for row in rows.order_by("-trade_id").values_list(*fields)[:limit]]


def find_spec(name: str) -> SymbolSpec | None:
    """The symbol as the tables have it."""
    row = Symbol.objects.select_related("base", "quote").filter(code=name).first()
    return None if row is None else _spec(row)


def all_specs() -> list[SymbolSpec]:
    """Every symbol, by name."""
    return [_spec(row) for row in Symbol.objects.select_related("base", "quote").order_by("code")]


def _candle_rows(symbol: str, interval_ns: int) -> QuerySet[CandleRow]:
    return CandleRow.objects.filter(symbol=symbol, interval=interval_ns // SECOND)


def _candles(rows: Iterable[tuple[int, ...]]) -> list[Candle]:
    return [Candle(*row) for row in rows]


def _spec(row: Symbol) -> SymbolSpec:
    same = {name: getattr(row, name) for name in SymbolSpec._fields if hasattr(row, name)}
    same |= {
        "name": row.code,
        "base": row.base.code,
        "quote": row.quote.code,
        "base_scale": row.base.scale,
        "quote_scale": row.quote.scale,
        "tick_bands": tuple((start, step) for start, step in row.tick_bands),
        "multiplier": 10 ** (row.quote.scale - row.price_scale - row.quantity_scale),
        "protection": Protection(*(getattr(row, name) for name in Protection._fields)),
    }
    return SymbolSpec(**same)
