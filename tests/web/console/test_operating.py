"""What an operator asks for is live at once: through the page, the dispatcher and the engine, no restart."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.listing.symbol_table import symbols
from exchange.models import Account, Asset, ChangeRequest, FeeOverride, Symbol
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import Dispatch, Staff

pytestmark = pytest.mark.django_db

RULES = {
    "tick_table": "0 1\n1000000 1000",
    "min_price": "1000",
    "max_price": "100,000,000,000",
    "lot_step": "0.00000001",
    "min_quantity": "0.0001",
    "max_quantity": "1000",
    "min_notional": "5000",
    "maker_rate": "0.05",
    "taker_rate": "0.1",
    "max_open_orders": "1000",
}
NEW_SYMBOL = {
    **RULES,
    "code": "BTC-USD",
    "base": "BTC",
    "quote": "USD",
    "price_scale": "2",
    "quantity_scale": "6",
    "tick_table": "0 0.01\n1000 0.5",
    "lot_step": "0.0001",
    "min_notional": "5.25",
}


@pytest.fixture(autouse=True)
def _projected(live_engine: LiveEngine, alice: Person) -> None:
    live_engine.project()


def ask(staff: Staff, dispatch: Dispatch, path: str, data: dict[str, str]) -> Any:
    """Post a form as the operator, let it be done, and return the page the operator then sees."""
    response = staff["operator"].post(f"/admin/exchange/{path}", data)
    assert response.status_code == 302, errors_of(response)
    waiting = staff["operator"].get(response["Location"])
    assert "Waiting for the engine." in waiting.content.decode()
    assert "hx-get" in waiting.content.decode()
    dispatch()
    return staff["operator"].get(response["Location"])


def errors_of(response: Any) -> list[str]:
    form = response.context["form"]
    return [error for errors in form.errors.values() for error in errors]


def banner_of(page: Any) -> str:
    found = re.search(r'id="followed-request".*?</div>', page.content.decode(), re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", found[0]))


def test_a_halt_stops_the_next_order_and_a_resume_lets_it_in(
    staff: Staff, dispatch: Dispatch, alice: Person
) -> None:
    assert alice.place().status_code == 200
    page = ask(staff, dispatch, "symbol/BTC-KRW/halt/", {"reason": "node upgrade"})
    assert "Halt BTC-KRW (node upgrade)" in banner_of(page)
    assert "Applied by the engine" in banner_of(page)
    assert "hx-get" not in banner_of(page)
    refused = alice.place()
    assert (refused.status_code, refused.json()["error"]) == (409, "SYMBOL_HALTED")
    symbol = Symbol.objects.get(pk="BTC-KRW")
    assert (symbol.get_status_display(), symbol.status_reason) == ("halted", "node upgrade")
    assert alice.post("/v1/orders/cancel-all").status_code == 200
    ask(staff, dispatch, "symbol/BTC-KRW/cancel-only/", {"reason": "closing"})
    assert alice.place().json()["error"] == "SYMBOL_CANCEL_ONLY"
    assert alice.post("/v1/orders/cancel-all").status_code == 200
    ask(staff, dispatch, "symbol/BTC-KRW/resume/", {"reason": ""})
    assert alice.place().status_code == 200


def test_a_halt_ends_with_an_auction_or_for_a_reason(
    staff: Staff, dispatch: Dispatch, live_engine: LiveEngine
) -> None:
    url = "symbol/BTC-KRW/resume/"
    ask(staff, dispatch, "symbol/BTC-KRW/halt/", {"reason": "node upgrade"})
    live_engine.project()
    for data, complaint in (
        ({"way": "", "reason": ""}, "The symbol has no length for an auction that ends by itself."),
        ({"way": str(m.TRADING), "reason": ""}, "Trading at once after a halt needs a reason."),
    ):
        refused = staff["operator"].post(f"/admin/exchange/{url}", data)
        assert errors_of(refused) == [complaint]
    page = ask(staff, dispatch, url, {"way": str(m.PRE_OPEN), "reason": ""})
    assert "Let orders gather for BTC-KRW" in banner_of(page)
    ask(staff, dispatch, "symbol/BTC-KRW/halt/", {"reason": "again"})
    live_engine.project()
    page = ask(staff, dispatch, url, {"way": str(m.TRADING), "reason": "it was nothing"})
    assert "Resume BTC-KRW at once (it was nothing)" in banner_of(page)
    live_engine.project()
    assert Symbol.objects.get(pk="BTC-KRW").status == m.TRADING


def test_a_freeze_stops_the_account_and_a_thaw_lets_it_go_on(
    staff: Staff, dispatch: Dispatch, alice: Person
) -> None:
    ask(staff, dispatch, f"account/{alice.account}/freeze/", {})
    assert Account.objects.get(pk=alice.account).get_status_display() == "frozen"
    assert alice.place().json()["error"] == "ACCOUNT_FROZEN"
    page = ask(staff, dispatch, f"account/{alice.account}/withdraw/", {"asset": "BTC", "amount": "1"})
    assert "This account is frozen" in banner_of(page)
    ask(staff, dispatch, f"account/{alice.account}/thaw/", {})
    assert alice.place().status_code == 200


def test_an_auction_is_held_by_hand(
    staff: Staff, dispatch: Dispatch, alice: Person, bob: Person, live_engine: LiveEngine
) -> None:
    page = ask(staff, dispatch, "symbol/BTC-KRW/state/", {"status": str(m.OPENING_AUCTION), "reason": ""})
    assert "Opening auction of BTC-KRW" in banner_of(page)
    assert alice.place(time_in_force="ioc").json()["error"] == "SYMBOL_IN_AUCTION"
    assert alice.place(side="sell", price="99000000").json()["order"]["status"] == "new"
    assert bob.place(price="101000000").json()["order"]["status"] == "new"
    ask(staff, dispatch, "symbol/BTC-KRW/state/", {"status": str(m.TRADING), "reason": ""})
    live_engine.project()
    (fill,) = alice.get("/v1/fills").json()["fills"]
    assert (fill["side"], fill["liquidity"]) == ("sell", "auction")
    (execution,) = bob.api.get("/api/v1/executions/BTC-KRW").json()["executions"]
    assert execution["side"] is None
    page = staff["operator"].get("/admin/exchange/fill/").content.decode()
    assert "auction" in page


def test_protection_is_changed_and_shown(staff: Staff, dispatch: Dispatch, alice: Person) -> None:
    url = "symbol/BTC-KRW/rules/"
    form = staff["operator"].get(f"/admin/exchange/{url}").context["form"]
    fields = {name: value for name, value in form.initial.items() if value is not None}
    rules = {"max_notional": "2,000,000", "collar": "5", "band": "0.0001", "calendar": "XNYS"}
    ask(staff, dispatch, url, {**fields, **rules})
    # A process that nobody feeds may know a symbol half a second late.
    symbols.forget()
    shown = next(
        symbol
        for symbol in alice.api.get("/api/v1/symbols").json()["symbols"]
        if symbol["symbol"] == "BTC-KRW"
    )
    assert (shown["max_notional"], shown["price_collar_percent"], shown["price_band_percent"]) == (
        "2000000",
        "5",
        "0.0001",
    )
    assert (shown["volatility_band_percent"], shown["calendar"]) == (None, "XNYS")
    refused = alice.place(quantity="0.03")
    assert (refused.status_code, refused.json()["error"]) == (422, "ABOVE_MAX_NOTIONAL")
    assert refused.json()["details"]["maximum"] == "2000000"
    page = staff["operator"].get("/admin/exchange/symbol/BTC-KRW/change/").content.decode()
    assert "2,000,000 KRW" in page and "XNYS" in page
    form = staff["operator"].get(f"/admin/exchange/{url}").context["form"]
    again = {name: value for name, value in form.initial.items() if value is not None}
    assert (again["max_notional"], again["collar"], again["band"]) == ("2000000", "5", "0.0001")
    ask(staff, dispatch, url, {**again, **dict.fromkeys(rules, "")})
    symbols.forget()
    assert alice.place(quantity="0.03").status_code == 200
    answer = staff["operator"].post(f"/admin/exchange/{url}", {**again, "volatility": "3"})
    assert "needs the length of its auction" in answer.content.decode()


def test_accounts_of_one_group_do_not_trade_with_one_another(
    staff: Staff, dispatch: Dispatch, alice: Person, bob: Person
) -> None:
    for person in (alice, bob):
        page = ask(staff, dispatch, f"account/{person.account}/group/", {"group": "7"})
        assert f"Put account {person.account} into group 7" in banner_of(page)
    assert Account.objects.get(pk=alice.account).group == 7
    alice.place(side="sell")
    met = bob.place().json()["order"]
    assert (met["status"], met["reason"], met["prevented_quantity"]) == ("canceled", "self_trade", "0.01")
    ask(staff, dispatch, f"account/{bob.account}/group/", {"group": "0"})
    assert bob.place().json()["order"]["status"] == "filled"


def test_an_order_s_page_says_what_it_asks_for(staff: Staff, alice: Person, live_engine: LiveEngine) -> None:
    stop = alice.place(side="sell", order_type="stop", price=None, trigger_price="90000000").json()["order"]
    live_engine.project()
    page = staff["operator"].get(f"/admin/exchange/order/{stop['order_id']}/change/").content.decode()
    assert "enters when the last price reaches 90,000,000 KRW" in page
    assert "stop GTC" in page


def test_deposits_and_withdrawals_are_exact(staff: Staff, dispatch: Dispatch, alice: Person) -> None:
    def bitcoin() -> str:
        balances = {
            found["asset"]: found["available"] for found in alice.get("/v1/balances").json()["balances"]
        }
        return str(balances["BTC"])

    ask(staff, dispatch, f"account/{alice.account}/deposit/", {"asset": "BTC", "amount": "1,000.00000001"})
    assert bitcoin() == "1010.00000001"
    ask(staff, dispatch, f"account/{alice.account}/withdraw/", {"asset": "BTC", "amount": "0.00000001"})
    assert bitcoin() == "1010"


def test_a_refusal_is_shown_in_words_and_decimals(staff: Staff, dispatch: Dispatch, alice: Person) -> None:
    page = ask(staff, dispatch, f"account/{alice.account}/withdraw/", {"asset": "BTC", "amount": "10.5"})
    assert "Refused. The available balance is too small. (required 10.5 BTC, available 10 BTC)" in banner_of(
        page
    )


@pytest.mark.parametrize("amount", ["0", "-1", "1.000000001", "1e3", "NaN", "0x10", "", "1" * 40, "１"])
def test_an_amount_that_is_none_stays_on_the_form(staff: Staff, alice: Person, amount: str) -> None:
    path = f"/admin/exchange/account/{alice.account}/deposit/"
    response = staff["operator"].post(path, {"asset": "BTC", "amount": amount})
    assert response.status_code == 200
    assert errors_of(response)
    assert not ChangeRequest.objects.exists()


def test_new_rules_hold_for_the_next_order(staff: Staff, dispatch: Dispatch, alice: Person) -> None:
    assert alice.place(price="100000500").json()["error"] == "PRICE_OFF_TICK"
    rules = {**RULES, "tick_table": "0 1\n1000000 500", "min_notional": "6000"}
    ask(staff, dispatch, "symbol/BTC-KRW/rules/", rules)
    deadline = time.monotonic() + 1
    while alice.place(price="100000500").status_code != 200:
        # This process is not on the feed: it asks the engine for symbols twice a second.
        assert time.monotonic() < deadline
    assert alice.place(price="5500000", quantity="0.001").json()["error"] == "BELOW_MIN_NOTIONAL"
    symbol = Symbol.objects.get(pk="BTC-KRW")
    assert symbol.tick_bands == [[0, 1], [1_000_000, 500]]
    assert (symbol.maker_ppm, symbol.taker_ppm) == (500, 1_000)


def test_the_form_shows_the_rules_as_they_are(staff: Staff, dispatch: Dispatch) -> None:
    before = Symbol.objects.get(pk="AAPL")
    form = staff["operator"].get("/admin/exchange/symbol/AAPL/rules/").context["form"]
    assert form.initial["min_price"] == "1"
    assert form.initial["tick_table"] == "0 0.01"
    ask(staff, dispatch, "symbol/AAPL/rules/", {name: str(value) for name, value in form.initial.items()})
    after = Symbol.objects.get(pk="AAPL")
    assert after.sequence > before.sequence
    for field in Symbol._meta.concrete_fields:
        if field.name != "sequence":
            assert getattr(after, field.name) == getattr(before, field.name), field.name


def test_two_operators_do_not_overwrite_each_other(staff: Staff, dispatch: Dispatch) -> None:
    seen = str(Symbol.objects.get(pk="BTC-KRW").sequence)
    ask(staff, dispatch, "symbol/BTC-KRW/rules/", {**RULES, "seen_sequence": seen})
    second = staff["operator"].post(
        "/admin/exchange/symbol/BTC-KRW/rules/", {**RULES, "taker_rate": "1", "seen_sequence": seen}
    )
    assert "changed meanwhile" in errors_of(second)[0]


@pytest.mark.parametrize(
    "change, field",
    [
        ({"tick_table": "0"}, "tick_table"),
        ({"tick_table": "0 1 2"}, "tick_table"),
        ({"tick_table": "0 0.5"}, "tick_table"),
        ({"tick_table": "zero one"}, "tick_table"),
        ({"lot_step": "0.000000001"}, "lot_step"),
        ({"max_price": "1e9"}, "max_price"),
        ({"max_open_orders": "0"}, "max_open_orders"),
        ({"taker_rate": "0.00001"}, "taker_rate"),
        ({"tick_table": "0 1\n5000 5\n1000 2"}, "tick_table"),
        ({"tick_table": "0 500", "min_price": "1", "max_price": "100"}, "tick_table"),
        ({"lot_step": "5", "min_quantity": "1", "max_quantity": "2"}, "lot_step"),
        ({"min_quantity": "2000"}, "max_quantity"),
        ({"min_price": "200,000,000,000"}, "max_price"),
        ({"max_notional": "4000"}, "max_notional"),
        ({"min_notional": "1" + "0" * 30}, "min_notional"),
        ({"maker_rate": "-0.2"}, "maker_rate"),
        ({"maker_rate": "500"}, "maker_rate"),
        ({"band": "200"}, "band"),
    ],
)
def test_rules_that_are_none_stay_on_the_form(staff: Staff, change: dict[str, str], field: str) -> None:
    response = staff["operator"].post("/admin/exchange/symbol/BTC-KRW/rules/", {**RULES, **change})
    assert field in response.context["form"].errors
    assert not ChangeRequest.objects.exists()


def test_rules_the_engine_does_not_take_are_refused_on_the_page(staff: Staff, dispatch: Dispatch) -> None:
    """Saved by other means: the form and ``request_change`` refuse such terms before."""
    payload = {**catalog.BTC_KRW.payload(), "tick_bands": [[0, 1], [5_000, 5], [1_000, 2]]}
    request = ChangeRequest.objects.create(kind=ChangeRequest.Kind.SET_SYMBOL, payload=payload)
    dispatch()
    page = staff["operator"].get(f"/admin/exchange/symbol/BTC-KRW/change/?request={request.pk}")
    assert "Refused." in banner_of(page)
    assert Symbol.objects.get(pk="BTC-KRW").tick_bands[1] == [5_000, 5]


def test_a_new_symbol_trades(staff: Staff, dispatch: Dispatch, alice: Person, bob: Person) -> None:
    page = ask(staff, dispatch, "symbol/new/", NEW_SYMBOL)
    assert "BTC-USD" in banner_of(page)
    terms = {"symbol": "BTC-USD", "price": "95000.5", "quantity": "0.01"}
    assert bob.place(**terms, side="sell").status_code == 200
    bought = alice.place(**terms).json()["order"]
    assert (bought["status"], bought["fee"]) == ("filled", "0.950005")
    taken = staff["operator"].post("/admin/exchange/symbol/new/", NEW_SYMBOL)
    assert "There is a symbol of that name." in errors_of(taken)


def test_a_new_asset_can_be_deposited(staff: Staff, dispatch: Dispatch, alice: Person) -> None:
    ask(staff, dispatch, "asset/new/", {"code": "SOL", "scale": "9"})
    assert Asset.objects.get(pk="SOL").scale == 9
    page = ask(
        staff, dispatch, f"account/{alice.account}/deposit/", {"asset": "SOL", "amount": "0.000000001"}
    )
    assert "Deposit 0.000000001 SOL" in banner_of(page)


def test_fees_of_an_account_hold_for_its_next_order(
    staff: Staff, dispatch: Dispatch, alice: Person, bob: Person
) -> None:
    rates = {"symbol": "BTC-KRW", "maker_rate": "0.01", "taker_rate": "0.02"}
    ask(staff, dispatch, f"account/{alice.account}/fees/", rates)
    assert FeeOverride.objects.get(account=alice.account).maker_ppm == 100
    bob.place(side="sell")
    assert alice.place().json()["order"]["fee"] == "200"


def test_who_asked_is_on_the_record(staff: Staff, dispatch: Dispatch) -> None:
    ask(staff, dispatch, "symbol/BTC-KRW/halt/", {"reason": "drill"})
    request = ChangeRequest.objects.get()
    assert request.requested_by is not None
    assert request.requested_by.username == "the operator"


def test_the_banner_ends_in_one_reload(staff: Staff, dispatch: Dispatch) -> None:
    staff["operator"].post("/admin/exchange/symbol/BTC-KRW/halt/", {"reason": "drill"})
    url = f"/admin/exchange/changerequest/{ChangeRequest.objects.get().pk}/banner/"
    waiting = staff["operator"].get(url)
    assert "HX-Refresh" not in waiting
    assert "delay:150ms" in waiting.content.decode()
    assert "delay:1000ms" in staff["operator"].get(f"{url}?polls=30").content.decode()
    dispatch()
    assert staff["operator"].get(url)["HX-Refresh"] == "true"
    assert staff["trader"].get(url).status_code in (302, 403)
