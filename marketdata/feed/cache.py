"""The web process' copy of the feed: rings to answer reads from, and messages for the sockets.

One instance a process, on its event loop (``upstream``); views read it through ``live`` from any
thread. Rings are replaced or appended to by the loop only, and a read copies what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from exchange import process
from exchange.engine.messages.places import ASSET_NAME, ASSET_SCALE, SYMBOL_NAME
from exchange.link.protocol import FrameError
from exchange.listing.symbol_table import SymbolSpec, spec_of
from exchange.telemetry import breakers
from exchange.telemetry.logs import get_logger
from exchange.wire.topic_protocol import Publish, Snapshot
from marketdata import public_rendering
from marketdata.candles import Candle
from marketdata.feed import feed_messages
from marketdata.feed.feed_messages import Message
from marketdata.feed.rings import CandleRing, Ring
from marketdata.intervals import INTERVALS, MS, NAMES

logger = get_logger(__name__)

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
        self._made_s = time.monotonic()
        self._breaker = breakers.breaker(breakers.MARKETDATA)
        #: Another object whenever what is here has changed.
        self.version = object()

    async def run(self, publish: Publish) -> None:
        """Follow the feed until cancelled; reconnects with back-off."""
        process.current().put(self)
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                if await self._follow_once(publish):
                    pause_s = _FIRST_PAUSE_S
                self._breaker.trip("no connection")
                # Not all web processes of a venue at the same moments.
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
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
    def away_s(self) -> float | None:
        """Seconds since marketdata was last heard while it is away; None while it is there."""
        if self.is_live:
            return None
        return time.monotonic() - max(self._heard_s, self._made_s)

    @property
    def sequence(self) -> int:
        """The last command whose trades are here."""
        return self._state.sequence

    @property
    def now_ns(self) -> int:
        return self._state.now_ns

    @property
    def silent_s(self) -> float:
        """Since when nothing was heard of the projector."""
        return time.monotonic() - self._heard_s

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
            writer.write(feed_messages.frame_of([feed_messages.Subscribe()]))
            async for body in feed_messages.bodies(reader, feed_messages.MAX_FRAME_BYTES, SILENCE_S):
                self._take(state, feed_messages.decode_messages(body), publish)
        except (OSError, TimeoutError, FrameError) as error:
            logger.warning("marketdata_lost", error=error)
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
        if not was_whole:
            self._breaker.recovered()
        self.version = object()
        if not was_whole:
            before, self._state = self._state, state
            changed = state.everything(since=before)
        for topic, symbol, body in changed:
            snapshot = Snapshot(state.sequence, state.now_ns // MS, body)
            state.newest[topic, symbol] = snapshot
            publish(topic, symbol, *snapshot)


Change = tuple[str, str, dict[str, Any]]


class _State:
    """What one connection has sent so far."""

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
            if isinstance(message, feed_messages.At):
                self.sequence, self.now_ns = message.sequence, message.now_ns
                self.durable_sequence = message.durable_sequence
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
            case feed_messages.Trades(symbol, trades):
                self.rings[symbol].trades.extend(trades)
            case feed_messages.CandleNow(symbol, interval_ns, candle):
                self.rings[symbol].candles[interval_ns].current = candle
                return [self._kline(symbol, interval_ns, candle)]
            case feed_messages.CandleClosed(symbol, interval_ns, candle):
                self.rings[symbol].candles[interval_ns].close(candle)
                return [self._kline(symbol, interval_ns, candle)]
            case feed_messages.TickerNow(symbol, ticker):
                self.rings[symbol].ticker = ticker
                return self._ticker(symbol, self.rings[symbol])
            case feed_messages.Live():
                self.is_whole = True
            case _:
                self._define(message)
        return []

    def _define(self, message: Message) -> None:
        match message:
            case feed_messages.Hello(_, _, assets, symbols):
                self._scales = {event[ASSET_NAME]: event[ASSET_SCALE] for event in assets}
                for event in symbols:
                    self.specs[event[SYMBOL_NAME]] = spec_of(event, self._scales)
            case feed_messages.RingState(symbol):
                self.rings[symbol] = _ring(message)
            case feed_messages.AssetChanged(event):
                self._scales[event[ASSET_NAME]] = event[ASSET_SCALE]
            case feed_messages.SymbolChanged(event):
                self.specs[event[SYMBOL_NAME]] = spec_of(event, self._scales)
                self.rings.setdefault(event[SYMBOL_NAME], Ring())

    def _kline(self, symbol: str, interval_ns: int, candle: Candle) -> Change:
        body = public_rendering.render_candle(candle, interval_ns, self.specs[symbol], self.now_ns)
        return f"klines:{NAMES[interval_ns]}", symbol, {"type": "kline", "candle": body}

    def _ticker(self, symbol: str, ring: Ring) -> list[Change]:
        if ring.ticker is None:
            return []
        figures = public_rendering.render_figures(ring.ticker, self.specs[symbol])
        return [(STATISTICS, symbol, {"type": "statistics", **figures})]


def _ring(state: feed_messages.RingState) -> Ring:
    ring = Ring()
    ring.trades.extend(state.trades)
    for interval_ns in INTERVALS.values():
        ring.candles[interval_ns] = CandleRing(state.closed[interval_ns], state.current.get(interval_ns))
    ring.ticker = state.ticker
    return ring


def live() -> MarketData | None:
    """This process' copy if it is up to date, else None: read the database then."""
    kept = process.find(MarketData)
    return kept if kept is not None and kept.is_live else None
