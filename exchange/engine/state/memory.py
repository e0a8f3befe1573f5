"""What the core remembers of commands it has carried out, so that a repeated one has no second effect.

Traders' ids are scoped to the account and kept for a day of sequenced time, within a bound per
account and one for all; ids of the control plane are scoped to the venue and kept for ever.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    COMMAND_ID,
    ORDER_ACCOUNT,
    TRADE_MAKER_ACCOUNT,
    TRADE_TAKER_ACCOUNT,
)
from exchange.engine.records.machine_words import (
    WordRows,
    Words,
    add_row,
    bytes_of,
    i64,
    longer,
    no_rows,
    no_words,
    zeros,
)
from exchange.engine.records.record_reader import read_message, read_messages, read_text
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.state.id_keys import key_at, key_of
from exchange.engine.state.ledger import Account
from exchange.engine.state.slots import Slots


class Recalled(NamedTuple):
    """What a command did when it was first carried out: its place in the sequence, its time, and the
    events of its reply (levels and balances left out)."""

    sequence: int
    now_ns: int
    events: list[m.Event]


#: A control command and what came of it: (command, sequence, now_ns, reply events).
Control = tuple[Any, ...]


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


# A remembered command is a row of words; its number is its slot.
_ROW: Final = 8
_ACCOUNT: Final = 0
_KEY: Final = 1
_SEQUENCE: Final = 2
_NOW_NS: Final = 3
#: The slot of the next one that its account sent, and of those carried out before and after it; -1: none.
_NEXT_OWN: Final = 4
_BEFORE: Final = 5
_AFTER: Final = 6
#: The slot of another one that is found by the same key; -1: none.
_TWIN: Final = 7
_FIRST_ROWS: Final = 64
_NO_WORDS: Final[Words] = no_words()


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = (
        "_first",
        "_free",
        "_ids_per_account",
        "_ids_total",
        "_last",
        "_missed",
        "_missed_for",
        "_missed_id",
        "_rows",
        "_slots",
        "_tuples",
        "_used",
        "_words",
        "accounts",
        "control",
        "count",
    )

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self._ids_per_account = limits.ids_per_account
        self._ids_total = limits.ids_total
        self.accounts = accounts
        self.control: dict[str, Control] = {}
        #: How many traders' ids are remembered, and their rows; the oldest and the newest of all.
        self.count = 0
        self._rows: Words = zeros(_ROW * _FIRST_ROWS)
        self._first: i64 = -1
        self._last: i64 = -1
        #: How many rows were ever in use, and the first of those that are free again, linked by ``_AFTER``.
        self._used: i64 = 0
        self._free: i64 = -1
        self._slots = Slots()
        #: By slot: the command and its reply as tuples; None where they are words (``keep_words``).
        self._tuples: list[tuple[m.Command, tuple[m.Event, ...]] | None] = []
        self._words: WordRows = no_rows()
        #: What was looked for last: its key, account and, if it was a tuple's, its id.
        self._missed: i64 = 0
        self._missed_for: i64 = 0
        self._missed_id: str | None = None

    def keep_control(self, control: Control) -> None:
        self.control[control[0][COMMAND_ID]] = control

    # --- looking up ------------------------------------------------------------------------------

    def find(self, account: i64, command_id: str) -> i64:
        """The slot of the account's command of this id, -1 if there is none."""
        self._missed = key_of(account, command_id)
        self._missed_for = account
        self._missed_id = command_id
        slot: i64 = self._slots.get(self._missed)
        return slot if slot < 0 else self._right_one(slot, account, command_id)

    def find_at(self, account: i64, data: bytes, place: i64, end: i64) -> i64:
        """The same, of the id whose word stands at ``place``, and whose rest if it has one at ``end``."""
        self._missed = key_at(account, data, place, end)
        self._missed_for = account
        self._missed_id = None
        slot: i64 = self._slots.get(self._missed)
        if slot < 0:
            return slot
        command_id = read_text(data, place, end)
        assert command_id is not None, "a record without an id goes the long way"
        return self._right_one(slot, account, command_id)

    def recalled(self, slot: i64) -> Recalled:
        """What the command of this slot did."""
        at: i64 = _ROW * slot
        return Recalled(self._rows[at + _SEQUENCE], self._rows[at + _NOW_NS], list(self._events(slot)))

    def command(self, slot: i64) -> m.Command:
        """The command of this slot."""
        kept = self._tuples[slot]
        return read_message(self._record(slot), 0, COMMAND_SHAPES) if kept is None else kept[0]

    def _right_one(self, slot: i64, account: i64, command_id: str) -> i64:
        """Which of the commands that are found by one key is the account's of this id."""
        while slot >= 0:
            if self._rows[_ROW * slot + _ACCOUNT] == account and self._command_id(slot) == command_id:
                return slot
            slot = self._rows[_ROW * slot + _TWIN]
        return slot

    def _command_id(self, slot: i64) -> str | None:
        kept = self._tuples[slot]
        if kept is not None:
            command_id: str = kept[0][COMMAND_ID]
            return command_id
        record = self._record(slot)
        # It is the first text, so its rest if it has one comes first.
        return read_text(record, 8 * places.COMMAND_ID, 8 * COMMAND_SHAPES[record[0]].words)

    def _record(self, slot: i64) -> bytes:
        """The command's, of one that is kept as words."""
        words = self._words[slot]
        end: i64 = i64(len(words)) - 1
        return bytes_of(words, words[end], end)

    def _events(self, slot: i64) -> tuple[m.Event, ...]:
        kept = self._tuples[slot]
        if kept is not None:
            return kept[1]
        words = self._words[slot]
        return tuple(read_messages(bytes_of(words, 0, words[i64(len(words)) - 1]), EVENT_SHAPES))

    # --- keeping ---------------------------------------------------------------------------------

    def keep_trader(
        self, account: Account, command: m.Command, sequence: i64, now_ns: i64, events: tuple[m.Event, ...]
    ) -> None:
        """Remember a trader's command, forgetting the account's oldest, or the oldest of all, beyond
        the bounds."""
        command_id: str = command[COMMAND_ID]
        if self._missed_id is not command_id or self._missed_for != account.number:
            self._missed = key_of(account.number, command_id)
        slot: i64 = self._take_slot(account, sequence, now_ns)
        self._tuples[slot] = (command, events)

    def keep_words(self, account: Account, sequence: i64, now_ns: i64, words: Words) -> None:
        """The same, of the command that ``find_at`` looked for last. ``words``: the records of its reply, its
        own, and how many words the reply has."""
        slot: i64 = self._take_slot(account, sequence, now_ns)
        self._words[slot] = words

    def _take_slot(self, account: Account, sequence: i64, now_ns: i64) -> i64:
        """The row of a new command, found by ``_missed``, within the bounds."""
        if account.ids >= self._ids_per_account:
            self._drop(account)
        elif self.count >= self._ids_total:
            self._drop(self.accounts[self._rows[_ROW * self._first + _ACCOUNT]])
        slot: i64 = self._free
        if slot < 0:
            slot = self._new_row()
        rows = self._rows
        at: i64 = _ROW * slot
        if slot == self._free:
            self._free = rows[at + _AFTER]
        key: i64 = self._missed
        rows[at + _ACCOUNT] = account.number
        rows[at + _KEY] = key
        rows[at + _SEQUENCE] = sequence
        rows[at + _NOW_NS] = now_ns
        rows[at + _NEXT_OWN] = -1
        rows[at + _BEFORE] = self._last
        rows[at + _AFTER] = -1
        rows[at + _TWIN] = self._slots.get(key)
        self._slots.put(key, slot)
        if self._last < 0:
            self._first = slot
        else:
            rows[_ROW * self._last + _AFTER] = slot
        self._last = slot
        if account.ids == 0:
            account.first_id = slot
        else:
            rows[_ROW * account.last_id + _NEXT_OWN] = slot
        account.last_id = slot
        account.ids += 1
        self.count += 1
        return slot

    def _new_row(self) -> i64:
        """A row that was never in use."""
        slot: i64 = self._used
        self._used += 1
        if _ROW * self._used > i64(len(self._rows)):
            self._rows = longer(self._rows)
        self._tuples.append(None)
        self._words = add_row(self._words, _NO_WORDS)
        return slot

    def traders(self) -> list[tuple[Any, ...]]:
        """Everything remembered of traders' commands, oldest first, as rows."""
        found: list[tuple[Any, ...]] = []
        slot: i64 = self._first
        while slot >= 0:
            sequence, now_ns, events = self.recalled(slot)
            found.append((self.command(slot), sequence, now_ns, tuple(events)))
            slot = self._rows[_ROW * slot + _AFTER]
        return found

    def count_words(self) -> int:
        """How many of them are kept as words."""
        return sum([len(words) > 0 for words in self._words])

    # --- forgetting ------------------------------------------------------------------------------

    def forget_before(self, applied_ns: i64, most: int) -> bool:
        """Forget traders' ids of commands applied before this time, at most so many; whether there are
        more."""
        while self._first >= 0 and self._rows[_ROW * self._first + _NOW_NS] < applied_ns:
            if most == 0:
                return True
            most -= 1
            self._drop(self.accounts[self._rows[_ROW * self._first + _ACCOUNT]])
        return False

    def _drop(self, account: Account) -> None:
        """Forget an account's oldest."""
        rows = self._rows
        slot: i64 = account.first_id
        at: i64 = _ROW * slot
        account.first_id = rows[at + _NEXT_OWN]
        account.ids -= 1
        self.count -= 1
        before: i64 = rows[at + _BEFORE]
        after: i64 = rows[at + _AFTER]
        if before < 0:
            self._first = after
        else:
            rows[_ROW * before + _AFTER] = after
        if after < 0:
            self._last = before
        else:
            rows[_ROW * after + _BEFORE] = before
        self._unlink(rows[at + _KEY], slot)
        self._tuples[slot] = None
        self._words[slot] = _NO_WORDS
        rows[at + _AFTER] = self._free
        self._free = slot

    def _unlink(self, key: i64, slot: i64) -> None:
        """Let a slot not be found by its key any more."""
        rows = self._rows
        twin: i64 = rows[_ROW * slot + _TWIN]
        found: i64 = self._slots.get(key)
        if found == slot:
            if twin < 0:
                self._slots.remove(key)
            else:
                self._slots.put(key, twin)
            return
        while rows[_ROW * found + _TWIN] != slot:
            found = rows[_ROW * found + _TWIN]
        rows[_ROW * found + _TWIN] = twin


def kept_reply(events: tuple[m.Event, ...], account: int, most: int) -> tuple[m.Event, ...]:
    """What is remembered of a reply: all of a short one; of a longer one the first ``most`` events that are
    about the account that asked (0: the venue)."""
    if len(events) <= most:
        return events
    return tuple([event for event in events if not account or _concerns(event, account)][:most])


def _concerns(event: m.Event, account: int) -> bool:
    """Whether an event of a reply is about the account."""
    tag: int = event[0]
    if tag == m.EV_ORDER:
        return bool(event[ORDER_ACCOUNT] == account)
    if tag == m.EV_TRADE:
        return bool(account in (event[TRADE_TAKER_ACCOUNT], event[TRADE_MAKER_ACCOUNT]))
    return True
