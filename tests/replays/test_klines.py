"""Kraken's own candles from Kraken's own trades: our candles must be theirs, all 409 of them."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

import pytest

from marketdata.candles import Candle, Chart, with_flat
from marketdata.intervals import MINUTE, SECOND
from marketdata.statistics import vwap_ticks

#: XBT/USDT: prices to 0.1, volumes to 10^-8; a quote scale of 9 makes the multiplier one.
PRICE_SCALE = 1
QUANTITY_SCALE = 8


@pytest.fixture(scope="module")
def klines_folder() -> Path:
    data = os.environ.get("XTRADER_DATA")
    if not data:
        pytest.skip("XTRADER_DATA is not set: no recorded Kraken trades to compare with")
    return Path(data) / "klines"


def _scaled(text: str, scale: int) -> int:
    value = Decimal(text).scaleb(scale)
    assert value == int(value)
    return int(value)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def _minutes_of_trades(folder: Path) -> list[Candle]:
    """The minutes whole in the recording: neither the first nor the last, which are cut."""
    chart = Chart()
    closed: list[Candle] = []
    for row in _read(folder / "kraken_XBTUSDT_trades.csv"):
        time_ns = int(Decimal(row["time_s"]) * SECOND)
        price, quantity = _scaled(row["price"], PRICE_SCALE), _scaled(row["volume"], QUANTITY_SCALE)
        events = chart.trade(time_ns, price, quantity, price * quantity)
        closed += [event.candle for event in events if event.interval_ns == MINUTE]
    traded = [candle for candle in closed if candle.trade_count]
    first, *rest = traded
    end_ns = chart.now_ns - chart.now_ns % MINUTE
    return list(with_flat(rest, MINUTE, first.open_ns + MINUTE, end_ns, first.close))


def test_kraken_minutes(klines_folder: Path) -> None:
    ours = {candle.open_ns // SECOND: candle for candle in _minutes_of_trades(klines_folder)}
    theirs = [
        row for row in _read(klines_folder / "kraken_XBTUSDT_ohlc_1m.csv") if int(row["time_s"]) in ours
    ]
    assert len(ours) == len(theirs) == 409
    assert sum(not candle.trade_count for candle in ours.values()) == 137
    for row in theirs:
        candle = ours[int(row["time_s"])]
        prices = tuple(_scaled(row[name], PRICE_SCALE) for name in ("open", "high", "low", "close"))
        assert (candle.open, candle.high, candle.low, candle.close) == prices, row
        assert candle.volume_lots == _scaled(row["volume"], QUANTITY_SCALE), row
        assert candle.trade_count == int(row["count"]), row
        vwap = vwap_ticks(candle.quote_volume_minor, candle.volume_lots, 1)
        assert (vwap or 0) == _scaled(row["vwap"], PRICE_SCALE), row
