"""Results on their way to those who asked, told by turns of the event loop.

A batch of the engine may have hundreds of outcomes of one account, and a reply made of each keeps everybody
else from being read and answered. So an account is told ``RESULTS_A_TURN`` results in a turn of the loop (and
what was asked together with the last of them); the others follow in the next turns, in their order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from exchange.link.pending import Asked
from exchange.telemetry.logs import get_logger
from exchange.telemetry.request_ids import request_id_in

log = get_logger(__name__)

RESULTS_A_TURN: Final = 64


class Results:
    """Of one event loop, which is the running one in every call."""

    def __init__(self) -> None:
        #: Account -> how much it has been told in this turn.
        self._told: dict[int, int] = {}
        self._waiting: dict[int, deque[Asked]] = {}

    def tell(self, asked: Asked) -> None:
        """Call what takes the results: now, or when it is the account's turn. What was asked for no account
        waits for none."""
        account = asked.account
        if not account:
            _tell(asked)
        elif account in self._waiting or self._told.get(account, 0) >= RESULTS_A_TURN:
            self._waiting.setdefault(account, deque()).append(asked)
        else:
            self._count(asked)
            _tell(asked)

    def tell_all(self) -> None:
        """Tell what waits for its turn."""
        waiting, self._waiting = self._waiting, {}
        for queue in waiting.values():
            for asked in queue:
                _tell(asked)

    def _count(self, asked: Asked) -> None:
        if not self._told:
            asyncio.get_running_loop().call_soon(self._next)
        self._told[asked.account] = self._told.get(asked.account, 0) + len(asked.messages)

    def _next(self) -> None:
        """The next turn: each account that waits is told as many again."""
        self._told.clear()
        for account, queue in list(self._waiting.items()):
            while queue and self._told.get(account, 0) < RESULTS_A_TURN:
                asked = queue.popleft()
                self._count(asked)
                _tell(asked)
            if not queue:
                self._waiting.pop(account, None)


def _tell(asked: Asked) -> None:
    try:
        asked.done(asked.results)
    except Exception:
        # A requester failed on its answer: the others are to have theirs.
        log.exception("answer_not_taken", request_id=request_id_in(asked.label))
