"""What a web process starts once: the engine client, the hub, and the list of its connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from exchange import process
from exchange.link import engine_link
from exchange.telemetry.logs import get_logger
from marketdata.feed.cache import MarketData
from web.live.hub import Hub
from web.live.live_figures import LiveFigures
from web.live.socket_limits import Limits, limits_from_settings
from web.live.turns import Turns
from web.live.user_changes import UserChanges
from web.live.venue_notice import VenueState

logger = get_logger(__name__)

Key = TypeVar("Key", int, str)


class Connected(Protocol):
    """A connection, as the process counts and ends it."""

    address: str

    def shut_down(self) -> None: ...

    def recheck(self, user_id: int) -> None: ...

    def send(self, message: dict[str, Any]) -> None: ...


class Connections:
    """The open connections of this process, counted by address and by account."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Connected] = set()
        self._by_address: Counter[str] = Counter()
        self._by_account: Counter[int] = Counter()
        #: Of each log-in under way: the users who have changed since it began.
        self._changed: dict[int, set[int]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def has_room(self, address: str) -> bool:
        """Whether one more connection may come from this address."""
        in_all, from_there = len(self._open), self._by_address.get(address, 0)
        limits = self._limits
        return in_all < limits.connections_per_process and from_there < limits.connections_per_address

    def add(self, connection: Connected) -> None:
        self._open.add(connection)
        self._by_address[connection.address] += 1

    def remove(self, connection: Connected) -> None:
        self._open.discard(connection)
        _count_down(self._by_address, connection.address)

    def add_account(self, account: int) -> bool:
        """Count one more connection of the account; False when it has too many."""
        if self._by_account[account] >= self._limits.connections_per_account:
            return False
        self._by_account[account] += 1
        return True

    def remove_account(self, account: int) -> None:
        _count_down(self._by_account, account)

    @contextmanager
    def logging_in(self) -> Iterator[set[int]]:
        """The users who change while somebody logs in. A proof that was read before such news, and adopted
        after it, is of somebody who may be out by now: ``recheck`` did not find the connection."""
        changed: set[int] = set()
        self._changed[id(changed)] = changed
        try:
            yield changed
        finally:
            del self._changed[id(changed)]

    def recheck(self, user_id: int) -> None:
        """Look at the connections of a user again: he has changed."""
        for changed in self._changed.values():
            changed.add(user_id)
        for connection in list(self._open):
            connection.recheck(user_id)

    def tell(self, message: dict[str, Any]) -> None:
        """Send every client a message."""
        for connection in list(self._open):
            connection.send(message)

    def shut_down(self) -> None:
        """Tell every client that the process ends."""
        for connection in list(self._open):
            connection.shut_down()


def _count_down(counter: Counter[Key], key: Key) -> None:
    """One less; a key that nobody uses any more goes."""
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


class Runtime:
    """The part of a web process that lives on its event loop."""

    def __init__(self, hub: Hub, limits: Limits, marketdata: MarketData | None = None) -> None:
        self.hub = hub
        self.limits = limits
        self.connections = Connections(limits)
        self.loop = asyncio.get_running_loop()
        self.turns = Turns(self.loop)
        self.user_changes = UserChanges(self.connections.recheck)
        self.venue = VenueState(hub, marketdata or MarketData(), self.connections.tell)
        self.figures = LiveFigures(self)


async def start() -> Runtime:
    """Start this process' runtime on the running loop, or return the one that runs: called by the
    server's lifespan, and by the first connection under a server that has none."""
    running = _of_this_loop()
    if running is not None:
        return running
    limits = limits_from_settings()
    client = await engine_link.start()
    # Another first connection may have come this far while this one waited.
    running = _of_this_loop()
    if running is not None:
        return running
    marketdata = MarketData()
    hub = Hub(client, [marketdata], limits)
    hub.start()
    started = Runtime(hub, limits, marketdata)
    started.user_changes.start()
    started.venue.start()
    process.current().put(started.venue)
    process.current().put(started)
    logger.info("live_feeds_started")
    return started


async def stop() -> None:
    """End what ``start`` began."""
    running = process.current().remove(Runtime)
    if running is not None:
        running.connections.shut_down()
        process.current().remove(VenueState)
        await running.venue.stop()
        running.figures.stop()
        await running.user_changes.stop()
        await running.hub.stop()
    await engine_link.stop()


def current() -> Runtime | None:
    """The runtime of this process, if it has been started."""
    return process.find(Runtime)


def _of_this_loop() -> Runtime | None:
    running = current()
    return running if running is not None and running.loop is asyncio.get_running_loop() else None
