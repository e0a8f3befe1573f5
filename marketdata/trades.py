"""A trade as everyone may see it."""

from __future__ import annotations

from typing import NamedTuple


class PublicTrade(NamedTuple):
    """``side`` is the aggressor's, NO_SIDE in an auction. Names no account and no order."""

    trade_id: int
    symbol: str
    price_ticks: int
    quantity_lots: int
    side: int
    time_ns: int
    sequence: int
