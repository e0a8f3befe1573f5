"""Public market data over HTTP. No log-in, no user, no order id."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.errors import InputError
from marketdata import reads
from marketdata.api import parameters, serializers
from marketdata.intervals import INTERVALS, MS

_TAGS = ["Market data"]
_ERRORS = {400: serializers.ErrorSerializer, 404: serializers.ErrorSerializer}


def _parameter(name: str, description: str, **limits: int) -> OpenApiParameter:
    kind = {"type": "integer", **limits}
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description)


_LIMIT = _parameter(
    "limit",
    "How many at most; more than the maximum is refused.",
    minimum=1,
    maximum=parameters.MAX_LIMIT,
    default=parameters.DEFAULT_LIMIT,
)
_INTERVAL = OpenApiParameter(
    "interval", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(INTERVALS), description="Candle length."
)


class PublicView(APIView):
    """Open to everyone: credentials are not even looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class ExecutionsView(PublicView):
    @extend_schema(
        operation_id="executions",
        tags=_TAGS,
        parameters=[
            _LIMIT,
            _parameter(
                "before", "Only trades with a smaller execution_id.", minimum=0, maximum=parameters.MAX_ID
            ),
        ],
        responses={200: serializers.ExecutionsSerializer, **_ERRORS},
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Trades of a symbol, newest first, one row a trade."""
        query = request.query_params
        parameters.refuse_unknown(query, "limit", "before")
        limit = parameters.read_limit(query)
        before_id = parameters.read_integer(query, "before", 0, parameters.MAX_ID)
        return Response({"executions": reads.executions(symbol, before_id, limit)})


class StatisticsView(PublicView):
    @extend_schema(
        operation_id="statistics",
        tags=_TAGS,
        responses={200: serializers.StatisticsSerializer, **_ERRORS},
    )
    def get(self, request: Request, symbol: str) -> Response:
        """The last 24 hours of a symbol."""
        parameters.refuse_unknown(request.query_params)
        return Response(reads.statistics(symbol))


class AllStatisticsView(PublicView):
    @extend_schema(
        operation_id="statistics_all",
        tags=_TAGS,
        responses={200: serializers.AllStatisticsSerializer, 400: serializers.ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        """The last 24 hours of every symbol."""
        parameters.refuse_unknown(request.query_params)
        return Response({"statistics": reads.all_statistics()})


class KlinesView(PublicView):
    @extend_schema(
        operation_id="klines",
        tags=_TAGS,
        parameters=[
            _INTERVAL,
            _LIMIT,
            _parameter(
                "start",
                "Candles that open at or after this time (milliseconds UTC): the first ones of the span.",
                minimum=0,
                maximum=parameters.MAX_TIME_MS,
            ),
            _parameter(
                "end",
                "Candles that open before this time (milliseconds UTC). Without start: the last ones before it.",
                minimum=0,
                maximum=parameters.MAX_TIME_MS,
            ),
        ],
        responses={200: serializers.KlinesSerializer, **_ERRORS},
    )
    def get(self, request: Request, symbol: str, interval: str) -> Response:
        """Candles of a symbol, oldest first, with none left out between."""
        query = request.query_params
        parameters.refuse_unknown(query, "limit", "start", "end")
        span = reads.Span(
            parameters.read_limit(query),
            _time_ns(parameters.read_integer(query, "start", 0, parameters.MAX_TIME_MS)),
            _time_ns(parameters.read_integer(query, "end", 0, parameters.MAX_TIME_MS)),
        )
        if span.start_ns is not None and span.end_ns is not None and span.start_ns >= span.end_ns:
            raise InputError("INVALID_FIELD", {"field": "end", "expected": "a time after start"})
        candles = reads.klines(symbol, interval, span)
        return Response({"symbol": symbol, "interval": interval, "candles": candles})


def _time_ns(time_ms: int | None) -> int | None:
    return None if time_ms is None else time_ms * MS
