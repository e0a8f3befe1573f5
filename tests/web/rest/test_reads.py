"""Reading back: what was just written is found at once, in pages without gaps or doubles."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from exchange.models import Transfer
from exchange.wire.checksum import book_checksum
from tests.conftest import FUNDS, LiveEngine, Person


def pages(person: Person, path: str, name: str, **query: Any) -> list[Any]:
    """All rows of a history, page by page."""
    rows: list[Any] = []
    cursor = None
    while True:
        body = person.get(path, **query, **({"cursor": cursor} if cursor else {})).json()
        rows += body[name]
        cursor = body["next_cursor"]
        if cursor is None:
            return rows
        assert len(body[name]) == query["limit"]


def ids(orders: list[Any]) -> list[int]:
    return [int(order["order_id"]) for order in orders]


def test_an_order_is_found_at_once_without_any_projection(alice: Person) -> None:
    placed = alice.place().json()
    read = alice.get(f"/v1/order/{placed['order']['order_id']}").json()
    assert read["order"] == placed["order"]
    assert read["as_of_sequence"] >= placed["sequence"]
    for status in ("open", None):
        query = {"status": status} if status else {}
        assert alice.get("/v1/orders", **query).json()["orders"] == [placed["order"]]
    assert alice.get("/v1/orders", status="closed").json()["orders"] == []


def test_a_finished_order_is_found_at_once_and_only_once(alice: Person, live_engine: LiveEngine) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    live_engine.project()
    canceled = alice.post("/v1/order/cancel", {"order_id": order_id}).json()["order"]
    for projected in (False, True):
        if projected:
            live_engine.project()
        assert alice.get("/v1/orders", status="closed").json()["orders"] == [canceled]
        assert alice.get("/v1/orders", status="open").json()["orders"] == []
        assert alice.get("/v1/orders").json()["orders"] == [canceled]


def test_pages_have_every_order_once_newest_first(alice: Person, live_engine: LiveEngine) -> None:
    placed = [int(alice.place().json()["order"]["order_id"]) for _ in range(7)]
    live_engine.project()
    placed += [int(alice.place().json()["order"]["order_id"]) for _ in range(4)]
    for order_id in placed[::2]:
        alice.post("/v1/order/cancel", {"order_id": str(order_id)})
    everything = ids(pages(alice, "/v1/orders", "orders", limit=3))
    assert everything == placed[::-1]
    assert ids(pages(alice, "/v1/orders", "orders", limit=2, status="closed")) == placed[::2][::-1]
    assert ids(pages(alice, "/v1/orders", "orders", limit=2, status="open")) == placed[1::2][::-1]


def test_no_order_is_missed_however_far_the_database_is_behind(
    alice: Person, live_engine: LiveEngine
) -> None:
    def finish(count: int) -> list[int]:
        return [int(alice.place(time_in_force="ioc").json()["order"]["order_id"]) for _ in range(count)]

    resting = int(alice.place().json()["order"]["order_id"])
    finished = finish(5)
    live_engine.project()
    finished += finish(45)
    assert ids(pages(alice, "/v1/orders", "orders", limit=7, status="closed")) == finished[::-1]
    live_engine.project()
    finished += finish(3)
    alice.post("/v1/order/cancel", {"order_id": str(resting)})
    expected = [resting, *finished][::-1]
    assert ids(pages(alice, "/v1/orders", "orders", limit=7, status="closed")) == expected
    assert ids(pages(alice, "/v1/orders", "orders", limit=7)) == expected


def test_orders_are_filtered_by_symbol_and_time(alice: Person) -> None:
    first = alice.place().json()["order"]
    second = alice.place(symbol="AAPL", price="150", quantity="1").json()["order"]
    assert alice.get("/v1/orders", symbol="AAPL").json()["orders"] == [second]
    assert alice.get("/v1/orders", end=first["created_at"]).json()["orders"] == []
    assert ids(alice.get("/v1/orders", start=first["created_at"]).json()["orders"]) == ids([second, first])


def test_a_stored_order_reads_like_a_live_one(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    from exchange import selectors
    from exchange.listing.symbol_table import symbols
    from exchange.models import Order
    from exchange.wire import rendering

    alice.place(side="sell", client_order_id="s")
    order = bob.place(quantity="0.02").json()["order"]
    live_engine.project()
    row = Order.objects.get(order_id=int(order["order_id"]))
    assert rendering.render_order(selectors.order_event(row), symbols.get("BTC-KRW")) == order


def test_fills_of_both_sides(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    maker = alice.place(side="sell", quantity="0.03").json()["order"]["order_id"]
    placed = bob.place().json()
    bob.place(quantity="0.02")
    live_engine.project()
    newest, oldest = bob.get("/v1/fills").json()["fills"]
    assert oldest == placed["fills"][0]
    assert newest["trade_id"] > oldest["trade_id"]
    [first, second] = pages(alice, "/v1/fills", "fills", limit=1)
    assert (first["liquidity"], first["side"], first["order_id"]) == ("maker", "sell", maker)
    assert first["trade_id"] == newest["trade_id"]
    assert second["trade_id"] == oldest["trade_id"]
    assert len(bob.get("/v1/fills", order_id=placed["order"]["order_id"]).json()["fills"]) == 1
    assert bob.get("/v1/fills", symbol="AAPL").json()["fills"] == []


def test_the_ledger_adds_up_to_the_balances(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    alice.place(side="sell", quantity="0.03")
    bob.place()
    bob.place(quantity="0.02", price="101000000")
    alice.place(symbol="AAPL", price="150.25", quantity="3")
    bob.place(symbol="AAPL", side="sell", price="150.25", quantity="3")
    live_engine.project()
    for person in (alice, bob):
        entries = pages(person, "/v1/ledger", "entries", limit=3)
        assert len({entry["entry_id"] for entry in entries}) == len(entries) == len(FUNDS) + 6
        sequences = [entry["sequence"] for entry in entries]
        assert sequences == sorted(sequences, reverse=True)
        for balance in person.get("/v1/balances").json()["balances"]:
            of_asset = [entry for entry in entries if entry["asset"] == balance["asset"]]
            total = sum(_units(entry["amount"]) for entry in of_asset)
            assert total == _units(balance["available"]) + _units(balance["held"])
            assert _units(of_asset[0]["balance_after"]) == total
            only = pages(person, "/v1/ledger", "entries", limit=2, asset=balance["asset"])
            assert only == of_asset
        for kind in ("trade", *m.TRANSFER_KINDS):
            of_kind = [entry for entry in entries if entry["type"] == kind]
            assert pages(person, "/v1/ledger", "entries", limit=2, type=kind) == of_kind


def test_the_ledger_shows_both_sides_of_a_move_and_every_step_of_a_withdrawal(
    alice: Person, bob: Person, live_engine: LiveEngine
) -> None:
    next_id = live_engine.command_id
    unit = 10**8  # of KRW's minor units
    outcomes = live_engine.submit(
        m.move(next_id(), alice.account, bob.account, "KRW", 5 * unit, "rent"),
        *(m.hold_withdrawal(next_id(), bob.account, name, "KRW", 3 * unit, unit) for name in ("w1", "w2")),
        m.settle_withdrawal(next_id(), bob.account, "w1"),
        m.release_withdrawal(next_id(), bob.account, "w2"),
        m.pay_from_fees(next_id(), alice.account, "KRW", unit, "share"),
    )
    live_engine.project()
    names = ("type", "amount", "fee", "counter_account", "memo", "withdrawal_id", "held", "sequence")

    def told(person: Person) -> list[tuple[Any, ...]]:
        entries = pages(person, "/v1/ledger", "entries", limit=2, asset="KRW")
        return [tuple(entry[name] for name in names) for entry in entries][:-1]

    moved, held, held_too, settled, released, shared = (outcome.sequence for outcome in outcomes)
    assert told(alice) == [
        ("transfer_in", "1", "0", None, "share", None, None, shared),
        ("transfer_out", "-5", "0", str(bob.account), "rent", None, None, moved),
    ]
    assert told(bob) == [
        ("withdrawal_release", "0", "0", None, None, "w2", "-4", released),
        ("withdrawal", "-4", "1", None, None, "w1", "-4", settled),
        ("withdrawal_hold", "0", "0", None, None, "w2", "4", held_too),
        ("withdrawal_hold", "0", "0", None, None, "w1", "4", held),
        ("transfer_in", "5", "0", str(alice.account), "rent", None, None, moved),
    ]
    for person in (alice, bob):
        entries = pages(person, "/v1/ledger", "entries", limit=3)
        for kind in m.TRANSFER_KINDS:
            of_kind = [entry for entry in entries if entry["type"] == kind]
            assert pages(person, "/v1/ledger", "entries", limit=1, type=kind) == of_kind
        balances = person.get("/v1/balances").json()["balances"]
        (balance,) = [balance for balance in balances if balance["asset"] == "KRW"]
        of_asset = [entry for entry in entries if entry["asset"] == "KRW"]
        total = _units(balance["available"]) + _units(balance["held"])
        assert sum(_units(entry["amount"]) for entry in of_asset) == total
    assert {row.sequence for row in Transfer.objects.all()} == {row.pk // 2 for row in Transfer.objects.all()}


def _units(text: str) -> int:
    from exchange.units.decimals import parse_units

    return parse_units(text, 8)


def test_balances_show_what_orders_hold(alice: Person) -> None:
    reply = alice.place().json()
    body = alice.get("/v1/balances").json()
    krw = next(balance for balance in body["balances"] if balance["asset"] == "KRW")
    assert krw == {"asset": "KRW", "available": "998999500", "held": "1000500"}
    assert body["as_of_sequence"] >= reply["sequence"]


def test_fees_are_the_account_s_own(alice: Person, live_engine: LiveEngine) -> None:
    from exchange.engine import messages as m

    live_engine.submit(m.set_fees(live_engine.command_id(), "BTC-KRW", alice.account, -100, 300))
    rates = {fee["symbol"]: fee for fee in alice.get("/v1/fees").json()["fees"]}
    assert (rates["BTC-KRW"]["maker_fee_rate"], rates["BTC-KRW"]["taker_fee_rate"]) == ("-0.0001", "0.0003")
    assert rates["ETH-KRW"]["maker_fee_rate"] == "0.0005"


def test_the_book_names_nobody(alice: Person, anyone: Any) -> None:
    alice.place()
    alice.place(price="99000000", quantity="0.5")
    sequence = alice.place(side="sell", price="101000000").json()["sequence"]
    body = anyone.get("/api/v1/orderbook/BTC-KRW", {"depth": 1}).json()
    assert body["bids"] == [["100000000", "0.01"]]
    assert body["asks"] == [["101000000", "0.01"]]
    assert body["sequence"] == sequence
    whole = anyone.get("/api/v1/orderbook/BTC-KRW").json()
    assert whole["bids"][1] == ["99000000", "0.5"]
    assert body["checksum"] == whole["checksum"] == book_checksum(whole["asks"], whole["bids"])
    assert set(body) == {"symbol", "bids", "asks", "sequence", "timestamp", "checksum"}


def test_symbols_say_everything_needed_to_trade(anyone: Any, live_engine: LiveEngine) -> None:
    listed = {symbol["symbol"]: symbol for symbol in anyone.get("/api/v1/symbols").json()["symbols"]}
    assert set(listed) == {"BTC-KRW", "ETH-KRW", "AAPL"}
    assert listed["BTC-KRW"]["tick_bands"][-1] == {"from_price": "1000000", "tick_size": "1000"}
    assert (listed["AAPL"]["price_scale"], listed["AAPL"]["lot_size"]) == (2, "1")


def test_time_is_in_milliseconds(anyone: Any) -> None:
    import time

    assert abs(anyone.get("/api/v1/time").json()["server_time"] - time.time() * 1000) < 5_000
