"""Tokens and keys in use are verified again beside the requests, all that are due in one lot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from asgiref.sync import sync_to_async

_T = TypeVar("_T")


class Renewals(Generic[_T]):
    """One lot at a time, in a thread; what comes meanwhile is the next lot. ``verify``: a lot again."""

    def __init__(self, verify: Callable[[Sequence[_T]], None]) -> None:
        self._verify = verify
        self._due: list[_T] = []
        #: Held here: the loop itself only holds tasks weakly.
        self._work: asyncio.Future[None] | None = None

    def add(self, due: _T) -> None:
        self._due.append(due)
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        while self._due:
            lot, self._due = self._due, []
            await sync_to_async(self._verify, thread_sensitive=False)(lot)
