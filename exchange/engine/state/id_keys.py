"""Numbers by which remembered commands are found, as the interpreter makes them. In the compiled core this
module is ``id_keys_compiled``, which makes no strings (``tools/compile_core.py``).

Two ids may have their number in common; whoever finds a command by it compares the id itself."""

from __future__ import annotations

from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_reader import read_text


def key_of(account: i64, command_id: str) -> i64:
    """The number of an account's id."""
    return hash((account, command_id))


def key_at(account: i64, data: bytes, place: i64, end: i64) -> i64:
    """The same, of the id whose word stands at ``place``, and whose rest if it has one at ``end``."""
    return hash((account, read_text(data, place, end)))
