"""Orders of a trader as the wire wants them: half of them rest near one price, half take what rests."""

from __future__ import annotations

import random
from typing import Any

PRICE, TICK = 95_000_000, 1_000
#: Accounts of the traders that send them.
FIRST_ACCOUNT = 500_000


def order(rng: random.Random) -> dict[str, Any]:
    """One order for BTC-KRW. Makers and takers balance, so the book neither empties nor grows much."""
    side = rng.choice(("buy", "sell"))
    takes = rng.random() < 0.5
    away = rng.randrange(1, 11) * TICK * (1 if (side == "sell") != takes else -1)
    return {
        "symbol": "BTC-KRW",
        "side": side,
        "order_type": "limit",
        "time_in_force": "ioc" if takes else "gtc",
        "price": str(PRICE + away * (20 if takes else 1)),
        "quantity": "0.01",
        "stp": "cancel_oldest",
    }


def orders(rng: random.Random, count: int) -> list[dict[str, Any]]:
    return [order(rng) for _ in range(count)]
