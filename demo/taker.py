"""A taker: trades against whatever is quoted, mostly the way the market leans."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from random import Random

from demo.maker import SHUT_CODES, SHUT_PAUSE_S
from demo.markets import Market, decimal_text
from demo.pauses import PASSING, passing_pause_s
from demo.walk import Walk, size_lots
from xtrader_client import ApiError, Client, NewOrder, OrderBook, Refused, Side

logger = logging.getLogger("demo.taker")


class Taker:
    """Trades one symbol for one account until cancelled; about one order in ``pause_ms``."""

    def __init__(
        self,
        client: Client,
        market: Market,
        walk: Walk,
        rng: Random,
        pause_ms: int,
        count: Callable[[int], None],
    ) -> None:
        self._client = client
        self._market = market
        self._walk = walk
        self._rng = rng
        self._pause_ms = pause_ms
        self._count = count

    async def run(self) -> None:
        await self._client.cancel_orders(self._market.symbol)
        book = await self._client.book(self._market.symbol)
        while True:
            await asyncio.sleep(self._rng.randrange(self._pause_ms // 4, self._pause_ms * 7 // 4) / 1_000)
            order = self._next_order(book)
            if order is not None:
                await self._send(order)

    async def _send(self, order: NewOrder) -> None:
        try:
            [result] = await self._client.place_orders([order])
            self._count(1)
            if isinstance(result, Refused):
                logger.info("%s: refused: %s", order.symbol, result)
            elif isinstance(result, ApiError) and result.code in SHUT_CODES:
                await asyncio.sleep(SHUT_PAUSE_S)
        except PASSING as error:
            logger.info("%s: %s", order.symbol, error)
            await asyncio.sleep(passing_pause_s(error))

    def _next_order(self, book: OrderBook) -> NewOrder | None:
        """A market order, or a limit order a few steps through the best price that takes what it can
        and leaves nothing behind. None while the side to take is empty."""
        market, rng = self._market, self._rng
        lean = max(-400, min(400, self._walk.momentum_milli // 3))
        side: Side = "buy" if rng.randrange(1_000) < 500 + lean else "sell"
        best = book.best_ask if side == "buy" else book.best_bid
        if best is None:
            return None
        quantity = decimal_text(size_lots(market, rng), market.quantity_scale)
        if rng.randrange(3) == 0:
            return NewOrder(market.symbol, side, quantity=quantity)
        through = market.step_ticks * rng.randrange(0, 6) * (1 if side == "buy" else -1)
        price_ticks = int(best.price.scaleb(market.price_scale)) + through
        price = decimal_text(max(market.step_ticks, price_ticks), market.price_scale)
        return NewOrder(market.symbol, side, price=price, quantity=quantity, time_in_force="ioc")
