"""The book in the file of a day by order, and what the file implies of the orders' secrets.

Three things stand in no row and are found by reading ahead:

- **who owns an order**: one that is gone in a step in which it was neither filled nor canceled by itself was
  in the way of its own owner's aggressor (the exchange cancels the resting one of the two);
- **icebergs**: orders of which more was filled than they showed. The largest size ever seen is the part they
  show; together they have what was filled and what was left;
- **orders that were never listed**, yet took part in the opening auction. The file lists an
  auction's fills buyer and seller in turn and by price, which gives their side and price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exchange.engine import messages as m
from replays.cme_feed import ADD, CANCEL, MODIFY, Fill, Row, Step, Trade

#: A side and a price.
Level = tuple[int, int]


class Iceberg(NamedTuple):
    """The part an order shows at a time, and all that it will have traded or left over as a resting order."""

    display_lots: int
    quantity_lots: int


@dataclass(slots=True)
class Standing:
    """An order on the file's book: what it shows, and what is open of it."""

    side: int
    price_ticks: int
    shown_lots: int
    open_lots: int

    @property
    def level(self) -> Level:
        return self.side, self.price_ticks


class FileBook:
    """The book as the rows give it, every queue in its order."""

    def __init__(self, icebergs: dict[int, Iceberg]) -> None:
        self._icebergs = icebergs
        self.orders: dict[int, Standing] = {}
        self._queues: dict[Level, dict[int, Standing]] = {}
        #: What each level shows; levels without orders are missing.
        self.shown: Counter[Level] = Counter()

    def queue(self, level: Level) -> dict[int, Standing]:
        """Label -> order, the oldest first."""
        return dict(self._queues.get(level, {}))

    def open_lots(self, row: Row, taken: int) -> int:
        """What is open of an order after its row A or M, once ``taken`` was filled of it in the same step."""
        if row.label not in self._icebergs:
            return row.lots
        if row.action == ADD:
            return self._icebergs[row.label].quantity_lots - taken
        return self.orders[row.label].open_lots - taken

    def follow(self, step: Step) -> None:
        """What a step did to the book."""
        filled, aggressed = step.filled(), step.aggressed()
        for row in step.rows_of(ADD, CANCEL, MODIFY):
            taken = filled[row.label]
            if row.action == CANCEL:
                self._remove(row.label)
            elif row.action == ADD:
                self._add(row, self.open_lots(row, taken))
            else:
                self._modify(row, taken, aggressed[row.label])

    def _modify(self, row: Row, taken: int, aggressed: int) -> None:
        order = self.orders[row.label]
        open_lots = self.open_lots(row, taken + aggressed)
        keeps_place = row.price_ticks == order.price_ticks and row.lots <= order.shown_lots - taken
        if keeps_place and not aggressed:
            self._show(order.level, row.lots - order.shown_lots)
            order.shown_lots, order.open_lots = row.lots, open_lots
        else:
            self._remove(row.label)
            self._add(row, open_lots)

    def _add(self, row: Row, open_lots: int) -> None:
        order = Standing(row.side, row.price_ticks, row.lots, open_lots)
        self.orders[row.label] = order
        self._queues.setdefault(order.level, {})[row.label] = order
        self._show(order.level, row.lots)

    def _remove(self, label: int) -> None:
        order = self.orders.pop(label)
        del self._queues[order.level][label]
        self._show(order.level, -order.shown_lots)

    def _show(self, level: Level, lots: int) -> None:
        self.shown[level] += lots
        if not self.shown[level]:
            del self.shown[level]


# --- read ahead ---------------------------------------------------------------------------------------


def find_owners(steps: Sequence[Step]) -> dict[int, int]:
    """Label -> number of its owner (from 0), of the orders that met one of the same owner."""
    parents: dict[int, int] = {}
    for step in steps:
        for own, label in _own_orders_met(step):
            parents[_root(parents, own)] = _root(parents, label)
    numbers: dict[int, int] = {}
    return {label: numbers.setdefault(_root(parents, label), len(numbers)) for label in parents}


def _root(parents: dict[int, int], label: int) -> int:
    while parents.setdefault(label, label) != label:
        label = parents[label]
    return label


def _own_orders_met(step: Step) -> list[tuple[int, int]]:
    """(order canceled, incoming order of the same owner) of a step. Raises ValueError if there are several
    that it may have met."""
    entered = {row.label for row in step.rows_of(ADD)} | set(step.aggressed())
    if step.is_auction or not entered:
        return []
    filled = step.filled()
    pairs = []
    for row in step.rows_of(CANCEL):
        if row.label in entered or row.label in filled:
            continue
        met = {
            trade.label
            for trade in step.trades
            if (1 - trade.side, trade.price_ticks) == (row.side, row.price_ticks)
        }
        if len(met or entered) != 1:
            raise ValueError(f"line {step.line}: order {row.label} may have met any of {met or entered}")
        pairs.append((row.label, next(iter(met or entered))))
    return pairs


def find_icebergs(steps: Sequence[Step]) -> dict[int, Iceberg]:
    """Label -> iceberg."""
    shown: dict[int, int] = {}
    largest: dict[int, int] = {}
    traded: Counter[int] = Counter()
    found: set[int] = set()
    for step in steps:
        filled, aggressed = step.filled(), step.aggressed()
        for row in step.rows_of(ADD, CANCEL, MODIFY):
            label, taken = row.label, filled[row.label]
            if taken and row.action != ADD and taken + (row.action == MODIFY) > shown[label]:
                # It was filled beyond what it showed, or with all of it and stands there still.
                found.add(label)
            traded[label] += taken if row.action == ADD else taken + aggressed[label]
            largest[label] = max(largest.get(label, 0), row.lots)
            shown[label] = row.lots
            if row.action == CANCEL and (taken or aggressed[label]):
                shown[label] = 0
    return {label: Iceberg(largest[label], traded[label] + shown[label]) for label in sorted(found)}


def find_unlisted(auction: Trade, book: FileBook) -> list[tuple[int, int, Fill]]:
    """(side, price, fill) of the orders in an auction that are not on the book. Fills go by price, so one
    was worth at least as much as the next of its side that is known, and the auction's price."""
    sides: list[int] = []
    for fill in auction.fills:
        known = book.orders.get(fill.label)
        previous = sides[-1] if sides else m.SELL
        sides.append(1 - previous if known is None else known.side)
    found = []
    next_ticks = [auction.price_ticks, auction.price_ticks]
    for side, fill in zip(reversed(sides), reversed(auction.fills), strict=True):
        if fill.label in book.orders:
            next_ticks[side] = book.orders[fill.label].price_ticks
        else:
            found.append((side, next_ticks[side], fill))
    return found
