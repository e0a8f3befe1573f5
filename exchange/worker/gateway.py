"""The process-wide way from Django to the engine: ``gateway.submit(command)`` from anywhere.

The ASGI process calls ``await start()`` in its lifespan and from then on everything in the process
shares that one socket; without it a ``BlockingEngineClient`` is opened at first use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exchange.engine.messages import Command
from exchange.worker.client import AsyncEngineClient
from exchange.worker.protocol import Answer, Outcome


def configure(socket_path: str | Path, *, timeout_ms: int = 5_000) -> None:
    """Name the engine's socket. Called once by ``exchange.apps``; opens nothing."""


async def start() -> AsyncEngineClient:
    """Open this process' client on the running loop (ASGI lifespan); the same one if called again."""


async def stop() -> None:
    """Close it (ASGI shutdown)."""


def client() -> AsyncEngineClient | None:
    """The client that ``start`` opened, for the hub's subscription; None before that."""


def submit(command: Command) -> Outcome:
    """Submit from any thread but the client's loop, and wait. Raises EngineError."""


async def asubmit(command: Command) -> Outcome:
    """Submit from any coroutine, and await. Raises EngineError."""


def query(kind: str, *args: Any) -> Answer:
    """Query from any thread but the client's loop, and wait. Raises EngineError."""


async def aquery(kind: str, *args: Any) -> Answer:
    """Query from any coroutine, and await. Raises EngineError."""
