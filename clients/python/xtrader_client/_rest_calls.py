"""Calls over HTTP: own data, public data, and any other address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from xtrader_client._base import BaseClient, Json
from xtrader_client._decimals import Number, wire_number
from xtrader_client._literals import Interval, LedgerEntryType, Liquidity, OrderListStatus, OrderType, Side
from xtrader_client._market import BookSnapshot, Candle, Indication, SymbolTerms, Ticker, Trade
from xtrader_client._money import Balance, LedgerEntry
from xtrader_client._orders import Fill, Order
from xtrader_client._outcomes import DepositResult, OrderResult

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RestCalls(BaseClient):
    """All raise ApiError when the exchange refuses (NotFound, RateLimited, Unavailable …), ConnectionLost
    without a connection, RequestTimeout without a reply; calls for own data also NotAuthenticated."""

    # --- own data ------------------------------------------------------------------------------------

    async def get_order(self, order_id: str) -> OrderResult:
        """One own order, however old. Raises NotFound."""
        data = await self._get(f"/v1/order/{order_id}")
        return OrderResult.from_wire({"sequence": data.get("as_of_sequence", 0), **data})

    async def get_orders(
        self,
        status: OrderListStatus = "open",
        symbol: str | None = None,
        limit: int | None = None,
        *,
        side: Side | None = None,
        order_type: OrderType | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Order]:
        """Own orders, newest first: the first page, ``limit`` (1 to 500, 100 by default) of them; ``start``
        and ``end`` in ms UTC. ``call`` gives cursors."""
        params = {"status": status, "symbol": symbol, "limit": limit, "side": side, "type": order_type}
        params |= {"start": start, "end": end}
        return [Order.from_wire(row) for row in (await self._get("/v1/orders", params))["orders"]]

    async def get_fills(
        self,
        symbol: str | None = None,
        limit: int | None = None,
        *,
        order_id: str | None = None,
        side: Side | None = None,
        liquidity: Liquidity | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Fill]:
        """Own fills, of one order or of all, newest first: the first page, ``limit`` (1 to 500, 100 by
        default) of them; ``start`` and ``end`` in ms UTC."""
        params = {"symbol": symbol, "limit": limit, "side": side, "liquidity": liquidity}
        params |= {"order_id": order_id, "start": start, "end": end}
        reply = await self._get("/v1/fills", params)
        return [Fill.from_wire(row) for row in reply["fills"]]

    async def get_ledger(
        self,
        symbol: str | None = None,
        limit: int | None = None,
        *,
        asset: str | None = None,
        entry_type: LedgerEntryType | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> list[LedgerEntry]:
        """What changed the account's balances, newest first: the first page, ``limit`` (1 to 500, 100 by
        default) of them; ``start`` and ``end`` in ms UTC."""
        params = {"symbol": symbol, "limit": limit, "asset": asset, "type": entry_type}
        reply = await self._get("/v1/ledger", {**params, "start": start, "end": end})
        return [LedgerEntry.from_wire(row) for row in reply["entries"]]

    async def get_balances(self) -> list[Balance]:
        """What the account has of each asset."""
        return [Balance.from_wire(row) for row in (await self._get("/v1/balances"))["balances"]]

    async def demo_deposit(self, asset: str, amount: Number) -> DepositResult:
        """Play money, in units of the asset; only where the exchange runs as a demo. Raises Forbidden
        elsewhere, BadRequest above the bound of the asset, OutcomeUnknown when it was sent and not
        answered."""
        body = {"asset": asset, "amount": wire_number(amount)}
        reply = await self._rest.call("POST", "/v1/demo/deposit", body=body, authenticated=True)
        return DepositResult.from_wire(reply)

    # --- public data ---------------------------------------------------------------------------------

    async def get_symbol_terms(self) -> list[SymbolTerms]:
        """The terms and status of every symbol."""
        return [SymbolTerms.from_wire(row) for row in (await self._public("/api/v1/symbols"))["symbols"]]

    async def get_book(self, symbol: str, depth: int = 20) -> BookSnapshot:
        """The order book as of now, ``depth`` (1 to 1,000) levels of each side."""
        return BookSnapshot.from_wire(await self._public(f"/api/v1/orderbook/{symbol}", {"depth": depth}))

    async def get_auction(self, symbol: str) -> Indication:
        """Where an auction of the symbol would trade as its book stands."""
        return Indication.from_wire(await self._public(f"/api/v1/auction/{symbol}"))

    async def get_trades(self, symbol: str, limit: int = 100, before: str | None = None) -> list[Trade]:
        """Past trades, newest first: ``limit`` of them, those before the ``trade_id`` ``before``."""
        params = {"limit": limit, "before": before}
        reply = await self._public(f"/api/v1/executions/{symbol}", params)
        return [Trade.from_wire(row) for row in reply["executions"]]

    async def get_ticker(self, symbol: str) -> Ticker:
        """The last 24 hours in figures, and the best prices."""
        return Ticker.from_wire(await self._public(f"/api/v1/statistics/{symbol}"))

    async def get_tickers(self) -> list[Ticker]:
        """``get_ticker`` of every symbol."""
        reply = await self._public("/api/v1/statistics")
        return [Ticker.from_wire(row) for row in reply["statistics"]]

    async def get_candles(
        self,
        symbol: str,
        interval: Interval,
        *,
        limit: int = 100,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Candle]:
        """Candles, oldest first; ``start`` and ``end`` in ms UTC."""
        params = {"limit": limit, "start": start, "end": end}
        reply = await self._public(f"/api/v1/klines/{symbol}/{interval}", params)
        return [Candle.from_wire(row, symbol, interval) for row in reply["candles"]]

    async def get_time(self) -> datetime:
        """The exchange's clock, to the millisecond, UTC."""
        reply = await self._public("/api/v1/time")
        return _EPOCH + timedelta(milliseconds=int(reply["server_time"]))

    # --- anything else -------------------------------------------------------------------------------

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Json | None = None,
        body: Json | None = None,
        authenticated: bool = True,
    ) -> Any:
        """Any other address of the REST API; returns its JSON as it is. Any method but GET that was sent and
        not answered raises OutcomeUnknown."""
        return await self._rest.call(method, path, params=params, body=body, authenticated=authenticated)

    async def _get(self, path: str, params: Json | None = None) -> Any:
        return await self._rest.call("GET", path, params=params, authenticated=True)

    async def _public(self, path: str, params: Json | None = None) -> Any:
        return await self._rest.call("GET", path, params=params)
