"""The ladder of quotes a market maker wants around a price, and the fewest changes that get there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from demo.markets import Market
from demo.walk import size_lots
from xtrader_client import Side

#: A price and the side that quotes it.
Slot = tuple[Side, int]


@dataclass(frozen=True, slots=True)
class Style:
    """How one maker quotes. Distances are in steps of the market."""

    #: From the reference to its nearest quote.
    half_spread: int
    #: Between two quotes of a side.
    spacing: int
    #: Quotes a side.
    levels: int
    #: Shifts its grid, so that several makers do not all quote the same prices.
    phase: int


class Change(NamedTuple):
    """What to do: quotes to take off first, then quotes to put on as ``(side, price_ticks, lots)``."""

    cancel: list[str]
    place: list[tuple[Side, int, int]]


def ladder(market: Market, style: Style, price_ticks: int) -> list[Slot]:
    """Where quotes should stand, nearest first. Prices lie on a grid of ``spacing`` steps, so that a
    small move of the reference leaves most of them where they are."""
    grid = style.spacing * market.step_ticks
    offset = style.phase * market.step_ticks
    nearest_bid = (price_ticks - style.half_spread * market.step_ticks - offset) // grid * grid + offset
    nearest_ask = nearest_bid + (2 * style.half_spread // style.spacing + 1) * grid
    slots: list[Slot] = []
    for level in range(style.levels):
        slots.append(("buy", nearest_bid - level * grid))
        slots.append(("sell", nearest_ask + level * grid))
    return [slot for slot in slots if slot[1] > 0]


def changes(
    wanted: Iterable[Slot], quoted: Mapping[str, Slot], market: Market, rng: Random, most: int
) -> Change:
    """From what is quoted (order id → slot) to what is wanted, at most ``most`` new quotes at a time."""
    targets = list(wanted)
    keep = set(targets)
    seen: set[Slot] = set()
    cancel = []
    for order_id, slot in quoted.items():
        # A second order at a slot is left from a reply that was lost.
        if slot not in keep or slot in seen:
            cancel.append(order_id)
        seen.add(slot)
    missing = [slot for slot in targets if slot not in seen]
    place = [(side, price, _quote_lots(market, rng)) for side, price in missing[:most]]
    return Change(cancel, place)


def _quote_lots(market: Market, rng: Random) -> int:
    return size_lots(market, rng) + size_lots(market, rng)
