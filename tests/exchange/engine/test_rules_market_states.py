"""docs/orders.md, K1 to K7: market states and auctions, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    MONEY,
    SECOND_NS,
    Stage,
    refused,
    stop,
)

INDICATIVE = m.EV_INDICATIVE


# --- states ----------------------------------------------------------------------------------------------


def outcomes(stage: Stage, order: m.OrderEvent) -> dict[str, str]:
    """What becomes of each kind of command in this state; an empty string: it is carried out."""
    account, order_id = order.account, order.order_id
    place = stage.order_tuple(BOB, m.BUY, 1, 50)
    waits = stage.order_tuple(BOB, m.BUY, 1, 300, terms=stop(200))
    commands: dict[str, tuple[Any, ...]] = {
        "oco": (m.place_oco, BOB, place, waits),
        "bracket": (m.place_bracket, BOB, place, 300, 40),
        "replace": (m.replace_order, account, order_id, order.price_ticks + 1, 5),
        "reduce": (m.reduce_order, account, order_id, 3),
        "cancel": (m.cancel_order, account, order_id),
    }
    found = {"limit": _code(stage.submit(place)), "trigger": _code(stage.submit(waits))}
    for name, (make, *arguments) in commands.items():
        found[name] = _code(stage.do(make, *arguments))
    return found


def _code(events: list[m.Event]) -> str:
    return str(events[0][3]) if events[0][0] == m.EV_REJECTED else ""


ALL = ("limit", "trigger", "oco", "bracket", "replace", "reduce", "cancel")


@pytest.mark.parametrize(
    ("status", "code", "allowed"),
    [
        (m.TRADING, "", ALL),
        (m.HALTED, "SYMBOL_HALTED", ("cancel",)),
        (m.CANCEL_ONLY, "SYMBOL_CANCEL_ONLY", ("reduce", "cancel")),
        (m.CLOSED, "SYMBOL_CLOSED", ("cancel",)),
        (m.POST_ONLY, "SYMBOL_POST_ONLY", ("reduce", "cancel")),
        *((status, "", ALL) for status in m.CALL_STATUSES),
    ],
)
def test_k1_what_each_state_lets_in_and_out(
    stage: Stage, status: int, code: str, allowed: tuple[str, ...]
) -> None:
    order = stage.buy(ALICE, 5, 90)
    stage.go(status)
    expected = {name: "" if name in allowed else code for name in ALL}
    assert outcomes(stage, order) == expected


def test_k1_the_state_is_told_with_its_reason(stage: Stage) -> None:
    events = stage.do(m.set_symbol_status, "ABC-KRW", m.HALTED, "news")
    event = m.SymbolEvent(*events[0])
    assert (event.status, event.status_reason, len(events[0])) == (m.HALTED, "news", 18)
    assert refused(stage.go(9)) == "INVALID_STATUS"
    assert refused(stage.do(m.set_symbol_status, "NONE", m.HALTED)) == "SYMBOL_NOT_FOUND"


def test_k2_only_post_only_orders_enter_and_they_rest(stage: Stage) -> None:
    stage.sell(ALICE, 5, 100)
    stage.go(m.POST_ONLY)
    assert stage.refusal(BOB, m.BUY, 5) == "SYMBOL_POST_ONLY"
    assert stage.refusal(BOB, m.BUY, 5, 100, post_only=True) == "POST_ONLY_WOULD_TAKE"
    order = stage.buy(BOB, 5, 100, post_only=True, terms={"reprice": True})
    assert (order.price_ticks, stage.state(order)) == (99, "new")
    stage.do(m.replace_order, BOB, order.order_id, 98, 5)
    assert stage.bids() == [(98, 5)]


@pytest.mark.parametrize("status", m.CALL_STATUSES)
def test_k3_orders_gather_the_book_may_be_crossed_and_nothing_trades(stage: Stage, status: int) -> None:
    stage.go(status)
    stage.sell(ALICE, 5, 90)
    later = {"expire_ns": stage.pair.now_ns + SECOND_NS}
    stage.buy(BOB, 5, 110, time_in_force=m.GTD, terms=later)
    stage.buy(BOB, 5, 109, time_in_force=m.DAY)
    stage.buy(BOB, 5, 108, terms={"display_lots": 2})
    assert (stage.bids(), stage.asks()) == ([(110, 5), (109, 5), (108, 2)], [(90, 5)])


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 0, "time_in_force": m.FOK},
        {"price": 0, "lots": 0, "quote_amount_minor": 500},
        {"price": 100, "time_in_force": m.IOC},
        {"price": 100, "time_in_force": m.FOK},
        {"price": 100, "post_only": True},
    ],
)
def test_k3_what_cannot_gather_is_refused(stage: Stage, fields: dict[str, Any]) -> None:
    stage.go(m.OPENING_AUCTION)
    assert stage.refusal(BOB, m.BUY, **({"lots": 5} | fields)) == "SYMBOL_IN_AUCTION"


def test_k3_orders_with_a_trigger_gather_whatever_they_are(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    for fields in (
        {"price": 90, "time_in_force": m.FOK},
        {"price": 90, "time_in_force": m.IOC},
        {"price": 0},
    ):
        assert stage.sell(BOB, 5, terms=stop(95), **fields).status == m.NEW


def test_k3_a_replacement_is_tested_as_a_new_order(stage: Stage) -> None:
    poster, plain = stage.buy(ALICE, 5, 90, post_only=True), stage.buy(ALICE, 5, 91)
    stage.go(m.OPENING_AUCTION)
    assert refused(stage.do(m.replace_order, ALICE, poster.order_id, 92, 5)) == "SYMBOL_IN_AUCTION"
    stage.do(m.replace_order, ALICE, plain.order_id, 92, 5)
    stage.go(m.POST_ONLY)
    assert refused(stage.do(m.replace_order, ALICE, plain.order_id, 93, 5)) == "SYMBOL_POST_ONLY"
    stage.do(m.replace_order, ALICE, poster.order_id, 93, 5)
    assert stage.bids() == [(93, 5), (92, 5)]


# --- auctions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [m.TRADING, m.POST_ONLY, m.CLOSED])
@pytest.mark.parametrize("between", [None, m.HALTED, m.CANCEL_ONLY])
def test_k4_a_crossed_book_is_uncrossed_first(stage: Stage, status: int, between: int | None) -> None:
    stage.go(m.OPENING_AUCTION)
    buy, sell = stage.buy(ALICE, 5, 100), stage.sell(BOB, 5, 100)
    for other in (m.PRE_OPEN, m.CLOSING_AUCTION, *([between] if between else [])):
        stage.go(other)
        assert stage.trades() == []
    stage.go(status, reason="all is well", direct=between == m.HALTED)
    assert stage.events[0][0] == m.EV_SYMBOL
    assert (stage.trades(), stage.state(buy), stage.state(sell)) == ([(100, 5)], "filled", "filled")


#: (buys, sells, reference price) → price and lots of the auction; (price, lots) each.
AUCTIONS: list[tuple[list[tuple[int, int]], list[tuple[int, int]], int, tuple[int, int] | None]] = [
    # Nothing crosses.
    ([(99, 5)], [(100, 5)], 0, None),
    ([], [(100, 5)], 0, None),
    # The price at which the most trades.
    ([(102, 5), (101, 5), (100, 5)], [(99, 4), (100, 4), (101, 4)], 0, (101, 10)),
    # Of two prices at which ten trade the one that leaves less over.
    ([(101, 10), (100, 1)], [(99, 5), (100, 5)], 0, (101, 10)),
    # Buyers are left at every price: the highest.
    ([(102, 10)], [(100, 5)], 0, (102, 5)),
    # Sellers are left at every price: the lowest.
    ([(102, 5)], [(100, 10)], 0, (100, 5)),
    # Nobody is left: nearest to the last price; without one the middle, of two ticks the higher.
    ([(104, 5)], [(100, 5)], 103, (103, 5)),
    ([(104, 5)], [(100, 5)], 50, (100, 5)),
    ([(104, 5)], [(100, 5)], 200, (104, 5)),
    ([(104, 5)], [(100, 5)], 0, (102, 5)),
    ([(103, 5)], [(100, 5)], 0, (102, 5)),
    # One is left at 100 of the buyers, at 104 of the sellers, and none between.
    ([(104, 5), (100, 1)], [(100, 5), (104, 1)], 102, (102, 5)),
    # Buyers are left up to 101, sellers from 102 on: the nearer of the two, the higher of two as near. These
    # are the prices of Xetra's rule 4 (Functional System Training, July 2014, pages 29 to 32).
    ([(102, 3), (101, 2)], [(101, 3), (102, 2)], 0, (102, 3)),
    ([(102, 3), (101, 2)], [(101, 3), (102, 2)], 90, (101, 3)),
    ([(202, 30), (201, 20)], [(199, 30), (198, 20)], 200, (200, 50)),
    # Prices that no order names count: nothing is left over at 102 to 104.
    ([(105, 6), (101, 9)], [(100, 6), (105, 9)], 0, (103, 6)),
]


@pytest.mark.parametrize(("buys", "sells", "reference", "expected"), AUCTIONS)
def test_k5_the_auction_price(
    buys: list[tuple[int, int]],
    sells: list[tuple[int, int]],
    reference: int,
    expected: tuple[int, int] | None,
) -> None:
    stage = Stage()
    if reference:
        stage.trade_at(reference)
    stage.go(m.OPENING_AUCTION)
    for price, lots in buys:
        stage.buy(ALICE, lots, price)
    for price, lots in sells:
        stage.sell(BOB, lots, price)
    stage.go(m.TRADING)
    traded = stage.trades()
    assert {price for price, _ in traded} == ({expected[0]} if expected else set())
    assert sum(lots for _, lots in traded) == (expected[1] if expected else 0)


def test_k5_hidden_quantities_count(stage: Stage) -> None:
    """Shown alone, 101 would trade as much as 102."""
    stage.go(m.OPENING_AUCTION)
    stage.buy(ALICE, 10, 101, terms={"display_lots": 1})
    stage.buy(ALICE, 1, 102)
    stage.sell(BOB, 11, 100)
    stage.go(m.TRADING)
    assert sum(lots for _, lots in stage.trades()) == 11
    assert {price for price, _ in stage.trades()} <= {100, 101}


def test_k6_orders_trade_by_price_then_time_at_their_maker_rate_without_an_aggressor() -> None:
    stage = Stage(maker_ppm=1_000, taker_ppm=10_000)
    stage.go(m.OPENING_AUCTION)
    late, early = stage.buy(ALICE, 3, 100), stage.buy(CAROL, 3, 101)
    last = stage.buy(CAROL, 3, 100)
    seller = stage.sell(BOB, 7, 90)
    stage.go(m.TRADING)
    trades = [m.TradeEvent(*event) for event in stage.events_of(m.EV_TRADE)]
    met = [(trade.taker_order_id, trade.maker_order_id, trade.quantity_lots) for trade in trades]
    assert met == [(order.order_id, seller.order_id, n) for order, n in ((early, 3), (late, 3), (last, 1))]
    assert {(trade.price_ticks, trade.taker_side) for trade in trades} == {(100, m.NO_SIDE)}
    # 7,000 at 0.1 %: both sides pay their maker rate, cumulative per order.
    assert (stage.now(seller).fee_minor, sum(trade.maker_fee_minor for trade in trades)) == (7, 7)
    assert sum(trade.taker_fee_minor for trade in trades) == 3 + 3 + 1
    # carol held 101 for the first three; what she saved is hers, the rest of her last order still held.
    assert stage.money(CAROL) == (MONEY - 4_000 - 4 - 2_000 - 20, 2_020)


def test_k6_icebergs_trade_with_their_whole_quantity(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    iceberg, other = stage.sell(ALICE, 10, 100, terms={"display_lots": 2}), stage.sell(CAROL, 5, 100)
    stage.buy(BOB, 12, 100)
    stage.go(m.TRADING)
    assert (stage.now(iceberg).filled_lots, stage.now(other).filled_lots) == (10, 2)


def test_k7_while_orders_gather_every_tick_tells_where_they_would_trade(stage: Stage) -> None:
    assert [event for event in stage.tick() if event[0] == INDICATIVE] == []
    stage.go(m.OPENING_AUCTION)
    stage.tick()
    assert stage.events_of(INDICATIVE) == [(INDICATIVE, "ABC-KRW", 0, 0, m.NO_SIDE, 0)]
    stage.buy(ALICE, 9, 101)
    stage.sell(BOB, 5, 99)
    stage.tick()
    assert stage.events_of(INDICATIVE) == [(INDICATIVE, "ABC-KRW", 101, 5, m.BUY, 4)]
    stage.sell(BOB, 4, 99)
    stage.sell(BOB, 3, 99)
    stage.tick()
    assert stage.events_of(INDICATIVE) == [(INDICATIVE, "ABC-KRW", 99, 9, m.SELL, 3)]


def test_k7_a_tick_is_due_every_second_then(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    due_ns = stage.pair.core.next_due_ns()
    assert due_ns is not None and due_ns - stage.pair.now_ns <= SECOND_NS
