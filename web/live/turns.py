"""Turns of the event loop, dealt out to accounts: one that sends as much as it may keeps no other waiting.

An account may enter ``ORDERS_A_TURN`` orders in a turn of the loop, over all its connections (and one message
more, whatever its size). What it has beyond that waits for its next turn, oldest first, while the loop serves
the others and the engine gets what has been entered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

ORDERS_A_TURN: Final = 64


class Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._taken: dict[int, int] = {}
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}

    def take(self, account: int, orders: int) -> None:
        """The account has entered so many orders in this turn."""
        if not self._taken:
            self._loop.call_soon(self._next)
        self._taken[account] = self._taken.get(account, 0) + orders

    def is_over(self, account: int) -> bool:
        """Whether the account has to wait before it enters more."""
        return self._taken.get(account, 0) >= ORDERS_A_TURN or account in self._waiting

    async def wait(self, account: int) -> None:
        """Return when it is this caller's turn."""
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.setdefault(account, deque()).append(turn)
        if not self._taken:
            self.take(account, 0)
        await turn

    def _next(self) -> None:
        """The next turn: the oldest waiter of each account enters."""
        self._taken.clear()
        for account, waiting in list(self._waiting.items()):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    break
            if not waiting:
                del self._waiting[account]
        if self._waiting:
            # Those left wait for a turn, whether or not any is entered in this one.
            self.take(next(iter(self._waiting)), 0)
