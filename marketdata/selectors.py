"""Reads of the projection's tables: candles, public trades, symbols. All by keyset, all bounded."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, OuterRef, PositiveSmallIntegerField, QuerySet, Subquery, Value, When

from exchange.engine.messages import NO_SIDE
from exchange.listing.symbol_table import SymbolSpec, spec_of_terms
from exchange.listing.terms import TERMS, SymbolTerms
from exchange.models import Fill, Projection, Symbol
from marketdata.candles import Candle
from marketdata.intervals import SECOND
from marketdata.models import CandleRow
from marketdata.trades import PublicTrade

_CANDLE_FIELDS = (
    *("open_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks"),
    *("volume_lots", "quote_volume_minor", "trade_count"),
)
#: Terms that the row of a symbol has under other names.
_NAMES = frozenset({"symbol", "base", "quote"})


def projected_now_ns() -> int:
    """The engine's time that the tables have reached; 0 before the first write."""
    return (
        Projection.objects.filter(name=Projection.MARKET_DATA).values_list("now_ns", flat=True).first() or 0
    )


def candles_from(symbol: str, interval_ns: int, start_ns: int, end_ns: int, limit: int) -> list[Candle]:
    """The first ``limit`` candles with trades that open in [start, end), ascending."""
    rows = _candle_rows(symbol, interval_ns).filter(open_ns__gte=start_ns, open_ns__lt=end_ns)
    return _candles(rows.order_by("open_ns").values_list(*_CANDLE_FIELDS)[:limit])


def candles_before(symbol: str, interval_ns: int, end_ns: int, limit: int) -> list[Candle]:
    """The last ``limit`` candles with trades that open before ``end_ns``, ascending."""
    rows = _candle_rows(symbol, interval_ns).filter(open_ns__lt=end_ns)
    return _candles(rows.order_by("-open_ns").values_list(*_CANDLE_FIELDS)[:limit])[::-1]


def first_trades() -> dict[str, int]:
    """The id of each symbol's first trade; symbols that never traded are left out."""
    trades = Fill.objects.filter(symbol=OuterRef("code"), is_taker=True).order_by("trade_id")
    first = Symbol.objects.annotate(first_trade=Subquery(trades.values("trade_id")[:1]))
    return dict(first.filter(first_trade__isnull=False).values_list("code", "first_trade"))


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
    stored = {term.name: getattr(row, term.name) for term in TERMS if term.name not in _NAMES}
    stored["tick_bands"] = tuple((start, step) for start, step in row.tick_bands)
    return spec_of_terms(
        SymbolTerms(symbol=row.code, base=row.base.code, quote=row.quote.code, **stored),
        {asset.code: asset.scale for asset in (row.base, row.quote)},
        status=row.status,
        status_reason=row.status_reason,
        call_ends_ns=row.call_ends_ns,
    )
