"""Hashing of passwords, a few at a time: one takes a tenth of a second of a processor and 16 MB of memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from exchange import process
from exchange.errors import RefusedError

T = TypeVar("T")

#: Log-ins that may wait for each that is being hashed; more are refused at once.
WAITING_EACH: Final = 4
#: How long one waits at most.
PATIENCE_S: Final = 5.0
#: What a refused log-in is told.
RETRY_AFTER_S: Final = 2


class HashingPool:
    """As many at once as there are processors, and a short queue. Safe from any thread."""

    def __init__(self, at_once: int | None = None, patience_s: float = PATIENCE_S) -> None:
        self.at_once = at_once or os.cpu_count() or 1
        self._patience_s = patience_s
        self._free = threading.Semaphore(self.at_once)
        self._lock = threading.Lock()
        self._inside = 0

    def run(self, work: Callable[[], T]) -> T:
        """Run what hashes, in the caller's thread, when it is its turn. Raises LOGIN_BUSY."""
        self._enter()
        try:
            if not self._free.acquire(timeout=self._patience_s):
                raise _busy()
            try:
                return work()
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._inside -= 1

    def _enter(self) -> None:
        with self._lock:
            if self._inside < self.at_once * (1 + WAITING_EACH):
                self._inside += 1
                return
        raise _busy()


def _busy() -> RefusedError:
    return RefusedError("LOGIN_BUSY", {"retry_after_s": RETRY_AFTER_S})


#: Of this process.
hashing: Final = process.shared(HashingPool, lambda: HashingPool())
