"""A figure of the engine's page."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the engine's page. ``alarm`` marks what an operator must look at."""

    label: str
    value: str
    alarm: bool = False
