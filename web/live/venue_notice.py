"""How the venue is as this web process knows it: what is served stale since its source is away, and whether
only cancels are taken. Told to every connection when it changes, and to new ones unless all is well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from exchange import process
from exchange.telemetry.breakers import ENGINE, MARKETDATA
from marketdata.feed.cache import SILENCE_S, MarketData
from web.live.hub import Hub

#: How often the sources are looked at.
LOOK_EVERY_S: Final = 0.5
#: The header of answers made of what is no longer renewed: ``engine;age=12, marketdata;age=3`` (seconds).
STALE_HEADER: Final = "X-Stale"

Json = dict[str, Any]


class Venue(NamedTuple):
    """What there is to say."""

    is_cancel_only: bool = False
    #: Sources that are away.
    stale: tuple[str, ...] = ()

    def message(self) -> Json:
        """As it goes to the connections."""
        return {"type": "venue", "cancel_only": self.is_cancel_only, "stale": list(self.stale)}


class VenueState:
    """Of one web process, on its event loop; ``stale_value`` may be called from any thread."""

    def __init__(self, hub: Hub, marketdata: MarketData, tell: Callable[[Json], None]) -> None:
        self._hub = hub
        self._client = hub.client
        self._marketdata = marketdata
        self._tell = tell
        self._task: asyncio.Task[None] | None = None
        #: Where marketdata stood when it was last seen to move, and since when it stands there though the
        #: engine has gone on, as it does while its database is away.
        self._reached = 0
        self._stands_since_s: float | None = None
        #: As it was last told.
        self.told = Venue()

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def now(self) -> Venue:
        """How the venue is at this moment."""
        ages = self._ages()
        return Venue(
            self._client.is_cancel_only, tuple(name for name in (ENGINE, MARKETDATA) if name in ages)
        )

    def stale_value(self, *sources: str) -> str | None:
        """The header's value for an answer made of these sources; None while they are there."""
        if not self.told.stale and self._client.away_s is None and self._marketdata.away_s is None:
            return None
        ages = self._ages()
        return ", ".join(f"{name};age={int(ages[name])}" for name in sources if name in ages) or None

    def _ages(self) -> dict[str, float]:
        ages = {ENGINE: self._client.away_s, MARKETDATA: self._marketdata.away_s or self._standing_s()}
        return {name: age_s for name, age_s in ages.items() if age_s is not None}

    def _standing_s(self) -> float | None:
        """How long marketdata has not got on, once that is too long."""
        since_s = self._stands_since_s
        standing_s = 0.0 if since_s is None else time.monotonic() - since_s
        return standing_s if standing_s > SILENCE_S else None

    def _see_whether_it_moves(self) -> None:
        reached = self._marketdata.sequence
        if reached != self._reached or reached >= self._hub.sequence:
            self._reached, self._stands_since_s = reached, None
        elif self._stands_since_s is None:
            self._stands_since_s = time.monotonic()

    async def _watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Look at the sources, and tell of a change."""
        self._see_whether_it_moves()
        venue = self.now()
        if venue != self.told:
            self.told = venue
            self._tell(venue.message())


def stale_value(*sources: str) -> str | None:
    """``VenueState.stale_value`` of this process; None where no feeds have been started."""
    state = process.find(VenueState)
    return None if state is None else state.stale_value(*sources)
