"""Orders that end with the connection they came by.

Such an order carries the name of its connection. When the connection ends, however it ends, this process asks
the engine to cancel what carries the name, and asks again until the engine has answered. Should this process
end as well, the engine does it by itself (``exchange.node.web_processes``).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import Final

from exchange.errors import ApiError, EngineTroubleError
from exchange.link.async_client import AsyncEngineClient
from exchange.orders.desk import Submission
from exchange.telemetry.logs import get_logger
from exchange.wire.rendering import Json

logger = get_logger(__name__)

#: Pause before the engine is asked again.
RETRY_S: Final = 0.5
#: How long a process that ends waits for the answers.
FAREWELL_S: Final = 2.0


def new_session_name(process: str) -> str:
    """A name for a connection of this web process, which cannot be guessed from outside."""
    return f"{process}/{secrets.token_hex(8)}"


class Endings:
    """Cancels what ended connections leave behind. Use from the client's loop."""

    def __init__(self, client: AsyncEngineClient) -> None:
        self._client = client
        #: What cancels the orders, under one command id however often it is sent -> their account.
        self._waiting: dict[Submission, int] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, account: int, submission: Submission) -> None:
        """The connection is gone. What it sent before is on its way to the engine before this."""
        self._waiting[submission] = account
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Wait a moment for what is under way."""
        if self._task is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._task, FAREWELL_S)

    async def _work(self) -> None:
        while self._waiting:
            asked = list(self._waiting)
            results = await asyncio.gather(*map(self._submit, asked))
            for submission, result in zip(asked, results, strict=True):
                if not isinstance(result, EngineTroubleError):
                    self._note_answer(self._waiting.pop(submission), result)
            if not self._waiting.keys().isdisjoint(asked):
                await asyncio.sleep(RETRY_S)

    def _submit(self, submission: Submission) -> asyncio.Future[Json | ApiError]:
        answered: asyncio.Future[Json | ApiError] = asyncio.get_running_loop().create_future()

        def done(result: Json | ApiError) -> None:
            if not answered.done():
                answered.set_result(result)

        submission.send(self._client, done)
        return answered

    def _note_answer(self, account: int, result: Json | ApiError) -> None:
        if isinstance(result, ApiError) and result.code == "INTERNAL":
            logger.error("orders_of_ended_connection_stay", account=account)
