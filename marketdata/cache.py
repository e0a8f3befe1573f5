"""The web process' copy of the feed: rings to answer reads from, and messages for the sockets.

One instance a process, on its event loop (``upstream``); views read it through ``live`` from any
thread. Rings are replaced or appended to by the loop only, and a read copies what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from exchange.feeds.registry import Publish, Snapshot
from exchange.symbols import SymbolSpec, spec_of
from marketdata import wire
from marketdata.candles import Candle
from marketdata.feed import messages
from marketdata.feed.frames import FrameError, pack_frame, read_frame
from marketdata.feed.messages import Message
from marketdata.feed.rings import CandleRing, Ring
from marketdata.intervals import INTERVALS, MS, NAMES

logger = logging.getLogger(__name__)

#: The server sends a frame four times a second: silence this long means that it is gone.
SILENCE_S: Final = 3.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0

STATISTICS: Final = "statistics"
TOPICS: Final = (STATISTICS, *(f"klines:{name}" for name in INTERVALS))


class MarketData:
    """Upstream of the hub for statistics and candles, and the rings behind the REST reads."""

    topics: Collection[str] = TOPICS

    def __init__(self, socket_path: Path | None = None) -> None:
        self._path = socket_path or Path(settings.XTRADER["MARKETDATA_SOCKET"])
        self._state = _State()
        self._heard_s = float("-inf")
        #: Another number whenever what is here has changed; no two instances share one.
        self.version = next(_versions)

    async def run(self, publish: Publish) -> None:
        """Follow the feed until cancelled; reconnects with back-off."""
        global _current
        _current = self
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                if await self._follow_once(publish):
                    pause_s = _FIRST_PAUSE_S
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        finally:
            self._heard_s = float("-inf")

    def snapshot(self, topic: str, symbol: str) -> Snapshot | None:
        """The newest message of a topic; None before there is one."""
        return self._state.newest.get((topic, symbol))

    @property
    def is_live(self) -> bool:
        """What is here is at most moments old."""
        return self._state.is_whole and time.monotonic() - self._heard_s < SILENCE_S

    @property
    def now_ns(self) -> int:
        return self._state.now_ns

    @property
    def lag(self) -> int:
        """Durable commands that the projector had not stored when it last spoke."""
        return max(0, self._state.durable_sequence - self._state.sequence)

    def spec(self, symbol: str) -> SymbolSpec | None:
        return self._state.specs.get(symbol)

    def specs(self) -> list[SymbolSpec]:
        return [spec for _, spec in sorted(self._state.specs.items())]

    def ring(self, symbol: str) -> Ring:
        """The symbol's ring; the symbol must have a spec."""
        return self._state.rings[symbol]

    async def _follow_once(self, publish: Publish) -> bool:
        """One connection's life; True if it got as far as being greeted whole."""
        state = _State()
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._path))
        except OSError:
            return False
        try:
            writer.write(pack_frame([["subscribe"]]))
            while True:
                frame = await asyncio.wait_for(read_frame(reader), SILENCE_S)
                if frame is None:
                    break
                self._take(state, frame, publish)
        except (OSError, TimeoutError, FrameError) as error:
            logger.warning("market data: connection lost: %s", error or type(error).__name__)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return state.is_whole

    def _take(self, state: _State, frame: list[Message], publish: Publish) -> None:
        """Take in one frame. The state becomes the one that is read once it is whole."""
        was_whole = state.is_whole
        changed = state.apply(frame)
        self._heard_s = time.monotonic()
        if not state.is_whole:
            return
        self.version = next(_versions)
        if not was_whole:
            before, self._state = self._state, state
            changed = state.everything(since=before)
        for topic, symbol, body in changed:
            snapshot = Snapshot(state.sequence, state.now_ns // MS, body)
            state.newest[topic, symbol] = snapshot
            publish(topic, symbol, *snapshot)


Change = tuple[str, str, dict[str, Any]]


class _State:
    """What one connection has told so far."""

    def __init__(self) -> None:
        self.rings: dict[str, Ring] = {}
        self.specs: dict[str, SymbolSpec] = {}
        self.newest: dict[tuple[str, str], Snapshot] = {}
        self.sequence = self.now_ns = self.durable_sequence = 0
        self.is_whole = False
        self._scales: dict[str, int] = {}

    def apply(self, frame: list[Message]) -> list[Change]:
        """Take in a frame's messages; returns what to publish, as of the frame's end."""
        for message in frame:
            if message[0] == messages.AT:
                self.sequence, self.now_ns, self.durable_sequence = message[1:4]
        return [change for message in frame for change in self._apply(message)]

    def everything(self, since: _State) -> list[Change]:
        """The current candles and statistics of every symbol, and the candles that have closed since the
        ones that were current in an earlier state (flat ones left out)."""
        found: list[Change] = []
        for symbol, ring in self.rings.items():
            for interval_ns, candles in ring.candles.items():
                old = since.current(symbol, interval_ns)
                missed = [] if old is None else [c for c in candles.closed if c.open_ns >= old.open_ns]
                for candle in (*missed, candles.current):
                    if candle is not None:
                        found.append(self._kline(symbol, interval_ns, candle))
            found.extend(self._ticker(symbol, ring))
        return found

    def current(self, symbol: str, interval_ns: int) -> Candle | None:
        ring = self.rings.get(symbol)
        return None if ring is None else ring.candles[interval_ns].current

    def _apply(self, message: Message) -> Iterable[Change]:
        match message:
            case [messages.TRADES, symbol, trades]:
                self.rings[symbol].trades.extend(messages.unpack_trade(symbol, trade) for trade in trades)
            case [messages.CANDLE, symbol, interval_ns, fields]:
                candle = messages.unpack_candle(fields)
                self.rings[symbol].candles[interval_ns].current = candle
                return [self._kline(symbol, interval_ns, candle)]
            case [messages.CLOSED, symbol, interval_ns, fields]:
                candle = messages.unpack_candle(fields)
                self.rings[symbol].candles[interval_ns].close(candle)
                return [self._kline(symbol, interval_ns, candle)]
            case [messages.STATISTICS, symbol, fields]:
                self.rings[symbol].ticker = messages.unpack_ticker(fields)
                return self._ticker(symbol, self.rings[symbol])
            case _:
                self._define(message)
        return []

    def _define(self, message: Message) -> None:
        match message:
            case [messages.HELLO, messages.VERSION, _, _, assets, symbols]:
                self._scales = {event[1]: event[2] for event in assets}
                for event in symbols:
                    self.specs[event[1]] = spec_of(event, self._scales)
            case [messages.RING, symbol, trades, closed, current, ticker]:
                self.rings[symbol] = _unpack_ring(symbol, trades, closed, current, ticker)
            case [messages.LIVE]:
                self.is_whole = True
            case [messages.ASSET, event]:
                self._scales[event[1]] = event[2]
            case [messages.SYMBOL, event]:
                self.specs[event[1]] = spec_of(event, self._scales)
                self.rings.setdefault(event[1], Ring())
            case [messages.AT, *_]:
                pass
            case _:
                raise FrameError(f"unknown message {message[0]!r}")

    def _kline(self, symbol: str, interval_ns: int, candle: Candle) -> Change:
        body = wire.candle_dict(candle, interval_ns, self.specs[symbol], self.now_ns)
        return f"klines:{NAMES[interval_ns]}", symbol, {"type": "kline", "candle": body}

    def _ticker(self, symbol: str, ring: Ring) -> list[Change]:
        if ring.ticker is None:
            return []
        figures = wire.statistics_figures(ring.ticker, self.specs[symbol])
        return [(STATISTICS, symbol, {"type": "statistics", **figures})]


def _unpack_ring(symbol: str, trades: Message, closed: Any, current: Any, ticker: Message | None) -> Ring:
    ring = Ring()
    ring.trades.extend(messages.unpack_trade(symbol, trade) for trade in trades)
    for interval_ns in INTERVALS.values():
        now = current.get(interval_ns)
        ring.candles[interval_ns] = CandleRing(
            map(messages.unpack_candle, closed[interval_ns]),
            None if now is None else messages.unpack_candle(now),
        )
    ring.ticker = None if ticker is None else messages.unpack_ticker(ticker)
    return ring


_versions = itertools.count(1)
_current: MarketData | None = None


def live() -> MarketData | None:
    """This process' copy if it is up to date; None says: read the database."""
    return _current if _current is not None and _current.is_live else None
