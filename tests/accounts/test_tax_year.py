"""The tax year: sums by hand, laws for any history, and the page's own figures end to end."""

from __future__ import annotations

import csv
import io
import pickle
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from accounts.portfolio.folding import Market
from accounts.portfolio.movements import Movement
from accounts.portfolio.positions import Act
from accounts.portfolio.tax_year import LAST_YEAR, AssetYear, YearFold, fold_year, year_bounds_ns
from exchange.models import Fill
from tests.accounts.test_portfolio import BTC_KRW, ONE, SPECS, TRADED, trade, transfer
from tests.conftest import LiveEngine, Person

START, END = 1_000, 2_000
Row = dict[str, Any]


def year_of(
    *movements: Movement, prices: dict[str, int] | None = None, currency: str = "KRW"
) -> dict[str, AssetYear]:
    market = Market(SPECS, TRADED, currency)
    known = {"BTC-KRW": 100} if prices is None else prices
    return fold_year(movements, START, END, market, market.valuer(lambda symbol, _time_ns: known.get(symbol)))


def test_by_hand() -> None:
    fee = ONE
    found = year_of(
        transfer("KRW", 10_000 * ONE, 10),
        trade(BTC_KRW, ONE, -100 * ONE, 20),
        trade(BTC_KRW, ONE, -301 * ONE, START)._replace(fee_minor=fee),
        transfer("BTC", ONE, 1_100),
        trade(BTC_KRW, -3 * ONE // 2, 599 * ONE, 1_200)._replace(fee_minor=fee),
        Movement(0, 1_300, "BTC", -ONE // 2, None, 0),
        trade(BTC_KRW, -ONE, 900 * ONE, END),
    )
    bitcoin = found["BTC"]
    assert (bitcoin.opening.quantity_minor, bitcoin.opening.costs) == (ONE, (100 * ONE, 100 * ONE))
    flows = bitcoin.flows
    assert (flows[Act.BOUGHT].quantity_minor, flows[Act.BOUGHT].worth.known) == (ONE, 301 * ONE)
    assert (flows[Act.DEPOSITED].quantity_minor, flows[Act.DEPOSITED].worth.known) == (ONE, 100 * ONE)
    sold = flows[Act.SOLD]
    assert (sold.quantity_minor, sold.worth.known) == (3 * ONE // 2, 599 * ONE)
    assert sold.fifo.known == 100 * ONE + 301 * ONE // 2
    assert sold.average.known == 501 * ONE // 2
    assert bitcoin.profits() == (599 * ONE - 501 * ONE // 2, 599 * ONE - 100 * ONE - 301 * ONE // 2)
    assert flows[Act.WITHDRAWN].fifo.known == 301 * ONE - 301 * ONE // 2
    assert bitcoin.fees.known == 2 * ONE
    assert bitcoin.closing.quantity_minor == ONE
    assert bitcoin.closing.costs.fifo_minor == 100 * ONE
    assert found["KRW"].profits() == (0, 0), "money has no profit in itself"


def test_a_year_without_movements_opens_and_closes_with_what_there_was() -> None:
    found = year_of(transfer("BTC", 5, 10))
    assert found["BTC"].opening == found["BTC"].closing
    assert found["BTC"].closing.quantity_minor == 5
    assert year_of(transfer("BTC", 5, END)) == {}


def test_what_is_not_known_is_not_nothing() -> None:
    found = year_of(
        transfer("BTC", ONE, 1_100),
        trade(BTC_KRW, ONE, -300 * ONE, 1_200),
        trade(BTC_KRW, -ONE, 350 * ONE, 1_300),
        prices={},
    )["BTC"]
    assert found.flows[Act.DEPOSITED].worth.known is None
    assert found.profits() == (None, None)
    assert found.closing.costs == (None, 300 * ONE)


quantities = st.integers(1, 5 * ONE)
moments = st.integers(1, 3_000)


@st.composite
def lives(draw: st.DrawFn) -> list[Movement]:
    """Deposits, trades and withdrawals over three years, never more than there is."""
    held = {"KRW": 0, "BTC": 0}
    movements: list[Movement] = []
    for time_ns in sorted(draw(st.lists(moments, min_size=1, max_size=25))):
        act = draw(st.sampled_from(["deposit", "withdraw", "buy", "sell"]))
        asset = draw(st.sampled_from(["KRW", "BTC"]))
        if act == "deposit" or not held["KRW"] or not held["BTC"]:
            movement = transfer(asset, draw(quantities), time_ns)
        elif act == "withdraw":
            movement = transfer(asset, -draw(st.integers(1, held[asset])), time_ns)
        elif act == "buy":
            movement = trade(BTC_KRW, draw(quantities), -draw(st.integers(1, held["KRW"])), time_ns)
        else:
            movement = trade(BTC_KRW, -draw(st.integers(1, held["BTC"])), draw(quantities), time_ns)
        held[movement.asset] += movement.delta_minor
        held["KRW"] += movement.quote_delta_minor
        movements.append(movement)
    return movements


@given(lives(), st.sampled_from(["KRW", "BTC"]), st.integers(1, 10**10))
def test_the_year_adds_up(movements: list[Movement], currency: str, price: int) -> None:
    """Opening and what came in, less what went out, is closing: in quantity, and in cost by either method."""
    found = year_of(*movements, prices={"BTC-KRW": price}, currency=currency)
    for asset, one in found.items():
        flows = one.flows
        came = flows[Act.BOUGHT].quantity_minor + flows[Act.DEPOSITED].quantity_minor
        went = flows[Act.SOLD].quantity_minor + flows[Act.WITHDRAWN].quantity_minor
        assert one.opening.quantity_minor + came - went == one.closing.quantity_minor
        cost = flows[Act.BOUGHT].worth.minor + flows[Act.DEPOSITED].worth.minor
        for opening, closing, sums in (
            (
                one.opening.costs.fifo_minor,
                one.closing.costs.fifo_minor,
                [flow.fifo for flow in flows.values()],
            ),
            (
                one.opening.costs.average_minor,
                one.closing.costs.average_minor,
                [flow.average for flow in flows.values()],
            ),
        ):
            assert opening is not None and closing is not None
            assert opening + cost - sum(one.minor for one in sums) == closing
        net = sum(
            (movement.delta_minor if movement.asset == asset else 0)
            + (movement.quote_delta_minor if asset == "KRW" else 0)
            for movement in movements
            if movement.time_ns < END
        )
        assert one.closing.quantity_minor == net


@given(lives(), st.integers(0, 25), st.sampled_from(["KRW", "BTC"]), st.integers(1, 10**10))
def test_going_on_later_is_folding_at_once(
    movements: list[Movement], pause: int, currency: str, price: int
) -> None:
    """Wherever the first question came, and although what was kept has been through the cache."""
    market = Market(SPECS, TRADED, currency)
    valuer = market.valuer(lambda symbol, _time_ns: {"BTC-KRW": price}.get(symbol))
    fold = YearFold(START, END)
    for part in (movements[:pause], movements[pause:]):
        for movement in part:
            fold.take(movement, market, valuer)
        found = fold.so_far()
        fold = pickle.loads(pickle.dumps(fold))
    assert found == fold.so_far() == year_of(*movements, prices={"BTC-KRW": price}, currency=currency)
    assert fold.is_over == (movements[-1].time_ns >= END)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Kiritimati"])
def test_the_year_is_that_of_the_time_zone(zone: str) -> None:
    start_ns, end_ns = year_bounds_ns(2026, zone)
    for at_ns, year in ((start_ns, 2026), (start_ns - 10**9, 2025), (end_ns, 2027), (end_ns - 10**9, 2026)):
        assert datetime.fromtimestamp(at_ns // 10**9, ZoneInfo(zone)).year == year


# --- end to end --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_report_and_its_file(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    bob.user.time_zone = "Asia/Seoul"
    bob.user.save()
    for price in ("100000000", "120000000"):
        alice.place(side="sell", price=price)
        bob.place(price=price)
    bob.place(side="sell", price="130000000", quantity="0.005")
    alice.place(price="130000000", quantity="0.005")
    live_engine.project()
    year = datetime.now(ZoneInfo("Asia/Seoul")).year
    report = bob.get("/v1/tax-report", year=year).json()
    assert (report["currency"], report["time_zone"], report["year"]) == ("KRW", "Asia/Seoul", year)
    bitcoin = next(one for one in report["assets"] if one["asset"] == "BTC")
    assert (bitcoin["acquired_quantity"], bitcoin["disposed_quantity"]) == ("0.02", "0.005")
    balances = {one["asset"]: one for one in bob.get("/v1/balances").json()["balances"]}
    for line in report["assets"]:
        balance = balances[line["asset"]]
        assert Decimal(line["closing_quantity"]) == Decimal(balance["available"]) + Decimal(balance["held"])
    fills = bob.get("/v1/fills").json()["fills"]
    assert Decimal(bitcoin["fees"]) == sum(Decimal(fill["fee"]) for fill in fills)
    assert next(one for one in report["rates"] if one["asset"] == "USD")["path"] is None
    dollars = next(one for one in report["assets"] if one["asset"] == "USD")
    assert dollars["received_cost"] is None and dollars["closing_cost_fifo"] is None
    answer = bob.get("/v1/export/tax-report", year=year)
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["asset"] for row in rows] == [one["asset"] for one in report["assets"]]
    for row, line in zip(rows, report["assets"], strict=True):
        assert {name: row[name] for name in line} == {name: value or "" for name, value in line.items()}
        assert (row["year"], row["currency"]) == (str(year), "KRW")
    assert bob.get("/v1/tax-report", year=year - 1).json()["assets"] == []


@pytest.mark.django_db(transaction=True)
def test_asking_again_folds_only_what_is_new(
    alice: Person, bob: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trade_once(price: str) -> None:
        for symbol, quantity, at in (("BTC-KRW", "0.01", price), ("ETH-KRW", "1", "5000000")):
            alice.place(symbol=symbol, side="sell", price=at, quantity=quantity)
            bob.place(symbol=symbol, price=at, quantity=quantity)
        live_engine.project()

    def report(**query: Any) -> Any:
        return bob.get("/v1/tax-report", year=datetime.now(ZoneInfo("UTC")).year, **query).json()

    bob.user.time_zone = "UTC"
    bob.user.save()
    trade_once("100000000")
    taken: list[Movement] = []
    take = YearFold.take

    def counting(self: YearFold, movement: Movement, *rest: Any) -> bool:
        taken.append(movement)
        return take(self, movement, *rest)

    first = report()
    monkeypatch.setattr(YearFold, "take", counting)
    assert report() == first
    assert taken == []
    trade_once("110000000")
    again = report()
    assert len(taken) == 2
    cache.clear()
    assert report() == again != first
    assert len(taken) > 4
    # The tables as a restore and other trades would leave them: the last fill is another one.
    last = Fill.objects.filter(account=bob.account).order_by("-id")[0]
    Fill.objects.filter(pk=last.pk).update(time_ns=last.time_ns + 1, fee_minor=7)
    anew = report()
    cache.clear()
    assert anew == report() != again


@pytest.mark.django_db(transaction=True)
def test_years_to_come_are_folded_once(
    alice: Person, bob: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of one year after the other makes the house work for one of them."""
    alice.place(side="sell")
    bob.place()
    live_engine.project()
    next_year = datetime.now(ZoneInfo("UTC")).year + 2
    first = bob.get("/v1/tax-report", year=next_year).json()
    bitcoin = next(one for one in first["assets"] if one["asset"] == "BTC")
    assert bitcoin["opening_quantity"] == bitcoin["closing_quantity"] == "10.01"

    def refuse(*_: Any) -> bool:
        raise AssertionError("folded once more")

    monkeypatch.setattr(YearFold, "take", refuse)
    for year in (next_year + 1, LAST_YEAR):
        later = bob.get("/v1/tax-report", year=year).json()
        assert later["assets"] == first["assets"]
        assert later["start"] > first["start"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "MISSING_FIELD"),
        ({"year": "1999"}, 400, "INVALID_FIELD"),
        ({"year": "x"}, 400, "INVALID_FIELD"),
        ({"year": "2026", "currency": "NONE"}, 404, "ASSET_NOT_FOUND"),
        ({"year": "2026", "month": "1"}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_refused(alice: Person, query: Row, status: int, code: str) -> None:
    for path in ("/v1/tax-report", "/v1/export/tax-report"):
        answer = alice.get(path, **query)
        assert (answer.status_code, answer.json()["error"]) == (status, code)
        assert answer.json()["details"]["field"] in (*query, "year")
