"""Every metric of the house: name, type, labels, meaning, and whose page has it. Nothing can be counted that
is not here; ``docs/metrics.md`` is written from it (``python -m tools.metric_docs``).

Names follow Prometheus: base units (seconds, bytes), ``_total`` for counters. Labels are bounded: by the
listing (``symbol``), by the table of errors (``code``), or by the words that the meaning names. Beyond
``MAX_LABEL_VALUES`` the rest is counted under ``other``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MAX_LABEL_VALUES: Final = 500
#: The processes of a venue, in the order of a start.
PROCESSES: Final = ("engine", "marketdata", "dispatcher", "sessions", "web")


class Definition(NamedTuple):
    """One metric. ``pages``: the processes on whose ``/metrics`` it is; ``venue``: what a web process knows
    of the others, on the public ``/metrics`` only."""

    name: str
    kind: str
    help: str
    pages: tuple[str, ...]
    labels: tuple[str, ...] = ()


EVERY: Final = PROCESSES
_DEFINED: Final = (
    Definition(
        "xtrader_build_info", "info", "Which process this is, and of what version.", EVERY,
        ("process", "version", "python"),
    ),
    Definition(
        "xtrader_gc_pause_seconds", "histogram", "Collections of garbage: how long each stopped the process.",
        EVERY, ("generation",),
    ),
    Definition(
        "xtrader_breaker_open", "gauge",
        "Circuit breaker of a dependency: 1 open, 0.5 trying again, 0 closed.",
        EVERY, ("dependency",),
    ),
)  # fmt: skip

TABLE: Final = {defined.name: defined for defined in _DEFINED}
