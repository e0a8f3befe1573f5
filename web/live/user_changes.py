"""Changed users, as a web process learns of them: it forgets their verified tokens and keys, and
checks their connections at once. And new terms of service, from the moment that they are in force.

By push where there is one (this process made the change, or a Redis carries it), and by looking into the
database every ``POLL_EVERY_S`` in any case: a process that Redis does not reach is no longer late than that.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError

from accounts.identity import changes
from accounts.identity.rate_tiers import rate_tiers
from accounts.identity.terms_of_service import in_force
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import verified_keys
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

POLL_EVERY_S: Final = 0.5
#: Pause before Redis, or a database that was away, is tried again.
RETRY_S: Final = 1.0
#: The group forgets who has not joined it for a day.
JOIN_AGAIN_S: Final = 3_600.0


class UserChanges:
    """Of one event loop. ``recheck``: looks at the connections of a user again."""

    def __init__(self, recheck: Callable[[int], None]) -> None:
        self._recheck = recheck
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        changes.listeners.add(self._tell)
        self._tasks.append(self._loop.create_task(self._again(self._poll)))
        if settings.REDIS_URL:
            self._tasks.append(self._loop.create_task(self._again(self._receive)))

    async def stop(self) -> None:
        changes.listeners.remove(self._tell)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, user_id: int) -> None:
        """From any thread."""
        verified_tokens.forget_user(user_id)
        verified_keys.forget_user(user_id)
        with contextlib.suppress(RuntimeError):
            # The loop may have ended meanwhile.
            self._loop.call_soon_threadsafe(self._recheck, user_id)

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, and do it again when it has failed."""
        while True:
            try:
                await work()
            except DatabaseError as error:
                logger.info("user_changes_not_read", error=type(error).__name__)
            except Exception as error:
                logger.warning("user_changes_not_received", error=type(error).__name__)
            await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))

    async def _poll(self) -> None:
        reader = await database_sync_to_async(changes.Reader)()
        while True:
            await asyncio.sleep(POLL_EVERY_S)
            for user_id in await database_sync_to_async(_look)(reader):
                self._tell(user_id)

    async def _receive(self) -> None:
        layer = get_channel_layer()
        name = await layer.new_channel()
        while True:
            await layer.group_add(changes.GROUP, name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(JOIN_AGAIN_S):
                    while True:
                        self._tell((await layer.receive(name))["user"])


def _look(reader: changes.Reader) -> set[int]:
    """The users that have changed since it last looked. Asks the database."""
    in_force.look()
    rate_tiers.look()
    return reader.read()
