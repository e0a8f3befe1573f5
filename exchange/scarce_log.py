"""Log lines about a condition that every request meets: one a minute, however many requests there are."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

SPAN_S: Final = 60.0


class ScarceLog:
    """Writes a line at most once in ``SPAN_S``, with the number of those left out since the one before. Its
    methods may be called from any thread."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._next_s = float("-inf")
        self._left_out = 0

    def error(self, text: str) -> None:
        """Write the line, or count it."""
        with self._lock:
            now_s = self._clock()
            if now_s < self._next_s:
                self._left_out += 1
                return
            self._next_s = now_s + SPAN_S
            left_out, self._left_out = self._left_out, 0
        self._logger.error(
            "%s%s", text, f" ({left_out:,} times more since the last line)" if left_out else ""
        )
