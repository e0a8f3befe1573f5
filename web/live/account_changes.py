"""Since when the history of an account has not changed, as the engine's feed shows it.

The tables of orders, fills and transfers get their rows from these very events. So what was read of an
account when the tables had reached a sequence stays true for as long as no later event names the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exchange.engine.messages import EV_ORDER, EV_TRADE, EV_TRANSFER, Event
from exchange.engine.messages.places import (
    ORDER_ACCOUNT,
    TRADE_MAKER_ACCOUNT,
    TRADE_TAKER_ACCOUNT,
    TRANSFER_ACCOUNT,
)

#: Accounts of which the last change is known; with more, all is forgotten.
MAX_ACCOUNTS: Final = 200_000


class AccountChanges:
    """Follows the feed. ``sequence``: all up to it is taken in. ``era``: another one after each gap; what was
    known before it is of no use. Notes nothing until somebody wants to know."""

    def __init__(self, maximum: int = MAX_ACCOUNTS) -> None:
        self.era = 0
        self.sequence = 0
        self._since = 0
        self._is_live = False
        self._is_wanted = False
        self._maximum = maximum
        #: The sequence of the last change, by account; of others there was none since ``_since``.
        self._last: dict[int, int] = {}

    def begin(self, sequence: int) -> None:
        """The feed goes on after this sequence; what came before may have been missed."""
        self.era += 1
        self.sequence = self._since = sequence
        self._is_live = True
        self._last.clear()

    def go_on(self) -> None:
        """The feed goes on, and nothing was missed."""
        self._is_live = True

    def pause(self) -> None:
        """The feed is lost: nothing is known to be unchanged."""
        self._is_live = False

    def watch(self) -> None:
        """Somebody wants to know what changes from here on."""
        if not self._is_wanted:
            self._is_wanted, self._since = True, self.sequence

    def take(self, events: Sequence[Event], sequence: int) -> None:
        """The events of the next command."""
        self.sequence = sequence
        if not self._is_wanted:
            return
        last = self._last
        for event in events:
            tag = event[0]
            if tag == EV_ORDER:
                last[event[ORDER_ACCOUNT]] = sequence
            elif tag == EV_TRADE:
                last[event[TRADE_TAKER_ACCOUNT]] = last[event[TRADE_MAKER_ACCOUNT]] = sequence
            elif tag == EV_TRANSFER:
                last[event[TRANSFER_ACCOUNT]] = sequence
        if len(last) > self._maximum:
            self.begin(sequence)

    def is_unchanged(self, account: int, since: int, until: int) -> bool:
        """Whether it is certain that no event named the account after ``since``, up to ``until`` at least."""
        is_known = self._is_live and self._is_wanted and self._since <= since and until <= self.sequence
        return is_known and self._last.get(account, 0) <= since
