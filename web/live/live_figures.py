"""What a web process tells of its feeds and sockets, read at each scrape in the thread of the scrape."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from exchange import process
from exchange.telemetry.measures import own
from exchange.telemetry.process_figures import LoopLag
from marketdata.feed.cache import MarketData

if TYPE_CHECKING:
    from web.live.runtime import Runtime


class LiveFigures:
    """Of one runtime; made on its loop."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lag = LoopLag(own())
        self._heard_s = time.monotonic()
        read = own().read
        read("xtrader_web_sockets", lambda: len(runtime.connections))
        read("xtrader_web_subscriptions", runtime.hub.readers)
        read("xtrader_web_account_feeds", lambda: len(runtime.hub.accounts))
        read("xtrader_web_commands_unanswered", lambda: runtime.hub.client.unanswered)
        read("xtrader_web_engine_connected", lambda: runtime.hub.client.connected)
        read("xtrader_follower_sequence", self._sequences)
        read("xtrader_follower_lag_commands", self._lags)
        read("xtrader_follower_lag_seconds", self._lags_s)

    def stop(self) -> None:
        """Measure no more."""
        self._lag.stop()

    def _sequences(self) -> Mapping[str, float]:
        found = {"hub": self._runtime.hub.sequence}
        kept = process.find(MarketData)
        return found if kept is None else {**found, "candles": kept.sequence}

    def _lags(self) -> Mapping[str, float]:
        kept = process.find(MarketData)
        return {} if kept is None else {"candles": kept.lag}

    def _lags_s(self) -> Mapping[str, float]:
        now_s = time.monotonic()
        if self._runtime.hub.client.connected:
            self._heard_s = now_s
        found = {"hub": now_s - self._heard_s}
        kept = process.find(MarketData)
        return found if kept is None else {**found, "candles": kept.silent_s}
