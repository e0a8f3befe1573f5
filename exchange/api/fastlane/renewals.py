"""Tokens in use are verified again beside the requests, all that are due in one query."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async

from exchange.api.authentication import renew


class Renewals:
    """One lot at a time, in a thread; tokens that come meanwhile are the next lot."""

    def __init__(self) -> None:
        self._due: list[bytes] = []
        #: Held here: the loop itself only holds tasks weakly.
        self._work: asyncio.Future[None] | None = None

    def add(self, token: bytes) -> None:
        self._due.append(token)
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        while self._due:
            tokens, self._due = self._due, []
            await sync_to_async(renew, thread_sensitive=False)(tokens)
