"""Whether this web process can take orders: ``/health/ready``, for proxies and supervisors.

It can while the engine answers. The database is no part of it: who is logged in trades on without, and a
proxy that took every web process out would end that. Nor is a venue that takes cancels only.
"""

from __future__ import annotations

import time

from exchange import process
from exchange.telemetry.process_health import Readiness
from ops import health


class ReadinessKept:
    """Asks the engine once in ``health.KEPT_S``, however many want to know."""

    def __init__(self) -> None:
        self._found: Readiness | None = None
        self._asked_s = 0.0

    async def find(self) -> Readiness:
        """As it was when the engine was last asked."""
        now_s = time.monotonic()
        if self._found is None or now_s - self._asked_s >= health.KEPT_S:
            self._asked_s = now_s
            self._found = await _ask()
        return self._found

    def forget(self) -> None:
        """Ask anew at the next request."""
        self._found = None


async def _ask() -> Readiness:
    report = health.Report()
    await health.ask_engine(report)
    if not report.engine:
        return Readiness((f"the engine does not answer: {report.engine_error}",))
    facts = {"sequence": report.engine["sequence"], "cancel_only": report.engine.get("cancel_only", False)}
    return Readiness((), facts)


#: Of this process.
readiness = process.shared(ReadinessKept, lambda: ReadinessKept())
