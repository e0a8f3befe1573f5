"""How far the tables follow the engine, for readers that must see what was just written."""

from __future__ import annotations

import time
from typing import Final

from exchange.link import engine_link
from exchange.models import Projection
from exchange.selectors.stored_rows import fetch

#: How long a read waits for the projection; after that it returns the rows there are, with their position.
WAIT_S: Final = 0.3
_POLL_S: Final = 0.005
_POSITION: Final = f"SELECT sequence FROM {Projection._meta.db_table} WHERE name = %s"


def projected_sequence() -> int:
    """The engine's sequence that the tables reflect; 0 before the first write."""
    rows = fetch(_POSITION, [Projection.MARKET_DATA])
    return int(rows[0][0]) if rows else 0


def wait_for(sequence: int, timeout_s: float = WAIT_S) -> int:
    """Wait until the tables reflect ``sequence``, at most ``timeout_s``; return the sequence then reached."""
    deadline = time.monotonic() + timeout_s
    reached = projected_sequence()
    while reached < sequence and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        reached = projected_sequence()
    return reached


def up_to_date() -> int:
    """Wait a moment for the database to reflect the engine's present; the sequence it then reflects."""
    sequence, _ = engine_link.query("status")
    return wait_for(sequence)
