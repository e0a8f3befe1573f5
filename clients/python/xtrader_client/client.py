"""``Client``: everything a trading program needs, over one WebSocket and plain HTTP calls."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

from xtrader_client._rest import RestClient
from xtrader_client._socket import Socket
from xtrader_client._topics import HistoryParser, Message, Parser, Reader, Subscription, TopicKey
from xtrader_client.account import AccountState
from xtrader_client.book import OrderBook
from xtrader_client.errors import ApiError, XTraderError, error_of
from xtrader_client.models import (
    Balance,
    BracketResult,
    CancelReplaceResult,
    Candle,
    Fill,
    Indication,
    NewOrder,
    Number,
    OcoResult,
    Order,
    OrderResult,
    Trade,
    wire_number,
)

T = TypeVar("T")
Json = dict[str, Any]

#: The exchange takes at most this many orders in one request.
MAX_BATCH = 100
#: Items a subscription holds for a reader that is busy.
DEFAULT_MAX_WAITING = 10_000


class Client:
    """A connection to an xTrader exchange.

        async with Client("http://localhost:8000", "alice", "secret") as client:
            result = await client.place_order("BTC-KRW", "buy", price="95000000", quantity="0.01")
            book = await client.book("BTC-KRW")
            async for trade in await client.trades("BTC-KRW"):
                print(trade.price, book.best_bid)

    Without a user name it sees public data only. It reconnects by itself with growing pauses, logs in
    again, subscribes again (resuming where it was), and asks again for the outcome of orders whose
    reply was lost: every order carries a ``client_order_id``, by which the exchange never places it
    twice. Use it from one event loop. All calls may raise the exceptions of ``xtrader_client.errors``.
    """

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        *,
        language: str = "en",
        timeout_s: float = 10.0,
        cancel_on_disconnect: bool = False,
    ) -> None:
        """``cancel_on_disconnect``: orders that do not say otherwise are canceled when the connection they came by
        ends, also when it is only to be made anew."""
        base = url.rstrip("/")
        self._rest = RestClient(base, username, password, language=language, timeout_s=timeout_s)
        token = self._rest.token if username is not None else None
        self._socket = Socket(
            _websocket_url(base),
            token,
            self._rest.forget_token,
            language=language,
            timeout_s=timeout_s,
            cancel_on_disconnect=cancel_on_disconnect,
        )
        self._books: dict[str, OrderBook] = {}
        self._account: AccountState | None = None
        self._account_lock = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Connect and log in. Raises NotAuthenticated, ConnectionLost."""
        self._socket.start()
        await self._socket.wait_ready(self._socket.timeout_s)

    async def close(self) -> None:
        """Close every connection; subscriptions end with ConnectionLost."""
        await self._socket.close()
        await self._rest.close()

    @property
    def connections(self) -> int:
        """WebSocket connections made so far; above one it has reconnected."""
        return self._socket.connections

    # --- orders, over the WebSocket ----------------------------------------------------------------

    async def place_order(
        self,
        symbol: str,
        side: str,
        *,
        price: Number | None = None,
        quantity: Number | None = None,
        quote_amount: Number | None = None,
        order_type: str | None = None,
        time_in_force: str | None = None,
        post_only: bool = False,
        stp: str | None = None,
        client_order_id: str | None = None,
        expire_at: int | None = None,
        post_only_mode: str | None = None,
        display_quantity: Number | None = None,
        trigger_price: Number | None = None,
        trigger_source: str | None = None,
        trigger_if_met: str | None = None,
        trail_offset: Number | None = None,
        trail_percent: Number | None = None,
        cancel_on_disconnect: bool | None = None,
    ) -> OrderResult:
        """Place one order and return its outcome, after the journal and the match.

        ``side`` is ``buy`` or ``sell``. ``order_type`` is limit, market, stop, stop_limit, take_profit,
        take_profit_limit or trailing_stop; not given, it is limit with a ``price`` and market without one, or with a
        ``trigger_price`` stop_limit and stop, or with a ``trail_*`` trailing_stop. The ``price`` of an order at
        market is its own limit; ``quote_amount`` stands instead of its ``quantity``. ``time_in_force`` is gtc, ioc,
        fok, gtd (until ``expire_at``, ms UTC) or day. ``stp`` is what happens when it meets an own order:
        cancel_newest (default), cancel_oldest, cancel_both, decrement. ``docs/orders.md`` has all rules. Refusals
        raise ApiError; an IOC or FOK that finds nothing is no error but has status ``canceled``.
        """
        order = NewOrder(
            symbol=symbol,
            side=side,
            price=price,
            quantity=quantity,
            quote_amount=quote_amount,
            order_type=order_type,
            time_in_force=time_in_force,
            post_only=post_only,
            stp=stp,
            client_order_id=client_order_id or uuid.uuid4().hex,
            expire_at=expire_at,
            post_only_mode=post_only_mode,
            display_quantity=display_quantity,
            trigger_price=trigger_price,
            trigger_source=trigger_source,
            trigger_if_met=trigger_if_met,
            trail_offset=trail_offset,
            trail_percent=trail_percent,
            cancel_on_disconnect=cancel_on_disconnect,
        )
        reply = await self._socket.request("order.place", order.to_wire(), repeatable=True)
        return OrderResult.from_wire(reply)

    async def place_orders(self, orders: Sequence[NewOrder]) -> list[OrderResult | ApiError]:
        """Place up to 100 orders in one message. Each has its own outcome: a result or, returned and
        not raised, the error that refused it."""
        if len(orders) > MAX_BATCH:
            raise ValueError(f"at most {MAX_BATCH} orders at a time")
        rows = [_named(order) for order in orders]
        reply = await self._socket.request("order.batch", {"orders": rows}, repeatable=True)
        return [_result_or_error(row) for row in reply["results"]]

    async def cancel_order(self, order_id: str | None = None, *, client_order_id: str | None = None) -> Order:
        """Cancel one open order, by either id. Raises NotFound, or Conflict when it is not open."""
        named = {"order_id": order_id, "client_order_id": client_order_id}
        fields = {name: value for name, value in named.items() if value is not None}
        return Order.from_wire((await self._socket.request("order.cancel", fields))["order"])

    async def reduce_order(self, order_id: str, quantity: Number) -> Order:
        """Lower the total quantity (filled part included); the order keeps its place in the queue."""
        fields = {"order_id": order_id, "quantity": wire_number(quantity)}
        return Order.from_wire((await self._socket.request("order.reduce", fields))["order"])

    async def replace_order(
        self,
        order_id: str,
        *,
        price: Number | None = None,
        quantity: Number,
        trigger_price: Number | None = None,
    ) -> OrderResult:
        """New price and total quantity (filled part included), and of one that waits a new trigger price. Only a
        lower quantity at the same price keeps the place in the queue; any other may trade at once. If the new terms
        are refused the old order stands."""
        numbers = {"price": price, "quantity": quantity, "trigger_price": trigger_price}
        fields = {name: wire_number(value) for name, value in numbers.items() if value is not None}
        reply = await self._socket.request("order.replace", {"order_id": order_id, **fields})
        return OrderResult.from_wire(reply)

    async def place_oco(self, first: NewOrder, second: NewOrder) -> OcoResult:
        """Two orders of one symbol, side and quantity, at least one with a trigger, of which one is to trade: what
        one trades the other loses, and when one ends so does the other. Either both enter or neither."""
        fields = {"first": _named(first), "second": _named(second)}
        return OcoResult.from_wire(await self._socket.request("order.oco", fields, repeatable=True))

    async def place_bracket(
        self,
        entry: NewOrder,
        *,
        take_profit_price: Number,
        stop_price: Number,
        stop_limit_price: Number | None = None,
        trigger_source: str | None = None,
    ) -> BracketResult:
        """A buy whose fills are sold again: by a limit order at ``take_profit_price`` or by a stop at ``stop_price``
        (limit ``stop_limit_price``, or at market), whichever comes first."""
        prices = {
            "take_profit_price": take_profit_price,
            "stop_price": stop_price,
            "stop_limit_price": stop_limit_price,
        }
        fields: Json = {name: wire_number(value) for name, value in prices.items() if value is not None}
        fields["entry"] = _named(entry)
        if trigger_source is not None:
            fields["trigger_source"] = trigger_source
        return BracketResult.from_wire(await self._socket.request("order.bracket", fields, repeatable=True))

    async def cancel_replace(
        self,
        order: NewOrder,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        mode: str = "stop_on_failure",
    ) -> CancelReplaceResult:
        """Cancel one order, named by either id, and enter another of any kind in one step. ``mode``: when the cancel
        fails ``stop_on_failure`` refuses the whole, ``allow_failure`` enters the order all the same."""
        fields: Json = {"mode": mode, "order": _named(order)}
        named = {"order_id": order_id, "client_order_id": client_order_id}
        fields |= {name: value for name, value in named.items() if value is not None}
        reply = await self._socket.request("order.cancel_replace", fields, repeatable=True)
        return CancelReplaceResult.from_wire(reply)

    async def cancel_after(self, after_ms: int) -> int | None:
        """A dead man's switch: cancel every order of the account ``after_ms`` (1,000 to 86,400,000) from now unless
        this is said again before; 0 takes it back. When it will happen (ms UTC), None: not any more."""
        reply = await self._socket.request("orders.cancel_after", {"after_ms": after_ms})
        cancel_at: int | None = reply["cancel_at"]
        return cancel_at

    async def cancel_all(self, symbol: str | None = None) -> Json:
        """Cancel every open order of the account, or those of one symbol; the exchange's own reply."""
        return await self._socket.request("orders.cancel_all", {"symbol": symbol} if symbol else {})

    # --- live data -----------------------------------------------------------------------------------

    async def book(self, symbol: str) -> OrderBook:
        """The live order book, proved in step when this returns; the same object at every call."""
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = OrderBook(symbol)
            try:
                await self._socket.follow(TopicKey("book", symbol), _BookReader(book))
            except BaseException:
                del self._books[symbol]
                raise
        await book.wait_synced(self._socket.timeout_s)
        return book

    async def trades(self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Trade]:
        """Public trades from now on, each once, in order."""
        parser = HistoryParser(partial(_trade, symbol), "trades", "execution_id")
        return await self._follow(TopicKey("trades", symbol), parser, max_waiting)

    async def statistics_updates(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Json]:
        """The 24 h statistics, now and at each change, with the fields of ``get_statistics``."""
        return await self._follow(TopicKey("statistics", symbol), Parser(dict), max_waiting)

    async def symbol_updates(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Json]:
        """The terms and status of a symbol, now and at each change, with the fields of ``get_symbols``."""
        return await self._follow(TopicKey("symbols", symbol), Parser(dict), max_waiting)

    async def klines(
        self, symbol: str, interval: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Candle]:
        """The current candle, now and at each change; ``closed`` ones are final."""

        def parse(message: Message) -> Candle:
            return Candle.from_wire(message["candle"], symbol, interval)

        return await self._follow(TopicKey(f"klines:{interval}", symbol), Parser(parse), max_waiting)

    async def indications(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Indication]:
        """Where the symbol's auction would trade, now and at each change, while orders gather."""
        return await self._follow(TopicKey("auction", symbol), Parser(Indication.from_wire), max_waiting)

    async def order_updates(self, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Order]:
        """Each change of an own order from now on. For the open orders themselves see ``account``."""
        return await self._follow(TopicKey("orders", None), Parser(Order.from_wire), max_waiting)

    async def fills(self, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Fill]:
        """Own fills from now on, each once, in order."""
        parser = HistoryParser(Fill.from_wire, "fills", "trade_id")
        return await self._follow(TopicKey("fills", None), parser, max_waiting)

    async def account(self) -> AccountState:
        """Open orders and balances, kept live; the same object at every call."""
        async with self._account_lock:
            if self._account is None:
                state = AccountState()
                await self._socket.follow(TopicKey("orders", None), state.orders_reader)
                await self._socket.follow(TopicKey("balances", None), state.balances_reader)
                self._account = state
        await self._account.wait_synced(self._socket.timeout_s)
        return self._account

    async def _follow(self, key: TopicKey, parser: Parser[T], max_waiting: int) -> Subscription[T]:
        subscription = Subscription(parser, partial(self._socket.unfollow, key), max_waiting)
        await self._socket.follow(key, subscription)
        return subscription

    # --- HTTP calls: own data ------------------------------------------------------------------------

    async def get_order(self, order_id: str) -> OrderResult:
        """One own order with what is known of its fills."""
        data = await self._get(f"/v1/order/{order_id}")
        return OrderResult.from_wire({"sequence": data.get("as_of_sequence", 0), **data})

    async def get_orders(
        self, status: str = "open", symbol: str | None = None, limit: int | None = None
    ) -> list[Order]:
        """Own orders, ``open`` or ``closed``: the first page. ``call`` gives cursors and times."""
        params = {"status": status, "symbol": symbol, "limit": limit}
        return [Order.from_wire(row) for row in (await self._get("/v1/orders", params))["orders"]]

    async def get_fills(self, symbol: str | None = None, limit: int | None = None) -> list[Fill]:
        """Own fills, newest first: the first page."""
        reply = await self._get("/v1/fills", {"symbol": symbol, "limit": limit})
        return [Fill.from_wire(row) for row in reply["fills"]]

    async def get_balances(self) -> list[Balance]:
        """What the account has of each asset."""
        return [Balance.from_wire(row) for row in (await self._get("/v1/balances"))["balances"]]

    async def get_fees(self) -> Json:
        """The account's fee rates."""
        return dict(await self._get("/v1/fees"))

    async def demo_deposit(self, asset: str, amount: Number) -> Json:
        """Play money; only where the exchange runs as a demo."""
        body = {"asset": asset, "amount": wire_number(amount)}
        return dict(await self._rest.call("POST", "/v1/demo/deposit", body=body, authenticated=True))

    # --- HTTP calls: public data ---------------------------------------------------------------------

    async def get_symbols(self) -> list[Json]:
        """Every symbol with its scales, tick bands, limits, fees and status."""
        return list((await self._public("/api/v1/symbols"))["symbols"])

    async def get_orderbook(self, symbol: str, depth: int = 20) -> Json:
        """The book as of now: ``bids`` and ``asks`` as strings, ``sequence``, ``checksum``."""
        return dict(await self._public(f"/api/v1/orderbook/{symbol}", {"depth": depth}))

    async def get_auction(self, symbol: str) -> Indication:
        """Where an auction of the symbol would trade as its book stands."""
        return Indication.from_wire(await self._public(f"/api/v1/auction/{symbol}"))

    async def get_executions(self, symbol: str, limit: int = 100, before: str | None = None) -> list[Trade]:
        """Past trades, newest first."""
        params = {"limit": limit, "before": before}
        reply = await self._public(f"/api/v1/executions/{symbol}", params)
        return [Trade.from_wire(row) for row in reply["executions"]]

    async def get_statistics(self, symbol: str) -> Json:
        """The last 24 hours in figures."""
        return dict(await self._public(f"/api/v1/statistics/{symbol}"))

    async def get_klines(
        self,
        symbol: str,
        interval: str,
        *,
        limit: int = 100,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Candle]:
        """Candles, oldest first; ``start`` and ``end`` in ms UTC."""
        params = {"limit": limit, "start": start, "end": end}
        reply = await self._public(f"/api/v1/klines/{symbol}/{interval}", params)
        return [Candle.from_wire(row, symbol, interval) for row in reply["candles"]]

    async def get_time(self) -> Json:
        """The exchange's clock."""
        return dict(await self._public("/api/v1/time"))

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Json | None = None,
        body: Json | None = None,
        authenticated: bool = True,
    ) -> Any:
        """Any other address of the REST API."""
        return await self._rest.call(method, path, params=params, body=body, authenticated=authenticated)

    async def _get(self, path: str, params: Json | None = None) -> Any:
        return await self._rest.call("GET", path, params=params, authenticated=True)

    async def _public(self, path: str, params: Json | None = None) -> Any:
        return await self._rest.call("GET", path, params=params)


class _BookReader(Reader):
    """Feeds one order book."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        if is_snapshot:
            self._book.apply_snapshot(message)
        else:
            self._book.apply_delta(message, resumed=resumed)

    def on_stale(self) -> None:
        self._book.mark_stale()

    def on_resumed(self) -> None:
        self._book.mark_resumed()

    def on_failure(self, error: XTraderError) -> None:
        self._book.fail(error)


def _trade(symbol: str, message: Message) -> Trade:
    return Trade.from_wire({"symbol": symbol, **message})


def _named(order: NewOrder) -> Json:
    """The order as it is sent, with an id by which it is placed only once."""
    return {"client_order_id": uuid.uuid4().hex, **order.to_wire()}


def _result_or_error(row: Json) -> OrderResult | ApiError:
    if "error" in row:
        return error_of(row, int(row.get("status", 400)))
    return OrderResult.from_wire(row)


def _websocket_url(base: str) -> str:
    parts = urlsplit(base)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme)
    if scheme is None:
        raise ValueError(f"the address must begin with http:// or https://, not {base!r}")
    return urlunsplit((scheme, parts.netloc, parts.path + "/ws", "", ""))
