"""The public reads over HTTP: from the tables, from the rings, and both the same."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketdata.feed import cache
from marketdata.intervals import INTERVALS, MINUTE, MS, SECOND
from tests.marketdata.venue import START, Venue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    venue = Venue(tmp_path)
    yield venue
    venue.close()


@pytest.fixture
def busy(venue: Venue) -> Venue:
    venue.trade(80, step_ns=97 * SECOND)
    venue.pass_time(7 * MINUTE)
    return venue


READS: list[tuple[str, dict[str, Any]]] = [
    ("executions/BTC-KRW", {}),
    ("executions/BTC-KRW", {"limit": 5, "before": 60}),
    ("executions/BTC-KRW", {"before": 0}),
    ("statistics", {}),
    ("statistics/AAPL", {}),
    *((f"klines/ETH-KRW/{interval}", {}) for interval in INTERVALS),
    ("klines/BTC-KRW/1m", {"limit": 1000}),
    ("klines/BTC-KRW/1m", {"start": START // MS + 600_000, "limit": 7}),
    ("klines/BTC-KRW/5m", {"end": START // MS + 4_000_000, "limit": 7}),
    ("klines/BTC-KRW/1m", {"start": 0, "limit": 3}),
    ("klines/BTC-KRW/1m", {"start": START // MS, "end": START // MS + 900_001}),
    ("klines/BTC-KRW/1w", {"start": 9_000_000_000_000}),
    ("klines/BTC-KRW/1w", {"end": 0}),
]


def test_rings_and_tables_answer_the_same(busy: Venue) -> None:
    for path, query in READS:
        stored = busy.get(path, **query)
        assert busy.status == 200, stored
        with busy.live():
            kept = busy.get(path, **query)
        if "statistics" in path:
            stored, kept = _without_best(stored), _without_best(kept)
        assert kept == stored, (path, query)


def _without_best(reply: Any) -> Any:
    """Without an engine process beside it only the rings know the best prices."""
    rows = reply.get("statistics", [reply])
    return [{**row, "bid_price": None, "ask_price": None} for row in rows]


def test_executions_page_to_the_first_trade(busy: Venue) -> None:
    seen, before = [], {}
    while page := busy.get("executions/BTC-KRW", limit=17, **before)["executions"]:
        seen += page
        before = {"before": page[-1]["execution_id"]}
    ids = [int(row["execution_id"]) for row in seen]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == busy.get("statistics/BTC-KRW")["trade_count_24h"]
    row = seen[0]
    assert set(row) == {"execution_id", "symbol", "price", "quantity", "side", "timestamp", "sequence"}
    assert row["side"] in ("buy", "sell")


def test_candles_have_no_gaps_and_add_up(busy: Venue) -> None:
    candles = busy.get("klines/BTC-KRW/1m", limit=1000)["candles"]
    opens = [candle["open_time"] for candle in candles]
    assert opens == list(range(opens[0], opens[-1] + 1, 60_000))
    assert opens[-1] == busy.now_ns // MINUTE * 60_000
    assert [candle["closed"] for candle in candles] == [True] * (len(candles) - 1) + [False]
    assert candles[-1]["close_time"] == opens[-1] + 59_999
    for before, candle in itertools.pairwise(candles):
        if not candle["trade_count"]:
            assert {candle[name] for name in ("open", "high", "low", "close")} == {before["close"]}
            assert candle["volume"] == candle["quote_volume"] == "0"
    figures = busy.get("statistics/BTC-KRW")
    assert sum(candle["trade_count"] for candle in candles) == figures["trade_count_24h"]
    assert figures["open_price_24h"] == next(c["open"] for c in candles if c["trade_count"])
    assert figures["last_price"] == candles[-1]["close"]
    assert float(figures["low_price_24h"]) <= float(figures["vwap_24h"]) <= float(figures["high_price_24h"])


def test_pages_of_candles_join(busy: Venue) -> None:
    whole = busy.get("klines/AAPL/1m", limit=1000)["candles"]
    forward, start = [], whole[0]["open_time"]
    while page := busy.get("klines/AAPL/1m", limit=13, start=start)["candles"]:
        forward += page
        start = page[-1]["open_time"] + 1
    assert forward == whole
    backward, end = [], whole[-1]["open_time"] + 1
    while page := busy.get("klines/AAPL/1m", limit=13, end=end)["candles"]:
        backward = page + backward
        end = page[0]["open_time"]
    assert [candle for candle in backward if candle["open_time"] >= whole[0]["open_time"]] == whole


def test_after_a_day_without_trades_only_the_last_price_is_left(busy: Venue) -> None:
    last = busy.get("statistics/BTC-KRW")["last_price"]
    busy.pass_time(25 * 60 * MINUTE)
    for figures in (busy.get("statistics/BTC-KRW"), _live(busy, "statistics/BTC-KRW")):
        prices = [figures[f"{name}_price_24h"] for name in ("open", "high", "low")]
        assert [*prices, figures["last_price"]] == [last] * 4
        assert figures["volume_24h"] == figures["quote_volume_24h"] == "0"
        assert figures["vwap_24h"] is None
        assert figures["price_change_24h"] == figures["price_change_percent_24h"] == "0"


def _live(venue: Venue, path: str) -> Any:
    with venue.live():
        return venue.get(path)


def test_before_the_first_trade(venue: Venue) -> None:
    venue.pass_time(0)
    for read in (venue.get, lambda path: _live(venue, path)):
        assert read("executions/AAPL") == {"executions": []}
        assert read("klines/AAPL/1h") == {"symbol": "AAPL", "interval": "1h", "candles": []}
        figures = read("statistics/AAPL")
        assert figures["last_price"] is None
        assert figures["price_change_percent_24h"] is None
        assert figures["volume_24h"] == "0"


def test_a_cancel_touches_nothing(busy: Venue) -> None:
    from exchange.engine.messages import SELL, cancel_all, place_order

    def seen() -> Any:
        return [_without_best(busy.get("statistics"))] + [
            busy.get(f"klines/{s}/1h") for s in ("AAPL", "BTC-KRW")
        ]

    before = seen()
    busy.sequencer.submit(
        [
            place_order("far", 1000, "AAPL", SELL, price_ticks=9_000_000, quantity_lots=1),
            cancel_all("all", 1000),
        ]
    )
    busy.pass_time(0)
    assert seen() == before


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("executions/NONE", {}, 404, "SYMBOL_NOT_FOUND"),
        ("statistics/btc-krw", {}, 404, "SYMBOL_NOT_FOUND"),
        ("klines/NONE/1m", {}, 404, "SYMBOL_NOT_FOUND"),
        ("klines/BTC-KRW/2m", {}, 404, "INTERVAL_NOT_FOUND"),
        ("executions/BTC-KRW", {"limit": 1001}, 400, "INVALID_FIELD"),
        ("executions/BTC-KRW", {"limit": 0}, 400, "INVALID_FIELD"),
        ("executions/BTC-KRW", {"limit": "1e3"}, 400, "INVALID_FIELD"),
        ("executions/BTC-KRW", {"before": "-1"}, 400, "INVALID_FIELD"),
        ("executions/BTC-KRW", {"before": "9" * 40}, 400, "INVALID_FIELD"),
        ("executions/BTC-KRW", {"befor": "1"}, 400, "UNKNOWN_FIELD"),
        ("klines/BTC-KRW/1m", {"start": 10, "end": 5}, 400, "INVALID_FIELD"),
        ("klines/BTC-KRW/1m", {"end": "9" * 17}, 400, "INVALID_FIELD"),
        ("statistics", {"symbol": "AAPL"}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_refused(venue: Venue, path: str, query: dict[str, Any], status: int, code: str) -> None:
    venue.pass_time(0)
    reply = venue.get(path, **query)
    assert (venue.status, reply["error"]) == (status, code)
    if "limit" in query:
        assert reply["details"]["maximum"] == 1000


def test_a_copy_that_hears_nothing_is_not_read() -> None:
    async def silent() -> bool:
        with tempfile.TemporaryDirectory(prefix="xt") as folder:
            copy = cache.MarketData(Path(folder) / "none.sock")
            task = asyncio.create_task(copy.run(lambda *_: None))
            await asyncio.sleep(0.05)
            is_read = cache.live() is not None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return is_read

    assert asyncio.run(silent()) is False
