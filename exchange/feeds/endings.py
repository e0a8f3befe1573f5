"""Orders that end with the connection they came by.

Such an order carries the name of its connection. When the connection ends, however it ends, this process asks
the engine to cancel what carries the name, and asks again until the engine has answered. Should this process
end as well, the engine does it by itself (``exchange.worker.gateways``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Final

from exchange.engine.messages import Command, cancel_all
from exchange.validation import new_command_id
from exchange.worker.async_client import AsyncEngineClient
from exchange.worker.errors import CommandMalformed, EngineError
from exchange.worker.protocol import Outcome

logger = logging.getLogger(__name__)

#: Pause before the engine is asked again.
RETRY_S: Final = 0.5
#: How long a process that ends waits for the answers.
FAREWELL_S: Final = 2.0


def new_session_name(process: str) -> str:
    """A name for a connection of this web process; nobody outside can guess it."""
    return f"{process}/{secrets.token_hex(8)}"


class Endings:
    """Cancels what ended connections leave behind. Use from the client's loop."""

    def __init__(self, client: AsyncEngineClient) -> None:
        self._client = client
        #: (account, session) -> the command, under one id however often it is sent
        self._waiting: dict[tuple[int, str], Command] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, account: int, session: str) -> None:
        """The connection is gone. What it sent before is on its way to the engine before this."""
        self._waiting[account, session] = cancel_all(new_command_id(), account, None, session)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Wait a moment for what is under way."""
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._task, FAREWELL_S)

    async def _work(self) -> None:
        while self._waiting:
            asked = {key: self._client.submit(command) for key, command in self._waiting.items()}
            results = await asyncio.gather(*asked.values(), return_exceptions=True)
            for key, result in zip(asked, results, strict=True):
                if self._is_answered(key, result):
                    del self._waiting[key]
            if self._waiting.keys() & asked.keys():
                await asyncio.sleep(RETRY_S)

    def _is_answered(self, key: tuple[int, str], result: Outcome | BaseException) -> bool:
        if isinstance(result, EngineError) and not isinstance(result, CommandMalformed):
            return False
        if isinstance(result, BaseException):
            logger.error("orders of an ended connection of account %d stay", key[0], exc_info=result)
        return True
