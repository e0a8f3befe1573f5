"""Trailing stops that move together, as bare numbers. ``triggers`` knows the orders behind them."""

from __future__ import annotations

from collections.abc import Iterator

from sortedcontainers import SortedList

from tests.exchange.engine.reference_core.state.symbols import PPM

#: (trigger or distance, order id)
Key = tuple[int, int]


class TrailGroup:
    """Trailing stops that have seen the same best price since they entered, so that they move together.

    Prices are signed as in ``triggers.Trails``: the best price is the largest."""

    __slots__ = ("best", "by_ppm", "by_ticks")

    def __init__(self, best: int) -> None:
        self.best = best
        self.by_ticks: SortedList[Key] = SortedList()
        self.by_ppm: SortedList[Key] = SortedList()

    def nearest(self) -> int:
        """The trigger of the member that fires first; a group is never empty."""
        if not self.by_ppm:
            return self.best - self.by_ticks[0][0]
        by_ppm = self.best - abs(self.best) * self.by_ppm[0][0] // PPM
        return max(self.best - self.by_ticks[0][0], by_ppm) if self.by_ticks else by_ppm

    def pop_nearest(self) -> int:
        """Take out the member that fires first; its order id."""
        trigger = self.nearest()
        if self.by_ticks and self.best - self.by_ticks[0][0] == trigger:
            return self.by_ticks.pop(0)[1]
        return self.by_ppm.pop(0)[1]

    def __len__(self) -> int:
        return len(self.by_ticks) + len(self.by_ppm)

    def __bool__(self) -> bool:
        return bool(self.by_ticks) or bool(self.by_ppm)

    def __iter__(self) -> Iterator[int]:
        for _, order_id in self.by_ticks:
            yield order_id
        for _, order_id in self.by_ppm:
            yield order_id
