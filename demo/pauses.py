"""How long a robot waits before it starts over, and what it rides out without starting over."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from xtrader_client import (
    ConnectionLost,
    OutcomeUnknown,
    RateLimited,
    RequestTimeout,
    Unavailable,
    XTraderError,
)

FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 60.0
#: A log-in was of use if the robot traded this long after it.
USEFUL_S = 30.0
#: The exchange is away or busy. The client reconnects by itself, and the account it mirrors shows what
#: happened; to start over would only add a log-in.
PASSING = (ConnectionLost, OutcomeUnknown, RateLimited, RequestTimeout, Unavailable)
#: Pause before the next try on the same client.
PASSING_PAUSE_S = 2.0


class RestartPauses:
    """Pauses that double from start to start, until a log-in was of use."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S
        self._logged_in_at: float | None = None

    def logged_in(self) -> None:
        """The robot begins to trade."""
        self._logged_in_at = time.monotonic()

    def next_s(self, retry_after_s: float | None = None) -> float:
        """The pause after a failure, up to half added by chance so that the robots do not come back all at
        once. Never shorter than the exchange asked for."""
        since, self._logged_in_at = self._logged_in_at, None
        if since is not None and time.monotonic() - since >= USEFUL_S:
            self._next_s = FIRST_PAUSE_S
        pause_s = self._next_s
        self._next_s = min(pause_s * 2, LAST_PAUSE_S)
        return max(pause_s * random.uniform(1.0, 1.5), retry_after_s or 0.0)


def passing_pause_s(error: XTraderError) -> float:
    """The pause after a failure that passes by itself."""
    return max(PASSING_PAUSE_S * random.uniform(1.0, 1.5), error.retry_after_s or 0.0)


def leaves(error: BaseException) -> Iterator[BaseException]:
    """The plain exceptions inside nested groups."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from leaves(inner)
    else:
        yield error


def asked_pause_s(error: BaseException) -> float | None:
    """The longest pause that the exchange asked for in any of these exceptions."""
    asked = [each.retry_after_s for each in leaves(error) if isinstance(each, XTraderError)]
    return max((pause_s for pause_s in asked if pause_s), default=None)
