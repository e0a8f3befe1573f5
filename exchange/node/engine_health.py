"""What the engine's side door tells of it: whether its loop turns and its journal takes writes."""

from __future__ import annotations

import time
from typing import Final

from exchange.node.server import EngineServer
from exchange.telemetry.process_health import Readiness

#: The loop turns at least once a second; silence this long means that a turn does not end.
STUCK_S: Final = 5.0


class EngineHealth:
    """Asked from the side door's thread; ``server`` is put here once it serves."""

    def __init__(self) -> None:
        self.server: EngineServer | None = None

    def readiness(self) -> Readiness:
        """Ready while it serves, turns and can write; also while it is cancel-only: cancels need it."""
        server = self.server
        if server is None:
            return Readiness(("the journal is being read",))
        pulse = server.pulse
        turned_s = time.monotonic() - pulse.turned_s
        reasons = []
        if turned_s > STUCK_S:
            reasons.append("a turn does not end")
        if pulse.has_failed:
            reasons.append("the journal does not take writes")
        facts = {
            "sequence": pulse.sequence,
            "durable": pulse.durable,
            "last_turn_s": round(turned_s, 3),
            "last_sync_s": None if pulse.synced_s is None else round(time.monotonic() - pulse.synced_s, 3),
            "cancel_only": pulse.cancel_only,
        }
        return Readiness(tuple(reasons), facts)
