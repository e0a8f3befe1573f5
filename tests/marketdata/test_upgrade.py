"""A data folder of before gains the intervals that came later: folded from what is stored, nothing lost."""

from __future__ import annotations

import importlib
import random
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from marketdata.candles import Candle, merge
from marketdata.intervals import INTERVALS, MINUTE, SECOND
from marketdata.models import CandleRow
from marketdata.selectors import candles_before

half_hours = importlib.import_module("marketdata.migrations.0003_half_hours")
pytestmark = pytest.mark.django_db

HALF_HOUR = INTERVALS["30m"]
FIRST_NS = 1_800_000_000 * SECOND


def minutes(seed: int, count: int) -> list[Candle]:
    """Minutes with trades, some of them missing."""
    source = random.Random(seed)
    found = []
    for number in range(count):
        if source.random() < 0.3:
            continue
        prices = [source.randint(1, 10**6) for _ in range(4)]
        open_, close = prices[:2]
        found.append(
            Candle(
                (FIRST_NS // MINUTE + number) * MINUTE,
                open_,
                max(prices),
                min(prices),
                close,
                source.randint(1, 10**20),
                source.randint(1, 10**25),
                source.randint(1, 99),
            )
        )
    return found


def store(symbol: str, candles: list[Candle]) -> None:
    CandleRow.objects.bulk_create(
        CandleRow(
            symbol=symbol,
            interval=MINUTE // SECOND,
            open_ns=one.open_ns,
            open_ticks=one.open,
            high_ticks=one.high,
            low_ticks=one.low,
            close_ticks=one.close,
            volume_lots=one.volume_lots,
            quote_volume_minor=one.quote_volume_minor,
            trade_count=one.trade_count,
        )
        for one in candles
    )


@pytest.mark.parametrize("count", [0, 1, 45, 3_000])
def test_half_hours_are_folded_from_minutes(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(half_hours, "_ROWS_AT_A_TIME", 7)
    stored = {"BTC-KRW": minutes(1, count), "ETH-KRW": minutes(2, count)}
    for symbol, candles in stored.items():
        store(symbol, candles)
    half_hours.fold_half_hours(apps, SimpleNamespace(connection=connection))
    for symbol, candles in stored.items():
        assert candles_before(symbol, HALF_HOUR, 2**62, 10**6) == list(merge(candles, HALF_HOUR))
        assert candles_before(symbol, MINUTE, 2**62, 10**6) == candles, "the minutes stay as they are"
