"""Conversion by stated cross rates: which path, and exactly how much."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.portfolio.cross_rates import CrossValuer
from accounts.portfolio.market_prices import MinutePrices, _close_before
from exchange.listing.symbol_table import SymbolSpec
from marketdata.intervals import DAY, MINUTE, candle_open_ns
from marketdata.models import CandleRow
from tests.accounts.test_portfolio import AAPL, BTC_KRW, ETH_BTC, ONE
from tests.conftest import LiveEngine, Person


def spec(symbol: str, base: str, quote: str, price_scale: int, quantity_scale: int) -> SymbolSpec:
    return replace(
        BTC_KRW,
        symbol=symbol,
        base=base,
        quote=quote,
        price_scale=price_scale,
        quantity_scale=quantity_scale,
        multiplier=10 ** (8 - price_scale - quantity_scale),
    )


BTC_USD = spec("BTC-USD", "BTC", "USD", 2, 6)
USD_KRW = spec("USD-KRW", "USD", "KRW", 0, 8)


def valuer(currency: str, prices: dict[str, int], *specs: SymbolSpec) -> CrossValuer:
    traded = {one.name: number for number, one in enumerate(specs)}
    return CrossValuer(currency, specs, lambda symbol, _time_ns: prices.get(symbol), traded)


def path(found: CrossValuer, asset: str) -> list[tuple[str, bool]] | None:
    steps = found.path_of(asset)
    return None if steps is None else [(step.spec.name, step.is_inverse) for step in steps]


def test_the_paths_in_their_order() -> None:
    own = valuer("KRW", {}, BTC_KRW, ETH_BTC, AAPL, BTC_USD, USD_KRW)
    assert path(own, "KRW") == []
    assert path(own, "ETH") == [("ETH-BTC", False), ("BTC-KRW", False)], "its own route ends there"
    assert path(own, "USD") == [("USD-KRW", False)], "a direct market"
    assert path(own, "AAPL") == [("AAPL", False), ("USD-KRW", False)]
    dollars = valuer("USD", {}, BTC_KRW, ETH_BTC, AAPL, BTC_USD, USD_KRW)
    assert path(dollars, "KRW") == [("USD-KRW", True)], "the inverse"
    assert path(dollars, "BTC") == [("BTC-USD", False)]
    assert path(dollars, "ETH") == [("ETH-BTC", False), ("BTC-USD", False)]
    over = valuer("USD", {}, BTC_KRW, ETH_BTC, AAPL, BTC_USD)
    assert path(over, "KRW") == [("BTC-KRW", True), ("BTC-USD", False)], "over one asset in between"
    assert path(valuer("KRW", {}, BTC_KRW, AAPL), "AAPL") is None
    longer = valuer("KRW", {}, BTC_KRW, AAPL, BTC_USD)
    assert path(longer, "AAPL") == [("AAPL", False), ("BTC-USD", True), ("BTC-KRW", False)]


def test_of_two_pairs_the_one_that_was_there_first() -> None:
    eth_krw, eth_usd = spec("ETH-KRW", "ETH", "KRW", 0, 8), spec("ETH-USD", "ETH", "USD", 2, 6)
    assert path(valuer("USD", {}, eth_krw, BTC_KRW, BTC_USD, eth_usd), "KRW") == [
        ("BTC-KRW", True),
        ("BTC-USD", False),
    ]
    assert path(valuer("USD", {}, eth_krw, BTC_KRW, eth_usd, BTC_USD), "KRW") == [
        ("ETH-KRW", True),
        ("ETH-USD", False),
    ]


def test_markets_that_have_not_traded_lead_nowhere() -> None:
    found = CrossValuer("KRW", [USD_KRW, BTC_KRW], lambda *_: 1_000, {"BTC-KRW": 1})
    assert path(found, "USD") is None
    assert found.worth("USD", ONE, 0) is None
    assert not found.is_known("USD")


def test_by_hand() -> None:
    prices = {"BTC-KRW": 100_000_000, "BTC-USD": 80_000_00, "USD-KRW": 1_300, "AAPL": 200_00}
    assert valuer("KRW", prices, USD_KRW, AAPL).worth("USD", 2 * ONE, 0) == 2_600 * ONE
    assert valuer("USD", prices, USD_KRW, AAPL).worth("KRW", 2_600 * ONE, 0) == 2 * ONE
    assert valuer("USD", prices, BTC_KRW, BTC_USD).worth("KRW", 125_000 * ONE, 0) == 100 * ONE
    assert valuer("KRW", prices, BTC_KRW, AAPL, BTC_USD).worth("AAPL", 3, 0) == 750_000 * ONE
    assert valuer("KRW", {"BTC-KRW": 1}, BTC_KRW, AAPL, BTC_USD).worth("AAPL", 3, 0) is None


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**10), st.integers(1, 10**10))
def test_steps_are_exact_and_the_end_is_rounded_down(amount: int, won: int, cents: int) -> None:
    """Whatever an intermediate asset's smallest unit is worth."""
    found = valuer("USD", {"BTC-KRW": won, "BTC-USD": cents}, BTC_KRW, BTC_USD)
    exact = Fraction(amount) / won * Fraction(cents, 100)
    worth = found.worth("KRW", amount, 0)
    assert worth is not None
    assert 0 <= exact - worth < 1


@pytest.mark.django_db
def test_prices_of_a_day_are_those_asked_for_one_by_one() -> None:
    start = 1_795_219_200 * 10**9
    for minute in (3, 4, 900, 1_439, 1_440, 1_441, 4_000):
        prices = {"open_ticks": minute, "high_ticks": 9_999, "low_ticks": 1, "close_ticks": minute + 1}
        figures = {"volume_lots": 1, "quote_volume_minor": 1, "trade_count": 1}
        open_ns = start + minute * MINUTE
        CandleRow.objects.create(symbol="BTC-KRW", interval=60, open_ns=open_ns, **prices, **figures)
    in_order, back = MinutePrices(), MinutePrices()
    moments = [start + second * 10**9 for second in range(-200_000, 400_000, 997)]
    moments += [start, start + DAY, start + DAY + MINUTE, start - 1, start + 4 * MINUTE]
    for time_ns in sorted(moments):
        assert in_order("BTC-KRW", time_ns) == _close_before("BTC-KRW", candle_open_ns(time_ns, MINUTE))
    for time_ns in moments[::-7]:
        assert back("BTC-KRW", time_ns) == in_order("BTC-KRW", time_ns)
    assert in_order("NONE", start) is None


@pytest.mark.django_db
def test_the_api(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    alice.place(side="sell")
    bob.place()
    live_engine.project()
    reply = bob.get("/v1/portfolio", currency="BTC").json()
    [part] = reply["currencies"]
    assert part["currency"] == "BTC"
    rates = {one["asset"]: one for one in part["rates"]}
    assert rates["KRW"] == {
        "asset": "KRW",
        "path": [{"symbol": "BTC-KRW", "inverse": True}],
        "rate": "0.00000001",
    }
    assert rates["USD"] == {"asset": "USD", "path": None, "rate": None}
    won = next(one for one in part["holdings"] if one["asset"] == "KRW")
    assert won["symbol"] is None
    assert Decimal(won["value"]) == (Decimal(won["quantity"]) / 100_000_000).quantize(
        Decimal("1e-8"), "ROUND_DOWN"
    )
    assert next(one for one in part["holdings"] if one["asset"] == "USD")["value"] is None
    assert part["performance"]["time_weighted_percent"] is None, "what dollars are worth is not known"
    answer = bob.get("/v1/portfolio", currency="NONE")
    assert (answer.status_code, answer.json()["error"]) == (404, "ASSET_NOT_FOUND")
