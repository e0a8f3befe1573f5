"""The process-wide way from Django to the engine: ``engine_link.submit(command)`` from anywhere.

The functions are those of the ``EngineLink`` among the parts of this process (``exchange.process``). The ASGI
process calls ``await start()`` in its lifespan and from then on everything in the process shares that one
socket; without it a ``BlockingEngineClient`` is opened at first use. A process that forks must do so before
its first use.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from exchange import process
from exchange.engine.messages import Command
from exchange.link.async_client import AsyncEngineClient
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError, EngineUnavailable
from exchange.link.protocol import Answer, Outcome

_T = TypeVar("_T")


class EngineLink:
    """The clients of one process: the loop's own, and one for when there is no such loop."""

    def __init__(self) -> None:
        self._path = ""
        self._timeout_ms = 5_000
        self._client: AsyncEngineClient | None = None
        self._blocking: BlockingEngineClient | None = None
        self._lock = threading.Lock()

    def configure(self, socket_path: str | Path, *, timeout_ms: int = 5_000) -> None:
        """Name the engine's socket. Opens nothing; closes a blocking client opened before."""
        with self._lock:
            blocking, self._blocking = self._blocking, None
            self._path, self._timeout_ms = str(socket_path), timeout_ms
        if blocking is not None:
            blocking.close()

    async def start(self) -> AsyncEngineClient:
        """Open this process' client on the running loop (ASGI lifespan); the same one if called again."""
        client = self.client()
        if client is None:
            name = f"web-{secrets.token_hex(8)}"
            client = AsyncEngineClient(self._configured_path(), timeout_ms=self._timeout_ms, name=name)
            self._client = client
            await client.start()
        return client

    async def stop(self) -> None:
        """Close what ``start`` opened (ASGI shutdown)."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def client(self) -> AsyncEngineClient | None:
        """The client that ``start`` opened, for the hub's subscription; None without one."""
        client = self._client
        if client is None or client.loop is None or client.loop.is_closed():
            return None
        return client

    def submit(self, command: Command) -> Outcome:
        """Submit from any thread but the client's loop, and wait. Raises EngineError."""
        client = self.client()
        if client is None:
            return self._blocking_client().submit(command)
        return _wait(client, _asked(lambda client: client.submit(command), client))

    def submit_all(self, commands: Sequence[Command]) -> Sequence[Outcome | EngineError]:
        """Submit commands of one account in order, from any thread but the client's loop, and wait for what
        becomes of each. They leave in one frame and share one journal sync."""
        client = self.client() or self._blocking_client().client
        return _wait(client, client.submit_all(commands))

    def query(self, kind: str, *args: Any) -> Answer:
        """Query from any thread but the client's loop, and wait. Raises EngineError."""
        client = self.client()
        if client is None:
            return self._blocking_client().query(kind, *args)
        return _wait(client, client.query(kind, *args))

    async def asubmit(self, command: Command) -> Outcome:
        """Submit from any coroutine, and await. Raises EngineError."""
        return await self._ask(lambda client: client.submit(command))

    async def asubmit_all(self, commands: Sequence[Command]) -> Sequence[Outcome | EngineError]:
        """Submit commands of one account in order, from any coroutine, and await what becomes of each. They
        leave in one frame and share one journal sync."""
        return await self._ask(lambda client: client.submit_all(commands))

    async def aquery(self, kind: str, *args: Any) -> Answer:
        """Query from any coroutine, and await. Raises EngineError."""
        return await self._ask(lambda client: client.query(kind, *args))

    async def _ask(self, ask: Callable[[AsyncEngineClient], Awaitable[_T]]) -> _T:
        """Ask on the client's own loop, from any other."""
        client = self.client() or self._blocking_client().client
        if asyncio.get_running_loop() is client.loop:
            return await ask(client)
        return await _bridge(client.loop, _asked(ask, client))

    def _configured_path(self) -> str:
        if not self._path:
            raise EngineUnavailable("the link was not configured with the engine's socket")
        return self._path

    def _blocking_client(self) -> BlockingEngineClient:
        with self._lock:
            if self._blocking is None:
                self._blocking = BlockingEngineClient(self._configured_path(), timeout_ms=self._timeout_ms)
            return self._blocking


async def _asked(ask: Callable[[AsyncEngineClient], Awaitable[_T]], client: AsyncEngineClient) -> _T:
    return await ask(client)


def _wait(client: AsyncEngineClient, coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run on the client's loop and wait for it, from another thread."""
    loop = client.loop
    assert loop is not None, "client() gives started clients only"
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop:
        coroutine.close()
        raise EngineError(
            "a blocking call on the client's own loop would never return; use asubmit or aquery"
        )
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result()


async def _bridge(loop: asyncio.AbstractEventLoop | None, coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Run on another thread's loop, and await it here."""
    assert loop is not None, "client() gives started clients only"
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))


# --- the link of this process ------------------------------------------------------------------------


def link() -> EngineLink:
    """The link of this process."""
    return process.part(EngineLink)


def configure(socket_path: str | Path, *, timeout_ms: int = 5_000) -> None:
    link().configure(socket_path, timeout_ms=timeout_ms)


async def start() -> AsyncEngineClient:
    return await link().start()


async def stop() -> None:
    await link().stop()


def client() -> AsyncEngineClient | None:
    return link().client()


def submit(command: Command) -> Outcome:
    return link().submit(command)


def submit_all(commands: Sequence[Command]) -> Sequence[Outcome | EngineError]:
    return link().submit_all(commands)


def query(kind: str, *args: Any) -> Answer:
    return link().query(kind, *args)


async def asubmit(command: Command) -> Outcome:
    return await link().asubmit(command)


async def asubmit_all(commands: Sequence[Command]) -> Sequence[Outcome | EngineError]:
    return await link().asubmit_all(commands)


async def aquery(kind: str, *args: Any) -> Answer:
    return await link().aquery(kind, *args)
