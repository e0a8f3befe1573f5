"""A bound on the lines of a log: what anyone can cause is written a few times a minute, and then counted.

Our lines count by their logger and their event, those of libraries by their text before its arguments are
filled in; slow operations each on their own. The first ``MAX_A_MINUTE`` of a
minute pass; the first one after it says how many did not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

MAX_A_MINUTE: Final = 60
#: Different lines counted at once; beyond it all counts begin anew.
MAX_KINDS: Final = 1_000

_LONGEST: Final = 200

Kind = tuple[str, int, str]


def lines_of(environment: Mapping[str, str]) -> int:
    """The bound of ``LOG_LINES_A_MINUTE``. Raises ValueError for what is no number."""
    return int(environment.get("LOG_LINES_A_MINUTE") or MAX_A_MINUTE)


class PerMinute(logging.Filter):
    """Passes ``maximum`` records of a kind a minute."""

    def __init__(self, maximum: int = MAX_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._maximum = maximum
        self._clock = clock
        self._lock = threading.Lock()
        #: The minute that runs, and how many there were in it.
        self._counts: dict[Kind, tuple[int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.name, record.levelno, _what(record.msg)
        minute = int(self._clock() // 60)
        with self._lock:
            began, count = self._counts.get(kind, (minute, 0))
            if len(self._counts) >= MAX_KINDS:
                self._counts.clear()
            if began == minute:
                self._counts[kind] = minute, count + 1
                return count < self._maximum
            self._counts[kind] = minute, 1
        if count > self._maximum:
            left_out = count - self._maximum
            if isinstance(record.msg, dict):
                record.msg = {**record.msg, "left_out": left_out}
            else:
                record.msg = f"{record.msg} (and {left_out} more like it were not written)"
        return True


def _what(message: object) -> str:
    if isinstance(message, dict):
        return f"{message.get('event')} {message.get('operation', '')}"[:_LONGEST]
    return str(message)[:_LONGEST]
