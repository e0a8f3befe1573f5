"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import Any, Final, NamedTuple

from exchange.engine import messages as m
from exchange.engine.messages.places import (
    ORDER_ACCOUNT,
    TRADE_MAKER_ACCOUNT,
    TRADE_TAKER_ACCOUNT,
)
from exchange.engine.state.boxed import Boxed
from exchange.engine.state.command_ids import CommandIds
from exchange.engine.state.entries import Entry
from exchange.engine.state.ledger import Account


class Recalled(NamedTuple):
    """What a command did when it was first carried out: its place in the sequence, its time, and the
    events of its reply (levels and balances left out)."""

    sequence: int
    now_ns: int
    events: list[m.Event]


class Limits(NamedTuple):
    """Bounds of the core's memory and of a command's work. Part of its state: a journal folds to one hash
    under one set. Rules versions before 3 know the first four only."""

    ids_per_account: int = 10_000
    ids_total: int = 1_000_000
    finished_orders: int = 200_000
    retention_ns: int = 24 * 3600 * 1_000_000_000
    #: The most trades an entering order makes, and after which a command lets no further fired order enter
    #: (rules X1 to X3 of docs/orders.md).
    trades_per_command: int = 1_000
    #: The most events of a reply that are remembered for a repeated command (rule X4).
    reply_events: int = 1_024
    #: The most open orders of an account in all symbols (rule B7).
    orders_per_account: int = 10_000
    #: The most orders that a command ends because their time is up, and of how many a tick forgets the ids
    #: and the finished orders (rule X6).
    ends_per_command: int = 2_000
    #: Finished orders of one account that are remembered; ``finished_orders`` of all.
    finished_per_account: int = 5_000
    #: The most open withdrawals of an account (rule F6).
    withdrawals_per_account: int = 100
    #: The most pegged orders of a symbol, and of an account in one (rule PG6).
    pegs_per_symbol: int = 200
    pegs_per_account: int = 10


#: The limits that rules versions before 3, and before 4, know.
OLD_LIMIT_COUNT: Final = 4
BOUNDED_LIMIT_COUNT: Final = 6


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = ("_ids_per_account", "_ids_total", "_oldest", "accounts", "control", "count", "ids")

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self._ids_per_account = limits.ids_per_account
        self._ids_total = limits.ids_total
        self.accounts = accounts
        self.control: dict[str, Entry] = {}
        #: Traders' commands by account and id, and how many they are.
        self.ids = CommandIds()
        self.count = 0
        #: Heap of (sequence, account), one for each account that has ids: of its oldest, or of one that its
        #: own bound has pushed out since.
        self._oldest: list[tuple[int, int]] = []

    def keep_control(self, entry: Entry) -> None:
        self.control[entry.command_id()] = entry

    def keep_trader(self, account: Account, entry: Entry) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        self._make_room(account, entry)
        self.ids.add(account.number, entry)

    def keep_missed(self, account: Account, entry: Entry) -> None:
        """The same, of a command that ``ids.find_at`` looked for last."""
        self._make_room(account, entry)
        self.ids.add_missed(account.number, entry)

    def _make_room(self, account: Account, entry: Entry) -> None:
        """Let the entry be the account's newest, within the bounds."""
        if account.entries >= self._ids_per_account:
            self._drop(account)
        else:
            if self.count >= self._ids_total:
                self._forget_oldest()
            self.count += 1
            if account.last_entry is None:
                heappush(self._oldest, (entry.sequence, account.number))
        last = account.last_entry
        if last is None:
            account.first_entry = entry
        else:
            last.newer = entry
        account.last_entry = entry
        account.entries += 1

    def traders(self) -> list[tuple[Any, ...]]:
        """Everything remembered of traders' commands, oldest first, as rows."""
        entries: list[Entry] = []
        for account in self.accounts.values():
            entry = account.first_entry
            while entry is not None:
                entries.append(entry)
                entry = entry.newer
        entries.sort(key=_sequence)
        return [entry.row() for entry in entries]

    def forget_before(self, applied_ns: int, most: int) -> bool:
        """Forget traders' ids of commands applied before this time, at most so many; whether there are
        more."""
        while self._oldest and self._oldest_entry().now_ns < applied_ns:
            if most == 0:
                return True
            most -= 1
            self._forget_oldest()
        return False

    def _oldest_entry(self) -> Entry:
        """The oldest of all; its account is the heap's first then."""
        while True:
            sequence, number = self._oldest[0]
            entry = _first(self.accounts[number])
            if entry.sequence == sequence:
                return entry
            heapreplace(self._oldest, (entry.sequence, number))

    def _forget_oldest(self) -> None:
        self._oldest_entry()
        account = self.accounts[self._oldest[0][1]]
        self._drop(account)
        self.count -= 1
        if account.entries:
            heapreplace(self._oldest, (_first(account).sequence, account.number))
        else:
            heappop(self._oldest)

    def _drop(self, account: Account) -> None:
        """Forget an account's oldest."""
        entry = _first(account)
        self.ids.remove(account.number, entry)
        account.first_entry = entry.newer
        if entry.newer is None:
            account.last_entry = None
        account.entries -= 1


def _first(account: Account) -> Entry:
    entry = account.first_entry
    assert entry is not None, f"account {account.number} has sent nothing"
    return entry


def kept_reply(events: tuple[m.Event, ...], account: Boxed, most: int) -> tuple[m.Event, ...]:
    """What is remembered of a reply: all of a short one; of a longer one the first ``most`` events that are
    about the account that asked (0: the venue)."""
    if len(events) <= most:
        return events
    return tuple([event for event in events if not account or _concerns(event, account)][:most])


def _concerns(event: m.Event, account: Boxed) -> bool:
    """Whether an event of a reply is about the account."""
    tag: int = event[0]
    if tag == m.EV_ORDER:
        return bool(event[ORDER_ACCOUNT] == account)
    if tag == m.EV_TRADE:
        return bool(account in (event[TRADE_TAKER_ACCOUNT], event[TRADE_MAKER_ACCOUNT]))
    return True


def _sequence(entry: Entry) -> int:
    return entry.sequence
