"""Calls of version 1.0 that returned plain JSON or bore the names of the wire. Each warns; version 2 drops
them."""

from __future__ import annotations

import warnings
from typing import Any

from xtrader_client._base import Json
from xtrader_client._literals import Interval
from xtrader_client._live_calls import DEFAULT_MAX_WAITING, LiveCalls
from xtrader_client._market import Candle, Trade
from xtrader_client._rest_calls import RestCalls
from xtrader_client._topics import Parser, Subscription, TopicKey


class DeprecatedCalls(LiveCalls, RestCalls):
    """Each call names its successor."""

    async def cancel_all(self, symbol: str | None = None) -> Json:
        """Use ``cancel_orders``."""
        _warn("cancel_all", "cancel_orders")
        return await self._command("orders.cancel_all", {"symbol": symbol} if symbol else {})

    async def statistics_updates(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Json]:
        """Use ``tickers``."""
        _warn("statistics_updates", "tickers")
        return await self._follow(TopicKey("statistics", symbol), Parser(dict), max_waiting)

    async def symbol_updates(
        self, symbol: str, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Json]:
        """Use ``symbol_terms``."""
        _warn("symbol_updates", "symbol_terms")
        return await self._follow(TopicKey("symbols", symbol), Parser(dict), max_waiting)

    async def klines(
        self, symbol: str, interval: Interval, *, max_waiting: int = DEFAULT_MAX_WAITING
    ) -> Subscription[Candle]:
        """Use ``candles``."""
        _warn("klines", "candles")
        return await self.candles(symbol, interval, max_waiting=max_waiting)

    async def get_symbols(self) -> list[Json]:
        """Use ``get_symbol_terms``."""
        _warn("get_symbols", "get_symbol_terms")
        return list((await self._public("/api/v1/symbols"))["symbols"])

    async def get_orderbook(self, symbol: str, depth: int = 20) -> Json:
        """Use ``get_book``."""
        _warn("get_orderbook", "get_book")
        return dict(await self._public(f"/api/v1/orderbook/{symbol}", {"depth": depth}))

    async def get_executions(self, symbol: str, limit: int = 100, before: str | None = None) -> list[Trade]:
        """Use ``get_trades``."""
        _warn("get_executions", "get_trades")
        return await self.get_trades(symbol, limit, before)

    async def get_statistics(self, symbol: str) -> Json:
        """Use ``get_ticker``."""
        _warn("get_statistics", "get_ticker")
        return dict(await self._public(f"/api/v1/statistics/{symbol}"))

    async def get_klines(self, symbol: str, interval: Interval, **range_of: Any) -> list[Candle]:
        """Use ``get_candles``."""
        _warn("get_klines", "get_candles")
        return await self.get_candles(symbol, interval, **range_of)


def _warn(old: str, new: str) -> None:
    warnings.warn(f"Client.{old} is deprecated: use Client.{new}", DeprecationWarning, stacklevel=3)
