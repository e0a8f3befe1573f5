"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import Any, NamedTuple

from exchange.engine import messages as m
from exchange.engine.ledger import Account


class Recalled(NamedTuple):
    """What a command did when it was first carried out: its place in the sequence, its time, and the
    events of its reply (levels and balances left out)."""

    sequence: int
    now_ns: int
    events: list[m.Event]


class Limits(NamedTuple):
    """Bounds of the core's memory. Part of its state: a journal folds to one hash under one set."""

    ids_per_account: int = 10_000
    ids_total: int = 1_000_000
    finished_orders: int = 200_000
    retention_ns: int = 24 * 3600 * 1_000_000_000


#: (command, sequence, now_ns, reply events). Declared as of any length: one of known length would be a value
#: without an identity to compiled code, made anew wherever it is kept.
Entry = tuple[Any, ...]


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
        #: Heap of (sequence, account), one for each account that has ids: of its oldest, or of one that its own
        #: bound has pushed out since.
        self._oldest: list[tuple[int, int]] = []

    def keep_control(self, entry: Entry) -> None:
        self.control[entry[0][1]] = entry

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
                heappush(self._oldest, (entry[1], account.number))
        command_id: str = entry[0][1]
        commands[command_id] = entry
        account.ids.items.append(command_id)

    def traders(self) -> list[Entry]:
        """Everything remembered of traders' commands, oldest first."""
        entries = [entry for account in self.accounts.values() for entry in account.commands.values()]
        entries.sort(key=_sequence)
        return entries

    def forget_before(self, applied_ns: int) -> None:
        """Forget traders' ids of commands applied before this time."""
        while self._oldest and self._oldest_entry()[2] < applied_ns:
            self._forget_oldest()

    def _oldest_entry(self) -> Entry:
        """The oldest of all; its account is the heap's first then."""
        while True:
            sequence, number = self._oldest[0]
            account = self.accounts[number]
            entry = account.commands[account.ids.first()]
            if entry[1] == sequence:
                return entry
            heapreplace(self._oldest, (entry[1], number))

    def _forget_oldest(self) -> None:
        command = self._oldest_entry()[0]
        account = self.accounts[command[2]]
        del account.commands[account.ids.pop()]
        self.count -= 1
        if account.commands:
            heapreplace(self._oldest, (account.commands[account.ids.first()][1], account.number))
        else:
            heappop(self._oldest)


def _sequence(entry: Entry) -> Any:
    return entry[1]
