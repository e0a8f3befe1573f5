"""What marketdata measures: its own stages, and the market as the journal has it.

Orders, trades and refusals are counted here and not in the engine, whose time is everybody's: this fold sees
the same commands and events a moment later.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from exchange.engine import Engine
from exchange.engine.messages import EV_REJECTED, PLACE, SymbolEvent
from exchange.engine.messages.places import PLACE_SYMBOL, REJECTED_CODE, SYMBOL_NAME, TRADE_SYMBOL
from exchange.link.follower import Batch
from exchange.telemetry.measures import own

#: Prices of a side whose quantities are added up.
DEPTH: Final = 10
#: How often spreads and depths are looked at.
LOOK_EVERY_S: Final = 1.0
_NS: Final = 1_000_000_000


class FoldFigures:
    """Of one projector; used from its thread. ``status``: what it tells, read at each scrape."""

    def __init__(self, status: Callable[[], Mapping[str, Any]], symbols: Iterable[str]) -> None:
        figures = own()
        self._folded = figures.durations("xtrader_fold_seconds")
        self._stored = figures.durations("xtrader_store_seconds")
        self._commands = figures.sizes("xtrader_store_commands")
        self._orders = figures.tally("xtrader_orders_total")
        self._trades = figures.tally("xtrader_trades_total")
        self._rejects = figures.tally("xtrader_rejects_total")
        self._checks = figures.durations("xtrader_invariant_check_seconds")
        self._spread = figures.gauge("xtrader_market_spread_ratio")
        self._depth = figures.gauge("xtrader_market_depth")
        self._fold_started_ns = 0
        self._moved = set(symbols)
        self._look_at_s = 0.0
        for name, reading in _READINGS.items():
            figures.read(name, lambda reading=reading: reading(status()))  # type: ignore[misc]

    def begin_fold(self) -> None:
        """A transaction's batches are folded from here on, and waited for."""
        self._fold_started_ns = time.thread_time_ns()

    def fold(self, batch: Batch) -> None:
        """Count what one batch did."""
        orders = Counter([command[PLACE_SYMBOL] for command in batch.commands if command[0] == PLACE])
        refusals = [events[0] for events in batch.events if events and events[0][0] == EV_REJECTED]
        rejects = Counter([event[REJECTED_CODE] for event in refusals])
        for symbol, count in orders.items():
            self._orders[symbol] += count
        for code, count in rejects.items():
            self._rejects[code] += count

    def folded(self, trades: Iterable[Any], moved: set[str]) -> None:
        """The transaction's batches are rows now. ``trades``: as ``Rows`` has them."""
        self._folded.observe(time.thread_time_ns() - self._fold_started_ns)
        for symbol, count in Counter([event[TRADE_SYMBOL] for event, _, _ in trades]).items():
            self._trades[symbol] += count
        self._moved |= moved

    def stored(self, took_s: float, commands: int) -> None:
        """It is committed."""
        self._stored.observe(int(took_s * _NS))
        self._commands.observe(commands)

    def checked(self, took_s: float) -> None:
        """The invariants have been looked at."""
        self._checks.observe(int(took_s * _NS))

    def look(self, engine: Engine) -> None:
        """Note spread and depth of the books that have moved, now and then."""
        now_s = time.monotonic()
        if now_s < self._look_at_s or not self._moved:
            return
        self._look_at_s = now_s + LOOK_EVERY_S
        scales = {event[SYMBOL_NAME]: SymbolEvent(*event).quantity_scale for event in engine.symbols()}
        moved, self._moved = self._moved, set()
        for symbol in moved & scales.keys():
            self._note(symbol, scales[symbol], *engine.depth(symbol, DEPTH))

    def _note(self, symbol: str, scale: int, bids: list[Any], asks: list[Any]) -> None:
        for side, levels in (("buy", bids), ("sell", asks)):
            self._depth.set(sum(level[1] for level in levels) / 10**scale, symbol, side)
        if bids and asks:
            bid, ask = bids[0][0], asks[0][0]
            self._spread.set(2 * (ask - bid) / (ask + bid), symbol)
        else:
            self._spread.forget(symbol)


def _lag_s(status: Mapping[str, Any]) -> float:
    """How old the newest row is while there are newer commands."""
    return max(0.0, time.time() - status["now_ns"] / _NS) if status.get("lag") else 0.0


_FOLLOWER: Final = "projection"
#: Metric -> how it is read off the projector's status.
_READINGS: Final[dict[str, Callable[[Mapping[str, Any]], Any]]] = {
    "xtrader_follower_sequence": lambda told: {_FOLLOWER: told["sequence"]},
    "xtrader_follower_lag_commands": lambda told: {_FOLLOWER: told["lag"]},
    "xtrader_follower_lag_seconds": lambda told: {_FOLLOWER: _lag_s(told)},
    "xtrader_store_retries_total": lambda told: told["retries"],
    "xtrader_snapshot_age_seconds": lambda told: told["snapshot_age_s"],
    "xtrader_snapshot_behind_commands": lambda told: told["durable_sequence"] - told["snapshot_sequence"],
    "xtrader_invariant_checks_total": lambda told: told["checks"],
    "xtrader_invariant_breaches": lambda told: len(told["breaches"]),
}
