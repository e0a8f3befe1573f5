"""The side door of a process that has the project's settings."""

from __future__ import annotations

from django.conf import settings

from exchange.telemetry.doors import SideDoors, open_side_door
from exchange.telemetry.side_door import Pages


def own_side_door(name: str, pages: Pages) -> SideDoors:
    """``open_side_door`` where the settings say."""
    configured = settings.XTRADER
    return open_side_door(name, configured["SIDE_DOOR_FOLDER"], pages, configured["SIDE_DOORS"])
