"""How far a long piece of work has come, told to whoever wants to show it.

The work says it and knows nobody who listens::

    with step("folding the journal", size) as advance:
        advance(len(record))

A command that runs it shows it: ``with told_to(listener): …``. Without a listener nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, Protocol

Unit = Literal["bytes", "segments", "messages", "commands", ""]

#: Takes how much has been done since it was called last.
Advance = Callable[[int], None]


class Listener(Protocol):
    """Shows steps, one after the other."""

    def began(self, what: str, total: int, unit: Unit) -> None:
        """A step of ``total`` units began; 0: nobody knows how many."""

    def advanced(self, amount: int) -> None:
        """So much more of it is done."""

    def ended(self, *, is_done: bool) -> None:
        """It ended, done or broken off."""


_listener: Final[ContextVar[Listener | None]] = ContextVar("progress", default=None)


def _nobody(_amount: int) -> None:
    """Nobody listens."""


@contextmanager
def step(what: str, total: int | Callable[[], int] = 0, unit: Unit = "bytes") -> Iterator[Advance]:
    """One piece of work. ``total``: how many units it has (0: nobody knows), or what finds that out, which is
    asked only where somebody listens. A step inside a step belongs to the outer one and is not told."""
    listener = _listener.get()
    if listener is None:
        yield _nobody
        return
    token = _listener.set(None)
    is_done = False
    listener.began(what, total() if callable(total) else total, unit)
    try:
        yield listener.advanced
        is_done = True
    finally:
        _listener.reset(token)
        listener.ended(is_done=is_done)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell the steps of this task or thread to a listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
