"""The users that trade on a demo market."""

from __future__ import annotations

from typing import Final

DEMO_BOTS: Final = ("maker1", "maker2", "maker3", "taker1", "taker2", "taker3")
