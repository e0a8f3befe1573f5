"""The conformance workload: two million messages whose report stream has one published SHA-256.

Lines are ``N,id,side,ioc,price,quantity`` (new), ``C,id`` (cancel) and ``M,id,side,price,quantity``
(modify: back of the queue at new terms, the side stays). A message's sequence number is its 0-based line
number. The reports, as text:

    new     ``0,seq,side,id,price,quantity``, its trades, then of an IOC remainder ``2,seq,side,id,price``
    cancel  ``2,seq,side,id,price``, or ``4,seq,id`` when the order is not live
    modify  its trades, then ``3,seq,side,id,price,quantity``, or ``5,seq,id`` when not live
    trade   ``1,seq,price,quantity,resting id,incoming id``
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from exchange.engine import messages as m
from replays.sources import open_text
from replays.venue import Venue, open_venue

SYMBOL = "LOT-PTS"
#: One account a side, so that no order ever meets one of its own account.
BUYER, SELLER = 1001, 1002
#: Enough of both assets that no message of the workload is ever refused for funds.
ENDOWMENT_MINOR = 10**18

Message = list[str]


def read_messages(path: str | Path) -> Iterator[Message]:
    """The workload's messages, fields split. Reads ``.xz`` as well as plain text."""
    with open_text(path) as lines:
        for line in lines:
            yield line.rstrip("\n").split(",")


def opening() -> list[m.Command]:
    """A venue for the workload: prices and quantities are whole numbers, nothing costs a fee."""
    venue = Venue(
        "canonical", SYMBOL, "LOT", "PTS", 0, price_scale=0, tick=1, endowment_minor=ENDOWMENT_MINOR
    )
    return open_venue(venue, (BUYER, SELLER))


class Translator:
    """Messages to commands. It must ``observe`` the events of a command before the next is made: a
    modify gives the open quantity, a replace the total, so it has to know what has been filled."""

    def __init__(self) -> None:
        #: workload id → (account, our order id)
        self._orders: dict[str, tuple[int, int]] = {}
        self._filled_lots: dict[int, int] = {}

    def command(self, sequence: int, message: Message) -> m.Command:
        """The command for one message. Its id is the message's sequence number."""
        kind, label = message[0], message[1]
        if kind == "N":
            side = int(message[2])
            return m.place_order(
                str(sequence),
                SELLER if side == m.SELL else BUYER,
                SYMBOL,
                side,
                time_in_force=m.IOC if message[3] == "1" else m.GTC,
                price_ticks=int(message[4]),
                quantity_lots=int(message[5]),
            )
        account, order_id = self._orders[label]
        if kind == "C":
            return m.cancel_order(str(sequence), account, order_id)
        total_lots = self._filled_lots.get(order_id, 0) + int(message[4])
        return m.replace_order(str(sequence), account, order_id, int(message[3]), total_lots)

    def observe(self, message: Message, events: Sequence[m.Event]) -> None:
        """Learn the new order's id, and what was filled."""
        if message[0] == "N":
            _, order_id, account = events[0][:3]
            self._orders[message[1]] = (account, order_id)
        for event in events:
            if event[0] == m.EV_TRADE:
                trade = m.TradeEvent(*event)
                for order_id in (trade.taker_order_id, trade.maker_order_id):
                    self._filled_lots[order_id] = self._filled_lots.get(order_id, 0) + trade.quantity_lots


class Reporter:
    """Events to the workload's reports, and their hash."""

    def __init__(self) -> None:
        self._labels: dict[int, str] = {}
        self._hash = hashlib.sha256()
        self.reports = 0

    def take(self, sequence: int, message: Message, events: Sequence[m.Event]) -> None:
        """Add what one message brought about. Messages come in their order."""
        for line in self._lines(sequence, message, events):
            self._hash.update(f"\n{line}".encode() if self.reports else line.encode())
            self.reports += 1

    def hexdigest(self) -> str:
        """SHA-256 of the reports so far, joined by newlines."""
        return self._hash.hexdigest()

    def _lines(self, sequence: int, message: Message, events: Sequence[m.Event]) -> Iterable[str]:
        kind, label = message[0], message[1]
        if events[0][0] == m.EV_REJECTED:
            yield self._refused(sequence, message, m.RejectedEvent(*events[0]))
            return
        order = m.OrderEvent(*events[0])
        if kind == "N":
            self._labels[order.order_id] = label
            yield f"0,{sequence},{message[2]},{label},{message[4]},{message[5]}"
        yield from self._trades(sequence, label, events)
        if kind == "M":
            yield f"3,{sequence},{order.side},{label},{order.price_ticks},{message[4]}"
        elif order.status == m.CANCELED:
            yield f"2,{sequence},{order.side},{label},{order.price_ticks}"

    def _trades(self, sequence: int, label: str, events: Sequence[m.Event]) -> Iterator[str]:
        for event in events:
            if event[0] == m.EV_TRADE:
                trade = m.TradeEvent(*event)
                resting = self._labels[trade.maker_order_id]
                yield f"1,{sequence},{trade.price_ticks},{trade.quantity_lots},{resting},{label}"

    def _refused(self, sequence: int, message: Message, refusal: m.RejectedEvent) -> str:
        """Not live any more is an answer of the workload; no other refusal may occur."""
        if message[0] == "N" or refusal.code not in ("ORDER_NOT_OPEN", "ORDER_NOT_FOUND"):
            raise ValueError(f"message {sequence} {message} was refused: {refusal}")
        return f"{4 if message[0] == 'C' else 5},{sequence},{message[1]}"


class CanonicalFlow:
    """The workload for ``runner.replay``; the hash of the replies is in ``reporter``."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._translator = Translator()
        self.reporter = Reporter()

    def opening(self) -> list[m.Command]:
        return opening()

    def messages(self) -> Iterator[Message]:
        return read_messages(self._path)

    def translate(self, index: int, message: Message) -> list[m.Command]:
        return [self._translator.command(index, message)]

    def learn(self, message: Message, command: m.Command, events: Sequence[m.Event]) -> None:
        self._translator.observe(message, events)

    def judge(self, index: int, message: Message, events: list[m.Event]) -> None:
        self.reporter.take(index, message, events)
