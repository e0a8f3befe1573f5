"""Random trading from a fixed seed, heavy enough to move both sides of a book."""

from __future__ import annotations

import asyncio
import random

from xtrader_client import ApiError, Client, NewOrder


async def trade(client: Client, symbol: str, seed: int, orders: int, *, middle: int, step: int) -> int:
    """Place ``orders`` orders around ``middle`` in batches, cancelling some; how many were accepted."""
    rng = random.Random(seed)
    resting: list[str] = []
    accepted = 0
    while orders > 0:
        batch = [_order(rng, symbol, middle, step) for _ in range(min(orders, rng.randint(1, 12)))]
        orders -= len(batch)
        for result in await client.place_orders(batch):
            if not isinstance(result, ApiError):
                accepted += 1
                if result.order.is_open:
                    resting.append(result.order.order_id)
        for _ in range(min(len(resting), rng.randint(0, 5))):
            await _cancel(client, resting.pop(rng.randrange(len(resting))))
        await asyncio.sleep(rng.choice((0, 0, 0.002)))
    return accepted


def _order(rng: random.Random, symbol: str, middle: int, step: int) -> NewOrder:
    side = rng.choice(("buy", "sell"))
    away = rng.randint(-3, 25) * (-1 if side == "buy" else 1)
    return NewOrder(
        symbol, side, price=middle + away * step, quantity=rng.randint(1, 50), stp="cancel_oldest"
    )


async def _cancel(client: Client, order_id: str) -> None:
    try:
        await client.cancel_order(order_id)
    except ApiError as error:
        # Somebody took it meanwhile.
        if error.code not in ("ORDER_NOT_OPEN", "ORDER_NOT_FOUND"):
            raise
