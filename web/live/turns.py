"""Turns of the event loop, dealt out to accounts: one that sends as much as it may keeps no other waiting.

An account may enter ``ORDERS_A_TURN`` orders in a turn of the loop, and have ``UNANSWERED`` of them on their
way to the engine and back, over all its connections (and one message more, whatever its size). What it has
beyond that waits here for its next turn, oldest first. So what another account sends meanwhile is not behind
more of its orders than that, in the engine's queue, in the batch, in the feed and among the replies together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Final

from exchange.errors import EngineTroubleError

ORDERS_A_TURN: Final = 64
#: More than one batch of the wire, so that engine and web process are both at work for a single account.
UNANSWERED: Final = 128
#: How long a request over HTTP waits for its turn. A socket waits as long as it is open.
PATIENCE_S: Final = 5.0


class Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._taken: dict[int, int] = {}
        self._unanswered: dict[int, int] = {}
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}
        self._is_scheduled = False

    def take(self, account: int, orders: int) -> None:
        """The account has entered so many orders in this turn. Each take is followed by one ``answered``."""
        self._taken[account] = self._taken.get(account, 0) + orders
        self._unanswered[account] = self._unanswered.get(account, 0) + orders
        self._schedule()

    def answered(self, account: int, orders: int) -> None:
        """So many that were taken have their answers, or will never have one."""
        left = self._unanswered[account] - orders
        if left:
            self._unanswered[account] = left
        else:
            del self._unanswered[account]
        if account in self._waiting and self._has_room(account):
            self._schedule()

    def is_over(self, account: int) -> bool:
        """Whether the account has to wait before it enters more."""
        return (
            self._taken.get(account, 0) >= ORDERS_A_TURN
            or not self._has_room(account)
            or account in self._waiting
        )

    async def wait(self, account: int) -> None:
        """Return when it is this caller's turn."""
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.setdefault(account, deque()).append(turn)
        self._schedule()
        await turn

    def turn(self, account: int, orders: int) -> Turn:
        """To enter orders within: begins when it is the account's turn; at the end they are answered."""
        return Turn(self, account, orders)

    def _has_room(self, account: int) -> bool:
        return self._unanswered.get(account, 0) < UNANSWERED

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        """The next turn: the oldest waiter enters of each account that has room."""
        self._is_scheduled = False
        self._taken.clear()
        for account in [account for account in self._waiting if self._has_room(account)]:
            waiting = self._waiting[account]
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    break
            if not waiting:
                del self._waiting[account]
        if any(map(self._has_room, self._waiting)):
            # Those left wait for a turn, whether or not any is entered in this one.
            self._schedule()


class Turn:
    """Orders of one request, from their turn to their answer."""

    def __init__(self, turns: Turns, account: int, orders: int) -> None:
        self._turns = turns
        self._account = account
        self._orders = orders

    async def __aenter__(self) -> None:
        """Raises ENGINE_BUSY where the turn does not come: nothing has been entered then."""
        if self._turns.is_over(self._account):
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._turns.wait(self._account)
            except TimeoutError:
                raise EngineTroubleError("ENGINE_BUSY") from None
        self._turns.take(self._account, self._orders)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turns.answered(self._account, self._orders)
