"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import Any, Final, NamedTuple

from exchange.engine import messages as m
from exchange.engine.messages.places import (
    COMMAND_ACCOUNT,
    COMMAND_ID,
    ORDER_ACCOUNT,
    TRADE_MAKER_ACCOUNT,
    TRADE_TAKER_ACCOUNT,
)
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.ledger import Account


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


#: (command, sequence, now_ns, reply events). Declared as of any length: one of known length would be a value
#: without an identity to compiled code, made anew wherever it is kept.
Entry = tuple[Any, ...]
_SEQUENCE: Final = 1
_NOW_NS: Final = 2


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = ("_ids_per_account", "_ids_total", "_oldest", "accounts", "control", "count")

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self._ids_per_account = limits.ids_per_account
        self._ids_total = limits.ids_total
        self.accounts = accounts
        self.control: dict[str, Entry] = {}
        #: How many traders' ids are remembered; each account has its own by id.
        self.count = 0
        #: Heap of (sequence, account), one for each account that has ids: of its oldest, or of one that its
        #: own bound has pushed out since.
        self._oldest: list[tuple[int, int]] = []

    def keep_control(self, entry: Entry) -> None:
        self.control[entry[0][COMMAND_ID]] = entry

    def keep_trader(self, account: Account, entry: Entry) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        commands = account.commands
        if len(commands) >= self._ids_per_account:
            del commands[account.ids.pop()]
        else:
            if self.count >= self._ids_total:
                self._forget_oldest()
            self.count += 1
            if not commands:
                heappush(self._oldest, (entry[_SEQUENCE], account.number))
        command_id: str = entry[0][COMMAND_ID]
        commands[command_id] = entry
        account.ids.items.append(command_id)

    def traders(self) -> list[Entry]:
        """Everything remembered of traders' commands, oldest first."""
        entries = [entry for account in self.accounts.values() for entry in account.commands.values()]
        entries.sort(key=_sequence)
        return entries

    def forget_before(self, applied_ns: int, most: int) -> bool:
        """Forget traders' ids of commands applied before this time, at most so many; whether there are
        more."""
        while self._oldest and self._oldest_entry()[_NOW_NS] < applied_ns:
            if most == 0:
                return True
            most -= 1
            self._forget_oldest()
        return False

    def _oldest_entry(self) -> Entry:
        """The oldest of all; its account is the heap's first then."""
        while True:
            sequence, number = self._oldest[0]
            account = self.accounts[number]
            entry = account.commands[account.ids.first()]
            if entry[_SEQUENCE] == sequence:
                return entry
            heapreplace(self._oldest, (entry[_SEQUENCE], number))

    def _forget_oldest(self) -> None:
        command = self._oldest_entry()[0]
        account = self.accounts[command[COMMAND_ACCOUNT]]
        del account.commands[account.ids.pop()]
        self.count -= 1
        if account.commands:
            heapreplace(self._oldest, (account.commands[account.ids.first()][_SEQUENCE], account.number))
        else:
            heappop(self._oldest)


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


def _sequence(entry: Entry) -> Any:
    return entry[_SEQUENCE]
