"""Tiers: which rate counts, which tier a volume reaches, and what the venue takes for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.fee_models import FeeTier
from accounts.fees import default_schedule, fee_schedule
from accounts.fees.fee_schedule import BASE, Tier
from exchange.control.services import pending_commands
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing import catalog
from tests.accounts.fees.market import KRW, QUOTES, FeeMarket

GOLD = Tier(2, "Gold", 10 * KRW, (("*", 1, 10), ("*-KRW", 2, 20), ("ETH-KRW", 3, 30)))


def test_the_nearest_rate_counts() -> None:
    assert GOLD.rates_on("ETH-KRW", "KRW") == (3, 30)
    assert GOLD.rates_on("BTC-KRW", "KRW") == (2, 20)
    assert GOLD.rates_on("AAPL", "USD") == (1, 10)
    assert Tier(1, "x", 1, (("*-KRW", 2, 20),)).rates_on("AAPL", "USD") is None
    assert GOLD.plan_rates(QUOTES) == (("AAPL", 1, 10), ("BTC-KRW", 2, 20), ("ETH-KRW", 3, 30))


@given(st.lists(st.integers(1, 10**6), unique=True, max_size=6), st.integers(0, 2 * 10**6), st.randoms())
def test_a_volume_lies_between_its_tier_and_the_next(volumes: list[int], value: int, rng: Any) -> None:
    numbers = list(range(1, len(volumes) + 1))
    rng.shuffle(numbers)
    tiers = [Tier(number, "", volume, ()) for number, volume in zip(numbers, sorted(volumes), strict=True)]
    in_force = [BASE, *tiers]
    reached, above = fee_schedule.tier_for(value, in_force), fee_schedule.next_tier(value, in_force)
    assert reached.volume_minor <= value
    assert above is None or value < above.volume_minor
    ahead = in_force[in_force.index(reached) + 1 :]
    assert ahead == ([] if above is None else in_force[in_force.index(above) :])


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"number": 0}, "INVALID_FIELD", "number"),
        ({"number": 1_001}, "INVALID_FIELD", "number"),
        ({"name": " "}, "INVALID_FIELD", "name"),
        ({"name": "x" * 41}, "INVALID_FIELD", "name"),
        ({"name": "a\nb"}, "INVALID_TEXT", "name"),
        ({"volume_minor": 0}, "INVALID_FIELD", "volume"),
        ({"rates": (("btc", 0, 0),)}, "INVALID_FEES", "rates"),
        ({"rates": (("*", 0, 0), ("*", 1, 1))}, "INVALID_FEES", "rates"),
        ({"rates": (("*", 1, -2),)}, "INVALID_FEES", "rates"),
        ({"rates": (("*", 100_001, 0),)}, "INVALID_FEES", "rates"),
        ({"rates": tuple((f"S{number}", 0, 0) for number in range(201))}, "INVALID_FEES", "rates"),
    ],
)
def test_a_tier_out_of_bounds_is_refused(changes: dict[str, Any], code: str, field: str) -> None:
    made = {"number": 1, "name": "one", "volume_minor": 1, "rates": (), **changes}
    with pytest.raises(RequestError) as refused:
        fee_schedule.check_tier(Tier(**made))
    assert (refused.value.code, refused.value.details["field"]) == (code, field)


@given(st.integers(-100_002, 100_002), st.integers(-100_002, 100_002))
def test_what_the_schedule_allows_the_engine_takes(maker: int, taker: int) -> None:
    events = _ENGINE.apply(m.set_fee_plan("p", 1, (("BTC-KRW", maker, taker),)), 10)
    assert fee_schedule.is_allowed(maker, taker) == (events[0][0] == m.EV_FEE_PLAN)


def _engine() -> Engine:
    engine = Engine()
    for command in catalog.setup_commands():
        engine.apply(command, 1)
    return engine


_ENGINE = _engine()


def test_the_version_applied_last_is_in_force_and_a_retired_tier_is_gone(market: FeeMarket) -> None:
    market.set_tiers(GOLD, Tier(1, "Silver", KRW, (("*", 5, 50),)))
    assert [tier.name for tier in fee_schedule.tiers()] == ["", "Silver", "Gold"]
    fee_schedule.change_tier(Tier(2, "Golden", 5 * KRW, ()), QUOTES)
    assert fee_schedule.tiers()[-1].name == "Gold", "only asked for"
    market.carry_out_requests()
    assert fee_schedule.tiers()[-1].name == "Golden"
    assert dict(market.query("fee_plans").value) == {1: tuple((s, 5, 50) for s in sorted(QUOTES)), 2: ()}
    fee_schedule.change_tier(Tier(2, "Golden", 5 * KRW, ()), QUOTES, is_retired=True)
    market.carry_out_requests()
    assert [tier.number for tier in fee_schedule.tiers()] == [0, 1]


def test_the_schedule_that_ships_is_sound_and_asked_for_once(db: None) -> None:
    quotes = {symbol.symbol: symbol.quote for symbol in catalog.SYMBOLS}
    default_schedule.ask(quotes)
    default_schedule.ask(quotes)
    assert FeeTier.objects.count() == len(default_schedule.TIERS)
    engine = _engine()
    for _, command in pending_commands():
        assert engine.apply(command, 10)[0][0] == m.EV_FEE_PLAN
    own = {symbol.symbol: (symbol.maker_ppm, symbol.taker_ppm) for symbol in catalog.SYMBOLS}
    before = own
    for _, rates in engine.fee_plans():
        present = {**own, **{symbol: (maker, taker) for symbol, maker, taker in rates}}
        pairs = [(present[name], before[name]) for name in own]
        assert all(here[0] <= below[0] and here[1] <= below[1] for here, below in pairs)
        assert present != before, "each tier costs less than the one below"
        before = present


def test_a_venue_of_another_currency_makes_its_own(db: None, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "FEES": {"CURRENCY": "USD", "HOUR": 1}}
    default_schedule.ask(QUOTES)
    assert not FeeTier.objects.exists()
