"""The board: what the projector shows. Written by the projector's thread after each commit, read by the
feed server's. One lock keeps each reader's view to one moment; it is held for microseconds, and for
some milliseconds a symbol when a web process is greeted."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from exchange.engine.messages import Event
from exchange.engine.messages.places import ASSET_NAME, SYMBOL_NAME
from marketdata.candles import Candle, Closed
from marketdata.feed import feed_messages
from marketdata.feed.feed_messages import Message
from marketdata.feed.rings import Ring
from marketdata.statistics import Ticker
from marketdata.trades import PublicTrade


@dataclass(slots=True)
class SymbolUpdate:
    """A symbol's state after a commit, for those that moved."""

    ticker: Ticker
    #: interval -> current candle (a copy)
    candles: dict[int, Candle]


@dataclass(slots=True)
class Update:
    """What one commit means to readers."""

    sequence: int
    now_ns: int
    trades: Sequence[PublicTrade] = ()
    closed: Sequence[tuple[str, Closed]] = ()
    symbols: dict[str, SymbolUpdate] = field(default_factory=dict)
    #: Asset events, then symbol events.
    definitions: Sequence[Event] = ()


class Board:
    """Rings of all symbols, and what has changed since the last ``take``."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rings: dict[str, Ring] = {}
        self._assets: dict[str, Event] = {}
        self._symbols: dict[str, Event] = {}
        self._pending: list[Message] = []
        self._moved: dict[str, SymbolUpdate] = {}
        self._status: dict[str, Any] = {}
        self.sequence = 0
        self.now_ns = 0
        self.durable_sequence = 0

    def define(self, assets: Iterable[Event], symbols: Iterable[Event]) -> None:
        """Set what exists at the start."""
        with self._lock:
            self._assets = {event[ASSET_NAME]: event for event in assets}
            self._symbols = {event[SYMBOL_NAME]: event for event in symbols}
            self._rings = {name: Ring() for name in self._symbols}

    def ring(self, symbol: str) -> Ring:
        """To fill before anyone reads."""
        return self._rings[symbol]

    def apply(self, update: Update) -> None:
        with self._lock:
            self.sequence, self.now_ns = update.sequence, update.now_ns
            self._define(update.definitions)
            self._add_trades(update.trades)
            for symbol, closed in update.closed:
                self._rings[symbol].candles[closed.interval_ns].close(closed.candle)
                self._pending.append(feed_messages.CandleClosed(symbol, closed.interval_ns, closed.candle))
            for symbol, state in update.symbols.items():
                self._set(symbol, state)
            self._moved.update(update.symbols)

    def set_status(self, status: dict[str, Any], durable_sequence: int) -> None:
        """What the status query answers."""
        with self._lock:
            self._status = status
            self.durable_sequence = durable_sequence

    def status(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._status)

    def take(self) -> list[Message]:
        """Everything since the last call, conflated: trades and closed candles all, states only the last."""
        with self._lock:
            taken, self._pending = self._pending, []
            moved, self._moved = self._moved, {}
            end = feed_messages.At(self.sequence, self.now_ns, self.durable_sequence)
        for symbol, state in moved.items():
            for interval_ns, candle in state.candles.items():
                taken.append(feed_messages.CandleNow(symbol, interval_ns, candle))
            taken.append(feed_messages.TickerNow(symbol, state.ticker))
        return [*taken, end]

    def take_and_greet(self) -> tuple[list[Message], list[list[Message]]]:
        """``take`` for those who listen already, and all there is for one who does not yet, as the messages
        of several frames; what ``take`` gives later follows both without a gap or a repetition."""
        with self._lock:
            taken = self.take()
            definitions = _by_name(self._assets), _by_name(self._symbols)
            hello = feed_messages.Hello(self.sequence, self.now_ns, *definitions)
            greeting: list[list[Message]] = [[hello]]
            greeting.extend([_state(symbol, ring)] for symbol, ring in sorted(self._rings.items()))
        return taken, [*greeting, [feed_messages.Live(), taken[-1]]]

    def _define(self, events: Iterable[Event]) -> None:
        for event in events:
            is_symbol = len(event) > 3
            if is_symbol:
                self._symbols[event[SYMBOL_NAME]] = event
                self._rings.setdefault(event[SYMBOL_NAME], Ring())
            else:
                self._assets[event[ASSET_NAME]] = event
            changed = feed_messages.SymbolChanged if is_symbol else feed_messages.AssetChanged
            self._pending.append(changed(event))

    def _add_trades(self, trades: Iterable[PublicTrade]) -> None:
        by_symbol: dict[str, list[PublicTrade]] = {}
        for trade in trades:
            self._rings[trade.symbol].trades.append(trade)
            by_symbol.setdefault(trade.symbol, []).append(trade)
        self._pending.extend(feed_messages.Trades(*item) for item in by_symbol.items())

    def _set(self, symbol: str, state: SymbolUpdate) -> None:
        ring = self._rings[symbol]
        ring.ticker = state.ticker
        for interval_ns, candle in state.candles.items():
            ring.candles[interval_ns].current = candle


def _by_name(events: dict[str, Event]) -> list[Event]:
    return [event for _, event in sorted(events.items())]


def _state(symbol: str, ring: Ring) -> feed_messages.RingState:
    """A ring as it is now; the candles in it never change."""
    return feed_messages.RingState(
        symbol,
        list(ring.trades),
        {key: list(candles.closed) for key, candles in ring.candles.items()},
        {key: candles.current for key, candles in ring.candles.items() if candles.current is not None},
        ring.ticker,
    )
