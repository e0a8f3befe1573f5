"""Log lines about a condition that every request meets: one a minute, however many requests there are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from structlog.stdlib import BoundLogger

SPAN_S: Final = 60.0


class ScarceLog:
    """Writes a line at most once in ``SPAN_S``, with the number of those left out since the one before. Its
    methods may be called from any thread."""

    def __init__(self, logger: BoundLogger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._next_s = float("-inf")
        self._left_out = 0

    def error(self, event: str, **fields: Any) -> None:
        """Write the line, or count it."""
        with self._lock:
            now_s = self._clock()
            if now_s < self._next_s:
                self._left_out += 1
                return
            self._next_s = now_s + SPAN_S
            left_out, self._left_out = self._left_out, 0
        if left_out:
            fields["left_out"] = left_out
        self._logger.error(event, **fields)
