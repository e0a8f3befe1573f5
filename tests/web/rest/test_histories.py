"""Every history under every filter and page size holds exactly the rows of the whole that the filter names.

The whole is read once, unfiltered and in one page; each walk is compared with what plain Python picks from
it. A filter that is applied after a page is cut ends a walk too early: it shows here as rows that are
missing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from exchange.engine import messages as m
from tests.conftest import LiveEngine, Person

pytestmark = pytest.mark.django_db

Row = dict[str, Any]
SIZES = (1, 3, 7, 50)
SYMBOLS = ("BTC-KRW", "ETH-KRW", "AAPL-USD")
SEEDS = (1, 2)


def walk(person: Person, path: str, name: str, limit: int, filters: Row) -> list[Row]:
    """All rows of a history, page by page."""
    rows: list[Row] = []
    cursor: dict[str, str] = {}
    while True:
        reply = person.get(path, **filters, **cursor, limit=limit)
        assert reply.status_code == 200, reply.json()
        page = reply.json()
        assert len(page[name]) <= limit
        rows += page[name]
        if page["next_cursor"] is None:
            return rows
        assert page[name], "an empty page that names another"
        cursor = {"cursor": page["next_cursor"]}


def trade(people: tuple[Person, ...], listed: list[str], source: random.Random) -> None:
    """A day of orders that trade, rest, end and are canceled, one price a symbol so that most of them
    trade."""
    prices = {"BTC-KRW": "100000000", "ETH-KRW": "5000000", "AAPL-USD": "150"}
    for _ in range(60):
        person, symbol = source.choice(people), source.choice(listed)
        quantity = str(
            source.choice((1, 2, 3)) if symbol == "AAPL-USD" else source.choice((0.01, 0.02, 0.03))
        )
        order = {"symbol": symbol, "price": prices[symbol], "quantity": quantity}
        if source.random() < 0.1:
            order = {
                **order,
                "order_type": "stop",
                "price": None,
                "trigger_price": "1" if symbol == "AAPL-USD" else "10000",
            }
            person.place(**order, side="sell")
            continue
        reply = person.place(
            **order, side=source.choice(("buy", "sell")), time_in_force=source.choice(("gtc", "ioc"))
        )
        if reply.status_code == 200 and source.random() < 0.2:
            person.post("/v1/order/cancel", {"order_id": reply.json()["order"]["order_id"]})


def halves(rows: list[Row], time_of: str) -> Iterator[tuple[Row, Callable[[Row], bool]]]:
    """No bound in time, and bounds that cut the rows in the middle."""
    yield {}, lambda row: True
    if rows:
        middle = rows[len(rows) // 2][time_of]
        yield {"start": middle}, lambda row: row[time_of] >= middle
        yield {"end": middle}, lambda row: row[time_of] < middle


def choices(
    name: str, values: list[str], field: str | None = None
) -> list[tuple[Row, Callable[[Row], bool]]]:
    """No filter, and one for each value."""
    named = [
        ({name: value}, lambda row, value=value: row[field or name] == value)  # type: ignore[misc]
        for value in values
    ]
    return [({}, lambda row: True), *named]


@pytest.fixture(params=SEEDS)
def trader(request: Any, settings: Any, alice: Person, bob: Person, live_engine: LiveEngine) -> Person:
    """A trader with a history, who may read as often as he likes."""
    limits = {**settings.XTRADER["RATE_LIMITS"], "reads": "0"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    source = random.Random(request.param)
    listed = [name for name in SYMBOLS if alice.get(f"/api/v1/orderbook/{name}").status_code == 200]
    assert len(listed) >= 2
    trade((alice, bob), listed, source)
    live_engine.project()
    return alice


def compare(
    person: Person, path: str, name: str, filters: list[list[tuple[Row, Callable[[Row], bool]]]], time_of: str
) -> int:
    """Walk combinations of filters in every page size: all of them, or a sample in which the simple ones are
    whole; returns how many walks had more than one page."""
    whole = walk(person, path, name, 500, {})
    assert len(whole) > 10
    long_walks = 0
    for combination in some_of(list(product(halves(whole, time_of), *filters))):
        asked = {key: value for part, _ in combination for key, value in part.items()}
        wanted = [row for row in whole if all(holds(row) for _, holds in combination)]
        for limit in SIZES:
            found = walk(person, path, name, limit, asked)
            assert found == wanted, f"{path} {asked} limit={limit}: {len(found)} of {len(wanted)} rows"
            long_walks += len(wanted) > limit
    return long_walks


def some_of(combinations: list[Any]) -> list[Any]:
    """Those with up to two filters, and some of the others."""
    simple = [one for one in combinations if sum(bool(asked) for asked, _ in one) <= 2]
    others = [one for one in combinations if sum(bool(asked) for asked, _ in one) > 2]
    return simple + random.Random(1).sample(others, min(400, len(others)))


def names_of(rows: list[Row], field: str) -> list[str]:
    return sorted({row[field] for row in rows if row[field] is not None})


@pytest.mark.attack("B1")
def test_the_ledger(trader: Person) -> None:
    whole = walk(trader, "/v1/ledger", "entries", 500, {})
    filters = [
        choices("asset", names_of(whole, "asset")),
        choices("type", ["trade", *m.TRANSFER_KINDS]),
        choices("symbol", names_of(whole, "symbol")),
    ]
    assert compare(trader, "/v1/ledger", "entries", filters, "timestamp") > 100


@pytest.mark.attack("B1")
def test_fills(trader: Person) -> None:
    whole = walk(trader, "/v1/fills", "fills", 500, {})
    filters = [
        choices("symbol", names_of(whole, "symbol")),
        choices("order_id", names_of(whole, "order_id")[:5]),
        choices("side", ["buy", "sell"]),
        choices("liquidity", ["maker", "taker"]),
    ]
    assert compare(trader, "/v1/fills", "fills", filters, "timestamp") > 10


@pytest.mark.attack("B1")
def test_orders(trader: Person) -> None:
    whole = walk(trader, "/v1/orders", "orders", 500, {})
    is_open = {"new", "partially_filled"}
    status: list[tuple[Row, Callable[[Row], bool]]] = [
        ({}, lambda row: True),
        ({"status": "open"}, lambda row: row["status"] in is_open),
        ({"status": "closed"}, lambda row: row["status"] not in is_open),
        ({"status": "filled"}, lambda row: row["status"] == "filled"),
        ({"status": "new"}, lambda row: row["status"] == "new"),
    ]
    filters = [
        status,
        choices("symbol", names_of(whole, "symbol")),
        choices("side", ["buy", "sell"]),
        choices("type", ["limit", "stop"], "order_type"),
    ]
    assert compare(trader, "/v1/orders", "orders", filters, "created_at") > 10


def test_totals(trader: Person) -> None:
    """Of every filter they are the sums of the rows that the list has."""
    fills = walk(trader, "/v1/fills", "fills", 500, {})
    for asked in ({}, {"side": "buy"}, {"symbol": "BTC-KRW"}, {"liquidity": "maker"}, {"order_id": "1"}):
        rows = walk(trader, "/v1/fills", "fills", 500, asked)
        assert_totals(trader.get("/v1/fills/totals", **asked).json(), rows, "quantity", "amount")
    assert fills
    for asked in ({}, {"status": "closed"}, {"status": "filled", "side": "sell"}, {"type": "limit"}):
        rows = walk(trader, "/v1/orders", "orders", 500, asked)
        found = trader.get("/v1/orders/totals", **asked).json()
        assert_totals(found, rows, "filled_quantity", "filled_amount")


def assert_totals(found: Row, rows: list[Row], quantity: str, amount: str) -> None:
    assert found["count"] == len(rows)
    assert [one["symbol"] for one in found["totals"]] == names_of(rows, "symbol")
    for one in found["totals"]:
        own = [row for row in rows if row["symbol"] == one["symbol"]]
        assert one["count"] == len(own)
        assert Decimal(one["fee"]) == sum(Decimal(row["fee"]) for row in own)
        for side, word in (("buy", "bought"), ("sell", "sold")):
            of_side = [row for row in own if row["side"] == side]
            assert Decimal(one[f"{word}_quantity"]) == sum(Decimal(row[quantity]) for row in of_side)
            assert Decimal(one[f"{word}_amount"]) == sum(Decimal(row[amount]) for row in of_side)


def test_totals_of_the_ledger_are_the_balances(trader: Person) -> None:
    for asked in ({}, {"asset": "KRW"}, {"type": "trade"}, {"type": "deposit"}, {"symbol": "ETH-KRW"}):
        rows = walk(trader, "/v1/ledger", "entries", 500, asked)
        found = trader.get("/v1/ledger/totals", **asked).json()
        assert found["count"] == len(rows)
        wanted: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            key = row["asset"], row["type"]
            wanted[key] = wanted.get(key, Decimal()) + Decimal(row["amount"])
        assert {(one["asset"], one["type"]): Decimal(one["amount"]) for one in found["totals"]} == wanted
    whole = trader.get("/v1/ledger/totals").json()["totals"]
    for balance in trader.get("/v1/balances").json()["balances"]:
        held = Decimal(balance["available"]) + Decimal(balance["held"])
        assert held == sum(Decimal(one["amount"]) for one in whole if one["asset"] == balance["asset"])
