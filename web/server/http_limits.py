"""Every bound of a plain HTTP connection, by name, and the plain connections of one process.

Settings may override any: ``XTRADER_HTTP = {"head_s": 5}``. ``docs/operations.md`` lists them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

#: The name under which the application leaves its ``HttpConnections`` in the state of its lifespan.
STATE_KEY: Final = "web.http_connections"
#: How often connections are looked at.
_SWEEP_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Sizes in bytes, times in seconds; counts are per process unless the name gives another."""

    #: Request line and headers, trailers likewise; more is 431.
    head_bytes: int = 32 * 1024
    request_line_bytes: int = 8 * 1024
    headers: int = 100
    #: From the first byte (or the connection) to the end of the headers.
    head_s: float = 10.0
    #: From there to the end of the body.
    body_s: float = 30.0
    #: A response of which the client has read nothing for this long is given up.
    unread_s: float = 30.0
    #: After a refusal: how long the client has to read it and close.
    linger_s: float = 2.0
    #: What of it is read and dropped meanwhile.
    linger_bytes: int = 1024 * 1024
    #: Plain connections; a WebSocket leaves this count when it is accepted.
    connections: int = 2_000
    #: Of one address; 0 is no bound. The application sets that behind a proxy, which has one address for all.
    connections_per_address: int = 256


class Timed(Protocol):
    """A connection that ends when its time is over."""

    def check_time(self, now_s: float) -> None: ...


class HttpConnections:
    """The plain connections of a process: bounded in all and by address, looked at twice a second."""

    def __init__(self, limits: HttpLimits, counted: Callable[[str], str] = str) -> None:
        """``counted``: what an address counts as, such as its network."""
        self.limits = limits
        self._counted = counted
        self._open: dict[Timed, str | None] = {}
        self._by_address: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def refusal(self, address: str | None) -> int | None:
        """The HTTP status that answers one more connection from an address; None when there is room."""
        limits = self.limits
        if len(self._open) >= limits.connections:
            return 503
        most = limits.connections_per_address
        if most and address is not None and self._by_address.get(self._counted(address), 0) >= most:
            return 429
        return None

    def add(self, connection: Timed, address: str | None, loop: asyncio.AbstractEventLoop) -> None:
        """Count a connection and look after it. ``address`` is None for a peer on a Unix socket."""
        counted = None if address is None else self._counted(address)
        self._open[connection] = counted
        if counted is not None:
            self._by_address[counted] += 1
        if self._timer is None:
            self._timer = loop.call_later(_SWEEP_S, self._sweep, loop)

    def discard(self, connection: Timed) -> None:
        """The connection has ended, or is plain no longer."""
        counted = self._open.pop(connection, None)
        if counted is not None:
            self._by_address[counted] -= 1
            if self._by_address[counted] <= 0:
                del self._by_address[counted]

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now_s = loop.time()
        for connection in list(self._open):
            connection.check_time(now_s)
        self._timer = loop.call_later(_SWEEP_S, self._sweep, loop) if self._open else None


def connections_of(state: dict[str, Any]) -> HttpConnections:
    """Those in the state that uvicorn shares with its protocols; made here when the application left none."""
    found = state.get(STATE_KEY)
    if found is None:
        found = state[STATE_KEY] = HttpConnections(HttpLimits())
    assert isinstance(found, HttpConnections)
    return found
