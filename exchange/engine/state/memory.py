"""What the core remembers of commands it has carried out, so that a repeated one has no second effect, as the
interpreter does it. In the compiled core this module is ``memory_compiled`` (``tools/compile_core.py``).

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace
from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ACCOUNT, COMMAND_ID
from exchange.engine.records.machine_words import Words, bytes_of, i64
from exchange.engine.records.record_reader import read_message, read_messages, read_text
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.state.ledger import Account
from exchange.engine.state.recall import Entry, Limits

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

    def keep_control(self, control: Entry) -> None:
        self.control[control[0][COMMAND_ID]] = control

    def recall(self, account: Account, command_id: str) -> Entry | None:
        """What is remembered of the account's command of this id."""
        return account.share.commands.get(command_id)

    def knows(self, account: Account, data: bytes, place: i64, end: i64) -> bool:
        """Whether anything is, of the id whose word stands at ``place``, and whose rest if it has one at
        ``end``."""
        return read_text(data, place, end) in account.share.commands

    def keep_trader(
        self, account: Account, command: m.Command, sequence: int, now_ns: int, events: tuple[m.Event, ...]
    ) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        share = account.share
        commands = share.commands
        if len(commands) >= self._ids_per_account:
            del commands[share.ids.pop()]
        else:
            if self.count >= self._ids_total:
                self._forget_oldest()
            self.count += 1
            if not commands:
                heappush(self._oldest, (sequence, account.number))
        command_id: str = command[COMMAND_ID]
        commands[command_id] = (command, sequence, now_ns, events)
        share.ids.items.append(command_id)

    def keep_words(
        self,
        account: Account,
        sequence: i64,
        now_ns: i64,
        words: Words,
        start: i64,
        end: i64,
        batch: bytes,
        command_at: i64,
        _command_words: i64,
    ) -> None:
        """The same, of the command that ``knows`` looked for last, whose record stands in the batch; its
        reply is these words."""
        events = tuple(read_messages(bytes_of(words, start, end), EVENT_SHAPES))
        self.keep_trader(account, read_message(batch, command_at, COMMAND_SHAPES), sequence, now_ns, events)

    def traders(self) -> list[Entry]:
        """Everything remembered of traders' commands, oldest first."""
        entries = [entry for account in self.accounts.values() for entry in account.share.commands.values()]
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
            entry = account.share.commands[account.share.ids.first()]
            if entry[_SEQUENCE] == sequence:
                return entry
            heapreplace(self._oldest, (entry[_SEQUENCE], number))

    def _forget_oldest(self) -> None:
        command = self._oldest_entry()[0]
        account = self.accounts[command[COMMAND_ACCOUNT]]
        del account.share.commands[account.share.ids.pop()]
        self.count -= 1
        if account.share.commands:
            heapreplace(
                self._oldest, (account.share.commands[account.share.ids.first()][_SEQUENCE], account.number)
            )
        else:
            heappop(self._oldest)


def _sequence(entry: Entry) -> Any:
    return entry[_SEQUENCE]
