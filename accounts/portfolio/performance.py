"""Performance over a range: the time-weighted return, beside that of simply keeping what there was.

Between two points of the value's history the return is what the value grew to, without what transfers brought
meanwhile, over what it was: a transfer counts as made at the end of its interval. The returns of all
intervals multiply, so that neither the size nor the time of a deposit counts, only what was done with it. An
interval that begins with nothing has no return.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from accounts.portfolio.history import Point


class Performance(NamedTuple):
    """Over a range. Returns are None where the worth of something was not known."""

    time_weighted: Fraction | None
    #: The same had nothing been traded in the range, and every transfer just been kept.
    kept: Fraction | None
    kept_value_minor: int
    #: What trading changed: the value less what keeping would have come to.
    trading_profit_minor: int


def performance(points: Sequence[Point]) -> Performance | None:
    """What the points of one range come to; None without any."""
    if not points:
        return None
    is_whole = all(point.is_whole for point in points)
    came = [point.came_minor for point in points]
    last = points[-1]
    return Performance(
        time_weighted([point.value_minor for point in points], came) if is_whole else None,
        time_weighted([point.kept_minor for point in points], came) if is_whole else None,
        last.kept_minor,
        last.value_minor - last.kept_minor,
    )


def time_weighted(values: Sequence[int], came: Sequence[int]) -> Fraction | None:
    """The growth of one unit, less one. ``came[i]`` came in before ``values[i]``. None where something was
    worth less than nothing, of which there is no return."""
    numerator = denominator = 1
    for index in range(1, len(values)):
        before, after = values[index - 1], values[index] - came[index]
        if before < 0 or after < 0:
            return None
        if before > 0:
            numerator *= after
            denominator *= before
    return Fraction(numerator, denominator) - 1
