"""Storing beside folding: while the database works on one transaction, Python folds what the next one will
hold.

The order of things stays that of one thread. A write is begun only when the one before it is known to be
stored, with the position that one led to, and nothing is shown before it is stored. At most one write is on
its way; a process that dies then leaves the tables before or after it, as ever (docs/decisions/0014).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from marketdata.projection.store import Store, Write


class Writer:
    """Hands writes to a store, one at a time. Use from one thread; the store is the writer's from ``begin``
    to ``end``.

    With SQLite each write is done at once: its calls are so short that two threads would do nothing but hand
    each other the interpreter's lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread: ThreadPoolExecutor | None = None
        self._pending: Future[bool] | None = None
        self._then: Callable[[], None] | None = None

    def begin(self, write: Write, then: Callable[[], None]) -> None:
        """Begin to store. ``then`` is called by ``end``, in the caller's thread, once it is stored."""
        assert self._pending is None, "the write before has not been ended"
        if self._store.is_remote:
            pending = self._executor().submit(self._store.write_lent, write)
        else:
            is_stored = self._store.write(write)
            pending = Future()
            pending.set_result(is_stored)
        self._pending, self._then = pending, then

    def end(self) -> bool:
        """Wait until everything begun is stored; False when stopped before that. Raises what ``Store.write``
        raises."""
        pending, self._pending = self._pending, None
        then, self._then = self._then, None
        if pending is None:
            return True
        if not pending.result():
            return False
        assert then is not None, "set when it was begun"
        then()
        return True

    def close(self) -> None:
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _executor(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="projection")
        return self._thread
