"""An hour of NASDAQ order flow (LOBSTER), held against the exchange's own best bid and ask.

A message row is ``time, type, order id, size, price (USD x 10,000), direction``; direction 1 is a
resting buy, -1 a resting sell. Aggressors never appear: an execution becomes an opposite
immediate-or-cancel order of that size and price, and price-time priority has to find its maker.

Orders that were already there, or were entered outside the levels the file covers, appear first when
they are canceled or executed. Order ids ascend with time, so each is entered where its id says, with as
many shares as the file takes off it later.

Now and then an execution is not of the oldest order (rules of the exchange's own). Our engine fills the
oldest all the same; the shares left behind then change owner, so that what the file later takes off the
one is taken off the other. Price levels are right throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from exchange.engine import messages as m
from replays.sources import open_text
from replays.venue import Venue, open_venue

SYMBOL = "AAPL"
PRICE_SCALE = 4
#: One account a side, so that no order ever meets one of its own account.
BUYER, SELLER = 1001, 1002
ENDOWMENT_MINOR = 10**22

NEW, PARTIAL_CANCEL, DELETE, EXECUTION, HIDDEN_EXECUTION = 1, 2, 3, 4, 5


class Row(NamedTuple):
    """One message. ``line`` is its text, by which a level-1 row is recognised."""

    line: str
    kind: int
    label: int
    shares: int
    price_ticks: int
    side: int


class Best(NamedTuple):
    """Best ask and bid with sizes; an empty side is (0, 0)."""

    ask_ticks: int
    ask_shares: int
    bid_ticks: int
    bid_shares: int


class Standing(NamedTuple):
    """An order whose entry the file does not show."""

    label: int
    side: int
    price_ticks: int
    shares: int


def read_rows(path: str | Path) -> list[Row]:
    """The messages of an hour, in order."""
    with open_text(path) as lines:
        return [_row(line.strip()) for line in lines]


def _row(line: str) -> Row:
    _, kind, label, shares, price, direction = line.split(",")
    side = m.BUY if direction == "1" else m.SELL
    return Row(line, int(kind), int(label), int(shares), int(price), side)


def read_best(archive: str | Path) -> list[tuple[str, Best]]:
    """The exchange's level-1 sample: message text and best prices after it, in order."""
    with open_text(archive, "_message_1.csv") as messages, open_text(archive, "_orderbook_1.csv") as books:
        return [(line.strip(), _best(book)) for line, book in zip(messages, books, strict=True)]


def _best(line: str) -> Best:
    ask, ask_shares, bid, bid_shares = (int(field) for field in line.split(","))
    return Best(ask if ask_shares else 0, ask_shares, bid if bid_shares else 0, bid_shares)


def opening() -> list[m.Command]:
    """AAPL in ten-thousandths of a dollar and two accounts with enough of everything."""
    venue = Venue("lobster", SYMBOL, "AAPL", "USD", 8, PRICE_SCALE, tick=1, endowment_minor=ENDOWMENT_MINOR)
    return open_venue(venue, (BUYER, SELLER))


# --- what stood there before it was mentioned ---------------------------------------------------------


def standing_orders(rows: Sequence[Row]) -> list[Standing]:
    """Orders the file takes something off without ever having added them, ascending by label."""
    added: set[int] = set()
    found: dict[int, Standing] = {}
    for row in rows:
        if row.kind == NEW:
            added.add(row.label)
        elif row.kind in (PARTIAL_CANCEL, DELETE, EXECUTION) and row.label not in added:
            shares = row.shares + (found[row.label].shares if row.label in found else 0)
            found[row.label] = Standing(row.label, row.side, row.price_ticks, shares)
    return [found[label] for label in sorted(found)]


# --- whose shares rest in which of our orders -----------------------------------------------------------


class Holdings:
    """How many shares of the file's orders (labels) rest in which of the engine's orders."""

    def __init__(self) -> None:
        self._by_label: dict[int, dict[int, int]] = {}
        self._by_order: dict[int, dict[int, int]] = {}

    def of(self, label: int) -> dict[int, int]:
        """Order id → shares, of one of the file's orders."""
        return dict(self._by_label.get(label, {}))

    def open_shares(self, order_id: int) -> int:
        return sum(self._by_order.get(order_id, {}).values())

    def add(self, label: int, order_id: int, shares: int) -> None:
        """Give (or with negative ``shares`` take) part of an order to a label."""
        for index, key, other in ((self._by_label, label, order_id), (self._by_order, order_id, label)):
            row = index.setdefault(key, {})
            row[other] = row.get(other, 0) + shares
            if not row[other]:
                del row[other]
            if not row:
                del index[key]

    def fill(self, label: int, order_id: int, shares: int) -> bool:
        """Shares of ``order_id`` were filled where the file says ``label``'s were. True if the file is
        right; otherwise whoever owned them gets as many of what the label still owns."""
        holders = dict(self._by_order.get(order_id, {}))
        for holder in sorted(holders, key=lambda holder: holder != label):
            filled = min(shares, holders[holder])
            self.add(holder, order_id, -filled)
            if holder != label:
                self._compensate(holder, label, filled)
            shares -= filled
        return set(holders) <= {label}

    def _compensate(self, holder: int, label: int, shares: int) -> None:
        for order_id, owned in self.of(label).items():
            moved = min(shares, owned)
            if moved:
                self.add(label, order_id, -moved)
                self.add(holder, order_id, moved)
                shares -= moved


class Translator:
    """Rows to commands. Each command's events must be ``observe``d before the next row's are made."""

    def __init__(self, standing: Sequence[Standing]) -> None:
        self._standing = list(reversed(standing))
        self._holdings = Holdings()
        #: order id → (account, total quantity)
        self._orders: dict[int, tuple[int, int]] = {}
        self._commands = 0
        #: label that each command of the row under way is about
        self._labels: dict[str, int] = {}
        self.out_of_turn = 0
        self.unfilled_shares = 0

    def commands(self, row: Row) -> list[m.Command]:
        """The commands of one row: none for a hidden execution, more where orders were standing."""
        self._labels.clear()
        commands = []
        while (
            self._standing and self._standing[-1].label < row.label and (row.kind == NEW or not self._orders)
        ):
            standing = self._standing.pop()
            commands.append(self._place(standing.label, standing.side, standing.price_ticks, standing.shares))
        if row.kind == NEW:
            commands.append(self._place(row.label, row.side, row.price_ticks, row.shares))
        elif row.kind == EXECUTION:
            commands.append(self._place(row.label, 1 - row.side, row.price_ticks, row.shares, m.IOC))
        elif row.kind in (PARTIAL_CANCEL, DELETE):
            commands += self._take_off(row)
        return commands

    def _next_id(self, label: int) -> str:
        self._commands += 1
        command_id = str(self._commands)
        self._labels[command_id] = label
        return command_id

    def _place(self, label: int, side: int, price_ticks: int, shares: int, tif: int = m.GTC) -> m.Command:
        return m.place_order(
            self._next_id(label),
            BUYER if side == m.BUY else SELLER,
            SYMBOL,
            side,
            time_in_force=tif,
            price_ticks=price_ticks,
            quantity_lots=shares,
        )

    def _take_off(self, row: Row) -> list[m.Command]:
        """Cancels and reductions that take the row's shares off the orders they rest in."""
        left = row.shares
        commands = []
        for order_id, owned in self._holdings.of(row.label).items():
            shares = min(left, owned)
            if not shares:
                break
            left -= shares
            account, total = self._orders[order_id]
            command_id = self._next_id(row.label)
            if shares == self._holdings.open_shares(order_id):
                commands.append(m.cancel_order(command_id, account, order_id))
            else:
                commands.append(m.reduce_order(command_id, account, order_id, total - shares))
                self._orders[order_id] = (account, total - shares)
            self._holdings.add(row.label, order_id, -shares)
        return commands

    def observe(self, row: Row, command: m.Command, events: Sequence[m.Event]) -> None:
        """Learn what became of a command."""
        if events[0][0] == m.EV_REJECTED:
            raise ValueError(f"{row.line}: {command} was refused: {events[0]}")
        if command[0] != m.PLACE:
            return
        label = self._labels[m.PlaceOrder(*command).command_id]
        order = m.OrderEvent(*events[0])
        for event in events:
            if event[0] == m.EV_TRADE:
                trade = m.TradeEvent(*event)
                if not self._holdings.fill(label, trade.maker_order_id, trade.quantity_lots):
                    self.out_of_turn += 1
        open_shares = order.quantity_lots - order.filled_lots
        if order.status in m.OPEN_STATUSES:
            self._orders[order.order_id] = (order.account, order.quantity_lots)
            self._holdings.add(label, order.order_id, open_shares)
        else:
            self.unfilled_shares += open_shares


# --- judging ----------------------------------------------------------------------------------------


class Mismatch(NamedTuple):
    """A level-1 row that our book does not show; ``message`` is its 0-based number in the hour."""

    message: int
    line: str
    ours: Best
    theirs: Best


class Judge:
    """Follows the book by the level events alone and compares it with the exchange's rows."""

    def __init__(self, best: Sequence[tuple[str, Best]]) -> None:
        self._rows = best
        self._next = 0
        self._levels: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.compared = 0
        self.mismatches: list[Mismatch] = []

    def take(self, message: int, row: Row, events: Sequence[m.Event]) -> None:
        """Everything one row brought about, then the comparison if the row is a level-1 row too."""
        for event in events:
            if event[0] == m.EV_LEVEL:
                _, _, side, price_ticks, quantity_lots = event
                if quantity_lots:
                    self._levels[side][price_ticks] = quantity_lots
                else:
                    self._levels[side].pop(price_ticks, None)
        if self._next < len(self._rows) and self._rows[self._next][0] == row.line:
            theirs = self._rows[self._next][1]
            self._next += 1
            self.compared += 1
            if self.best() != theirs:
                self.mismatches.append(Mismatch(message, row.line, self.best(), theirs))

    def best(self) -> Best:
        bids, asks = self._levels
        bid, ask = max(bids, default=0), min(asks, default=0)
        return Best(ask, asks.get(ask, 0), bid, bids.get(bid, 0))

    @property
    def equal_share(self) -> float:
        """Of the compared rows, the share that is equal (a statistic, not money)."""
        return 1 - len(self.mismatches) / self.compared if self.compared else 0.0


class LobsterFlow:
    """The hour for ``runner.replay``; the comparison of the replies is in ``verdict``."""

    def __init__(self, messages: str | Path, sample: str | Path) -> None:
        """``messages``: the level-50 message file. ``sample``: the archive with the level-1 files."""
        self._rows = read_rows(messages)
        self.translator = Translator(standing_orders(self._rows))
        self.verdict = Judge(read_best(sample))

    def opening(self) -> list[m.Command]:
        return opening()

    def messages(self) -> list[Row]:
        return self._rows

    def translate(self, index: int, message: Row) -> list[m.Command]:
        return self.translator.commands(message)

    def learn(self, message: Row, command: m.Command, events: Sequence[m.Event]) -> None:
        self.translator.observe(message, command, events)

    def judge(self, index: int, message: Row, events: list[m.Event]) -> None:
        self.verdict.take(index, message, events)
