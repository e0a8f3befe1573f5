"""How long to wait between two attempts to connect.

The pauses double from the first to the last and grow until a log-in has succeeded, whatever else succeeded
before it: an exchange that accepts connections and answers nothing is not asked ten times a second.
"""

from __future__ import annotations

import random

FIRST_PAUSE_S = 0.1
#: An attempt that makes no connection costs the exchange next to nothing.
LAST_UNREACHABLE_PAUSE_S = 5.0
#: One that fails at the log-in, or whose connection the exchange closed for a limit, costs it a log-in.
LAST_PAUSE_S = 60.0


class Pauses:
    """The pauses of one connection that is made again and again."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def reset(self) -> None:
        """A log-in succeeded and the connection was of use."""
        self._next_s = FIRST_PAUSE_S

    def next_s(self, *, reached: bool, retry_after_s: float | None = None) -> float:
        """The pause after an attempt, up to half added by chance. ``reached``: there was a connection. Never
        shorter than the exchange asked for."""
        last_s = LAST_PAUSE_S if reached else LAST_UNREACHABLE_PAUSE_S
        pause_s = min(self._next_s, last_s)
        self._next_s = min(pause_s * 2, LAST_PAUSE_S)
        return max(pause_s * random.uniform(1.0, 1.5), retry_after_s or 0.0)
