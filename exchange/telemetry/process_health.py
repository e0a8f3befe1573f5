"""``/health/live`` and ``/health/ready`` of a process' side door.

Live: the process runs and answers. Ready: it does its work; a page of 503 gives the reasons why it does not.
What a process knows of itself it states in a ``Readiness``, from any thread.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from exchange.telemetry.breakers import states
from exchange.telemetry.side_door import Page, Pages

LIVE: Final = "/health/live"
READY: Final = "/health/ready"
_JSON: Final = "application/json"


class Readiness(NamedTuple):
    """Whether a process does its work. ``reasons``: why not, as short words; empty is well. ``facts``: what
    else there is to know."""

    reasons: tuple[str, ...] = ()
    facts: Mapping[str, Any] = {}

    @property
    def is_ready(self) -> bool:
        return not self.reasons

    def as_json(self) -> dict[str, Any]:
        """The body of the page."""
        return {"ready": self.is_ready, "reasons": list(self.reasons), **self.facts}


def health_pages(readiness: Callable[[], Readiness]) -> Pages:
    """The pages of a process. ``readiness`` is called in a thread of the side door."""

    def ready() -> Page:
        found = readiness()
        body = {**found.as_json(), "breakers": {name: state.state for name, state in states().items()}}
        return Page(json.dumps(body).encode() + b"\n", _JSON, 200 if found.is_ready else 503)

    return {LIVE: _live, READY: ready}


def _live() -> Page:
    return Page(b'{"live": true}\n', _JSON)


class Rounds:
    """The work of a loop: when its last round ended well. One thread notes, any asks."""

    def __init__(self, patience_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """``patience_s``: how long after the last good round the process counts as stuck."""
        self._patience_s = patience_s
        self._clock = clock
        self._ended_s: float | None = None

    def done(self) -> None:
        """A round has ended well."""
        self._ended_s = self._clock()

    def readiness(self, name: str, **facts: Any) -> Readiness:
        """Ready while the last good round is recent."""
        if self._ended_s is None:
            return Readiness((f"{name} has not begun",), facts)
        age_s = self._clock() - self._ended_s
        reasons = () if age_s <= self._patience_s else (f"{name} is stuck",)
        return Readiness(reasons, {"last_round_s": round(age_s, 1), **facts})
