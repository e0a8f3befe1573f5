"""Tax lots: what was bought when for how much, sold in the order it was bought (FIFO)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: Of one asset. Beyond it what is bought joins the newest lot, at that lot's time.
MAX_LOTS: Final = 10_000


class TaxLot(NamedTuple):
    """A share of one purchase that is still held. ``cost_minor`` None: not known."""

    quantity_minor: int
    cost_minor: int | None
    time_ns: int


class TaxLots:
    """The tax lots of one asset, oldest first."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: deque[TaxLot] = deque()

    def __iter__(self) -> Iterator[TaxLot]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def cost_minor(self) -> int | None:
        """What all of them cost; None if the cost of one is not known."""
        return _sum(lot.cost_minor for lot in self._held)

    def add(self, lot: TaxLot) -> None:
        newest = self._held[-1] if self._held else None
        if newest is not None and (len(self._held) >= MAX_LOTS or (_is_money(newest) and _is_money(lot))):
            cost = _sum((newest.cost_minor, lot.cost_minor))
            self._held[-1] = TaxLot(newest.quantity_minor + lot.quantity_minor, cost, newest.time_ns)
        else:
            self._held.append(lot)

    def take(self, quantity_minor: int) -> int | None:
        """Take out a quantity, oldest first; what it cost, None if that is not known. A part of a lot takes
        its share of the cost, rounded down."""
        costs: list[int | None] = []
        while quantity_minor > 0 and self._held:
            lot = self._held[0]
            if lot.quantity_minor <= quantity_minor:
                self._held.popleft()
                costs.append(lot.cost_minor)
            else:
                cost = (
                    None if lot.cost_minor is None else lot.cost_minor * quantity_minor // lot.quantity_minor
                )
                rest = None if cost is None or lot.cost_minor is None else lot.cost_minor - cost
                self._held[0] = TaxLot(lot.quantity_minor - quantity_minor, rest, lot.time_ns)
                costs.append(cost)
            quantity_minor -= lot.quantity_minor
        return _sum(costs)


def _is_money(lot: TaxLot) -> bool:
    """A currency costs itself: its lots need not be told apart."""
    return lot.cost_minor == lot.quantity_minor


def _sum(costs: Iterable[int | None]) -> int | None:
    total = 0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total
