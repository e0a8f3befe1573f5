"""Terms that contradict each other are refused before they are saved, and the field to change is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as within
from hypothesis import strategies as st

from exchange.control.services import request_change
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing import catalog
from exchange.listing.contradictions import BANDS, contradictions
from exchange.listing.terms import SymbolTerms
from exchange.models import ChangeRequest

SCALES = {asset.asset: asset.scale for asset in catalog.ASSETS}
SOUND = replace(
    catalog.BTC_KRW,
    tick_bands=((0, 1), (1_000, 5)),
    lot_step=10,
    min_quantity_lots=10,
    max_quantity_lots=10_000,
    min_price_ticks=1,
    max_price_ticks=100_000,
    min_notional_minor=0,
)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"quote": "BTC"}, "quote"),
    ({"price_scale": 1}, "price_scale"),
    ({"quantity_scale": 9}, "quantity_scale"),
    ({"lot_step": 0}, "lot_step"),
    ({"lot_step": 10_001}, "lot_step"),
    ({"lot_step": 6_000, "min_quantity_lots": 7_000, "max_quantity_lots": 11_000}, "lot_step"),
    ({"min_quantity_lots": 0}, "min_quantity_lots"),
    ({"min_quantity_lots": 10_001}, "max_quantity_lots"),
    ({"max_quantity_lots": 10**18 + 1}, "max_quantity_lots"),
    ({"min_price_ticks": 0}, "min_price_ticks"),
    ({"min_price_ticks": 100_001}, "max_price_ticks"),
    ({"max_price_ticks": 10**18 + 1}, "max_price_ticks"),
    ({"tick_bands": ((0, 500),), "max_price_ticks": 100}, "tick_bands"),
    ({"tick_bands": ((0, 1), (50, 500)), "max_price_ticks": 100}, "tick_bands"),
    ({"tick_bands": ((0, 100),), "min_price_ticks": 101, "max_price_ticks": 199}, "tick_bands"),
    ({"tick_bands": ((1, 1),)}, "tick_bands"),
    ({"tick_bands": ((0, 1), (5, 1), (5, 2))}, "tick_bands"),
    ({"tick_bands": ((0, 0),)}, "tick_bands"),
    ({"maker_ppm": -600}, "maker_ppm"),
    ({"taker_ppm": -600}, "taker_ppm"),
    ({"taker_ppm": 100_001}, "taker_ppm"),
    ({"max_open_orders": 0}, "max_open_orders"),
    ({"min_notional_minor": 10**36 + 1}, "min_notional_minor"),
    ({"min_notional_minor": 100_000 * 10_000 + 1}, "min_notional_minor"),
    ({"min_notional_minor": 5_000, "max_notional_minor": 4_999}, "max_notional_minor"),
    ({"min_price_ticks": 1_000, "max_notional_minor": 9_999}, "max_notional_minor"),
    ({"volatility_ppm": 1}, "volatility_ns"),
    ({"volatility_ns": 10**18}, "volatility_ns"),
    ({"random_end_ns": 31 * 10**9}, "random_end_ns"),
    *(({name: 1_000_001}, name) for name in BANDS),
]


def fields_of(terms: SymbolTerms) -> list[str]:
    return [found.field for found in contradictions(terms, SCALES)]


@pytest.mark.parametrize("terms", [SOUND, *catalog.SYMBOLS], ids=lambda terms: terms.symbol)
def test_sound_terms_pass(terms: SymbolTerms) -> None:
    assert fields_of(terms) == []


@pytest.mark.attack("W6")
@pytest.mark.parametrize("change, field", WRONG)
def test_the_field_to_change_is_named(change: dict[str, Any], field: str) -> None:
    assert field in fields_of(replace(SOUND, **change))


def test_all_fields_are_named_at_once() -> None:
    wrong = replace(SOUND, lot_step=0, min_price_ticks=0, max_open_orders=0)
    assert fields_of(wrong) == ["lot_step", "min_price_ticks", "max_open_orders"]


def test_of_an_unknown_asset_nothing_is_claimed() -> None:
    assert list(contradictions(replace(SOUND, price_scale=18), {})) == []


def _engine() -> Engine:
    engine = Engine()
    for number, asset in enumerate(catalog.ASSETS):
        engine.apply(m.set_asset(f"asset{number}", asset.asset, asset.scale), 1)
    return engine


small = st.integers(0, 3) | st.sampled_from([10, 500, 10**18, 10**18 + 1, 10**36, 10**36 + 1])


@st.composite
def some_terms(draw: st.DrawFn) -> SymbolTerms:
    """Mostly sound terms with a few fields drawn anew."""
    names = draw(st.lists(st.sampled_from([name for change, _ in WRONG for name in change]), max_size=4))
    bands = st.lists(st.tuples(small, small), max_size=3).map(tuple)
    rates = st.sampled_from([-100_001, -600, -500, 0, 500, 100_000, 100_001])
    drawn: dict[str, Any] = {}
    for name in names:
        if name == "quote":
            drawn[name] = draw(st.sampled_from(["BTC", "KRW", "USD"]))
        elif name == "tick_bands":
            drawn[name] = draw(bands)
        else:
            drawn[name] = draw(rates if name in ("maker_ppm", "taker_ppm") else small)
    return replace(SOUND, **drawn)


@pytest.mark.attack("W6")
@within(max_examples=400)
@given(some_terms())
def test_nothing_the_engine_refuses_passes(terms: SymbolTerms) -> None:
    events = _engine().apply(terms.command("terms"), 2)
    if events[0][0] == m.EV_REJECTED:
        assert fields_of(terms) != []


@pytest.mark.django_db
def test_such_a_change_request_is_not_saved() -> None:
    with pytest.raises(RequestError) as refused:
        request_change(ChangeRequest.Kind.SET_SYMBOL, replace(SOUND, lot_step=20_000).payload())
    assert refused.value.code == "INVALID_SYMBOL"
    assert refused.value.details["field"] == "lot_step"
    assert not ChangeRequest.objects.exists()


@pytest.mark.django_db
def test_a_protection_out_of_range_is_named() -> None:
    payload = replace(SOUND, volatility_ppm=1, volatility_ns=1).payload()
    payload["protection"]["band_ppm"] = 10**9
    with pytest.raises(RequestError) as refused:
        request_change(ChangeRequest.Kind.SET_SYMBOL, payload)
    assert refused.value.details == {"field": "band_ppm"}
