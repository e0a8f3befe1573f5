"""A market maker: keeps a ladder of quotes on one symbol's book, through the public API."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from random import Random

from demo.markets import Market, decimal_text
from demo.pauses import PASSING, passing_pause_s
from demo.quotes import Slot, Style, changes, ladder
from xtrader_client import ApiError, Client, Conflict, NewOrder, NotFound, OrderResult, Side

logger = logging.getLogger("demo.maker")

#: New quotes in one turn: a fresh ladder appears over a few turns, not in one burst.
MOST_NEW_QUOTES = 12
#: Between two looks at a market that takes no quotes now: halted, closed.
SHUT_PAUSE_S = 15.0

#: The market's state refuses every order like the one sent.
SHUT_CODES = frozenset(
    {"SYMBOL_HALTED", "SYMBOL_CANCEL_ONLY", "SYMBOL_CLOSED", "SYMBOL_POST_ONLY", "SYMBOL_IN_AUCTION"}
)


class Maker:
    """Quotes one symbol for one account until cancelled. ``price_ticks`` returns the reference price,
    ``count`` takes the number of orders sent."""

    def __init__(
        self,
        client: Client,
        market: Market,
        style: Style,
        rng: Random,
        price_ticks: Callable[[], int],
        count: Callable[[int], None],
    ) -> None:
        self._client = client
        self._market = market
        self._style = style
        self._rng = rng
        self._price_ticks = price_ticks
        self._count = count

    async def run(self) -> None:
        """Take off whatever an earlier run left, then keep the ladder in place."""
        await self._client.cancel_orders(self._market.symbol)
        while True:
            try:
                is_open = await self._turn()
            except PASSING as error:
                logger.info("%s: %s", self._market.symbol, error)
                await asyncio.sleep(passing_pause_s(error))
            else:
                await asyncio.sleep(self._rng.randrange(600, 1_200) / 1_000 if is_open else SHUT_PAUSE_S)

    async def _turn(self) -> bool:
        """Mend the ladder; False when the market takes no quotes now."""
        wanted = [slot for slot in self._ladder() if await self._can_pay(slot)]
        change = changes(wanted, await self._quoted(), self._market, self._rng, MOST_NEW_QUOTES)
        if change.cancel:
            await asyncio.gather(*(self._cancel(order_id) for order_id in change.cancel))
        is_open = True
        if change.place:
            orders = [self._order(*quote) for quote in change.place]
            is_open = self._report(await self._client.place_orders(orders))
        self._count(len(change.place))
        return is_open

    def _ladder(self) -> list[Slot]:
        return ladder(self._market, self._style, self._price_ticks())

    def _order(self, side: Side, price_ticks: int, lots: int) -> NewOrder:
        market = self._market
        return NewOrder(
            market.symbol,
            side,
            price=decimal_text(price_ticks, market.price_scale),
            quantity=decimal_text(lots, market.quantity_scale),
            stp="cancel_oldest",
        )

    async def _quoted(self) -> dict[str, Slot]:
        """Own open orders of the symbol, as the exchange sends them."""
        account = await self._client.account()
        scale = self._market.price_scale
        return {
            order.order_id: (order.side, int((order.price or Decimal(0)).scaleb(scale)))
            for order in account.open_orders.values()
            if order.symbol == self._market.symbol
        }

    async def _can_pay(self, slot: Slot) -> bool:
        """A side is left empty when its asset runs low; the treasurer brings more."""
        account = await self._client.account()
        base, _, quote = self._market.symbol.partition("-")
        balance = account.balances.get((quote or "USD") if slot[0] == "buy" else base)
        return balance is not None and balance.available > 0

    async def _cancel(self, order_id: str) -> None:
        try:
            await self._client.cancel_order(order_id)
        except (Conflict, NotFound):
            # It was filled a moment ago, and the message of that is still on its way.
            (await self._client.account()).open_orders.pop(order_id, None)

    def _report(self, results: list[OrderResult | ApiError]) -> bool:
        """Log what was refused; False when that was for the state of the market."""
        for result in results:
            if isinstance(result, ApiError):
                logger.info("%s: a quote was refused: %s", self._market.symbol, result)
                if result.code in SHUT_CODES:
                    return False
        return True
