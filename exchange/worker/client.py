"""Clients of the engine worker: asyncio and blocking. See ``AsyncEngineClient``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exchange.engine.messages import Command
from exchange.worker.protocol import Answer, FeedBatch, Hello, Outcome


class AsyncEngineClient:
    """One connection of an asyncio process to the engine; use it from its loop only.

    Commands given in one turn of the loop leave in one frame. The client reconnects with back-off;
    commands that were sent and not answered are sent again with their command_id until ``timeout_ms``
    has passed (``OutcomeUnknown``). Commands that could not be sent for ``connect_grace_ms`` fail with
    ``EngineUnavailable``; more than ``max_waiting`` unanswered ones fail with ``EngineBusy``.
    """

    def __init__(
        self,
        socket_path: str | Path,
        *,
        timeout_ms: int = 5_000,
        connect_grace_ms: int = 2_000,
        max_waiting: int = 50_000,
    ) -> None: ...

    async def start(self) -> None:
        """Begin connecting; returns at once, connected or not."""

    async def close(self) -> None:
        """Disconnect; unanswered commands fail with OutcomeUnknown."""

    @property
    def connected(self) -> bool: ...

    async def wait_connected(self, timeout_s: float = 5.0) -> None:
        """Return once connected; EngineUnavailable after ``timeout_s``."""

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Send one command; the future gives its Outcome or raises an EngineError."""

    def submit_many(self, commands: Sequence[Command]) -> list[asyncio.Future[Outcome]]:
        """Send several in order; each has its own future, since each may be refused on its own."""

    async def query(self, kind: str, *args: Any) -> Answer:
        """Ask the engine's state; see ``exchange/worker/queries.py`` for kinds and arguments."""

    def subscribe(
        self,
        on_hello: Callable[[Hello], None],
        on_batch: Callable[[FeedBatch], None],
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        """Receive the feed: first a Hello (full state), then every batch after it without a gap. After
        a reconnect there is a new Hello. Callbacks run on the loop and must not block. One
        subscription per client; it is kept across reconnects. ``on_lost`` runs at a disconnect."""


class BlockingEngineClient:
    """The same for threads: management commands, sync views, tests. Safe to share between threads."""

    def __init__(self, socket_path: str | Path, *, timeout_ms: int = 5_000, **options: int) -> None: ...

    def submit(self, command: Command) -> Outcome:
        """Send one command and wait for its outcome; raises EngineError."""

    def submit_many(self, commands: Sequence[Command]) -> list[Outcome]:
        """Send all in one frame and wait for all; raises the first EngineError met."""

    def query(self, kind: str, *args: Any) -> Answer: ...

    def wait_connected(self, timeout_s: float = 5.0) -> None: ...

    def close(self) -> None: ...

    def __enter__(self) -> BlockingEngineClient: ...

    def __exit__(self, *exc: object) -> None: ...
