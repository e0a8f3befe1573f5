"""What stands in the place of ``memory`` in the compiled core: commands and their replies as rows of words,
which make no object when one is put in or forgotten. What comes as tuples is kept as such."""

from __future__ import annotations

from typing import Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ID
from exchange.engine.records.machine_words import (
    WordRows,
    Words,
    add_row,
    bytes_of,
    i64,
    longer,
    no_rows,
    no_words,
    part_of,
    put_words,
    zeros,
)
from exchange.engine.records.record_reader import read_message, read_messages, read_text
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.state.id_keys import key_at, key_of
from exchange.engine.state.ledger import Account
from exchange.engine.state.recall import Entry, Limits
from exchange.engine.state.slots import Slots

# A remembered command is a row of words; its number is its slot.
_ROW: Final = 34
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
#: How many words the command takes and how many its reply, which follow. 0: both are tuples.
_COMMAND_WORDS: Final = 8
_REPLY_WORDS: Final = 9
#: Where the reply is among the long ones, if it does not fit; -1: it does.
_LONG: Final = 10
_KEPT: Final = 11
#: An order with ids of one word each that enters and rests fits exactly.
_FIT: Final = 23
_FIRST_ROWS: Final = 16
_NO_WORDS: Final[Words] = no_words()


class CommandMemory:
    """Command id -> what it did. The oldest are forgotten first."""

    __slots__ = (
        "_first",
        "_free",
        "_ids_per_account",
        "_ids_total",
        "_last",
        "_long",
        "_long_free",
        "_missed",
        "_missed_for",
        "_missed_id",
        "_rows",
        "_slots",
        "_tuples",
        "_used",
        "accounts",
        "control",
        "count",
    )

    def __init__(self, limits: Limits, accounts: dict[int, Account]) -> None:
        self._ids_per_account = limits.ids_per_account
        self._ids_total = limits.ids_total
        self.accounts = accounts
        self.control: dict[str, Entry] = {}
        #: How many traders' ids are remembered, and their rows; the oldest and the newest of all.
        self.count = 0
        self._rows: Words = zeros(_ROW * _FIRST_ROWS)
        self._first: i64 = -1
        self._last: i64 = -1
        #: How many rows were ever in use, and the first of those that are free again, linked by ``_AFTER``.
        self._used: i64 = 0
        self._free: i64 = -1
        self._slots = Slots()
        #: By slot: the command and its reply, where they are tuples.
        self._tuples: dict[int, tuple[m.Command, tuple[m.Event, ...]]] = {}
        #: Replies that do not fit their row, and the places among these that are free.
        self._long: WordRows = no_rows()
        self._long_free: list[int] = []
        #: What was looked for last: its key, account and, if it was a tuple's, its id.
        self._missed: i64 = 0
        self._missed_for: i64 = 0
        self._missed_id: str | None = None

    def keep_control(self, control: Entry) -> None:
        self.control[control[0][COMMAND_ID]] = control

    # --- looking up ------------------------------------------------------------------------------

    def recall(self, account: Account, command_id: str) -> Entry | None:
        """What is remembered of the account's command of this id."""
        number: i64 = account.number
        self._missed = key_of(number, command_id)
        self._missed_for = number
        self._missed_id = command_id
        slot: i64 = self._slots.get(self._missed)
        if slot >= 0:
            slot = self._right_one(slot, number, command_id)
        return None if slot < 0 else self._entry(slot)

    def knows(self, account: Account, data: bytes, place: i64, end: i64) -> bool:
        """Whether anything is, of the id whose word stands at ``place``, and whose rest if it has one at
        ``end``."""
        number: i64 = account.number
        self._missed = key_at(number, data, place, end)
        self._missed_id = None
        slot: i64 = self._slots.get(self._missed)
        return slot >= 0 and self._right_one(slot, number, read_text(data, place, end)) >= 0

    def _entry(self, slot: i64) -> Entry:
        at: i64 = _ROW * slot
        sequence, now_ns = int(self._rows[at + _SEQUENCE]), int(self._rows[at + _NOW_NS])
        kept = self._tuples.get(slot)
        if kept is not None:
            return (kept[0], sequence, now_ns, kept[1])
        command = read_message(self._record(slot), 0, COMMAND_SHAPES)
        return (command, sequence, now_ns, tuple(read_messages(self._reply(slot), EVENT_SHAPES)))

    def _right_one(self, slot: i64, account: i64, command_id: str | None) -> i64:
        """Which of the commands that are found by one key is the account's of this id."""
        while slot >= 0:
            if self._rows[_ROW * slot + _ACCOUNT] == account and self._command_id(slot) == command_id:
                return slot
            slot = self._rows[_ROW * slot + _TWIN]
        return slot

    def _command_id(self, slot: i64) -> str | None:
        kept = self._tuples.get(slot)
        if kept is not None:
            command_id: str = kept[0][COMMAND_ID]
            return command_id
        record = self._record(slot)
        # It is the first text, so its rest if it has one comes first.
        return read_text(record, 8 * places.COMMAND_ID, 8 * COMMAND_SHAPES[record[0]].words)

    def _record(self, slot: i64) -> bytes:
        """The command's, of one that is kept as words."""
        at: i64 = _ROW * slot + _KEPT
        return bytes_of(self._rows, at, at + self._rows[at - _KEPT + _COMMAND_WORDS])

    def _reply(self, slot: i64) -> bytes:
        """The records of its reply."""
        at: i64 = _ROW * slot
        count: i64 = self._rows[at + _REPLY_WORDS]
        number: i64 = self._rows[at + _LONG]
        if number >= 0:
            return bytes_of(self._long[number], 0, count)
        at += self._rows[at + _COMMAND_WORDS] + _KEPT
        return bytes_of(self._rows, at, at + count)

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
        self._rows[_ROW * slot + _COMMAND_WORDS] = 0
        self._tuples[slot] = (command, events)

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
        command_words: i64,
    ) -> None:
        """The same, of the command that ``knows`` looked for last, whose record stands in the batch; its
        reply is these words."""
        if command_words > _FIT:
            command = read_message(batch, command_at, COMMAND_SHAPES)
            reply = tuple(read_messages(bytes_of(words, start, end), EVENT_SHAPES))
            self.keep_trader(account, command, sequence, now_ns, reply)
            return
        slot: i64 = self._take_slot(account, sequence, now_ns)
        rows = self._rows
        place: i64 = _ROW * slot
        rows[place + _COMMAND_WORDS] = command_words
        rows[place + _REPLY_WORDS] = end - start
        put_words(rows, place + _KEPT, batch, command_at, command_words)
        if command_words + end - start > _FIT:
            rows[place + _LONG] = self._keep_long(part_of(words, start, end))
            return
        rows[place + _LONG] = -1
        place += _KEPT + command_words
        while start < end:
            rows[place] = words[start]
            place += 1
            start += 1

    def _keep_long(self, reply: Words) -> i64:
        """Keep a reply that does not fit a row; its number."""
        number: i64
        if self._long_free:
            number = self._long_free.pop()
            self._long[number] = reply
        else:
            number = len(self._long)
            self._long = add_row(self._long, reply)
        return number

    def _take_slot(self, account: Account, sequence: i64, now_ns: i64) -> i64:
        """The row of a new command, found by ``_missed``, within the bounds."""
        share = account.share
        if share.id_count >= self._ids_per_account:
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
        rows[at + _TWIN] = self._slots.swap(key, slot)
        if self._last < 0:
            self._first = slot
        else:
            rows[_ROW * self._last + _AFTER] = slot
        self._last = slot
        if share.id_count == 0:
            share.first_id = slot
        else:
            rows[_ROW * share.last_id + _NEXT_OWN] = slot
        share.last_id = slot
        share.id_count += 1
        self.count += 1
        return slot

    def _new_row(self) -> i64:
        """A row that was never in use."""
        slot: i64 = self._used
        self._used += 1
        if _ROW * self._used > i64(len(self._rows)):
            self._rows = longer(self._rows)
        return slot

    def traders(self) -> list[Entry]:
        """Everything remembered of traders' commands, oldest first, as rows."""
        found: list[Entry] = []
        slot: i64 = self._first
        while slot >= 0:
            found.append(self._entry(slot))
            slot = self._rows[_ROW * slot + _AFTER]
        return found

    # --- forgetting ------------------------------------------------------------------------------

    def forget_before(self, applied_ns: int, most: int) -> bool:
        """Forget traders' ids of commands applied before this time, at most so many; whether there are
        more."""
        # As an int: the time may be one that no word holds.
        while self._first >= 0 and int(self._rows[_ROW * self._first + _NOW_NS]) < applied_ns:
            if most == 0:
                return True
            most -= 1
            self._drop(self.accounts[self._rows[_ROW * self._first + _ACCOUNT]])
        return False

    def _drop(self, account: Account) -> None:
        """Forget an account's oldest."""
        share = account.share
        rows = self._rows
        slot: i64 = share.first_id
        at: i64 = _ROW * slot
        share.first_id = rows[at + _NEXT_OWN]
        share.id_count -= 1
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
        if rows[at + _COMMAND_WORDS] == 0:
            del self._tuples[slot]
        elif rows[at + _LONG] >= 0:
            number: i64 = rows[at + _LONG]
            self._long[number] = _NO_WORDS
            self._long_free.append(number)
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
