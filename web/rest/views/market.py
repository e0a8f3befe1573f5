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
        description="Shows what is displayed of an iceberg, and no order that waits for a trigger. "
        "`checksum` is that of the WebSocket's book.",
        tags=["market"],
        reply=shapes.OrderBook,
        private=False,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[
            schema.query(
                "depth",
                f"Levels of each side: 1 to {MAX_DEPTH}, {DEFAULT_DEPTH} by default.",
                schema.whole(1, MAX_DEPTH, default=DEFAULT_DEPTH),
            )
        ],
    )
    def get(self, request: Request, symbol: str) -> Response:
        return Response(OrderBookRead.of(symbol, self.query(request)).ask())


class AuctionView(PublicView):
    @schema.operation(
        operation_id="get_auction",
        summary="Where an auction of a symbol would trade as its book stands",
        description="While the book is not crossed nothing would trade: `price` is null.",
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
        description="What a client needs to form orders that pass, and the state of trading.",
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
        description="To compare with yours: the timestamp of a signed request may be 1,000 ms ahead "
        "of it at most.",
        tags=["market"],
        reply=shapes.Time,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response({"server_time": now_ms()})
