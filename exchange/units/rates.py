"""Rates: how many in how long."""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

DAY_S: Final = 86_400
_SPANS_S: Final = {"s": 1, "10s": 10, "min": 60, "h": 3600, "day": DAY_S}
_RATE: Final = re.compile(r"([1-9][0-9]{0,11})/(s|10s|min|h|day)")


class Rate(NamedTuple):
    """At most ``maximum`` in ``span_s`` seconds."""

    maximum: int
    span_s: int


@functools.cache
def parse_rates(text: str) -> tuple[Rate, ...]:
    """Rates that all hold, shortest span first, such as ``2000/s 50000000/day``; none for ``0``, no limit.
    Raises ValueError for what is no such text."""
    if text.strip() == "0":
        return ()
    found = {}
    for part in text.split():
        match = _RATE.fullmatch(part)
        span_s = 0 if match is None else _SPANS_S[match[2]]
        if match is None or span_s in found:
            raise ValueError(f"no rates: {text!r}")
        found[span_s] = Rate(int(match[1]), span_s)
    if not found:
        raise ValueError("no rate")
    return tuple(found[span_s] for span_s in sorted(found))
