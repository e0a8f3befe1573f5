"""``Client``: everything a trading program needs, over one WebSocket and plain HTTP calls."""

from __future__ import annotations

from xtrader_client._deprecated import DeprecatedCalls
from xtrader_client._history_calls import HistoryCalls
from xtrader_client._order_calls import OrderCalls
from xtrader_client._own_calls import OwnCalls
from xtrader_client._quotes import QuoteCalls


class Client(OrderCalls, QuoteCalls, HistoryCalls, OwnCalls, DeprecatedCalls):
    """A connection to an xTrader exchange.

        async with Client("http://localhost:8000", "alice", "secret") as client:
            result = await client.place_order("BTC-KRW", "buy", price="130000000", quantity="0.01")
            book = await client.book("BTC-KRW")
            async for trade in await client.trades("BTC-KRW"):
                print(trade.price, book.best_bid)

    In place of name and password it takes an API key: ``Client(url, key=…, secret=…)``. Without either it
    sees public data only. It reconnects by itself with growing pauses, logs in
    again, subscribes again (resuming where it was), and asks again for the outcome of orders whose
    reply was lost: every order carries a ``client_order_id``, by which the exchange never places it
    twice. Use it from one event loop. Every exception it raises is an ``XTraderError``, but for TypeError and
    ValueError of arguments no exchange would take.
    """
