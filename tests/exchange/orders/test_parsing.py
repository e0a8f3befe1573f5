"""Whatever is sent, validation answers with terms the engine takes or with a 4xx of the table."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.errors import ApiError, RequestError
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolTable
from exchange.orders import parsing
from exchange.units.decimals import format_units
from exchange.wire import rendering
from exchange.wire.strict_json import read_object

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
    "order_type": st.sampled_from(["limit", "Market", *parsing.ORDER_KIND_WORDS[2:]]),
    "price": numbers | st.integers(0, 10**6).map(lambda thousands: str(thousands * 1000)),
    "quantity": numbers,
    "quote_amount": numbers,
    "time_in_force": st.sampled_from(["gtc", "ioc", "FOK", "gtd", "day"]),
    "post_only": st.booleans(),
    "client_order_id": st.from_regex(r"[A-Za-z0-9_.:-]{1,36}", fullmatch=True),
    "stp": st.sampled_from(m.STP_MODES),
    "expire_at": st.integers(-5, 10**14),
    "post_only_mode": st.sampled_from(parsing.POST_ONLY_MODES),
    "display_quantity": numbers,
    "trigger_price": numbers | st.integers(0, 10**6).map(lambda thousands: str(thousands * 1000)),
    "trigger_source": st.sampled_from(m.TRIGGER_SOURCES),
    "trigger_if_met": st.sampled_from(parsing.TRIGGER_IF_MET),
    "trail_offset": numbers,
    "trail_percent": numbers,
}
wild_orders = st.fixed_dictionaries(
    {name: values | json_values for name, values in list(good_values.items())[:3]},
    optional={name: values | json_values for name, values in list(good_values.items())[3:]},
)
#: A good price and quantity of each symbol, so that what else is drawn decides whether the order is one.
SOUND = {
    "BTC-KRW": ("95000000", "0.5"),
    "ETH-KRW": ("4000000", "2"),
    "AAPL": ("224.1", "30"),
}
POSSIBLE_FIELDS = {
    "limit": ("time_in_force", "post_only", "post_only_mode", "display", "expiry"),
    "market": ("cap", "by_amount", "time_in_force"),
    "stop": ("trigger_price", "cap", "by_amount", "time_in_force", "source", "if_met", "expiry"),
    "stop_limit": ("trigger_price", "time_in_force", "display", "source", "if_met", "expiry"),
    "take_profit": ("trigger_price", "cap", "by_amount", "time_in_force", "source", "if_met", "expiry"),
    "take_profit_limit": ("trigger_price", "time_in_force", "display", "source", "if_met", "expiry"),
    "trailing_stop": ("trail", "cap", "by_amount", "time_in_force", "source", "if_met", "expiry"),
}


@st.composite
def possible_orders(draw: st.DrawFn) -> dict[str, Any]:
    """Orders of every kind in which most options go together."""
    symbol = draw(st.sampled_from(list(SOUND)))
    price, quantity = SOUND[symbol]
    kind = draw(st.sampled_from(list(POSSIBLE_FIELDS)))
    data = {"symbol": symbol, "side": draw(good_values["side"]), "order_type": kind, "quantity": quantity}
    if kind.endswith("limit"):
        data["price"] = price
    for option in POSSIBLE_FIELDS[kind]:
        if option not in ("trigger_price", "trail") and not draw(st.booleans()):
            continue
        data |= draw(OPTIONS[option](price))
    if "quote_amount" in data:
        del data["quantity"]
    return data


OPTIONS: dict[str, Any] = {
    "trigger_price": lambda price: st.just({"trigger_price": price}),
    "cap": lambda price: st.just({"price": price}),
    "by_amount": lambda _: st.just({"quote_amount": "1000000"}),
    "display": lambda _: st.sampled_from([{"display_quantity": "1"}, {"display_quantity": "50"}]),
    "expiry": lambda _: st.just({"time_in_force": "gtd", "expire_at": 2_000_000_000_000}),
    "source": lambda _: good_values["trigger_source"].map(lambda word: {"trigger_source": word}),
    "if_met": lambda _: good_values["trigger_if_met"].map(lambda word: {"trigger_if_met": word}),
    "trail": lambda _: st.sampled_from([{"trail_percent": "1.5"}, {"trail_offset": "100"}]),
    "time_in_force": lambda _: good_values["time_in_force"].map(lambda word: {"time_in_force": word}),
    "post_only": lambda _: st.just({"post_only": True}),
    "post_only_mode": lambda _: good_values["post_only_mode"].map(lambda word: {"post_only_mode": word}),
}
likely_orders = possible_orders() | st.fixed_dictionaries(
    dict(list(good_values.items())[:3]),
    optional=dict(list(good_values.items())[3:]),
)


def parsed(data: dict[str, Any]) -> parsing.OrderRequest | ApiError:
    """The terms, or the error that refuses them."""
    try:
        return parsing.parse_order(data, SYMBOLS)
    except RequestError as error:
        return error


def is_sound(error: ApiError) -> bool:
    """Whether an error is the client's fault and can be sent."""
    json.dumps(error.body("ko"), ensure_ascii=False).encode()
    return 400 <= error.status < 500


@given(wild_orders)
def test_any_object_is_terms_or_a_client_error(data: dict[str, Any]) -> None:
    result = parsed(data)
    assert isinstance(result, parsing.OrderRequest) or is_sound(result)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_body_is_an_object_or_a_client_error(body: bytes) -> None:
    try:
        result: Any = read_object(body)
    except RequestError as error:
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
        assert m.RejectedEvent(*events[0]).code in OF_THE_MARKET
    else:
        reply = rendering.shaped_reply(1, ENGINE.now_ns, events, terms.spec)
        assert reply["order"].symbol == data["symbol"]
        assert reply["order"].order_type == data["order_type"].lower()


#: What only the engine can know.
OF_THE_MARKET = (
    *("INSUFFICIENT_BALANCE", "POST_ONLY_WOULD_TAKE", "NO_REFERENCE_PRICE", "TRIGGER_WOULD_FIRE"),
    *("INVALID_EXPIRY",),
)


@given(possible_orders())
def test_what_the_edge_refuses_the_engine_refuses_too(data: dict[str, Any]) -> None:
    """No kind of order that the engine takes is out of reach: what the edge calls a contradiction is one."""
    error = parsed(data)
    if not isinstance(error, ApiError) or error.code != "INVALID_ORDER":
        return
    command = unchecked_command(data)
    event = Engine.load(ENGINE.dump()).apply(command, ENGINE.now_ns + 1)[0]
    assert event[0] == m.EV_REJECTED
    assert m.RejectedEvent(*event).code == "INVALID_ORDER"


def unchecked_command(data: dict[str, Any]) -> m.Command:
    """The command an edge would build that reads and does not judge."""
    spec = SYMBOLS.get(data["symbol"])
    order_type, trigger = rendering.ORDER_KINDS[data["order_type"]]

    def units(field: str, scale: int) -> int:
        return rendering.parse_units(data[field], scale) if field in data else 0

    terms = m.OrderTerms(
        expire_ns=data.get("expire_at", 0) * 10**6,
        reprice=data.get("post_only_mode") == "reprice",
        display_lots=units("display_quantity", spec.quantity_scale),
        trigger=trigger,
        trigger_source=m.TRIGGER_SOURCES.index(data.get("trigger_source", "last")),
        trigger_ticks=units("trigger_price", spec.price_scale),
        trail_ticks=units("trail_offset", spec.price_scale),
        trail_ppm=units("trail_percent", 4),
        trigger_now=data.get("trigger_if_met") == "trigger",
    )
    default_tif = "ioc" if data["order_type"] == "market" else "gtc"
    return m.place_order(
        "x",
        1000,
        spec.name,
        m.SIDES.index(data["side"].lower()),
        order_type=order_type,
        time_in_force=m.TIMES_IN_FORCE.index(data.get("time_in_force", default_tif).lower()),
        post_only=data.get("post_only", False),
        price_ticks=units("price", spec.price_scale),
        quantity_lots=units("quantity", spec.quantity_scale),
        quote_amount_minor=units("quote_amount", spec.quote_scale),
        terms=None if terms == m.OrderTerms() else terms,
    )


# --- the short way for simple orders ----------------------------------------------------------------------

BOUND = parsing.SOCKET._replace(cancel_on_disconnect=True)


@given(
    likely_orders | wild_orders,
    st.none() | st.booleans() | st.just("yes"),
    st.sampled_from([parsing.REST, parsing.SOCKET, BOUND]),
)
def test_the_short_way_reads_what_the_long_way_reads(
    data: dict[str, Any], cancel_on_disconnect: Any, origin: parsing.Origin
) -> None:
    """Or leaves it to the long way; of simple orders that pass it leaves none."""
    if cancel_on_disconnect is not None:
        data = {**data, "cancel_on_disconnect": cancel_on_disconnect}
    text = json.dumps(data)
    try:
        long: Any = parsing.parse_order(read_object(text), SYMBOLS, origin)
    except RequestError:
        long = None
    short = read_shortly(text, origin)
    if short is not None:
        assert short == long
        assert [type(value) for value in short] == [type(value) for value in long]
    elif long is not None:
        assert not SIMPLE_FIELDS.issuperset(data) or not all(map(is_simple_value, data.values()))


SIMPLE_FIELDS = frozenset(parsing.SimpleOrder.__struct_fields__)


def is_simple_value(value: Any) -> bool:
    """What the short way takes: text and truth; a limit or a market order without a trigger or an end."""
    triggers = parsing.ORDER_KIND_WORDS[2:]
    return type(value) is bool or (type(value) is str and value.lower() not in (*triggers, "gtd"))


def read_shortly(text: str, origin: parsing.Origin) -> parsing.OrderRequest | None:
    try:
        sent = msgspec.json.decode(text, type=parsing.SimpleOrder)
    except msgspec.DecodeError:
        return None
    assert sent.members() == len(json.loads(text))
    return parsing.simple_order(sent, SYMBOLS, origin)


@given(st.text(max_size=25) | st.from_regex(r"0|[1-9][0-9]{0,19}|[0-9 ]{1,6}", fullmatch=True))
def test_an_order_s_id_is_read_alike_on_both_ways(order_id: str) -> None:
    try:
        long = parsing.parse_cancel({"order_id": order_id})
    except RequestError:
        assert parsing.simple_cancel(parsing.SimpleCancel(order_id)) is None
    else:
        assert parsing.simple_cancel(parsing.SimpleCancel(order_id)) == long


def test_ids_of_commands_are_never_given_twice() -> None:
    ids = [parsing.new_command_id() for _ in range(1_000)]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as copy:
        ids += copy.submit(command_ids, 1_000).result(60)
    assert len(set(ids)) == 2_000
    assert max(map(len, ids)) <= 64


def command_ids(count: int) -> list[str]:
    return [parsing.new_command_id() for _ in range(count)]


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
    shown = rendering.render_symbol(spec)
    assert parsing.read_quantity(shown["min_quantity"], spec) == listing.min_quantity_lots
    assert parsing.read_quantity(shown["max_quantity"], spec) == listing.max_quantity_lots
    assert parsing.read_price(shown["max_price"], spec) == listing.max_price_ticks
    assert spec.multiplier == 10 ** (SCALES[listing.quote] - listing.price_scale - listing.quantity_scale)


def test_the_tick_table_of_upbit() -> None:
    spec = SYMBOLS.get("BTC-KRW")
    steps = {4_999: 1, 5_000: 5, 10_000: 10, 50_000: 50, 100_000: 100, 499_900: 100, 500_000: 500}
    for price, step in {**steps, 999_500: 500, 1_000_000: 1_000, 95_000_000: 1_000}.items():
        assert spec.tick_step(price) == step
