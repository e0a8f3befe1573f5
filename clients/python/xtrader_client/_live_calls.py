"""Live data over the WebSocket: what follows a topic through reconnects."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, TypeVar

from xtrader_client._account import AccountState
from xtrader_client._base import BaseClient
from xtrader_client._book import BookReader, OrderBook
from xtrader_client._errors import RequestTimeout
from xtrader_client._literals import Interval
from xtrader_client._live import Live
from xtrader_client._market import Candle, Indication, SymbolTerms, Ticker, Trade
from xtrader_client._orders import Fill, Order
from xtrader_client._topics import HistoryParser, Message, Parser, RowsParser, Subscription, TopicKey

T = TypeVar("T")

#: Items a subscription holds for a reader that is busy.
DEFAULT_MAX_WAITING = 10_000


class LiveCalls(BaseClient):
    """Each call returns once the exchange has taken the subscription. All raise NotFound for an unknown
    symbol, NotAuthenticated for own data without a log-in, RateLimited beyond the exchange's number of
    subscriptions, ConnectionLost, RequestTimeout. A subscription holds ``max_waiting`` items for a reader
    that is busy."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._books: dict[str, OrderBook] = {}
        self._account: AccountState | None = None
        self._account_lock = asyncio.Lock()

    async def book(self, symbol: str) -> OrderBook:
        """The live order book, proved in step when this returns; the same object at every call. Raises
        RequestTimeout when it could not be within ``timeout_s``."""
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = OrderBook(symbol)
            try:
                await self._socket.follow(TopicKey("book", symbol), BookReader(book))
            except BaseException:
                del self._books[symbol]
                raise
        await self._synced(book, f"the book of {symbol}")
        return book

    async def trades(self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Trade]:
        """Public trades from now on, each once, in order."""
        parser = HistoryParser(partial(_trade, symbol), "trades", "execution_id")
        return await self._follow(TopicKey("trades", symbol), parser, max_waiting)

    async def tickers(self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Ticker]:
        """The 24 h figures and best prices, now and at each change."""

        def parse(message: Message) -> Ticker:
            return Ticker.from_wire({"symbol": symbol, **message})

        return await self._follow(TopicKey("statistics", symbol), Parser(parse), max_waiting)

    async def all_tickers(self, *, max_waiting: int = DEFAULT_MAX_WAITING) -> Subscription[Ticker]:
        """The figures of every symbol, now and then of those that changed, at most once a second: one
        subscription, however many symbols there are."""
        parser = RowsParser(Ticker.from_wire, "statistics")
        return await self._follow(TopicKey("statistics:all", None), parser, max_waiting, needs_snapshot=True)

    async def symbol_terms(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[SymbolTerms]:
        """The terms and status of a symbol, now and at each change."""
        return await self._follow(TopicKey("symbols", symbol), Parser(SymbolTerms.from_wire), max_waiting)

    async def candles(
        self, symbol: str, interval: Interval, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Candle]:
        """The current candle, now and at each change; ``closed`` ones are final. Raises NotFound for an
        unknown interval as well."""

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
        """Open orders and balances, kept live; the same object at every call. Raises RequestTimeout when they
        could not be learned within ``timeout_s``."""
        async with self._account_lock:
            if self._account is None:
                self._account = await self._follow_account()
        await self._synced(self._account, "the account")
        return self._account

    async def _follow_account(self) -> AccountState:
        state = AccountState()
        orders, balances = TopicKey("orders", None), TopicKey("balances", None)
        await self._socket.follow(orders, state.orders_reader)
        try:
            await self._socket.follow(balances, state.balances_reader)
        except BaseException:
            self._socket.unfollow(orders, state.orders_reader)
            raise
        return state

    async def _synced(self, live: Live, name: str) -> None:
        try:
            await live.wait_synced(self._socket.timeout_s)
        except TimeoutError as error:
            raise RequestTimeout(f"{name} is not in step after {self._socket.timeout_s:.1f} s") from error

    async def _follow(
        self, key: TopicKey, parser: Parser[T], max_waiting: int, *, needs_snapshot: bool = False
    ) -> Subscription[T]:
        release = partial(self._socket.unfollow, key)
        subscription = Subscription(parser, release, max_waiting, needs_snapshot=needs_snapshot)
        await self._socket.follow(key, subscription)
        return subscription


def _trade(symbol: str, message: Message) -> Trade:
    return Trade.from_wire({"symbol": symbol, **message})
