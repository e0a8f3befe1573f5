"""When the cyclic garbage collector runs.

The fold keeps millions of objects and makes no cycles (``tests/exchange/engine/test_memory.py``), yet every
some thousand new ones the collector would look through them: a quarter of the time of the fold. What does
make cycles here, now and then, is the rest of the process, and that can wait.
"""

from __future__ import annotations

import gc
import time
from typing import Final

INTERVAL_S: Final = 600.0


def take_over() -> None:
    """From here on only ``Garbage`` collects garbage; the objects there are now stay."""
    gc.collect()
    gc.freeze()
    gc.disable()


class Garbage:
    """Looks for garbage now and then. Call ``work`` when a pause does not hurt."""

    def __init__(self) -> None:
        self._due_s = time.monotonic() + INTERVAL_S

    def work(self) -> None:
        if time.monotonic() >= self._due_s:
            gc.collect()
            self._due_s = time.monotonic() + INTERVAL_S
