"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

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


#: command, sequence, now_ns, reply events
Entry = tuple[m.Command, int, int, tuple[m.Event, ...]]


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = ("_ids_per_account", "_ids_total", "_queue", "accounts", "control", "count")

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self._ids_per_account = limits.ids_per_account
        self._ids_total = limits.ids_total
        self.accounts = accounts
        self.control: dict[str, Entry] = {}
        #: How many traders' ids are remembered; each account has its own by id.
        self.count = 0
        #: Entries of traders in the order they came, with some that their account's bound has pushed out.
        self._queue: deque[Entry] = deque()

    def find(self, command: m.Command) -> Entry | None:
        """What is remembered under the command's id, be it the same command or another."""
        tag: int = command[0]
        if tag < m.TICK:
            account = self.accounts.get(command[2])
            return None if account is None else account.commands.get(command[1])
        return None if tag == m.TICK else self.control.get(command[1])

    def keep_control(self, entry: Entry) -> None:
        self.control[entry[0][1]] = entry

    def keep_trader(self, account: Account, entry: Entry) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        ids = account.ids
        if len(ids) >= self._ids_per_account:
            del account.commands[ids.popleft()]
            if len(self._queue) > 2 * self.count + 1_000:
                self._queue = deque(self.traders())
        elif self.count >= self._ids_total:
            self._forget_oldest()
            self.count += 1
        else:
            self.count += 1
        command_id: str = entry[0][1]
        account.commands[command_id] = entry
        ids.append(command_id)
        self._queue.append(entry)

    def traders(self) -> list[Entry]:
        """Everything remembered of traders' commands, oldest first."""
        return [entry for entry in self._queue if self._is_kept(entry)]

    def forget_before(self, applied_ns: int) -> None:
        """Forget traders' ids of commands applied before this time."""
        queue = self._queue
        while queue and (queue[0][2] < applied_ns or not self._is_kept(queue[0])):
            if self._is_kept(queue[0]):
                self._forget_oldest()
            else:
                queue.popleft()

    def _is_kept(self, entry: Entry) -> bool:
        command = entry[0]
        kept = self.accounts[command[2]].commands.get(command[1])
        # Not by identity: compiled, a tuple of known length is a value and has none.
        return kept is not None and kept[1] == entry[1]

    def _forget_oldest(self) -> None:
        queue = self._queue
        while not self._is_kept(queue[0]):
            queue.popleft()
        command = queue.popleft()[0]
        account = self.accounts[command[2]]
        del account.commands[command[1]]
        # The oldest of all is also the oldest of its account.
        account.ids.popleft()
        self.count -= 1
