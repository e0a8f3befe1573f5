"""An auction at every full hour, to be looked at: what ``DEMO_AUCTIONS=1`` shows in the demo market.

Like the sessions of a calendar each change is one command whose id follows from the hour, so nothing is kept
here and a second process does no harm. A symbol that is in any other state than these two is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from exchange.control.calendars.driver import EngineClient
from exchange.engine.messages import CLOSING_AUCTION, TRADING, Protection, SymbolEvent, set_symbol_status

_NS_PER_S: Final = 1_000_000_000
_HOUR_NS: Final = 3_600 * _NS_PER_S
#: Orders gather so long.
CALL_NS: Final = 60 * _NS_PER_S


class HourlyAuctions:
    """Holds an auction of a symbol in the first minute of every hour, unless it follows a calendar."""

    def __init__(self, client: EngineClient, symbol: str, clock: Callable[[], int] = time.time_ns) -> None:
        self._client = client
        self._symbol = symbol
        self._clock = clock

    def step(self) -> int:
        """Submit the change that is due, if one is; returns how many. Raises EngineError."""
        hour, into_ns = divmod(self._clock(), _HOUR_NS)
        status = CLOSING_AUCTION if into_ns < CALL_NS else TRADING
        other = TRADING if status == CLOSING_AUCTION else CLOSING_AUCTION
        if self._status() != other:
            return 0
        word = "call" if status == CLOSING_AUCTION else "trading"
        reason = "hourly auction" if status == CLOSING_AUCTION else ""
        command = set_symbol_status(f"demo:{self._symbol}:{hour}:{word}", self._symbol, status, reason)
        self._client.submit(command)
        return 1

    def _status(self) -> int | None:
        """The symbol's status; None where there is no such symbol, or a calendar leads it."""
        for event in self._client.query("symbols").value:
            symbol = SymbolEvent(*event)
            if symbol.symbol == self._symbol and not Protection(*(symbol.protection or ())).calendar:
                return symbol.status
        return None
