"""What a check finds."""

from __future__ import annotations

from typing import Literal, NamedTuple

#: ``bad`` keeps the venue from running or from being safe; ``warn`` is to be looked at.
Level = Literal["ok", "warn", "bad"]


class Finding(NamedTuple):
    """One thing that was looked at: how it is, and what to do about it (empty where it is well)."""

    level: Level
    what: str
    advice: str = ""


def well(what: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", what)


def warning(what: str, advice: str) -> Finding:
    """It works, and should be seen to."""
    return Finding("warn", what, advice)


def bad(what: str, advice: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding("bad", what, advice)
