"""The portfolio: sums worked out by hand, laws that hold for any history, and the API end to end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.portfolio.history import MOST_POINTS, interval_for, point_times, value_history
from accounts.portfolio.movements import Movement
from accounts.portfolio.positions import Position, Positions
from accounts.portfolio.valuation import Valuer, routes_to_currencies
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolSpec, spec_of, symbols
from marketdata.intervals import DAY, INTERVALS, MINUTE
from tests.conftest import LiveEngine, Person

SCALES = {"KRW": 8, "USD": 8, "BTC": 8, "ETH": 8, "AAPL": 0}
ONE = 10**8


def spec(name: str, base: str, quote: str, price_scale: int = 0, quantity_scale: int = 8) -> SymbolSpec:
    return SymbolSpec(
        symbol=name,
        base=base,
        quote=quote,
        base_scale=SCALES[base],
        quote_scale=SCALES[quote],
        price_scale=price_scale,
        quantity_scale=quantity_scale,
        tick_bands=((0, 1),),
        lot_step=1,
        min_quantity_lots=1,
        max_quantity_lots=10**12,
        min_price_ticks=1,
        max_price_ticks=10**12,
        min_notional_minor=0,
        maker_ppm=0,
        taker_ppm=0,
        max_open_orders=100,
        status=0,
        status_reason="",
        multiplier=10 ** (SCALES[quote] - price_scale - quantity_scale),
    )


BTC_KRW = spec("BTC-KRW", "BTC", "KRW")
ETH_BTC = spec("ETH-BTC", "ETH", "BTC", price_scale=4, quantity_scale=4)
AAPL = spec("AAPL", "AAPL", "USD", price_scale=2, quantity_scale=0)
SPECS = {one.name: one for one in (BTC_KRW, ETH_BTC, AAPL)}
QUOTES = {name: one.quote for name, one in SPECS.items()}


#: All of them have traded, in this order.
TRADED = {name: number for number, name in enumerate(SPECS)}


def constant(prices: dict[str, int]) -> Valuer:
    return Valuer(SPECS.values(), lambda symbol, _time_ns: prices.get(symbol), TRADED)


def transfer(asset: str, amount: int, time_ns: int = 0) -> Movement:
    return Movement(time_ns, time_ns, asset, amount, None, 0)


def trade(one: SymbolSpec, base_delta: int, quote_delta: int, time_ns: int = 0) -> Movement:
    return Movement(time_ns, time_ns, one.base, base_delta, one.name, quote_delta)


def by_average(position: Position) -> tuple[int, int, int]:
    return position.quantity_minor, position.cost_minor, position.realised_minor


def fold(valuer: Valuer, *movements: Movement) -> Positions:
    positions = Positions()
    for movement in movements:
        positions.take(movement, SPECS, valuer)
    return positions


# --- worth -------------------------------------------------------------------------------------------


def test_the_shipped_symbols_lead_to_their_currencies() -> None:
    scales = {asset.asset: asset.scale for asset in catalog.ASSETS}
    specs = [spec_of((0, *symbol[1:]), scales) for symbol in _shipped_events()]
    routes = routes_to_currencies(specs, {one.name: number for number, one in enumerate(specs)})
    assert {asset: [one.name for one in route] for asset, route in routes.items()} == {
        "KRW": [],
        "USD": [],
        "BTC": ["BTC-KRW"],
        "ETH": ["ETH-KRW"],
        "AAPL": ["AAPL"],
    }


def _shipped_events() -> list[Any]:
    from exchange.engine import Engine
    from exchange.engine.messages import EV_SYMBOL

    engine = Engine()
    events = [event for command in catalog.setup_commands() for event in engine.apply(command, 1)]
    return [event for event in events if event[0] == EV_SYMBOL]


def test_worth_over_two_symbols() -> None:
    valuer = constant({"BTC-KRW": 100_000_000, "ETH-BTC": 400})
    assert valuer.worth("ETH", 2 * ONE, 0) == 8_000_000 * ONE, "2 ETH at 0.04 BTC at 100,000,000 KRW"
    assert valuer.currency_of("ETH") == "KRW"
    assert valuer.worth("AAPL", 3, 0) is None, "it has never traded"
    assert valuer.worth("KRW", 7, 0) == 7


# --- cost and profit -----------------------------------------------------------------------------------


def test_average_cost_and_profit_by_hand() -> None:
    positions = fold(
        constant({}),
        transfer("KRW", 1_000_000 * ONE),
        trade(BTC_KRW, ONE // 100, -100_050 * ONE),
        trade(BTC_KRW, ONE // 100, -200_100 * ONE),
        trade(BTC_KRW, -ONE // 200, 99_950 * ONE),
    )
    btc = positions.of("BTC")
    assert btc.quantity_minor == ONE * 3 // 200
    assert btc.cost_minor == 300_150 * ONE * 3 // 4, "a quarter was sold at the average"
    assert btc.realised_minor == 99_950 * ONE - 300_150 * ONE // 4
    krw = positions.of("KRW")
    assert (krw.quantity_minor, krw.cost_minor, krw.realised_minor) == (799_800 * ONE, 799_800 * ONE, 0)


def test_moving_assets_is_neither_profit_nor_loss() -> None:
    positions = fold(
        constant({"BTC-KRW": 90_000_000}),
        transfer("BTC", 2 * ONE),
        transfer("BTC", -ONE),
    )
    assert by_average(positions.of("BTC")) == (ONE, 90_000_000 * ONE, 0)


def test_a_sale_of_everything_leaves_no_cost() -> None:
    positions = fold(constant({"AAPL": 20_000}), transfer("AAPL", 3), trade(AAPL, -3, 66_666_666_667))
    assert by_average(positions.of("AAPL")) == (0, 0, 66_666_666_667 - 60_000_000_000)


def test_paying_with_an_asset_realises_its_profit() -> None:
    prices = {"BTC-KRW": 100}
    valuer = Valuer(SPECS.values(), lambda symbol, _time_ns: prices.get(symbol), TRADED)
    positions = fold(valuer, transfer("BTC", ONE))
    prices["BTC-KRW"] = 150
    positions.take(trade(ETH_BTC, 10 * ONE, -ONE), SPECS, valuer)
    assert by_average(positions.of("BTC")) == (0, 0, 50 * ONE)
    assert by_average(positions.of("ETH")) == (10 * ONE, 150 * ONE, 0)


_steps = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "deposit", "withdraw", "deposit KRW"]),
        st.integers(1, 5 * ONE),
        st.integers(1, 200),
    ),
    max_size=30,
)


@given(_steps)
def test_profit_is_the_change_no_transfer_explains(steps: list[tuple[str, int, int]]) -> None:
    """Value less what was brought in = realised + unrealised, to the last minor unit, when deposits
    come in at the market and withdrawals leave at cost."""
    price = {"BTC-KRW": 100}
    valuer = Valuer(SPECS.values(), lambda symbol, _time_ns: price.get(symbol), TRADED)
    positions, brought = Positions(), 0
    for kind, amount, new_price in steps:
        price["BTC-KRW"] = new_price
        movement = _movement_of(kind, amount, new_price, positions)
        if movement is None:
            continue
        before = {asset: replace(one) for asset, one in positions.by_asset.items()}
        positions.take(movement, SPECS, valuer)
        if movement.symbol is None:
            was = before.get(movement.asset, Position())
            brought += positions.of(movement.asset).cost_minor - was.cost_minor
    value = sum(valuer.worth(asset, one.quantity_minor, 0) or 0 for asset, one in positions.by_asset.items())
    realised = sum(one.realised_minor for one in positions.by_asset.values())
    unrealised = value - sum(one.cost_minor for one in positions.by_asset.values())
    assert value - brought == realised + unrealised
    assert all(one.quantity_minor >= 0 and one.cost_minor >= 0 for one in positions.by_asset.values())
    assert positions.of("KRW").realised_minor == 0


def _movement_of(kind: str, amount: int, price: int, positions: Positions) -> Movement | None:
    btc, krw = positions.of("BTC").quantity_minor, positions.of("KRW").quantity_minor
    if kind.startswith("deposit"):
        return transfer("KRW" if kind.endswith("KRW") else "BTC", amount)
    if kind == "withdraw":
        return transfer("BTC", -amount) if amount <= btc else None
    if kind == "sell":
        return trade(BTC_KRW, -amount, amount * price) if amount <= btc else None
    return trade(BTC_KRW, amount, -amount * price) if amount * price <= krw else None


# --- over time -------------------------------------------------------------------------------------------


def test_value_and_profit_over_time_by_hand() -> None:
    prices = {0: 100, 10: 100, 20: 120, 30: 150}
    valuer = Valuer(
        SPECS.values(), lambda symbol, time_ns: prices[time_ns] if symbol == "BTC-KRW" else None, TRADED
    )
    history = [
        transfer("KRW", 1_000, 0),
        trade(BTC_KRW, 5, -500, 10),
        transfer("KRW", 300, 20),
        trade(BTC_KRW, -5, 750, 30),
    ]
    held = {"KRW": 1_550, "BTC": 0}
    points = value_history(held, history[:0:-1], [0, 10, 20, 30], valuer, QUOTES)["KRW"]
    assert [point.value_minor for point in points] == [1_000, 1_000, 1_400, 1_550]
    assert [point.profit_minor for point in points] == [0, 0, 100, 250]


@given(st.integers(1, 4_000 * DAY))
def test_the_points_fit_a_screen(length_ns: int) -> None:
    interval_ns = interval_for(length_ns)
    times = point_times(DAY, DAY + length_ns, interval_ns)
    assert times == sorted(times)
    # Start and end, and a boundary in every interval begun: candles of a week begin on Mondays.
    intervals = -(-length_ns // interval_ns)
    assert len(times) <= intervals + 2
    assert intervals <= MOST_POINTS or interval_ns == max(INTERVALS.values())
    assert interval_for(DAY) == 5 * MINUTE


@given(
    st.lists(st.tuples(st.sampled_from(["BTC", "KRW", "AAPL"]), st.integers(-50, 50), st.integers(1, 40))),
    st.lists(st.integers(0, 45), min_size=1, unique=True).map(sorted),
)
def test_undoing_backwards_is_folding_forwards(flows: list[tuple[str, int, int]], times: list[int]) -> None:
    movements = sorted((transfer(*flow) for flow in flows), key=lambda movement: movement.time_ns)
    valuer = constant({"BTC-KRW": 3, "AAPL": 2})
    held: dict[str, int] = defaultdict(int)
    for movement in movements:
        held[movement.asset] += movement.delta_minor
    since = [movement for movement in movements if movement.time_ns > times[0]][::-1]
    found = value_history(held, since, times, valuer, QUOTES)
    for currency, points in found.items():
        for point in points:
            expected = sum(
                valuer.worth(movement.asset, movement.delta_minor, 0) or 0
                for movement in movements
                if movement.time_ns <= point.time_ns and valuer.currency_of(movement.asset) == currency
            )
            assert point.value_minor == expected
            assert point.profit_minor == 0, "nothing but transfers happened"


# --- the API ---------------------------------------------------------------------------------------------


@pytest.fixture
def traded(alice: Person, bob: Person, live_engine: LiveEngine) -> Person:
    """Bob, after he bought 0.2 BTC from alice at 100,000,000 and sold 0.1 at 110,000,000."""
    assert alice.place(side="sell", quantity="0.2").status_code == 200
    assert bob.place(quantity="0.2").status_code == 200
    assert alice.place(price="110000000", quantity="0.1").status_code == 200
    assert bob.place(side="sell", price="110000000", quantity="0.1").status_code == 200
    live_engine.project()
    return bob


def in_currency(reply: Any, currency: str) -> Any:
    return next(part for part in reply["currencies"] if part["currency"] == currency)


def test_a_traders_portfolio(traded: Person) -> None:
    reply = traded.get("/v1/portfolio", range="1d").json()
    krw = in_currency(reply, "KRW")
    btc = next(holding for holding in krw["holdings"] if holding["asset"] == "BTC")
    # 10 BTC came in at the first price there is; 0.2 were bought with 0.05 % fee on top.
    cost = Decimal(1_000_000_000) + Decimal(20_010_000)
    sold_share = (cost * Decimal("0.1") / Decimal("10.2")).quantize(Decimal("0.00000001"), "ROUND_DOWN")
    assert Decimal(btc["cost"]) == cost - sold_share
    assert Decimal(btc["realised_profit"]) == Decimal(10_994_500) - sold_share
    assert (btc["quantity"], btc["symbol"]) == ("10.1", "BTC-KRW")
    assert Decimal(btc["value"]) == Decimal("10.1") * 110_000_000
    assert Decimal(btc["unrealised_profit"]) == Decimal(btc["value"]) - Decimal(btc["cost"])
    assert Decimal(krw["value"]) == Decimal(krw["cash"]) + sum(
        Decimal(holding["value"] or 0) for holding in krw["holdings"]
    )
    assert Decimal(krw["history"][-1]["value"]) == Decimal(krw["value"])
    usd = in_currency(reply, "USD")
    assert usd["cash"] == "1000000"
    assert usd["holdings"][0]["value"] is None, "AAPL has never traded here"


def test_asking_again_folds_only_what_is_new(
    traded: Person, alice: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = traded.get("/v1/portfolio").json()
    alice.place(side="sell", price="105000000", quantity="0.1")
    traded.place(price="105000000", quantity="0.1")
    live_engine.project()
    taken: list[Movement] = []
    take = Positions.take

    def counting(self: Positions, movement: Movement, *rest: Any) -> None:
        taken.append(movement)
        take(self, movement, *rest)

    monkeypatch.setattr(Positions, "take", counting)
    again = traded.get("/v1/portfolio").json()
    assert len(taken) == 1
    from django.core.cache import cache

    cache.clear()
    anew = traded.get("/v1/portfolio").json()
    for reply in (again, anew):
        for part in reply["currencies"]:
            part.pop("history")
    assert again["currencies"] == anew["currencies"]
    assert again["currencies"] != first["currencies"]


def test_an_account_without_movements_is_empty(live_engine: LiveEngine, db: None) -> None:
    from accounts.identity import roles
    from tests.conftest import make_person

    dora = make_person("dora", roles.TRADER, 1009)
    live_engine.open_account(1009, {})
    live_engine.project()
    assert dora.get("/v1/portfolio").json()["currencies"] == []


@pytest.mark.parametrize("chosen", ["1d", "1w", "1m", "3m", "1y", "all", "ALL"])
def test_every_range_is_drawn(traded: Person, chosen: str) -> None:
    reply = traded.get("/v1/portfolio", range=chosen).json()
    assert reply["range"] == chosen.lower()
    times = [point["timestamp"] for point in in_currency(reply, "KRW")["history"]]
    assert times == sorted(times)
    assert len(times) >= 2


def test_who_may_not(oscar: Person, anyone: Any, alice: Person) -> None:
    assert (anyone.get("/v1/portfolio").status_code, oscar.get("/v1/portfolio").status_code) == (401, 403)
    refused = alice.get("/v1/portfolio", range="2d")
    assert (refused.status_code, refused.json()["error"]) == (400, "INVALID_FIELD")
    assert alice.get("/v1/portfolio", money="KRW").json()["error"] == "UNKNOWN_FIELD"


def test_the_reply_is_as_the_schema_says(traded: Person) -> None:
    from drf_spectacular.generators import SchemaGenerator
    from jsonschema import Draft202012Validator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    reply = traded.get("/v1/portfolio").json()
    shape = {"$ref": "#/components/schemas/Portfolio", "components": schema["components"]}
    Draft202012Validator(shape).validate(reply)
    for part in reply["currencies"]:
        assert set(part) == set(schema["components"]["schemas"]["CurrencyPortfolio"]["properties"])
        for holding in part["holdings"]:
            assert set(holding) == set(schema["components"]["schemas"]["Holding"]["properties"])


# --- what an asset is worth something in ------------------------------------------------------------------

SCALES["EUR"] = 8
BTC_EUR = spec("BTC-EUR", "BTC", "EUR")
KRW_USD = spec("KRW-USD", "KRW", "USD")


@pytest.mark.attack("B4")
@given(st.permutations([BTC_KRW, ETH_BTC, AAPL, BTC_EUR, KRW_USD]), st.integers(0, 5))
def test_a_later_symbol_never_changes_an_assets_currency(order: list[SymbolSpec], count: int) -> None:
    """Listing changes nothing, nor does the first trade of a symbol whose assets have traded before."""
    times = {one.name: minute for minute, one in enumerate(order)}
    before = routes_to_currencies(order, {one.name: times[one.name] for one in order[:count]})
    after = routes_to_currencies(order, times)
    traded = {asset for one in order[:count] for asset in (one.base, one.quote)}
    assert {asset: before[asset] for asset in traded} == {asset: after[asset] for asset in traded}


def list_btc_eur(engine: LiveEngine) -> None:
    """An operator lists BTC-EUR, whose name comes before BTC-KRW."""
    engine.submit(m.set_asset(engine.command_id(), "EUR", 8))
    engine.submit(
        m.set_symbol(
            engine.command_id(),
            "BTC-EUR",
            base="BTC",
            quote="EUR",
            price_scale=2,
            quantity_scale=6,
            tick_bands=((0, 1),),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=10**12,
            min_price_ticks=1,
            max_price_ticks=10**12,
            min_notional_minor=1,
            maker_ppm=0,
            taker_ppm=0,
            max_open_orders=100,
        )
    )
    symbols.forget()


def without_time(reply: Any) -> Any:
    """What a portfolio says, but for the moments it was asked for."""
    return [{**part, "history": None} for part in reply["currencies"]]


@pytest.mark.attack("B4")
def test_listing_and_trading_another_symbol_moves_nothing(
    traded: Person, alice: Person, live_engine: LiveEngine
) -> None:
    first = traded.get("/v1/portfolio").json()
    list_btc_eur(live_engine)
    live_engine.project()
    assert without_time(traded.get("/v1/portfolio").json()) == without_time(first)
    for person in (traded, alice):
        live_engine.submit(m.deposit(live_engine.command_id(), person.account, "EUR", 1_000 * ONE))
    assert alice.place(symbol="BTC-EUR", side="sell", price="1", quantity="0.0001").status_code == 200
    assert traded.place(symbol="BTC-EUR", price="1", quantity="0.0001").status_code == 200
    live_engine.project()
    after = traded.get("/v1/portfolio").json()
    btc = next(one for one in in_currency(after, "KRW")["holdings"] if one["asset"] == "BTC")
    assert (btc["quantity"], btc["symbol"]) == ("10.1001", "BTC-KRW")
    assert in_currency(after, "EUR")["holdings"] == []
    assert in_currency(after, "EUR")["cash"] == "999.9999"


def test_nothing_depends_on_who_looked_before_the_first_price(
    alice: Person, bob: Person, carol: Person, live_engine: LiveEngine
) -> None:
    """alice and carol hold the same ETH; alice looks before it ever traded, carol does not."""
    live_engine.project()
    eth = next(
        one
        for part in alice.get("/v1/portfolio").json()["currencies"]
        for one in part["holdings"]
        if one["asset"] == "ETH"
    )
    assert (eth["average_cost"], eth["cost"], eth["value"], eth["unrealised_profit"]) == (None,) * 4
    for buyer, seller in ((bob, alice), (bob, carol)):
        assert seller.place(symbol="ETH-KRW", side="sell", price="5000000", quantity="1").status_code == 200
        assert buyer.place(symbol="ETH-KRW", price="5000000", quantity="1").status_code == 200
    live_engine.project()
    parts = [in_currency(person.get("/v1/portfolio").json(), "KRW") for person in (alice, carol)]
    for part in parts:
        part.pop("history")
        part.pop("performance")
        for holding in part["holdings"]:
            # Each got the deposits at another time.
            for lot in holding["tax_lots"]:
                lot.pop("acquired_at")
    assert parts[0] == parts[1]
    held = next(one for one in parts[0]["holdings"] if one["asset"] == "ETH")
    assert (held["average_cost"], held["unrealised_profit"]) == ("5000000", "0")


def test_what_was_kept_does_not_outlive_a_restore(
    traded: Person, alice: Person, live_engine: LiveEngine
) -> None:
    """The cache is shared and knows nothing of a restore: rows of another journal stand under the same
    ids."""
    from django.core.cache import cache

    from exchange.models import Fill

    traded.get("/v1/portfolio")
    # The tables as a restore and other trades would leave them: the last fill is another one.
    last = Fill.objects.filter(account=traded.account).order_by("-id").first()
    assert last is not None
    Fill.objects.filter(pk=last.pk).update(
        time_ns=last.time_ns + 1, base_delta_minor=last.base_delta_minor // 2
    )
    kept = traded.get("/v1/portfolio").json()
    cache.clear()
    assert without_time(kept) == without_time(traded.get("/v1/portfolio").json())
