"""Public market data over HTTP. No log-in, no user, no order id."""

from __future__ import annotations

from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from exchange.telemetry.breakers import ENGINE, MARKETDATA
from exchange.wire import shapes
from marketdata import public_shapes
from marketdata.intervals import INTERVALS
from web.rest import params
from web.rest.base import PublicView
from web.rest.public_reads import (
    MAX_ID,
    MAX_LIMIT,
    AllStatisticsRead,
    ExecutionsRead,
    KlinesRead,
    StatisticsRead,
)
from web.rest.schema import operation

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
    {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_ID},
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
    sources = (ENGINE, MARKETDATA)

    @operation(
        operation_id="executions",
        summary="Trades of a symbol, newest first",
        description="Also those of auctions, whose `side` is null.",
        tags=_TAGS,
        parameters=[_LIMIT, _BEFORE],
        reply=shapes.Executions,
        errors=("SYMBOL_NOT_FOUND",),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Trades of a symbol, newest first, one row a trade."""
        return Response(ExecutionsRead.of(symbol, self.query(request)).ask())


class StatisticsView(PublicView):
    sources = (ENGINE, MARKETDATA)

    @operation(
        operation_id="statistics",
        summary="The last 24 hours of a symbol in figures",
        description="In minute steps, the current minute included. Without a trade in the window "
        "prices are the last one ever.",
        tags=_TAGS,
        reply=public_shapes.Statistics,
        errors=("SYMBOL_NOT_FOUND",),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str) -> Response:
        """The last 24 hours of a symbol."""
        return Response(StatisticsRead.of(symbol, self.query(request)).ask())


class AllStatisticsView(PublicView):
    sources = (ENGINE, MARKETDATA)

    @operation(
        operation_id="statistics_all",
        summary="The last 24 hours of every symbol in figures",
        description="For each symbol what GET /api/v1/statistics/{symbol} gives.",
        tags=_TAGS,
        reply=public_shapes.AllStatistics,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        """The last 24 hours of every symbol."""
        return Response(AllStatisticsRead.of(self.query(request)).ask())


class KlinesView(PublicView):
    sources = (ENGINE, MARKETDATA)

    @operation(
        operation_id="klines",
        summary="Candles of a symbol, oldest first",
        description="Spans without trades are candles too: their prices are the close before, their "
        "volumes 0. `closed` is false for the one in progress.",
        tags=_TAGS,
        parameters=[_INTERVAL, _LIMIT, _START, _END],
        reply=public_shapes.Klines,
        errors=("SYMBOL_NOT_FOUND", "INTERVAL_NOT_FOUND"),
        private=False,
        engine=False,
    )
    def get(self, request: Request, symbol: str, interval: str) -> Response:
        """Candles of a symbol, oldest first, with none left out between."""
        return Response(KlinesRead.of(symbol, interval, self.query(request)).ask())
