"""Messages as records: rows of 64-bit words that are written and read without making objects of them.

``record_shapes`` describes every layout, once; ``record_writer`` and ``record_reader`` follow that
description,
``record_places`` names the places of what is written and read most often, and docs/records.md shows it to
readers.
"""

from exchange.engine.records.record_reader import Answer, read_answers, read_message, read_messages
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.records.record_writer import RecordWriter, write_commands

__all__ = [
    "COMMAND_SHAPES",
    "EVENT_SHAPES",
    "Answer",
    "RecordWriter",
    "read_answers",
    "read_message",
    "read_messages",
    "write_commands",
]
