"""Words and rows of them, as the interpreter and as the compiled core have them: the same to whoever uses
them."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine.records import machine_words, machine_words_compiled
from exchange.engine.records.record_words import WordRow

NUMBERS = [0, 1, -1, 2**62, -(2**63), 2**63 - 1]
DATA = b"".join(number.to_bytes(8, "little", signed=True) for number in NUMBERS)


@pytest.mark.parametrize("module", [machine_words, machine_words_compiled])
def test_words_are_little_endian_and_signed(module: Any) -> None:
    assert module.__all__ == machine_words.__all__
    assert [module.read_word(DATA, 8 * index) for index in range(len(NUMBERS))] == NUMBERS
    words = module.zeros(8)
    module.put_words(words, 1, DATA, 0, len(NUMBERS))
    assert list(words) == [0, *NUMBERS, 0]
    assert module.bytes_of(words, 1, 7) == DATA
    words[7] = 5
    assert list(words[6:8]) == [NUMBERS[-1], 5]
    assert list(module.no_words()) == []
    assert list(module.part_of(words, 1, 3)) == NUMBERS[:2]
    room = module.zeros(2)
    assert list(room) == [0, 0]
    for _ in range(14):
        room = module.longer(room)
    assert len(room) > 10_000
    rows = module.add_row(module.add_row(module.no_rows(), words), room)
    assert list(rows[0]) == list(words)


def test_a_row_grows_and_makes_way() -> None:
    row = WordRow()
    for number in range(10_000):
        row.make_room(1)
        row.append(number)
    row.open_gap(5_000, 3)
    row.words[5_000] = row.words[5_001] = row.words[5_002] = -1
    expected = [*range(5_000), -1, -1, -1, *range(5_000, 10_000)]
    assert row.part(0, row.at) == b"".join(each.to_bytes(8, "little", signed=True) for each in expected)
