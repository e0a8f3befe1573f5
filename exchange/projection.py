"""How far the database follows the engine, for readers that must see what was just written.

The projection belongs to the app above this one, so it registers its position here::

    from exchange import projection
    projection.register_position(read_position)     # () -> sequence the tables reflect
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: How long a reader waits for the projection; after that it answers with what is there and says so.
WAIT_S: Final = 0.3
_POLL_S: Final = 0.005

_read_position: Callable[[], int] | None = None
_forget: Callable[[], None] | None = None


def register_position(read_position: Callable[[], int]) -> None:
    """Name the function that tells the engine sequence the tables reflect."""
    global _read_position
    _read_position = read_position


def register_reset(forget: Callable[[], None]) -> None:
    """Name the function that empties the projection's own tables and its position."""
    global _forget
    _forget = forget


def reset() -> None:
    """Let the tables be projected again from the start; within the caller's transaction."""
    if _forget is not None:
        _forget()


def position() -> int:
    """The sequence the tables reflect; 0 when nothing projects."""
    return 0 if _read_position is None else _read_position()


def wait_for(sequence: int, timeout_s: float = WAIT_S) -> int:
    """Wait until the tables reflect ``sequence``, at most ``timeout_s``; the position then reached."""
    deadline = time.monotonic() + timeout_s
    reached = position()
    while reached < sequence and time.monotonic() < deadline and _read_position is not None:
        time.sleep(_POLL_S)
        reached = position()
    return reached
