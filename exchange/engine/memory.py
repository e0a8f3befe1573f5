"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from collections import OrderedDict
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
Key = tuple[int, str]


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = ("accounts", "control", "limits", "traders")

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self.limits = limits
        self.accounts = accounts
        self.traders: OrderedDict[Key, Entry] = OrderedDict()
        self.control: dict[str, Entry] = {}

    def find(self, command: m.Command) -> Entry | None:
        """What is remembered under the command's id, be it the same command or another."""
        tag: int = command[0]
        if tag < m.TICK:
            return self.traders.get((command[2], command[1]))
        return None if tag == m.TICK else self.control.get(command[1])

    def keep_control(self, entry: Entry) -> None:
        self.control[entry[0][1]] = entry

    def keep_trader(self, account: Account, entry: Entry) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        command_id: str = entry[0][1]
        ids = account.ids
        if len(ids) >= self.limits.ids_per_account:
            del self.traders[(account.number, ids.popleft())]
        elif len(self.traders) >= self.limits.ids_total:
            self._forget_oldest()
        self.traders[(account.number, command_id)] = entry
        ids.append(command_id)

    def forget_before(self, applied_ns: int) -> None:
        """Forget traders' ids of commands applied before this time."""
        while self.traders and next(iter(self.traders.values()))[2] < applied_ns:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        (number, _), _ = self.traders.popitem(last=False)
        # The oldest of all is also the oldest of its account.
        self.accounts[number].ids.popleft()
