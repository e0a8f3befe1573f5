"""The state the commands fold into, and what every handler shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from exchange.engine import messages as m
from exchange.engine.book import Book
from exchange.engine.boxed import Boxed
from exchange.engine.ledger import Account, Ledger
from exchange.engine.matching import Matcher
from exchange.engine.memory import CommandMemory, Limits
from exchange.engine.orders import Orders
from exchange.engine.rules import FIRST_RULES, RULES_VERSION
from exchange.engine.symbols import Symbol
from exchange.engine.timers import Timers, next_midnight_ns
from exchange.engine.triggers import Triggers


class State:
    """Books, ledger, orders, memory of commands, and the counters ids are taken from."""

    __slots__ = (
        "_reply",
        "books",
        "day_ends_ns",
        "ledger",
        "limits",
        "matcher",
        "memory",
        "next_order_id",
        "now_ns",
        "orders",
        "rules_version",
        "sequence",
        "timers",
    )

    def __init__(self, limits: Limits, rules_version: int = RULES_VERSION) -> None:
        self.sequence = 0
        self.now_ns: Boxed = 0
        self.rules_version = rules_version
        #: The next midnight UTC, when the reference prices are set anew.
        self.day_ends_ns = 0
        self.next_order_id = 1
        self.limits = limits
        self.ledger = Ledger()
        self.timers = Timers()
        self.orders = Orders(self.ledger, self.timers, limits.finished_orders)
        self.books: dict[str, Book] = {}
        self.matcher = Matcher(self.ledger, self.orders)
        self.use_rules(rules_version)
        self.memory = CommandMemory(limits, self.ledger.accounts)
        #: The events of the command under way that make up its reply, where these are not all of them.
        self._reply: tuple[m.Event, ...] | None = None

    def add_book(self, symbol: Symbol) -> Book:
        """An empty book for a new symbol."""
        fees = self.ledger.accounts[m.FEE_ACCOUNT].balance(symbol.quote)
        book = self.books[symbol.name] = Book(symbol, fees, Triggers(self.orders.open))
        return book

    def begin_day(self) -> None:
        """Take the last prices for reference prices: a day begins."""
        self.day_ends_ns = next_midnight_ns(self.now_ns)
        for book in self.books.values():
            if book.last_ticks:
                book.reference_ticks = book.last_ticks

    def use_rules(self, version: int) -> None:
        """Fold by this version from here on. Version 1 remembered no prices and reported no prevented
        quantities."""
        if self.rules_version == FIRST_RULES < version:
            for book in self.books.values():
                book.last_ticks = book.reference_ticks = 0
        self.rules_version = version
        self.matcher.reports_prevented = version > FIRST_RULES

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
