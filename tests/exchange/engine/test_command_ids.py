"""Remembered commands by account and id, as the interpreter and as the compiled core keep them: both like a
dict."""

from __future__ import annotations

import random
from typing import Any

import pytest

from exchange.engine import messages as m
from exchange.engine.records import COMMAND_SHAPES, RecordWriter, record_places, write_commands
from exchange.engine.records.record_words import WordRow
from exchange.engine.state import command_ids, command_ids_compiled
from exchange.engine.state.entries import Entry, entry_of

IDS = [
    "",
    "1",
    "2",
    "seven-7",
    "eight--8",
    "a-much-longer-id-of-a-client",
    "a-much-longer-id-of-a-clienu",
    "한국",
]
ACCOUNTS = (1_000, 1_001, 2**40)


def entry_for(command: m.Command, as_record: bool) -> Entry:
    if not as_record:
        return entry_of(command, 1, 1, ())
    entry = Entry(1, 1)
    row = WordRow()
    RecordWriter(COMMAND_SHAPES, row).write(command)
    entry.keep_records(row.words[: row.at], 0)
    return entry


@pytest.mark.parametrize("module", [command_ids, command_ids_compiled])
@pytest.mark.parametrize("all_meet", [False, True])
def test_like_a_dict(module: Any, all_meet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept as tuples and as records, looked up as both; also where the number that finds them is the same for
    all."""
    if all_meet and module is command_ids_compiled:
        monkeypatch.setattr(module, "_mixed", lambda key, word: 7)
    rng = random.Random(3)
    ids, model = module.CommandIds(), dict[tuple[int, str], Entry]()
    for _ in range(1_500):
        account, command_id = rng.choice(ACCOUNTS), rng.choice(IDS)
        command = m.cancel_order(command_id, account, 5)
        kept = model.get((account, command_id))
        assert ids.find(account, command_id) is kept
        record = write_commands([command])
        place, end = 8 * record_places.COMMAND_ID, 8 * COMMAND_SHAPES[m.CANCEL].words
        assert ids.find_at(account, record, place, end) is kept
        if kept is None:
            model[account, command_id] = entry_for(command, rng.random() < 0.5)
            # It is what was looked for last.
            (ids.add if rng.random() < 0.5 else ids.add_missed)(account, model[account, command_id])
        elif rng.random() < 0.6:
            ids.remove(account, model.pop((account, command_id)))


def test_an_entry_says_what_it_was_made_of() -> None:
    command = m.cancel_order("a-much-longer-id-of-a-client", 1_000, 5)
    for entry in (entry_for(command, True), entry_for(command, False)):
        assert entry.row() == (command, 1, 1, ())
        assert entry.command_id() == command[1]
