"""Public market data over HTTP. No log-in, no user, no order id."""

from __future__ import annotations

from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from exchange.api import params
from exchange.api.base import PublicView
from exchange.api.schema import operation
from marketdata import reads
from marketdata.api import serializers
from marketdata.intervals import INTERVALS, MS

#: Trades or candles of one reply, at most: what the rings hold.
MAX_LIMIT: Final = 1_000
_MAX_ID: Final = 10**18 - 1
_TAGS: Final = ["market"]
_TIME: Final = {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9_000_000_000_000}


def _query(name: str, description: str, schema: dict[str, object]) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=description)


_LIMIT: Final = _query(
    "limit",
    f"At most {MAX_LIMIT}; more is refused.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": params.DEFAULT_LIMIT},
)
_BEFORE: Final = _query(
    "before",
    "Only trades with a smaller execution_id.",
    {"type": "integer", "format": "int64", "minimum": 0, "maximum": _MAX_ID},
)
_START: Final = _query(
    "start", "Candles that open at or after this time (milliseconds UTC): the first ones of the span.", _TIME
)
_END: Final = _query(
    "end", "Candles that open before this time (milliseconds UTC). Without start: the last before it.", _TIME
)
_INTERVAL: Final = OpenApiParameter(
    "interval", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(INTERVALS), description="Candle length."
)


class ExecutionsView(PublicView):
    @operation(
        operation_id="executions",
        summary="Trades of a symbol, newest first",
        tags=_TAGS,
        parameters=[_LIMIT, _BEFORE],
        reply=serializers.ExecutionsSerializer,
        errors=("SYMBOL_NOT_FOUND",),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Trades of a symbol, newest first, one row a trade."""
        query = self.query(request)
        params.refuse_unknown(query, ("limit", "before"))
        limit = params.read_limit(query, maximum=MAX_LIMIT)
        before_id = params.read_integer(query, "before", 0, _MAX_ID)
        return Response({"executions": reads.executions(symbol, before_id, limit)})


class StatisticsView(PublicView):
    @operation(
        operation_id="statistics",
        summary="The last 24 hours of a symbol in figures",
        tags=_TAGS,
        reply=serializers.StatisticsSerializer,
        errors=("SYMBOL_NOT_FOUND",),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str) -> Response:
        """The last 24 hours of a symbol."""
        params.refuse_unknown(self.query(request), ())
        return Response(reads.statistics(symbol))


class AllStatisticsView(PublicView):
    @operation(
        operation_id="statistics_all",
        summary="The last 24 hours of every symbol in figures",
        tags=_TAGS,
        reply=serializers.AllStatisticsSerializer,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        """The last 24 hours of every symbol."""
        params.refuse_unknown(self.query(request), ())
        return Response({"statistics": reads.all_statistics()})


class KlinesView(PublicView):
    @operation(
        operation_id="klines",
        summary="Candles of a symbol, oldest first",
        tags=_TAGS,
        parameters=[_INTERVAL, _LIMIT, _START, _END],
        reply=serializers.KlinesSerializer,
        errors=("SYMBOL_NOT_FOUND", "INTERVAL_NOT_FOUND"),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str, interval: str) -> Response:
        """Candles of a symbol, oldest first, with none left out between."""
        query = self.query(request)
        params.refuse_unknown(query, ("limit", "start", "end"))
        start_ms, end_ms = params.read_span(query)
        limit = params.read_limit(query, maximum=MAX_LIMIT)
        span = reads.Span(limit, _time_ns(start_ms), _time_ns(end_ms))
        candles = reads.klines(symbol, interval, span)
        return Response({"symbol": symbol, "interval": interval, "candles": candles})


def _time_ns(time_ms: int | None) -> int | None:
    return None if time_ms is None else time_ms * MS
