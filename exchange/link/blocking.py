"""The engine client for threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from exchange.engine.messages import Command
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import EngineError
from exchange.link.protocol import Answer, Outcome

_T = TypeVar("_T")


class BlockingEngineClient:
    """An ``AsyncEngineClient`` on a loop in a thread of its own: management commands, sync views, tests.

    Safe to share between threads. Options are those of ``AsyncEngineClient``.
    """

    def __init__(self, socket_path: str | Path, *, timeout_ms: int = 5_000, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = AsyncEngineClient(socket_path, timeout_ms=timeout_ms, **options)
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine-client", daemon=True)
        self._thread.start()
        self._call(self._client.start())

    @property
    def client(self) -> AsyncEngineClient:
        """What runs on the loop of this client's thread, for coroutines there."""
        return self._client

    def submit(self, command: Command) -> Outcome:
        """Send one command and wait for its outcome; raises EngineError."""
        return self._call(self._submit(command))

    def submit_many(self, commands: Sequence[Command]) -> list[Outcome]:
        """Send all in one frame and wait for all; raises the first EngineError met."""
        return self._call(self._submit_all(commands))

    def query(self, kind: str, *args: Any) -> Answer:
        """Ask the engine's state; see ``queries`` for kinds and arguments."""
        return self._call(self._client.query(kind, *args))

    def wait_connected(self, timeout_s: float = 5.0) -> None:
        """Return once connected; EngineUnavailable after ``timeout_s``."""
        self._call(self._client.wait_connected(timeout_s))

    def close(self) -> None:
        """Disconnect and end the thread."""
        if self._loop.is_closed():
            return
        self._call(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> BlockingEngineClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    async def _submit(self, command: Command) -> Outcome:
        return await self._client.submit(command)

    async def _submit_all(self, commands: Sequence[Command]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        failure: EngineError | None = None
        for future in self._client.submit_many(commands):
            try:
                outcomes.append(await future)
            except EngineError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return outcomes

    def _call(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()
