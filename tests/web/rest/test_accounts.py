"""A user's accounts over REST: opened, named, frozen; requests are for the one they name and for no other
user's, by whatever lane and proof they come."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, TestCase
from drf_spectacular.generators import SchemaGenerator

from accounts.identity import changes
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import verified_keys
from exchange.control import services
from exchange.control.dispatcher import Dispatcher
from exchange.engine import messages as m
from exchange.models import Account, AuditRecord, ChangeRequest
from tests.conftest import LiveEngine, Person
from tests.web.rest.test_bad_input import GOOD
from tests.web.rest.test_fastlane import Aside, run_live, through_lane, token_of  # noqa: F401 - a fixture
from tests.web.rest.test_keys import Signer, own_files  # noqa: F401 - a fixture

Act = Callable[..., Any]


@pytest.fixture(autouse=True)
def changes_are_heard(live_engine: LiveEngine) -> Iterator[None]:
    """As in a web process."""
    listeners = (verified_tokens.forget_user, verified_keys.forget_user)
    for listener in listeners:
        changes.listeners.add(listener)
    yield
    for listener in listeners:
        changes.listeners.remove(listener)


@pytest.fixture(autouse=True)
def the_dispatcher_runs(live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dispatcher and the projector work while a request waits for them."""

    def wait_for(request: ChangeRequest, timeout_s: float) -> ChangeRequest:
        Dispatcher(live_engine.client).run_until_empty()
        live_engine.project()
        request.refresh_from_db()
        return request

    monkeypatch.setattr(services, "wait_for", wait_for)


def acting_for(person: Person, account: str) -> Person:
    """The person, whose requests name an account."""
    api = type(person.api)(raise_request_exception=False)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(person)}", HTTP_X_ACCOUNT=account)
    return Person(person.user, person.account, api)


def opened(person: Person, name: str = "bot") -> dict[str, Any]:
    with TestCase.captureOnCommitCallbacks(execute=True):
        response = person.post("/v1/accounts", {"name": name})
    assert response.status_code == 200, response.json()
    account: dict[str, Any] = response.json()["account"]
    return account


def patch(person: Person, account: str, **change: Any) -> Any:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return person.api.patch(f"/v1/accounts/{account}", change, format="json")


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def available(person: Person, account: str, asset: str = "KRW") -> str:
    rows = acting_for(person, account).get("/v1/balances").json()["balances"]
    return next((row["available"] for row in rows if row["asset"] == asset), "0")


# --- opening and changing ----------------------------------------------------------------------------------


def test_an_account_is_opened_and_used(alice: Person) -> None:
    bot = opened(alice)
    assert (bot["name"], bot["is_main"], bot["status"], bot["frozen_by"]) == ("bot", False, "active", None)
    listed = alice.get("/v1/accounts").json()["accounts"]
    assert [(each["account"], each["name"]) for each in listed] == [("1001", "main"), (bot["account"], "bot")]
    assert available(alice, "bot") == available(alice, bot["account"]) == "0"
    assert available(alice, "main") == available(alice, "1001") == "1000000000"
    assert refusal(acting_for(alice, "bot").place()) == (422, "INSUFFICIENT_BALANCE")
    assert alice.place().status_code == 200


@pytest.mark.parametrize(
    "name, code",
    [("bot", "ACCOUNT_NAME_TAKEN"), ("main", "INVALID_FIELD"), ("7", "INVALID_FIELD"), (5, "INVALID_FIELD")],
)
def test_a_name_is_taken_once_and_says_what_it_is(alice: Person, bob: Person, name: Any, code: str) -> None:
    opened(alice)
    response = alice.post("/v1/accounts", {"name": name})
    assert response.json()["error"] == code and response.json()["details"]["field"] == "name"
    assert opened(bob)["name"] == "bot", "another user's names do not matter"


def test_there_are_as_many_as_the_setting_says(alice: Person, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "ACCOUNTS_PER_USER": 3}
    opened(alice, "a")
    opened(alice, "b")
    response = alice.post("/v1/accounts", {"name": "c"})
    assert refusal(response) == (409, "TOO_MANY_ACCOUNTS") and response.json()["details"]["maximum"] == 3
    assert Account.objects.filter(user=alice.user).count() == 3


def test_a_new_name_is_the_account_s_only_one(alice: Person) -> None:
    number = opened(alice)["account"]
    opened(alice, "other")
    assert refusal(patch(alice, "bot", name="other")) == (409, "ACCOUNT_NAME_TAKEN")
    assert patch(alice, "bot", name="Ma\u0301ker").json()["account"]["name"] == "Máker"
    assert available(alice, "Máker".encode().decode("latin-1")) == "0"
    assert refusal(acting_for(alice, "bot").get("/v1/balances")) == (404, "ACCOUNT_NOT_FOUND")
    assert patch(alice, number, name="bot").json()["account"]["name"] == "bot"
    renamed = AuditRecord.objects.filter(kind="account.renamed").order_by("id")
    assert [(row.actor, row.target, json.loads(row.before), json.loads(row.after)) for row in renamed] == [
        ("alice", number, {"name": "bot"}, {"name": "M\u00e1ker"}),
        ("alice", number, {"name": "M\u00e1ker"}, {"name": "bot"}),
    ]
    assert refusal(patch(alice, "main", name="x")) == (400, "INVALID_FIELD")
    assert refusal(patch(alice, "bot")) == (400, "MISSING_FIELD")
    assert refusal(patch(alice, "bot", status="opening")) == (400, "INVALID_FIELD")


def test_the_owner_freezes_and_thaws_and_an_operator_s_freeze_stays(
    alice: Person, oscar: Person, live_engine: LiveEngine
) -> None:
    frozen = patch(alice, "main", status="frozen").json()["account"]
    assert (frozen["status"], frozen["frozen_by"]) == ("frozen", "owner")
    assert refusal(alice.place()) == (403, "ACCOUNT_FROZEN")
    assert patch(alice, "main", status="active").json()["account"]["status"] == "active"
    assert alice.place().status_code == 200
    freeze = {"account": alice.account, "status": m.FROZEN}
    services.request_change(ChangeRequest.Kind.SET_ACCOUNT, freeze, oscar.user)
    Dispatcher(live_engine.client).run_until_empty()
    live_engine.project()
    assert refusal(patch(alice, "main", status="active")) == (403, "FROZEN_BY_OPERATOR")
    assert refusal(alice.place()) == (403, "ACCOUNT_FROZEN")


def test_who_trades_not_opens_nothing_and_neither_does_a_key(
    alice: Person, oscar: Person, live_engine: LiveEngine
) -> None:
    assert refusal(oscar.post("/v1/accounts", {"name": "x"})) == (403, "NO_ACCOUNT")
    signer = Signer(alice, scopes=["read", "trade", "transfer", "withdraw"])
    assert refusal(signer.post("/v1/accounts", {"name": "x"})) == (403, "PERMISSION_DENIED")
    assert Account.objects.count() == 1


def test_the_rate_is_limited(alice: Person, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "accounts": "2/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    answers = [refusal(patch(alice, "main", name="x"))[0] for _ in range(3)]
    assert answers == [400, 400, 429]


# --- whose accounts: a walk over every private call --------------------------------------------------------


def private_calls() -> list[tuple[str, str]]:
    """(method, address) of everything that needs to know who asks."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert schema is not None
    return [
        (method.upper(), re.sub(r"\{\w+\}", "1", path))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if operation.get("security")
    ]


#: Alice asks for bob's account, one that nobody has, one of no number at all, and for none by an empty name.
STRANGERS = ("1002", "987654", "bobs", "")
CALLS = private_calls()


def test_the_walk_is_over_all_private_calls() -> None:
    assert len(CALLS) > 25 and {"/v1/order", "/v1/transfer", "/v1/portfolio", "/api/v1/keys"} <= {
        path for _, path in CALLS
    }


def same_refusals(answers: dict[str, Any]) -> None:
    """Each is refused, and none tells whether there is such an account."""
    bodies = set()
    for wanted, answer in answers.items():
        assert refusal(answer) == (404, "ACCOUNT_NOT_FOUND"), wanted
        body = answer.json()
        assert body["details"].pop("account") == wanted
        bodies.add(str(body))
    assert len(bodies) == 1


@pytest.mark.parametrize("method, path", CALLS, ids=" ".join)
def test_no_call_is_for_another_s_account(alice: Person, bob: Person, method: str, path: str) -> None:
    Account.objects.create(number=1050, user=bob.user, name="bobs")
    before = list(ChangeRequest.objects.values())

    def ask(wanted: str) -> Any:
        api = acting_for(alice, wanted).api
        return api.generic(method, path, b"" if method == "GET" else b"{}", content_type="application/json")

    same_refusals({wanted: ask(wanted) for wanted in STRANGERS})
    assert list(ChangeRequest.objects.values()) == before


@pytest.mark.parametrize("method, path", CALLS, ids=" ".join)
def test_no_key_is_for_another_account(alice: Person, bob: Person, method: str, path: str) -> None:
    """Not even for another one of its user's."""
    own = opened(alice)["account"]
    signer = Signer(alice, scopes=["read", "trade", "transfer", "withdraw"])
    body = b"" if method == "GET" else b"{}"

    def ask(wanted: str) -> Any:
        headers = {**signer.headers(method, path, body), "X-Account": wanted}
        return signer.send(method, path, headers, body)

    same_refusals({wanted: ask(wanted) for wanted in (*STRANGERS, own, "bot")})
    for wanted in ("1001", "main"):
        assert refusal_or_none(ask(wanted)) != "ACCOUNT_NOT_FOUND"


def refusal_or_none(response: Any) -> str | None:
    if response["Content-Type"].startswith("text/csv"):
        return None
    error: str | None = response.json().get("error")
    return error


@pytest.mark.parametrize("wanted", STRANGERS)
def test_no_page_is_for_another_s_account(alice: Person, bob: Person, wanted: str) -> None:
    browser = Client()
    browser.force_login(alice.user)
    assert refusal(browser.get("/v1/balances", headers={"X-Account": wanted})) == (404, "ACCOUNT_NOT_FOUND")
    assert browser.get("/v1/balances", headers={"X-Account": "1001"}).status_code == 200


@pytest.mark.parametrize("path, body", [("/v1/order", GOOD), ("/v1/order/cancel", {}), ("/v1/orders", {})])
@pytest.mark.parametrize("wanted", STRANGERS)
def test_the_fast_lane_is_for_no_other_s_account(
    alice: Person,
    bob: Person,
    run_live: Act,  # noqa: F811
    path: str,
    body: Any,
    wanted: str,
) -> None:
    token = token_of(alice)
    assert alice.get("/v1/balances").status_code == 200, "the token has been seen"
    status, _, told = run_live(lambda: through_lane(path, body, token, x_account=wanted))
    view = acting_for(alice, wanted).post(path, body)
    assert (status, told) == (404, view.json())


def test_the_fast_lane_trades_for_the_account_that_is_named(
    alice: Person,
    run_live: Act,  # noqa: F811
    live_engine: LiveEngine,
) -> None:
    bot = opened(alice)
    live_engine.open_account(int(bot["account"]), {"KRW": 10_000_000})
    token = token_of(alice)
    assert alice.get("/v1/balances").status_code == 200, "the token has been seen"
    for wanted in ("bot", bot["account"]):
        status, _, _ = run_live(
            lambda wanted=wanted: through_lane("/v1/order", GOOD, token, x_account=wanted)
        )
        assert status == 200
    orders = acting_for(alice, "bot").get("/v1/orders", status="open").json()["orders"]
    assert len(orders) == 2 and alice.get("/v1/orders", status="open").json()["orders"] == []


def test_the_accounts_cost_no_query(
    alice: Person, live_engine: LiveEngine, django_assert_num_queries: Any
) -> None:
    bot = opened(alice)
    live_engine.open_account(int(bot["account"]), {"KRW": 10_000_000})
    person = acting_for(alice, "bot")
    person.place()
    with django_assert_num_queries(0):
        assert person.place().status_code == 200
    opened(alice, "other")
    assert refusal_or_none(acting_for(alice, "other").get("/v1/balances")) is None


def test_orders_of_one_account_are_unknown_to_the_other(alice: Person, live_engine: LiveEngine) -> None:
    opened(alice)
    bot = acting_for(alice, "bot")
    order_id = alice.place(client_order_id="mine").json()["order"]["order_id"]
    refused = [
        bot.get(f"/v1/order/{order_id}"),
        bot.post("/v1/order/cancel", {"order_id": order_id}),
        bot.post("/v1/order/cancel", {"client_order_id": "mine"}),
        bot.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.001"}),
        bot.post("/v1/order/replace", {"order_id": order_id, "price": "99000000", "quantity": "0.01"}),
    ]
    assert [refusal(each) for each in refused] == [(404, "ORDER_NOT_FOUND")] * 5
    assert bot.post("/v1/orders/cancel-all").json()["canceled"] == 0


# --- keys --------------------------------------------------------------------------------------------------


def test_a_key_is_made_for_an_account_by_name_or_number(alice: Person, bob: Person) -> None:
    bot = opened(alice)["account"]
    assert Signer(alice, account="bot").key["account"] == bot
    assert Signer(alice, account="main").key["account"] == "1001"
    assert Signer(acting_for(alice, "bot")).key["account"] == bot, "by default that of the request"
    signer = Signer(alice, account=bot)
    assert [each["account"] for each in signer.get("/v1/accounts").json()["accounts"]] == [bot]
    assert signer.get("/v1/balances").json()["balances"] == []
    wish = {"label": "x", "scopes": ["read"], "password": "correct horse battery staple", "account": "1002"}
    assert refusal(alice.post("/api/v1/keys", wish)) == (404, "ACCOUNT_NOT_FOUND")


# --- transfers ---------------------------------------------------------------------------------------------


def move(person: Person, **more: Any) -> Any:
    body = {"from": "main", "to": "bot", "asset": "KRW", "amount": "1000.5", **more}
    return person.post("/v1/transfer", {name: value for name, value in body.items() if value is not None})


def test_a_transfer_is_in_both_ledgers(alice: Person, live_engine: LiveEngine) -> None:
    bot = opened(alice)["account"]
    reply = move(alice, client_transfer_id="t-1").json()
    assert {**reply["transfer"], "transfer_id": "", "timestamp": 0} == {
        "transfer_id": "",
        "client_transfer_id": "t-1",
        "from": "1001",
        "to": bot,
        "asset": "KRW",
        "amount": "1000.5",
        "timestamp": 0,
    }
    assert (available(alice, "main"), available(alice, "bot")) == ("999998999.5", "1000.5")
    live_engine.project()
    entries = [
        acting_for(alice, name).get("/v1/ledger", type=kind).json()["entries"]
        for name, kind in (("main", "transfer_out"), ("bot", "transfer_in"))
    ]
    told = [(e["amount"], e["counter_account"], e["balance_after"]) for part in entries for e in part]
    assert told == [("-1000.5", bot, "999998999.5"), ("1000.5", "1001", "1000.5")]


def test_the_same_transfer_moves_its_amount_once(alice: Person, live_engine: LiveEngine) -> None:
    opened(alice)
    first, again = (move(alice, client_transfer_id="t-1").json() for _ in range(2))
    assert first == again and available(alice, "bot") == "1000.5"
    live_engine.restart()
    assert move(alice, client_transfer_id="t-1").json() == first
    other = move(alice, client_transfer_id="t-1", amount="1")
    assert refusal(other) == (409, "DUPLICATE_ID")
    assert other.json()["details"]["field"] == "client_transfer_id"
    too_much = move(alice, client_transfer_id="t-2", amount="1000000000")
    assert refusal(too_much) == (422, "INSUFFICIENT_BALANCE")
    assert too_much.json()["details"] == {
        "asset": "KRW",
        "required": "1000000000",
        "available": "999998999.5",
    }
    # Ids of orders are others.
    assert alice.place(client_order_id="t-1").status_code == 200


@pytest.mark.parametrize(
    "body, code",
    [
        ({"to": "main"}, "SAME_ACCOUNT"),
        ({"from": "bot", "to": "bot"}, "SAME_ACCOUNT"),
        ({"to": "1002"}, "ACCOUNT_NOT_FOUND"),
        ({"from": "1002"}, "ACCOUNT_NOT_FOUND"),
        ({"from": "1002", "to": "main"}, "ACCOUNT_NOT_FOUND"),
        ({"to": "1"}, "ACCOUNT_NOT_FOUND"),
        ({"to": "bobs"}, "ACCOUNT_NOT_FOUND"),
        ({"to": ""}, "ACCOUNT_NOT_FOUND"),
        ({"to": 1002}, "INVALID_FIELD"),
        ({"to": None}, "MISSING_FIELD"),
        ({"amount": "0"}, "INVALID_AMOUNT"),
        ({"amount": "-1"}, "INVALID_AMOUNT"),
        ({"amount": "0.000000001"}, "INVALID_AMOUNT"),
        ({"amount": "NaN"}, "INVALID_NUMBER"),
        ({"amount": "1" + "0" * 30}, "INSUFFICIENT_BALANCE"),
        ({"asset": "DOGE"}, "ASSET_NOT_FOUND"),
        ({"client_transfer_id": "a b"}, "INVALID_FIELD"),
        ({"memo": "x"}, "UNKNOWN_FIELD"),
    ],
)
def test_bad_transfers_move_nothing(
    alice: Person, bob: Person, live_engine: LiveEngine, body: Any, code: str
) -> None:
    opened(alice)
    Account.objects.create(number=1050, user=bob.user, name="bobs")
    before = (
        live_engine.client.query("balances", 1001).value,
        live_engine.client.query("balances", 1002).value,
    )
    assert move(alice, **body).json()["error"] == code
    assert before == (
        live_engine.client.query("balances", 1001).value,
        live_engine.client.query("balances", 1002).value,
    )


def test_a_frozen_account_sends_nothing_and_still_receives(alice: Person) -> None:
    opened(alice)
    move(alice)
    patch(alice, "bot", status="frozen")
    assert refusal(move(alice, **{"from": "bot", "to": "main"})) == (403, "ACCOUNT_FROZEN")
    assert move(alice).status_code == 200


def test_a_key_moves_money_out_of_its_own_account_alone(alice: Person, bob: Person) -> None:
    opened(alice)
    opened(alice, "other")
    move(alice)
    body = {"from": "bot", "to": "other", "asset": "KRW", "amount": "1"}
    reader = Signer(alice, account="bot", scopes=["read", "trade", "withdraw"])
    assert refusal(reader.post("/v1/transfer", body)) == (403, "SCOPE_REQUIRED")
    mover = Signer(alice, account="bot", scopes=["transfer"])
    assert mover.post("/v1/transfer", body).status_code == 200
    for changed in ({"from": "main"}, {"from": "1001"}, {"from": "1002"}, {"to": "1002"}):
        assert refusal(mover.post("/v1/transfer", {**body, **changed})) == (404, "ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize("seed", range(3))
def test_transfers_keep_every_unit_and_never_go_below_zero(
    alice: Person, live_engine: LiveEngine, settings: Any, seed: int
) -> None:
    """Random transfers of every size, with some sent twice, against two lines of arithmetic."""
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "orders": "0"}}
    drawn = random.Random(seed)
    names = ["main", *(opened(alice, name)["name"] for name in ("a", "b", "c"))]
    scale = 10**8
    model = dict.fromkeys(names, 0) | {"main": 10 * scale}
    for step in range(120):
        source, target = drawn.sample(names, 2)
        minor = drawn.choice([1, drawn.randrange(1, 2 * scale), model[source], model[source] + 1]) or 1
        body = {
            "from": source,
            "to": target,
            "asset": "BTC",
            "amount": f"{minor // scale}.{minor % scale:08d}",
            "client_transfer_id": f"s{step}",
        }
        replies = [alice.post("/v1/transfer", body) for _ in range(drawn.choice([1, 1, 2]))]
        assert len({(reply.status_code, str(reply.json())) for reply in replies}) == 1
        if minor <= model[source]:
            assert replies[0].status_code == 200
            model[source] -= minor
            model[target] += minor
        else:
            assert refusal(replies[0]) == (422, "INSUFFICIENT_BALANCE")
    held = {row.name or "main": row.number for row in Account.objects.filter(user=alice.user)}
    for name, number in held.items():
        rows = {
            asset: (free, kept) for asset, free, kept in live_engine.client.query("balances", number).value
        }
        assert rows.get("BTC", (0, 0)) == (model[name], 0)
    assert sum(model.values()) == 10 * scale
    live_engine.project()
    for name in names:
        entries = acting_for(alice, name).get("/v1/ledger", asset="BTC", limit=500).json()["entries"]
        moved = sum(Decimal(e["amount"]) for e in entries)
        assert moved * scale == model[name]
        assert all(not e["balance_after"].startswith("-") for e in entries)


# --- portfolio ---------------------------------------------------------------------------------------------


def test_over_all_accounts_a_transfer_changes_nothing(
    alice: Person, bob: Person, carol: Person, live_engine: LiveEngine
) -> None:
    opened(alice)
    bob.place(side="sell", price="100000000", quantity="2")
    alice.place(price="100000000", quantity="2")
    live_engine.project()

    def holding(person: Person, **query: Any) -> dict[str, Any]:
        parts = person.get("/v1/portfolio", range="all", **query).json()["currencies"]
        krw = next(part for part in parts if part["currency"] == "KRW")
        return {each["asset"]: each for each in krw["holdings"]}["BTC"]

    before = holding(alice, accounts="all")
    assert before == holding(alice)
    # By a transfer in alone the cost would be that of a higher price.
    bob.place(side="sell", price="110000000", quantity="0.1")
    assert carol.place(price="110000000", quantity="0.1").json()["fills"]
    move(alice, asset="BTC", amount="5")
    live_engine.project()
    after = holding(alice, accounts="all")
    assert (after["quantity"], after["cost"]) == (before["quantity"], before["cost"])
    assert holding(alice)["quantity"] == "7" and holding(acting_for(alice, "bot"))["quantity"] == "5"
    whole = holding(alice, accounts="all")
    assert whole == holding(acting_for(alice, "bot"), accounts="all"), "all are the same from each"
    signer = Signer(alice, account="bot", scopes=["read"])
    of_key = signer.get("/v1/portfolio?range=all&accounts=all").json()
    assert "7" not in {each["quantity"] for part in of_key["currencies"] for each in part["holdings"]}
    assert refusal(alice.get("/v1/portfolio", accounts="some")) == (400, "INVALID_FIELD")
