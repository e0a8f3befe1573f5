"""Questions one may ask of the core, what the control plane is refused, and what is no command at all."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import Engine, SnapshotError
from exchange.engine import messages as m
from exchange.engine.snapshot import line_of
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.stage import ALICE, BOB, SYMBOL, Stage, refused
from tests.exchange.engine.venue import opening, symbol_command

NOBODY = 999_999


# --- questions -------------------------------------------------------------------------------------------


def test_an_order_is_found_by_its_id_or_its_owners(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 90, client_order_id="mine")
    engine = stage.pair.core
    assert engine.order(order.order_id) == tuple(order)[:20] == engine.order_by_client_id(ALICE, "mine")
    assert engine.order(77) is None
    assert engine.order_by_client_id(BOB, "mine") is None
    assert engine.order_by_client_id(NOBODY, "mine") is None
    stage.cancel(order)
    found = stage.pair.core.order_by_client_id(ALICE, "mine")
    assert found is not None and m.OrderEvent(*found).status == m.CANCELED


def test_finished_orders_come_latest_first_of_one_symbol_or_all(stage: Stage) -> None:
    stage.do(m.set_symbol, "ABC-X", **stage.symbol_terms)
    here = [stage.cancel(stage.buy(ALICE, 5, 90)).order_id for _ in range(3)]
    place = stage.order_tuple(ALICE, m.BUY, 5, 90)
    there = stage.cancel(m.OrderEvent(*stage.submit((*place[:3], "ABC-X", *place[4:]))[0])).order_id
    engine = stage.pair.core
    assert [event[1] for event in engine.finished_orders(ALICE)] == [there, *reversed(here)]
    assert [event[1] for event in engine.finished_orders(ALICE, SYMBOL, 2)] == [here[2], here[1]]
    assert engine.finished_orders(NOBODY) == []


def test_sections_say_what_was_when_they_were_asked_for(stage: Stage) -> None:
    stage.buy(ALICE, 5, 90)
    dumped, sections = stage.pair.core.dump(), stage.pair.core.sections()
    stage.sell(BOB, 5, 90)
    assert stage.pair.core.dump() != dumped
    assert b"\n".join(map(line_of, sections)) == dumped


def test_what_there_is_and_who_there_is(stage: Stage) -> None:
    stage.do(m.set_account, BOB, m.FROZEN)
    stage.do(m.set_fees, SYMBOL, ALICE, 1, 2)
    engine = stage.pair.core
    assert engine.assets() == [(m.EV_ASSET, "ABC", 0), (m.EV_ASSET, "KRW", 1)]
    assert engine.symbol_of(SYMBOL) == engine.symbols()[0]
    assert engine.symbol_of("NONE") is None
    assert dict(engine.accounts())[BOB] == m.FROZEN
    assert (engine.account_status(BOB), engine.account_status(NOBODY)) == (m.FROZEN, None)
    assert engine.account_status(m.CUSTODY_ACCOUNT) is None
    assert (engine.fees(SYMBOL, ALICE), engine.fees(SYMBOL, BOB)) == ((1, 2), (0, 0))
    assert engine.fees(SYMBOL, NOBODY) == (0, 0)
    assert (engine.balances(NOBODY), engine.open_orders(NOBODY)) == ([], [])
    assert engine.group(NOBODY) == 0
    assert engine.counts()["accounts"] >= 3


def test_depth_is_as_deep_as_asked(stage: Stage) -> None:
    for price in (90, 91, 92):
        stage.buy(ALICE, 5, price)
    assert stage.pair.core.depth(SYMBOL, 2) == ([(92, 5), (91, 5)], [])
    with pytest.raises(KeyError):
        stage.pair.core.depth("NONE")


def test_time_is_that_of_the_last_command(stage: Stage) -> None:
    assert stage.pair.core.now_ns == stage.pair.now_ns
    assert Engine().next_due_ns() is None


# --- what is no command ----------------------------------------------------------------------------------


def test_time_never_runs_backwards() -> None:
    engine = Engine()
    engine.apply(m.tick(), START_NS)
    engine.apply(m.tick(), START_NS)
    with pytest.raises(ValueError, match="backwards"):
        engine.apply(m.tick(), START_NS - 1)


@pytest.mark.parametrize("tag", [0, 99])
def test_an_unknown_tag_is_an_error_not_a_refusal(tag: int) -> None:
    engine = Engine()
    engine.apply(m.set_account("a", ALICE), START_NS)
    with pytest.raises(ValueError, match="unknown command"):
        engine.apply((tag, "c", ALICE), START_NS)


@pytest.mark.parametrize(
    "data",
    [b"", b"no json", b"[]", b'{"format":1}', b'{"format":9}\n[]', b'{"format":2}' + b'\n{"a":1}' * 8],
)
def test_what_is_no_snapshot_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        Engine.load(data)


# --- what the control plane is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asset", "scale", "code"),
    [
        ("KRW", 2, "SCALE_FIXED"),
        ("", 0, "INVALID_ASSET"),
        ("krw", 0, "INVALID_ASSET"),
        ("A-B", 0, "INVALID_ASSET"),
        ("-AB", 0, "INVALID_ASSET"),
        ("ABCDEFGHIJKLMNOPQ", 0, "INVALID_ASSET"),
        ("BTC", 19, "INVALID_ASSET"),
        ("BTC", -1, "INVALID_ASSET"),
    ],
)
def test_assets(stage: Stage, asset: str, scale: int, code: str) -> None:
    assert refused(stage.do(m.set_asset, asset, scale)) == code


def test_accounts(stage: Stage) -> None:
    assert refused(stage.do(m.set_account, m.CUSTODY_ACCOUNT)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.set_account, ALICE, 2)) == "INVALID_STATUS"


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("A", {"base": "NONE"}, "ASSET_NOT_FOUND"),
        ("A", {"quote": "NONE"}, "ASSET_NOT_FOUND"),
        ("A", {"quote": "ABC"}, "INVALID_SYMBOL"),
        ("-A", {}, "INVALID_SYMBOL"),
        ("a", {}, "INVALID_SYMBOL"),
        ("A" * 25, {}, "INVALID_SYMBOL"),
        ("A", {"price_scale": -1}, "INVALID_SYMBOL"),
        ("A", {"price_scale": 2}, "INVALID_SYMBOL"),
        ("A", {"quantity_scale": 1}, "INVALID_SYMBOL"),
        ("A", {"tick_bands": ()}, "INVALID_SYMBOL"),
        ("A", {"tick_bands": ((0, 1), (0, 2))}, "INVALID_SYMBOL"),
        ("A", {"tick_bands": ((0, 0),)}, "INVALID_SYMBOL"),
        ("A", {"max_open_orders": 0}, "INVALID_SYMBOL"),
        ("A", {"maker_ppm": 100_001}, "INVALID_SYMBOL"),
        (SYMBOL, {"price_scale": 1}, "SCALE_FIXED"),
    ],
)
def test_symbols(stage: Stage, name: str, changes: dict[str, Any], code: str) -> None:
    command = m.set_symbol("c", name, **(stage.symbol_terms | changes))
    assert refused(stage.pair.core.apply(command, stage.pair.now_ns)) == code


def test_groups_and_transfers(stage: Stage) -> None:
    assert refused(stage.do(m.set_fees, SYMBOL, NOBODY, 0, 0)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.set_fees, "NONE", ALICE, 0, 0)) == "SYMBOL_NOT_FOUND"
    assert refused(stage.do(m.set_fees, SYMBOL, ALICE, 1, -2)) == "INVALID_FEES"
    assert refused(stage.do(m.deposit, NOBODY, "KRW", 5)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.deposit, ALICE, "NONE", 5)) == "ASSET_NOT_FOUND"
    assert refused(stage.do(m.deposit, ALICE, "KRW", 0)) == "INVALID_AMOUNT"
    assert refused(stage.do(m.withdraw, ALICE, "KRW", 10**9)) == "INSUFFICIENT_BALANCE"


def test_the_small_venue_of_the_worlds_opens() -> None:
    """What the fuzz builds on is refused nowhere."""
    engine = Engine()
    for number, command in enumerate([*opening(), symbol_command("x", "ABC-KRW", lot_step=2)]):
        assert engine.apply(command, START_NS + number)[0][0] != m.EV_REJECTED
