"""An hour of E-mini S&P futures (CME, by order), held against the exchange's own trades and fills.

Every incoming order becomes one command: what is added is placed, what is changed is replaced, what is gone
by itself is canceled. An aggressor is an order of all that it traded, with the last price it traded at as its
limit, and of what the file leaves on the book of it (otherwise immediate-or-cancel); where it stood on the
book before, it is a replacement. Whom it meets, at which prices, in which order and for how much is the
engine's own doing, and that is what is judged. Opening auction, icebergs and self-trade prevention are the
engine's (``cme_book`` tells how the file gives icebergs and owners away); a contract is traded like a coin.

After a step in which other orders were filled than the file says, the levels concerned are entered again
as the file has them, so that one difference is counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from operator import eq
from pathlib import Path
from typing import NamedTuple

from exchange.engine import messages as m
from replays.cme_book import (
    FileBook,
    Iceberg,
    Level,
    Standing,
    find_icebergs,
    find_owners,
    find_unlisted,
)
from replays.cme_feed import ADD, CANCEL, MODIFY, PRICE_SCALE, Fill, Step, Trade, read_steps
from replays.venue import Venue, open_venue

SYMBOL = "ESH4"
TICK = 25
#: Accounts of orders that never met one of their own owner; the owners of the others follow.
BUYER, SELLER, FIRST_OWNER = 1001, 1002, 1003
ENDOWMENT_MINOR = 10**18

#: What an aggressor traded: (its label, price) -> fills in their order.
Told = dict[tuple[int, int], list[Fill]]


def told(events: Sequence[m.Event]) -> Told:
    """The engine's own trades among the events of one command."""
    orders = [m.OrderEvent(*event) for event in events if event[0] == m.EV_ORDER]
    labels = {order.order_id: int(order.client_order_id or "") for order in orders}
    found: Told = {}
    for event in events:
        if event[0] == m.EV_TRADE:
            trade = m.TradeEvent(*event)
            fills = found.setdefault((labels[trade.taker_order_id], trade.price_ticks), [])
            fills.append(Fill(labels[trade.maker_order_id], trade.quantity_lots))
    return found


def summed(fills: Iterable[Fill]) -> dict[int, int]:
    """Lots by order, in the order in which each was met first."""
    total: dict[int, int] = {}
    for label, lots in fills:
        total[label] = total.get(label, 0) + lots
    return total


# --- steps to commands ----------------------------------------------------------------------------------


class Ours(NamedTuple):
    """An open order of the engine's."""

    order_id: int
    account: int
    side: int
    price_ticks: int
    open_lots: int
    filled_lots: int

    @property
    def level(self) -> Level:
        return self.side, self.price_ticks


class Translator:
    """Steps to commands. The events of a step's commands must be ``observe``d before the next step's are
    made."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.icebergs = find_icebergs(steps)
        self._owners = find_owners(steps)
        self._book = FileBook(self.icebergs)
        self._ours: dict[int, Ours] = {}
        self._commands = 0
        #: Of the step under way: its trades, what the engine traded, and the orders either spoke of.
        self._trades: tuple[Trade, ...] = ()
        self._told: Told = {}
        self._met: set[int] = set()
        self.repaired_levels = 0

    def accounts(self) -> list[int]:
        return [BUYER, SELLER, *(FIRST_OWNER + number for number in sorted(set(self._owners.values())))]

    def commands(self, step: Step) -> list[m.Command]:
        """The commands of one step, after those that repair what the one before got wrong."""
        commands = list(self._repairs())
        if step.is_auction:
            commands += self._auction(step)
        elif step.trades:
            commands += self._aggressors(step)
        else:
            commands += self._quiet(step)
        self._trades = () if step.is_auction else step.trades
        self._told = {}
        self._met = {row.label for row in step.rows}
        self._book.follow(step)
        return commands

    def _auction(self, step: Step) -> Iterator[m.Command]:
        """The opening, after the orders that took part in it and were never listed."""
        for side, price_ticks, fill in find_unlisted(step.trades[0], self._book):
            yield self._place(fill.label, side, price_ticks, fill.lots)
        yield m.set_symbol_status(self._next_id(), SYMBOL, m.TRADING)

    def _aggressors(self, step: Step) -> Iterator[m.Command]:
        """One command for each aggressor: the incoming order, then the stops it released."""
        rests = {row.label: row for row in step.rows_of(ADD, MODIFY)}
        filled = step.filled()
        for label, lots in step.aggressed().items():
            last = [trade for trade in step.trades if trade.label == label][-1]
            stood, rest = label in self._book.orders, rests.get(label)
            # What is left of one aggressor may be met by the next one of the same step.
            met = filled[label]
            left = self._book.open_lots(rest, met + lots if stood else met) if rest else 0
            limit_ticks, total = (rest or last).price_ticks, lots + met + left
            if stood:
                yield self._replace(label, limit_ticks, total)
            else:
                yield self._place(label, last.side, limit_ticks, total, m.GTC if rest else m.IOC)

    def _quiet(self, step: Step) -> Iterator[m.Command]:
        """A step without trades. Where an order is added, the orders gone are its owner's that it met."""
        added = step.rows_of(ADD)
        for row in added:
            yield self._place(row.label, row.side, row.price_ticks, self._book.open_lots(row, 0))
        for row in step.rows_of(MODIFY):
            yield self._replace(row.label, row.price_ticks, self._book.open_lots(row, 0))
        for row in step.rows_of(CANCEL):
            if not added:
                yield self._cancel(row.label)

    def _repairs(self) -> Iterator[m.Command]:
        """Enter again, as the file has them, the levels on which the step before came out otherwise."""
        levels = sorted(self._levels_astray())
        labels = {label for level in levels for label in self._book.queue(level)}
        labels |= {label for label in self._met if label in self._ours and self._ours[label].level in levels}
        for label in sorted(labels & self._ours.keys()):
            yield self._cancel(label)
        for level in levels:
            self.repaired_levels += 1
            for label, order in self._book.queue(level).items():
                yield self._place(label, order.side, order.price_ticks, order.open_lots)

    def _levels_astray(self) -> set[Level]:
        levels = set()
        for label in self._met:
            ours, theirs = self._ours.get(label), self._book.orders.get(label)
            if _terms(ours) != _terms(theirs):
                levels |= {order.level for order in (ours, theirs) if order is not None}
        for trade in self._trades:
            if summed(self._told.get((trade.label, trade.price_ticks), ())) != dict(trade.fills):
                levels.add((1 - trade.side, trade.price_ticks))
        return levels

    def _next_id(self) -> str:
        self._commands += 1
        return str(self._commands)

    def _place(
        self, label: int, side: int, price_ticks: int, lots: int, time_in_force: int = m.GTC
    ) -> m.Command:
        owner = self._owners.get(label)
        account = FIRST_OWNER + owner if owner is not None else (BUYER, SELLER)[side]
        iceberg = self.icebergs.get(label)
        hides = iceberg and time_in_force == m.GTC and iceberg.display_lots < lots
        return m.place_order(
            self._next_id(),
            account,
            SYMBOL,
            side,
            time_in_force=time_in_force,
            price_ticks=price_ticks,
            quantity_lots=lots,
            stp=m.STP_CANCEL_OLDEST,
            client_order_id=str(label),
            terms=m.OrderTerms(display_lots=iceberg.display_lots) if iceberg and hides else None,
        )

    def _replace(self, label: int, price_ticks: int, open_lots: int) -> m.Command:
        ours = self._ours[label]
        total = ours.filled_lots + open_lots
        return m.replace_order(self._next_id(), ours.account, ours.order_id, price_ticks, total)

    def _cancel(self, label: int) -> m.Command:
        ours = self._ours[label]
        return m.cancel_order(self._next_id(), ours.account, ours.order_id)

    def observe(self, step: Step, command: m.Command, events: Sequence[m.Event]) -> None:
        """Learn what became of a command. Raises ValueError if it was refused."""
        if events[0][0] == m.EV_REJECTED:
            raise ValueError(f"line {step.line}: {command} was refused: {events[0]}")
        for event in events:
            if event[0] == m.EV_ORDER:
                self._take(m.OrderEvent(*event))
        for key, fills in told(events).items():
            self._told.setdefault(key, []).extend(fills)

    def _take(self, order: m.OrderEvent) -> None:
        label = int(order.client_order_id or 0)
        self._met.add(label)
        if order.status in m.OPEN_STATUSES:
            open_lots = order.quantity_lots - order.filled_lots
            self._ours[label] = Ours(
                order.order_id, order.account, order.side, order.price_ticks, open_lots, order.filled_lots
            )
        else:
            self._ours.pop(label, None)


def _terms(order: Ours | Standing | None) -> tuple[Level, int] | None:
    return None if order is None else (order.level, order.open_lots)


# --- judging --------------------------------------------------------------------------------------------

# How the fills of a trade compare with the exchange's: the same one by one; the same but listed in another
# order; the same once what an iceberg showed part by part is added up; or other orders or quantities.
SAME, LISTED, PARTS = "the same", "listed in another order", "told in parts"
LISTED_AND_PARTS, DIFFERENT = "told in parts and in another order", "different"


def compare(fills: Sequence[Fill], ours: Sequence[Fill]) -> str:
    """How our fills of a trade compare with the exchange's."""
    if list(fills) == list(ours):
        return SAME
    added_up = summed(ours)
    if added_up != dict(fills):
        return DIFFERENT
    in_order = list(added_up) == [fill.label for fill in fills]
    in_parts = len(added_up) < len(ours)
    return PARTS if in_order else LISTED_AND_PARTS if in_parts else LISTED


class Difference(NamedTuple):
    """A trade in which we filled otherwise; ``line`` is where its step begins in the file."""

    line: int
    trade: Trade
    ours: tuple[Fill, ...]
    kind: str


@dataclass
class Opening:
    """The auction: price and quantity, theirs and ours, and how many orders traded the same quantity."""

    theirs: tuple[int, int]
    ours: tuple[int, int]
    orders: int
    equal_orders: int


@dataclass
class Judge:
    """Compares the engine's trades, and the levels it publishes, with the file's."""

    icebergs: InitVar[dict[int, Iceberg]]
    trades: int = 0
    #: Of these, the ones of the same aggressor, price and quantity.
    equal_trades: int = 0
    fills: int = 0
    #: Of these, the ones of the same order and quantity at the same place of their trade.
    equal_fills: int = 0
    #: Of the fills, the ones whose order gave that quantity to that trade, listed anywhere and in any parts.
    equal_orders: int = 0
    #: Trades by how their fills compare, and the ones that are not the same.
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    #: Trades of ours that the file does not have.
    unknown_trades: int = 0
    #: Levels a step touched, and how many of them then showed the file's quantity.
    levels: int = 0
    equal_levels: int = 0
    auction: Opening | None = None

    def __post_init__(self, icebergs: dict[int, Iceberg]) -> None:
        self._book = FileBook(icebergs)
        self._shown: dict[Level, int] = {}

    def take(self, step: Step, events: Sequence[m.Event]) -> None:
        """Everything one step brought about."""
        ours = told(events)
        if step.is_auction:
            self._take_auction(step.trades[0], ours)
        else:
            for trade in step.trades:
                self._take_trade(step, trade, ours.pop((trade.label, trade.price_ticks), []))
            self.unknown_trades += len(ours)
        self._take_levels(step, events)

    def _take_trade(self, step: Step, trade: Trade, ours: list[Fill]) -> None:
        self.trades += 1
        self.equal_trades += sum(fill.lots for fill in ours) == trade.lots
        self.fills += len(trade.fills)
        self.equal_fills += sum(map(eq, trade.fills, ours))
        given = summed(ours)
        self.equal_orders += sum(given.get(label) == lots for label, lots in trade.fills)
        kind = compare(trade.fills, ours)
        self.kinds[kind] += 1
        if kind != SAME:
            self.differences.append(Difference(step.line, trade, tuple(ours), kind))

    def _take_auction(self, trade: Trade, ours: Told) -> None:
        prices = {price_ticks for _, price_ticks in ours}
        fills = [fill for told_fills in ours.values() for fill in told_fills]
        lots = sum(fill.lots for fill in fills)
        # Buyers stand where aggressors do, their sellers are the fills.
        fills += [Fill(label, sum(fill.lots for fill in sold)) for (label, _), sold in ours.items()]
        traded = summed(fills)
        equal = sum(traded.get(label) == wanted for label, wanted in trade.fills)
        price = max(prices) if len(prices) == 1 else 0
        self.auction = Opening((trade.price_ticks, trade.lots), (price, lots), len(trade.fills), equal)

    def _take_levels(self, step: Step, events: Sequence[m.Event]) -> None:
        touched: set[Level] = set()
        for event in events:
            if event[0] == m.EV_LEVEL:
                level = m.LevelEvent(*event)
                touched.add((level.side, level.price_ticks))
                self._shown[level.side, level.price_ticks] = level.quantity_lots
        for row in step.rows_of(ADD, CANCEL, MODIFY):
            if row.label in self._book.orders:
                touched.add(self._book.orders[row.label].level)
            if row.action != CANCEL:
                touched.add((row.side, row.price_ticks))
        self._book.follow(step)
        self.levels += len(touched)
        self.equal_levels += sum(self._shown.get(level, 0) == self._book.shown[level] for level in touched)


class CmeFlow:
    """The hour for ``runner.replay``; the comparison of the replies is in ``verdict``."""

    def __init__(self, path: str | Path) -> None:
        self._steps = read_steps(path)
        self.translator = Translator(self._steps)
        self.verdict = Judge(self.translator.icebergs)

    def opening(self) -> list[m.Command]:
        """The contract in hundredths of a point, orders gathering, and an account for each owner."""
        venue = Venue("cme", SYMBOL, SYMBOL, "USD", 2, PRICE_SCALE, TICK, ENDOWMENT_MINOR)
        commands = open_venue(venue, self.translator.accounts())
        return [*commands, m.set_symbol_status("cme:pre_open", SYMBOL, m.PRE_OPEN)]

    def messages(self) -> list[Step]:
        return self._steps

    def translate(self, index: int, message: Step) -> list[m.Command]:
        return self.translator.commands(message)

    def learn(self, message: Step, command: m.Command, events: Sequence[m.Event]) -> None:
        self.translator.observe(message, command, events)

    def judge(self, index: int, message: Step, events: list[m.Event]) -> None:
        self.verdict.take(message, events)
