"""Public market data the engine answers itself: books, symbols, time. Trades and candles are marketdata's."""

from __future__ import annotations

import time
from typing import Final

from rest_framework.request import Request
from rest_framework.response import Response

from exchange import selectors
from exchange.api import params, schema
from exchange.api import serializers as shapes
from exchange.api.base import PublicView
from exchange.symbols import symbols
from exchange.wire import symbol_dict

DEFAULT_DEPTH: Final = 20
MAX_DEPTH: Final = 1_000


class OrderBookView(PublicView):
    @schema.operation(
        operation_id="get_orderbook",
        summary="The order book of a symbol",
        tags=["market"],
        reply=shapes.OrderBookSerializer,
        private=False,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[
            schema.query("depth", f"Levels of each side: 1 to {MAX_DEPTH}, {DEFAULT_DEPTH} by default.", int)
        ],
    )
    def get(self, request: Request, symbol: str) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, {"depth"})
        depth = params.read_integer(query, "depth", 1, MAX_DEPTH) or DEFAULT_DEPTH
        return Response(selectors.order_book(symbols.get(symbol), depth, _now_ms()))


class AuctionView(PublicView):
    @schema.operation(
        operation_id="get_auction",
        summary="Where an auction of a symbol would trade as its book stands",
        tags=["market"],
        reply=shapes.AuctionSerializer,
        private=False,
        errors=("SYMBOL_NOT_FOUND",),
    )
    def get(self, request: Request, symbol: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.auction(symbols.get(symbol), _now_ms()))


class SymbolsView(PublicView):
    @schema.operation(
        operation_id="list_symbols",
        summary="Every symbol with its scales, ticks, lots, limits, fees and status",
        tags=["market"],
        reply=shapes.SymbolsSerializer,
        private=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response({"symbols": [symbol_dict(spec) for spec in symbols.all()]})


class TimeView(PublicView):
    @schema.operation(
        operation_id="get_time",
        summary="The server's clock",
        tags=["market"],
        reply=shapes.TimeSerializer,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response({"server_time": _now_ms()})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
