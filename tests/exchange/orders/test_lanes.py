"""An operation has one reply and one error body, whatever lane it comes by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from accounts.identity import roles
from exchange.engine import messages as m
from exchange.errors import order_not_found
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import CommandMalformed, EngineBusy, EngineUnavailable, OutcomeUnknown
from exchange.link.protocol import Outcome
from exchange.listing import catalog
from exchange.models import Account
from tests.conftest import FUNDS, LiveEngine, Person, make_person
from tests.exchange.orders.lanes import CLOSED, ORDER, USED, Answer, Case, Lanes, masked
from tests.web.rest.test_bad_input import BAD_ORDERS, GOOD, but
from web.rest.views import orders as order_views

SELL = but(side="sell", price="110000000")
STOP = but(order_type="stop_limit", side="buy", trigger_price="120000000", price="120000000")
BID = {"symbol": "BTC-KRW", "bid_price": "90000000", "bid_quantity": "0.01"}
TO_LIMIT = but(order_type="market_to_limit", price=None)
TAKE = {"side": "sell", "time_in_force": "ioc"}
PEGGED = but(order_type="pegged", peg="mid")

#: Needs nothing but an account with money.
ALWAYS = [
    *(
        Case("order.place", body, code)
        for name, body, _, code, _ in BAD_ORDERS
        # A socket's order may end with its connection, and REST's may not.
        if isinstance(body, dict) and name != "bound to a connection"
    ),
    Case("order.place", GOOD),
    Case("order.place", but(side="SELL", stp="cancel_oldest", post_only=True, price="110000000")),
    Case("order.place", but(price=None, order_type="market", quantity=None, quote_amount="9000")),
    Case("order.place", STOP),
    Case("order.place", but(display_quantity="0.001")),
    Case("order.place", but(display_quantity="0.00000001"), "DISPLAY_TOO_SMALL"),
    Case(
        "order.place",
        but(price="120000000", order_type="trailing_stop", trail_offset="1000"),
        "NO_REFERENCE_PRICE",
    ),
    Case("order.batch", {"orders": []}, "INVALID_FIELD"),
    Case("order.batch", {"orders": [GOOD] * 101}, "BATCH_TOO_LARGE"),
    Case("order.batch", {"orders": {}}, "INVALID_FIELD"),
    Case("order.batch", {}, "MISSING_FIELD"),
    Case("order.batch", {"orders": [GOOD, but(price="1.5"), 7, but(quantity="999"), STOP]}),
    Case("order.batch", {"orders": [but(price="1.5")]}),
    Case("order.cancel", {"order_id": ORDER}),
    Case("order.cancel", {"order_id": "999999"}, "ORDER_NOT_FOUND"),
    Case("order.cancel", {"client_order_id": "none"}, "ORDER_NOT_FOUND"),
    Case("order.cancel", {"order_id": "x"}, "INVALID_FIELD"),
    Case("order.cancel", {"order_id": "0"}, "INVALID_FIELD"),
    Case("order.cancel", {"order_id": 5, "client_order_id": "a"}, "INVALID_FIELD"),
    Case("order.cancel", {"order": "5"}, "UNKNOWN_FIELD"),
    Case("order.cancel", {}, "MISSING_FIELD"),
    Case("order.place", but(client_order_id=USED), "CLIENT_ORDER_ID_IN_USE"),
    Case("order.cancel", {"order_id": CLOSED}, "ORDER_NOT_OPEN"),
    Case("order.reduce", {"order_id": CLOSED, "quantity": "0.005"}, "ORDER_NOT_OPEN"),
    Case("order.replace", {"order_id": CLOSED, "price": "91000000", "quantity": "0.02"}, "ORDER_NOT_OPEN"),
    Case("order.reduce", {"order_id": ORDER, "quantity": "0.005"}),
    Case("order.reduce", {"order_id": ORDER, "quantity": "5"}, "INVALID_REDUCE"),
    Case("order.reduce", {"order_id": ORDER, "quantity": "0.000000001"}, "QUANTITY_OFF_LOT"),
    Case("order.reduce", {"order_id": ORDER, "quantity": "0"}, "QUANTITY_OUT_OF_BOUNDS"),
    Case("order.reduce", {"order_id": ORDER, "quantity": "NaN"}, "INVALID_NUMBER"),
    Case("order.reduce", {"order_id": "999999", "quantity": "1"}, "ORDER_NOT_FOUND"),
    Case("order.reduce", {"client_order_id": "none", "quantity": "1"}, "ORDER_NOT_FOUND"),
    Case("order.reduce", {"order_id": "abc", "quantity": "1"}, "INVALID_FIELD"),
    Case("order.replace", {"order_id": ORDER, "price": "91000000", "quantity": "0.02"}),
    Case("order.replace", {"order_id": ORDER, "price": "91000500", "quantity": "0.02"}, "PRICE_OFF_TICK"),
    Case("order.replace", {"order_id": ORDER, "price": "1", "quantity": "0.02"}, "PRICE_OUT_OF_BOUNDS"),
    Case("order.replace", {"order_id": ORDER, "quantity": "0.02"}, "MISSING_FIELD"),
    Case("order.replace", {"order_id": ORDER, "price": "91000000", "quantity": "99"}, "INSUFFICIENT_BALANCE"),
    Case(
        "order.replace",
        {"order_id": ORDER, "price": "91000000", "quantity": "0.01", "trigger_price": "1000000"},
        "INVALID_REPLACE",
    ),
    Case("order.replace", {"order_id": "999999", "price": "1", "quantity": "1"}, "ORDER_NOT_FOUND"),
    Case("order.replace", {"client_order_id": "none", "price": "1", "quantity": "1"}, "ORDER_NOT_FOUND"),
    Case("order.oco", {"first": SELL, "second": but(**TAKE)}, "INVALID_ORDER"),
    Case("order.oco", {"first": SELL}, "MISSING_FIELD"),
    Case("order.oco", {"first": SELL, "second": but(price="1.5")}, "PRICE_OFF_TICK"),
    Case("order.oco", {"first": GOOD, "second": STOP}),
    Case("order.oto", {"working": GOOD, "pending": SELL}),
    Case("order.oto", {"working": GOOD, "pending": but(post_only=True)}, "INVALID_ORDER"),
    Case("order.oto", {"working": GOOD, "pending": TO_LIMIT}, "INVALID_ORDER"),
    Case("order.oto", {"working": GOOD, "pending": but(symbol="ETH-KRW")}, "INVALID_ORDER"),
    Case("order.oto", {"working": GOOD, "pending": but(price="1.5")}, "PRICE_OFF_TICK"),
    Case("order.oto", {"working": GOOD}, "MISSING_FIELD"),
    Case("order.otoco", {"working": GOOD, "first": GOOD, "second": STOP}),
    Case("order.otoco", {"working": GOOD, "first": SELL, "second": STOP}, "INVALID_ORDER"),
    Case("order.place", TO_LIMIT, "NO_REFERENCE_PRICE"),
    Case("order.place", but(order_type="market_to_limit"), "INVALID_ORDER"),
    Case("order.place", but(min_quantity="0.005")),
    Case("order.place", but(min_quantity="99"), "INVALID_ORDER"),
    Case("order.place", but(min_quantity="0.005", time_in_force="fok"), "INVALID_ORDER"),
    Case("order.place", but(min_quantity="0.005", post_only=True), "INVALID_ORDER"),
    Case("order.place", PEGGED),
    Case("order.place", {**PEGGED, "peg": "market", "peg_offset": "1000"}),
    Case("order.place", {**PEGGED, "peg": "PRIMARY", "peg_offset": "0", "time_in_force": "day"}),
    Case("order.place", {**PEGGED, "peg": "market"}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "peg": "best"}, "INVALID_FIELD"),
    Case("order.place", {**PEGGED, "peg": None}, "MISSING_FIELD"),
    Case("order.place", {**PEGGED, "price": None}, "MISSING_FIELD"),
    Case("order.place", {**PEGGED, "peg_offset": "-1"}, "PRICE_OUT_OF_BOUNDS"),
    Case("order.place", {**PEGGED, "peg_offset": "0.5"}, "PRICE_OFF_TICK"),
    Case("order.place", {**PEGGED, "peg_offset": "999999999999999"}, "PRICE_OUT_OF_BOUNDS"),
    Case("order.place", {**PEGGED, "time_in_force": "ioc"}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "time_in_force": "cls"}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "post_only": True}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "display_quantity": "0.001"}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "min_quantity": "0.001"}, "INVALID_ORDER"),
    Case("order.place", {**PEGGED, "trigger_price": "1000000"}, "INVALID_ORDER"),
    Case("order.place", but(peg="mid"), "INVALID_ORDER"),
    Case("order.place", but(peg_offset="1000"), "INVALID_ORDER"),
    Case("order.oco", {"first": PEGGED, "second": STOP}, "INVALID_ORDER"),
    Case("order.oto", {"working": PEGGED, "pending": SELL}, "INVALID_ORDER"),
    Case("order.oto", {"working": GOOD, "pending": PEGGED}, "INVALID_ORDER"),
    Case(
        "order.bracket",
        {"entry": PEGGED, "take_profit_price": "120000000", "stop_price": "90000000"},
        "INVALID_ORDER",
    ),
    Case("quotes.place", {"quotes": [BID]}),
    Case("quotes.place", {"quotes": [BID, {**BID, "quote_id": "b", "bid_price": "1"}]}),
    Case("quotes.place", {"quotes": [BID, BID]}, "INVALID_ORDER"),
    Case("quotes.place", {"quotes": [{**BID, "bid_quantity": "99"}]}, "INSUFFICIENT_BALANCE"),
    Case("quotes.place", {"quotes": []}, "INVALID_FIELD"),
    Case("quotes.place", {"quotes": [BID] * 51}, "BATCH_TOO_LARGE"),
    Case("quotes.place", {"quotes": [7]}, "INVALID_FIELD"),
    Case("quotes.place", {"quotes": [{**BID, "symbol": "NONE"}]}, "SYMBOL_NOT_FOUND"),
    Case("quotes.place", {"quotes": [{**BID, "quote_id": ""}]}, "INVALID_FIELD"),
    Case("quotes.place", {"quotes": [{**BID, "bid_price": None}]}, "MISSING_FIELD"),
    Case("quotes.place", {"quotes": [{**BID, "bid_quantity": "0"}]}, "INVALID_FIELD"),
    Case("quotes.place", {"quotes": [{**BID, "bid_price": "1.123456789"}]}, "PRICE_OFF_TICK"),
    Case("quotes.place", {"quotes": [{**BID, "bid_quantity": "1.1234567891"}]}, "QUANTITY_OFF_LOT"),
    Case("quotes.protect", {"window_ms": 1000, "max_fills": 5}),
    Case("quotes.protect", {"window_ms": 1000, "max_fills": 5, "asset": "KRW", "max_net": "100"}),
    Case(
        "quotes.protect",
        {"window_ms": 1000, "max_fills": 5, "asset": "NONE", "max_net": "1"},
        "ASSET_NOT_FOUND",
    ),
    Case("quotes.protect", {"window_ms": 0}),
    Case("quotes.protect", {"window_ms": 1000, "max_fills": 0}, "INVALID_PROTECTION"),
    Case("quotes.protect", {"window_ms": -1, "max_fills": 1}, "INVALID_PROTECTION"),
    Case("order.bracket", {"entry": GOOD, "take_profit_price": "120000000", "stop_price": "90000000"}),
    Case(
        "order.bracket",
        {"entry": GOOD, "take_profit_price": "1000000", "stop_price": "90000000"},
        "INVALID_ORDER",
    ),
    Case("order.cancel_replace", {"order_id": ORDER, "order": GOOD}),
    Case("order.cancel_replace", {"order_id": ORDER, "order": but(quantity="999")}),
    Case("order.cancel_replace", {"order_id": "999999", "mode": "allow_failure", "order": GOOD}),
    Case("order.cancel_replace", {"order_id": "999999", "order": GOOD}, "ORDER_NOT_FOUND"),
    Case("order.cancel_replace", {"order_id": ORDER, "mode": "maybe", "order": GOOD}, "INVALID_FIELD"),
    Case("orders.cancel_all", {}),
    Case("orders.cancel_all", {"symbol": "BTC-KRW"}),
    Case("orders.cancel_all", {"symbol": "NONE"}, "SYMBOL_NOT_FOUND"),
    Case("orders.cancel_all", {"all": True}, "UNKNOWN_FIELD"),
    Case("orders.cancel_after", {"after_ms": 0}),
    Case("orders.cancel_after", {"after_ms": 999}, "INVALID_CANCEL_AFTER"),
    Case("orders.cancel_after", {"after_ms": "1000"}, "INVALID_FIELD"),
]

Prepare = Callable[[LiveEngine, int], Any]


@pytest.fixture
def alice(db: None, live_engine: LiveEngine) -> Person:
    """She makes markets: a trader may not quote."""
    person = make_person("alice", roles.MARKET_MAKER, 1001)
    live_engine.open_account(person.account, FUNDS)
    return person


def status(number: int) -> Prepare:
    return lambda engine, account: engine.set_status("BTC-KRW", number)


def terms(**changes: Any) -> Prepare:
    """BTC-KRW with other terms."""
    payload = dataclasses.replace(catalog.BTC_KRW).payload() | changes
    return lambda engine, account: engine.submit(m.set_symbol(engine.command_id(), **payload))


def place(engine: LiveEngine, account: int, command_id: str | None = None, **more: Any) -> list[Outcome]:
    """A resting order of the account, past every lane."""
    order = {"side": m.BUY, "price_ticks": 100_000_000, "quantity_lots": 1_000_000, **more}
    side = order.pop("side")
    return engine.submit(m.place_order(command_id or engine.command_id(), account, "BTC-KRW", side, **order))


def one_open_order_allowed(engine: LiveEngine, account: int) -> None:
    terms(max_open_orders=1)(engine, account)


def someone_sells(engine: LiveEngine, account: int) -> None:
    engine.open_account(1009, {"BTC": 10, "KRW": 1_000_000_000})
    place(engine, 1009, side=m.SELL)


def the_last_price_is_known(engine: LiveEngine, account: int) -> None:
    someone_sells(engine, account)
    place(engine, 1009, quantity_lots=2_000_000, stp=m.STP_CANCEL_OLDEST)
    engine.open_account(1008, {"BTC": 10, "KRW": 1_000_000_000})
    place(engine, 1008, side=m.SELL, quantity_lots=1_000_000)
    engine.submit(m.cancel_all(engine.command_id(), 1009))


def ids_in_use(engine: LiveEngine, account: int) -> None:
    """An id of a command that placed another order (and is over), for DUPLICATE_ID."""
    place(engine, account, "c:mine", client_order_id="mine")
    engine.submit(m.cancel_all(engine.command_id(), account))


PREPARED: dict[str, tuple[Prepare, list[Case]]] = {
    "halted": (
        status(m.HALTED),
        [
            Case("order.place", GOOD, "SYMBOL_HALTED"),
            Case("order.batch", {"orders": [GOOD, but(price="1.5")]}),
            Case("orders.cancel_all", {"symbol": "BTC-KRW"}),
            Case("order.oco", {"first": GOOD, "second": STOP}, "SYMBOL_HALTED"),
        ],
    ),
    "cancel only": (status(m.CANCEL_ONLY), [Case("order.place", GOOD, "SYMBOL_CANCEL_ONLY")]),
    "trading": (
        status(m.TRADING),
        [
            Case("order.place", but(time_in_force="cls")),
            Case("order.place", but(time_in_force="opg"), "OPENING_OVER"),
        ],
    ),
    "closed": (status(m.CLOSED), [Case("order.place", GOOD, "SYMBOL_CLOSED")]),
    "post only": (status(m.POST_ONLY), [Case("order.place", but(**TAKE), "SYMBOL_POST_ONLY")]),
    "auction": (
        status(m.OPENING_AUCTION),
        [
            Case("order.place", but(time_in_force="ioc"), "SYMBOL_IN_AUCTION"),
            Case("order.place", but(time_in_force="opg")),
            Case("order.place", but(order_type="market", price=None), "NO_REFERENCE_PRICE"),
        ],
    ),
    "frozen": (
        lambda engine, account: engine.submit(m.set_account(engine.command_id(), account, m.FROZEN)),
        [
            Case("order.place", GOOD, "ACCOUNT_FROZEN"),
            Case(
                "order.bracket",
                {"entry": GOOD, "take_profit_price": "120000000", "stop_price": "90000000"},
                "ACCOUNT_FROZEN",
            ),
        ],
    ),
    "largest value": (
        terms(protection=m.Protection(max_notional_minor=500_000 * 10**8)),
        [Case("order.place", GOOD, "ABOVE_MAX_NOTIONAL")],
    ),
    "price band": (
        lambda engine, account: (
            the_last_price_is_known(engine, account),
            terms(protection=m.Protection(band_ppm=10_000))(engine, account),
        ),
        [Case("order.place", but(price="50000000"), "PRICE_OUT_OF_BAND")],
    ),
    "one open order": (
        one_open_order_allowed,
        [
            Case("order.batch", {"orders": [GOOD, GOOD]}),
            Case("order.oco", {"first": GOOD, "second": STOP}, "TOO_MANY_OPEN_ORDERS"),
        ],
    ),
    "a seller": (someone_sells, [Case("order.place", but(post_only=True), "POST_ONLY_WOULD_TAKE")]),
    "a last price": (
        the_last_price_is_known,
        [
            Case(
                "order.place",
                but(order_type="stop_limit", trigger_price="90000000", price="90000000"),
                "TRIGGER_WOULD_FIRE",
            )
        ],
    ),
    "ids in use": (
        ids_in_use,
        [
            Case("order.place", but(client_order_id="mine", price="99000000"), "DUPLICATE_ID"),
            Case(
                "order.oco",
                {"first": but(client_order_id="new"), "second": {**STOP, "client_order_id": "new"}},
                "INVALID_ORDER",
            ),
        ],
    ),
}


def assert_all_alike(lanes: Lanes, cases: Sequence[Case]) -> None:
    for case, answers in zip(cases, lanes.ask(list(cases)), strict=True):
        assert_alike(case, answers)


def assert_alike(case: Case, answers: dict[str, Answer]) -> None:
    first, *others = answers.values()
    assert first.body.get("error") == case.code, (case, first)
    for name, answer in zip(list(answers)[1:], others, strict=True):
        assert answer.status == first.status, (case, name)
        if case.code is None:
            assert masked(answer.body) == masked(first.body), (case, name)
        else:
            assert without_pause(answer.body) == first.body, (case, name)


def without_pause(body: Any) -> Any:
    """An error's body without ``retry_after_s``, which REST has as a header."""
    details = {key: value for key, value in body["details"].items() if key != "retry_after_s"}
    return {**body, "details": details}


def test_every_lane_answers_the_same(alice: Person, live_engine: LiveEngine) -> None:
    assert_all_alike(Lanes(alice, live_engine), ALWAYS)


@pytest.mark.parametrize("name", PREPARED)
def test_every_lane_refuses_the_same(alice: Person, live_engine: LiveEngine, name: str) -> None:
    prepare, cases = PREPARED[name]
    prepare(live_engine, alice.account)
    assert_all_alike(Lanes(alice, live_engine), cases)


def test_an_account_that_the_engine_does_not_know(alice: Person, live_engine: LiveEngine) -> None:
    Account.objects.filter(user=alice.user).update(number=4_711)
    stranger = dataclasses.replace(alice, account=4_711)
    cases = [
        Case("order.place", GOOD, "ACCOUNT_NOT_FOUND"),
        Case("orders.cancel_all", {}, "ACCOUNT_NOT_FOUND"),
    ]
    assert_all_alike(Lanes(stranger, live_engine), cases)


def test_every_refusal_of_an_order_is_among_the_cases() -> None:
    """What the schema says an operation may be refused with, but for what needs no desk."""
    seen = {case.code for cases in (ALWAYS, *(cases for _, cases in PREPARED.values())) for case in cases}
    declared = {*order_views._RULES, *order_views._CHANGE}
    has_its_own_test = {"ACCOUNT_NOT_FOUND"}
    assert declared - seen == has_its_own_test


# --- trouble on the way to the engine ---------------------------------------------------------------------

#: One request of each operation but the batch, whose orders go with the placement.
ONE_OF_EACH = [
    Case("order.place", GOOD),
    Case("order.cancel", {"order_id": ORDER}),
    Case("order.reduce", {"order_id": ORDER, "quantity": "0.005"}),
    Case("order.replace", {"order_id": ORDER, "price": "91000000", "quantity": "0.02"}),
    Case("order.oco", {"first": GOOD, "second": STOP}),
    Case("order.bracket", {"entry": GOOD, "take_profit_price": "120000000", "stop_price": "90000000"}),
    Case("order.cancel_replace", {"order_id": ORDER, "order": GOOD}),
    Case("orders.cancel_all", {}),
    Case("orders.cancel_after", {"after_ms": 0}),
]
REJECTED_AS_INTERNAL = Outcome(0, 0, [(m.EV_REJECTED, "id", 1001, "INTERNAL", ())])
TROUBLE: dict[str, tuple[Any, str]] = {
    "gone": (EngineUnavailable("gone"), "ENGINE_UNAVAILABLE"),
    "busy": (EngineBusy("full"), "ENGINE_BUSY"),
    "late": (OutcomeUnknown("late"), "OUTCOME_UNKNOWN"),
    "malformed": (CommandMalformed("odd"), "INTERNAL"),
    "quarantined": (REJECTED_AS_INTERNAL, "INTERNAL"),
    "a reply that cannot be rendered": (Outcome(1, 1, [(99,)]), "INTERNAL"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_with_the_engine_is_the_same_in_every_lane(
    alice: Person,
    live_engine: LiveEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    result, code = TROUBLE[name]
    send = AsyncEngineClient.send

    def trouble(self: AsyncEngineClient, commands: Sequence[m.Command], done: Any) -> None:
        # The engine's own client prepares and clears up, past every lane.
        if commands[0][1].startswith("test:"):
            send(self, commands, done)
        else:
            done([result] * len(commands))

    monkeypatch.setattr(AsyncEngineClient, "send", trouble)
    lanes = Lanes(alice, live_engine)
    for case in ONE_OF_EACH:
        caplog.clear()
        [answers] = lanes.ask([case])
        assert_alike(case._replace(code=code), answers)
        errors = [record for record in caplog.records if record.levelname == "ERROR"]
        assert len([e for e in errors if e.name.startswith("exchange.")]) == len(answers) * (
            code == "INTERNAL"
        )


def test_an_engine_that_cannot_be_asked_for_an_order(
    alice: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = AsyncEngineClient.query

    async def fail(self: AsyncEngineClient, kind: str, *arguments: Any) -> Any:
        if kind == "order":
            raise EngineUnavailable("gone")
        return await query(self, kind, *arguments)

    monkeypatch.setattr(AsyncEngineClient, "query", fail)
    for case in (
        Case("order.reduce", {"order_id": ORDER, "quantity": "0.005"}, "ENGINE_UNAVAILABLE"),
        Case("order.replace", {"client_order_id": "a", "quantity": "0.005"}, "ENGINE_UNAVAILABLE"),
    ):
        assert_all_alike(Lanes(alice, live_engine), [case])


# --- orders that this process knows, and names that are none --------------------------------------------


def test_a_change_of_a_known_order_needs_no_question(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    monkeypatch.setattr(AsyncEngineClient, "query", None)
    reduced = alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.005"})
    assert reduced.json()["order"]["quantity"] == "0.005"


@pytest.mark.parametrize("order_id", ["1", "abc", "0", "9" * 20, "x" * 100])
def test_a_name_of_no_order_is_answered_as_an_unknown_order(alice: Person, order_id: str) -> None:
    response = alice.get(f"/v1/order/{order_id}")
    assert (response.status_code, response.json()) == (404, order_not_found(order_id).body())


def test_who_has_no_account_is_told_so_first(oscar: Person, live_engine: LiveEngine) -> None:
    lanes = Lanes(oscar, live_engine)
    for case in (Case("order.place", {}, "NO_ACCOUNT"), Case("order.cancel", {}, "NO_ACCOUNT")):
        assert_alike(case, lanes.ask_without_account(case))
