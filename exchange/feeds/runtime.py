"""What a web process starts once: the engine client, the hub, and the list of its connections."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Protocol, TypeVar

from exchange.feeds.hub import Hub
from exchange.feeds.limits import Limits, limits_from_settings
from exchange.feeds.registry import upstream_factories
from exchange.worker import gateway

logger = logging.getLogger(__name__)

Key = TypeVar("Key", int, str)


class Connected(Protocol):
    """A connection, as the process counts and ends it."""

    address: str

    def shut_down(self) -> None: ...


class Connections:
    """The open connections of this process, counted by address and by account."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: set[Connected] = set()
        self._by_address: Counter[str] = Counter()
        self._by_account: Counter[int] = Counter()

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
    """The parts, running."""

    def __init__(self, hub: Hub, limits: Limits) -> None:
        self.hub = hub
        self.limits = limits
        self.connections = Connections(limits)
        self.loop = asyncio.get_running_loop()


_current: Runtime | None = None


async def start() -> Runtime:
    """Start this process' runtime on the running loop, or return the one that runs: called by the
    server's lifespan, and by the first connection under a server that has none."""
    global _current
    if _current is not None and _current.loop is asyncio.get_running_loop():
        return _current
    limits = limits_from_settings()
    client = await gateway.start()
    # Another first connection may have come this far while this one waited.
    if _current is not None and _current.loop is asyncio.get_running_loop():
        return _current
    hub = Hub(client, [factory() for factory in upstream_factories()], limits)
    hub.start()
    _current = Runtime(hub, limits)
    logger.info("live feeds started")
    return _current


async def stop() -> None:
    """End what ``start`` began."""
    global _current
    runtime, _current = _current, None
    if runtime is not None:
        runtime.connections.shut_down()
        await runtime.hub.stop()
    await gateway.stop()


def current() -> Runtime | None:
    """The runtime of this process, if it has been started."""
    return _current
