"""The state the commands fold into, and what every handler shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.book import Book
from exchange.engine.ledger import Account, Ledger
from exchange.engine.matching import Matcher
from exchange.engine.memory import CommandMemory, Limits
from exchange.engine.orders import Orders

#: The newest rules this code can fold; a journal says which it was written under.
RULES_VERSION: Final = 1


class State:
    """Books, ledger, orders, memory of commands, and the counters ids are taken from."""

    __slots__ = (
        "_reply",
        "books",
        "ledger",
        "limits",
        "matcher",
        "memory",
        "next_order_id",
        "now_ns",
        "orders",
        "rules_version",
        "sequence",
    )

    def __init__(self, limits: Limits) -> None:
        self.sequence = 0
        self.now_ns = 0
        self.rules_version = RULES_VERSION
        self.next_order_id = 1
        self.limits = limits
        self.ledger = Ledger()
        self.orders = Orders(self.ledger, limits.finished_orders)
        self.books: dict[str, Book] = {}
        self.matcher = Matcher(self.ledger, self.orders)
        self.memory = CommandMemory(limits, self.ledger.accounts)
        # Events of the command under way that make up its reply, where these are not all of them.
        self._reply: tuple[m.Event, ...] | None = None

    def report(self, events: list[m.Event], levels: Iterable[m.Event] = ()) -> list[m.Event]:
        """Complete a command's events with the levels and balances it changed. What stood there before
        is its reply."""
        self._reply = tuple(events)
        events += levels
        self.ledger.drain_touched(events)
        return events

    def take_reply(self, events: list[m.Event]) -> tuple[m.Event, ...]:
        """The part of a finished command's events that answers whoever sent it."""
        reply = self._reply
        self._reply = None
        return tuple(events) if reply is None else reply

    def trader(self, number: int) -> Account | None:
        """A trader's account; the venue's own accounts are not one."""
        return self.ledger.accounts.get(number) if number >= m.FIRST_TRADER_ACCOUNT else None


def rejected(command: m.Command, code: str, details: tuple[Any, ...] = ()) -> list[m.Event]:
    """The events of a command that changed nothing. Control commands carry no account: 0."""
    account = command[2] if command[0] < m.TICK else 0
    return [(m.EV_REJECTED, command[1], account, code, details)]
