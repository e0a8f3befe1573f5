"""Public market data the engine answers itself: books, symbols, time. Trades and candles are marketdata's."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from exchange import selectors
from exchange.listing.symbol_table import symbols
from exchange.telemetry.breakers import ENGINE
from exchange.wire import shapes
from exchange.wire.rendering import render_symbol
from web.rest import params, schema
from web.rest.base import PublicView
from web.rest.public_reads import DEFAULT_DEPTH, MAX_DEPTH, OrderBookRead, now_ms, stale_hub


class OrderBookView(PublicView):
    sources = (ENGINE,)

    @schema.operation(
        operation_id="get_orderbook",
        summary="The order book of a symbol",
        tags=["market"],
        reply=shapes.OrderBook,
        private=False,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[
            schema.query("depth", f"Levels of each side: 1 to {MAX_DEPTH}, {DEFAULT_DEPTH} by default.", int)
        ],
    )
    def get(self, request: Request, symbol: str) -> Response:
        return Response(OrderBookRead.of(symbol, self.query(request)).ask())


class AuctionView(PublicView):
    @schema.operation(
        operation_id="get_auction",
        summary="Where an auction of a symbol would trade as its book stands",
        tags=["market"],
        reply=shapes.Auction,
        private=False,
        errors=("SYMBOL_NOT_FOUND",),
    )
    def get(self, request: Request, symbol: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.auction(symbols.get(symbol), now_ms()))


class SymbolsView(PublicView):
    sources = (ENGINE,)

    @schema.operation(
        operation_id="list_symbols",
        summary="Every symbol with its scales, ticks, lots, limits, fees and status",
        tags=["market"],
        reply=shapes.Symbols,
        private=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        hub = stale_hub()
        table = symbols if hub is None else hub.symbols
        return Response({"symbols": [render_symbol(spec) for spec in table.all()]})


class TimeView(PublicView):
    @schema.operation(
        operation_id="get_time",
        summary="The server's clock",
        tags=["market"],
        reply=shapes.Time,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response({"server_time": now_ms()})
