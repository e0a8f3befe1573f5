"""The state the commands fold into, and what every handler shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import BOUNDED_RULES, FIRST_RULES, RULES_VERSION, VENUE_RULES
from tests.exchange.engine.reference_core.state.book import Book
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.fee_plans import FeePlans
from tests.exchange.engine.reference_core.state.finished import FinishedOrders
from tests.exchange.engine.reference_core.state.guards import QuoteGuard
from tests.exchange.engine.reference_core.state.ledger import Account, Ledger
from tests.exchange.engine.reference_core.state.memory import CommandMemory, Limits
from tests.exchange.engine.reference_core.state.orders import Orders
from tests.exchange.engine.reference_core.state.symbols import Symbol
from tests.exchange.engine.reference_core.state.timers import Timers, next_midnight_ns
from tests.exchange.engine.reference_core.state.triggers import Triggers
from tests.exchange.engine.reference_core.state.withdrawals import Withdrawals

#: More trades than any command makes, and more events than any reply has: no bound.
UNBOUNDED: Final = 1 << 60


class State:
    """Books, ledger, orders, memory of commands, and the counters ids are taken from."""

    __slots__ = (
        "_reply",
        "books",
        "day_ends_ns",
        "ends_per_command",
        "fee_plans",
        "guards",
        "ledger",
        "limits",
        "memory",
        "next_order_id",
        "next_trade_id",
        "now_ns",
        "orders",
        "orders_per_account",
        "reply_events",
        "reports_prevented",
        "rules_version",
        "sequence",
        "sums_up",
        "time_is_strict",
        "timers",
        "trade_bound",
        "withdrawals",
    )

    def __init__(self, limits: Limits, rules_version: int = RULES_VERSION) -> None:
        self.sequence = 0
        self.now_ns: Boxed = 0
        self.rules_version = rules_version
        #: The next midnight UTC, when the reference prices are set anew.
        self.day_ends_ns = 0
        self.next_order_id = 1
        self.next_trade_id = 1
        self.limits = limits
        self.ledger = Ledger()
        self.timers = Timers()
        past = FinishedOrders(self.ledger.accounts, limits.finished_orders, limits.finished_per_account)
        self.orders = Orders(self.ledger, self.timers, past)
        self.books: dict[str, Book] = {}
        self.fee_plans = FeePlans(self.books)
        #: account -> the protection of its quotes
        self.guards: dict[int, QuoteGuard] = {}
        self.withdrawals = Withdrawals()
        self.use_rules(rules_version)
        self.memory = CommandMemory(limits, self.ledger.accounts)
        #: The events of the command under way that make up its reply, where these are not all of them.
        self._reply: tuple[m.Event, ...] | None = None

    def add_book(self, symbol: Symbol) -> Book:
        """An empty book for a new symbol."""
        fees = self.ledger.accounts[m.FEE_ACCOUNT].balance(symbol.quote)
        book = self.books[symbol.name] = Book(symbol, fees)
        self.orders.triggers[symbol.name] = Triggers(self.orders.open)
        self.fee_plans.add_symbol(symbol.name)
        return book

    def begin_day(self) -> None:
        """Take the last prices for reference prices: a day begins."""
        self.day_ends_ns = next_midnight_ns(self.now_ns)
        for book in self.books.values():
            if book.last_ticks:
                book.reference_ticks = book.last_ticks

    def use_rules(self, version: int) -> None:
        """Fold by this version from here on. Version 1 remembered no prices and reported no prevented
        quantities; versions 1 and 2 bounded neither trades nor replies and filled icebergs part by part. Up
        to version 3 an order's prevented quantity counted what the orders it met lost too."""
        if self.rules_version == FIRST_RULES < version:
            for book in self.books.values():
                book.last_ticks = book.reference_ticks = 0
        if self.rules_version < VENUE_RULES <= version:
            # What was counted so far was not only what was taken off.
            for order in self.orders.open.values():
                if order.options is not None:
                    order.options.prevented_lots = 0
        self.rules_version = version
        spread = version >= VENUE_RULES
        if spread:
            self.orders.past.part()
        #: Whether an order past its time trades no more, even if no tick has ended it yet (rule T4).
        self.time_is_strict = spread
        #: The most orders that a command ends because their time is up (rule X6).
        self.ends_per_command = self.limits.ends_per_command if spread else UNBOUNDED
        #: The most open orders of an account (rule B7).
        self.orders_per_account = self.limits.orders_per_account if spread else UNBOUNDED
        bounded = version >= BOUNDED_RULES
        #: Whether quantities that self-trade prevention kept from trading are reported.
        self.reports_prevented = version > FIRST_RULES
        #: Whether parts of icebergs are summed up to one trade a maker (rule I3).
        self.sums_up = bounded
        #: The most trades an order makes (rule X1).
        self.trade_bound = self.limits.trades_per_command if bounded else UNBOUNDED
        #: The most events of a reply that are remembered (rule X4).
        self.reply_events = self.limits.reply_events if bounded else UNBOUNDED

    def report(self, events: list[m.Event], levels: Iterable[m.Event] = ()) -> list[m.Event]:
        """Complete a command's events with the levels and balances it changed. What stood there before
        is its reply."""
        self._reply = tuple(events)
        events += levels
        self.ledger.drain_touched(events)
        return events

    def take_reply(self, events: list[m.Event]) -> tuple[m.Event, ...]:
        """The part of a finished command's events that answers its sender."""
        reply = self._reply
        self._reply = None
        return tuple(events) if reply is None else reply

    def is_shut(self, status: int) -> bool:
        """Whether no order leaves a symbol in this status: before rules version 4 a halted one."""
        return status == m.HALTED and self.rules_version < VENUE_RULES

    def trader(self, number: int) -> Account | None:
        """A trader's account; the venue's own accounts are not one."""
        return self.ledger.accounts.get(number) if number >= m.FIRST_TRADER_ACCOUNT else None
