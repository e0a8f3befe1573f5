"""A day of a futures market by order (CME in Databento's MBO layout), read into steps.

A row is ``ts_recv, ts_event, action, side, price (1e-9), size, order id, flags, ts_in_delta, sequence``.
Actions: A added, C gone, M changed, T traded (order id and side are the aggressor's), F the fill of one
order by the T before it; what the fill did to the book follows as C or M. Flag 128 ends a step: all that
one incoming order brought about, the stops it released included. Flag 32 marks the book as it stood at the
beginning, an order a row, in the order of the queues.

An aggressor that stood on the book before (its owner moved it across the spread) is listed among the fills
of its own trades too. That fill is left out here: fills are those of the orders it met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from exchange.engine import messages as m
from replays.sources import open_text

ADD, CANCEL, MODIFY, TRADE, FILL = "A", "C", "M", "T", "F"
SIDES = {"B": m.BUY, "A": m.SELL, "N": m.NO_SIDE}
LAST_OF_STEP, SNAPSHOT = 128, 32
PRICE_SCALE = 2
#: The file's prices count 1e-9, ours hundredths.
PRICE_UNIT = 10 ** (9 - PRICE_SCALE)
#: The first row comes after a line of names.
FIRST_LINE = 2


class Row(NamedTuple):
    """One row; ``label`` is the exchange's order id, 0 for none."""

    action: str
    side: int
    price_ticks: int
    lots: int
    label: int


class Fill(NamedTuple):
    """What a trade took of one resting order."""

    label: int
    lots: int


class Trade(NamedTuple):
    """What one aggressor traded at one price, and the orders it met as the exchange lists them. An auction
    has no aggressor: label 0, side NO_SIDE, the orders of both sides among the fills."""

    label: int
    side: int
    price_ticks: int
    lots: int
    fills: tuple[Fill, ...]


@dataclass(frozen=True)
class Step:
    """The rows of one incoming message and the trades among them; ``line`` is where it begins in the file."""

    line: int
    rows: tuple[Row, ...]
    trades: tuple[Trade, ...]

    @property
    def is_auction(self) -> bool:
        return bool(self.trades) and self.trades[0].side == m.NO_SIDE

    def rows_of(self, *actions: str) -> list[Row]:
        return [row for row in self.rows if row.action in actions]

    def filled(self) -> Counter[int]:
        """Lots taken of each order that was met."""
        return _lots(fill for trade in self.trades for fill in trade.fills)

    def aggressed(self) -> Counter[int]:
        """Lots each aggressor traded."""
        return _lots(Fill(trade.label, trade.lots) for trade in self.trades)


def _lots(fills: Iterable[Fill]) -> Counter[int]:
    total: Counter[int] = Counter()
    for label, lots in fills:
        total[label] += lots
    return total


def read_steps(path: str | Path) -> list[Step]:
    """The day, in order. Raises ValueError for a price finer than ours and a file that ends amid a step."""
    steps: list[Step] = []
    rows: list[Row] = []
    began = FIRST_LINE
    with open_text(path) as lines:
        next(lines)
        for number, line in enumerate(lines, start=FIRST_LINE):
            row, flags = _row(line)
            rows.append(row)
            if flags & (LAST_OF_STEP | SNAPSHOT):
                steps.append(Step(began, tuple(rows), tuple(_trades(rows))))
                rows, began = [], number + 1
    if rows:
        raise ValueError(f"line {began}: the last step has no end")
    return steps


def _row(line: str) -> tuple[Row, int]:
    _, _, action, side, price, lots, label, flags, _, _ = line.split(",")
    price_ticks, finer = divmod(int(price), PRICE_UNIT)
    if finer:
        raise ValueError(f"a price with more than {PRICE_SCALE} decimals: {line}")
    return Row(action, SIDES[side], price_ticks, int(lots), int(label)), int(flags)


def _trades(rows: Iterable[Row]) -> Iterator[Trade]:
    trade: Row | None = None
    fills: list[Fill] = []
    for row in rows:
        if row.action == FILL and trade is not None:
            if row.label != trade.label:
                fills.append(Fill(row.label, row.lots))
            continue
        if trade is not None:
            yield _trade(trade, fills)
        trade, fills = (row if row.action == TRADE else None), []
    if trade is not None:
        yield _trade(trade, fills)


def _trade(row: Row, fills: list[Fill]) -> Trade:
    return Trade(row.label, row.side, row.price_ticks, row.lots, tuple(fills))
