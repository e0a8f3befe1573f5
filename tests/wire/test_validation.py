"""Whatever is sent, validation answers with terms the engine takes or with a 4xx of the table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import catalog, validation, wire
from exchange.decimals import format_units
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.errors import ApiError, InputError
from exchange.jsontext import read_object
from exchange.symbols import SymbolTable

SCALES = {asset.asset: asset.scale for asset in catalog.ASSETS}


def engine_with_symbols() -> Engine:
    engine = Engine()
    for command in (*catalog.setup_commands(), m.set_account("a", 1000)):
        engine.apply(command, engine.now_ns + 1)
    for asset, scale in SCALES.items():
        engine.apply(m.deposit(f"d:{asset}", 1000, asset, 10 ** (scale + 12)), engine.now_ns + 1)
    return engine


ENGINE = engine_with_symbols()
SYMBOLS = SymbolTable()
SYMBOLS.load(ENGINE.assets(), ENGINE.symbols())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
numbers = st.from_regex(r"-?[0-9]{1,14}(\.[0-9]{1,10})?", fullmatch=True)
good_values: dict[str, st.SearchStrategy[Any]] = {
    "symbol": st.sampled_from(["BTC-KRW", "ETH-KRW", "AAPL"]),
    "side": st.sampled_from(["buy", "SELL"]),
    "order_type": st.sampled_from(["limit", "Market"]),
    "price": numbers | st.integers(0, 10**6).map(lambda thousands: str(thousands * 1000)),
    "quantity": numbers,
    "quote_amount": numbers,
    "time_in_force": st.sampled_from(["gtc", "ioc", "FOK"]),
    "post_only": st.booleans(),
    "client_order_id": st.from_regex(r"[A-Za-z0-9_.:-]{1,36}", fullmatch=True),
    "stp": st.sampled_from(m.STP_MODES),
}
wild_orders = st.fixed_dictionaries(
    {name: values | json_values for name, values in list(good_values.items())[:3]},
    optional={name: values | json_values for name, values in list(good_values.items())[3:]},
)
likely_orders = st.fixed_dictionaries(
    dict(list(good_values.items())[:3]),
    optional=dict(list(good_values.items())[3:]),
)


def parsed(data: dict[str, Any]) -> validation.OrderTerms | ApiError:
    """The terms, or the error that refuses them."""
    try:
        return validation.parse_order(data, SYMBOLS)
    except InputError as error:
        return error


def is_sound(error: ApiError) -> bool:
    """Whether an error is the client's fault and can be sent."""
    json.dumps(error.body("ko"), ensure_ascii=False).encode()
    return 400 <= error.status < 500


@given(wild_orders)
def test_any_object_is_terms_or_a_client_error(data: dict[str, Any]) -> None:
    result = parsed(data)
    assert isinstance(result, validation.OrderTerms) or is_sound(result)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_body_is_an_object_or_a_client_error(body: bytes) -> None:
    try:
        result: Any = read_object(body)
    except InputError as error:
        result = error
    assert isinstance(result, dict) or is_sound(result)


@given(json_values)
def test_what_json_writes_the_reader_reads(value: Any) -> None:
    text = json.dumps({"value": value})
    if "NaN" in text or "Infinity" in text:
        return
    read = read_object(text)["value"]
    assert json.dumps(read, default=str).replace('"', "") == json.dumps(value).replace('"', "")


@given(likely_orders)
def test_the_engine_finds_no_fault_of_form_in_what_passed(data: dict[str, Any]) -> None:
    """Whatever passes the edge is refused by the engine only for the state of market or account."""
    terms = parsed(data)
    if isinstance(terms, ApiError):
        return
    events = Engine.load(ENGINE.dump()).apply(terms.command(1000), ENGINE.now_ns + 1)
    if events[0][0] == m.EV_REJECTED:
        assert m.RejectedEvent(*events[0]).code in ("INSUFFICIENT_BALANCE", "POST_ONLY_WOULD_TAKE")
    else:
        reply = wire.order_reply(1, ENGINE.now_ns, events, terms.spec)
        assert reply["order"]["symbol"] == data["symbol"]


@given(
    st.sampled_from(["BTC-KRW", "ETH-KRW", "AAPL"]),
    st.integers(0, 10**12) | st.integers(0, 2 * 10**8).map(lambda thousands: thousands * 1_000),
    st.integers(0, 2 * 10**11),
)
def test_the_edge_and_the_engine_hold_the_same_rules(symbol: str, price_ticks: int, lots: int) -> None:
    """For any price and quantity both refuse with the same code, or neither does."""
    spec = SYMBOLS.get(symbol)
    data = {
        "symbol": symbol,
        "side": "buy",
        "order_type": "limit",
        "price": format_units(price_ticks, spec.price_scale),
        "quantity": format_units(lots, spec.quantity_scale),
    }
    command = m.place_order("x", 1000, symbol, m.BUY, price_ticks=price_ticks, quantity_lots=lots)
    event = Engine.load(ENGINE.dump()).apply(command, ENGINE.now_ns + 1)[0]
    refused_by_engine = m.RejectedEvent(*event).code if event[0] == m.EV_REJECTED else None
    result = parsed(data)
    if isinstance(result, ApiError):
        assert result.code == refused_by_engine
    else:
        assert refused_by_engine in (None, "INSUFFICIENT_BALANCE")


@pytest.mark.parametrize("listing", catalog.SYMBOLS, ids=lambda listing: listing.symbol)
def test_a_symbol_s_own_numbers_read_back(listing: catalog.SymbolListing) -> None:
    spec = SYMBOLS.get(listing.symbol)
    shown = wire.symbol_dict(spec)
    assert validation.read_quantity(shown["min_quantity"], spec) == listing.min_quantity_lots
    assert validation.read_quantity(shown["max_quantity"], spec) == listing.max_quantity_lots
    assert validation.read_price(shown["max_price"], spec) == listing.max_price_ticks
    assert spec.multiplier == 10 ** (SCALES[listing.quote] - listing.price_scale - listing.quantity_scale)


def test_the_tick_table_of_upbit() -> None:
    spec = SYMBOLS.get("BTC-KRW")
    steps = {4_999: 1, 5_000: 5, 10_000: 10, 50_000: 50, 100_000: 100, 499_900: 100, 500_000: 500}
    for price, step in {**steps, 999_500: 500, 1_000_000: 1_000, 95_000_000: 1_000}.items():
        assert spec.tick_step(price) == step
