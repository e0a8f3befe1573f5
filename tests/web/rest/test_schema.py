"""The OpenAPI schema is what the API does: paths, requests, replies, errors, log-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from msgspec import inspect
from rest_framework.test import APIClient

from accounts.identity import roles
from accounts.identity.verified_tokens import verified_tokens
from accounts.portfolio import portfolio_shapes
from exchange.errors import ERRORS
from exchange.models import Account
from exchange.orders import parsing
from exchange.wire import shapes, solvency_shapes
from marketdata import public_shapes
from tests.accounts.security_cast import Browser, trader
from tests.accounts.soft_passkey import SoftPasskey
from tests.accounts.telephone import Telephone
from tests.conftest import PASSWORD, LiveEngine, Person
from tests.custody.cast import BANK, ask, custody_settings, open_desk
from tests.web.rest.test_bad_input import BAD_ORDERS
from web.access import needs
from web.contracts.async_api import document
from web.rest import (
    deposit_shapes,
    key_shapes,
    own_account_shapes,
    person_shapes,
    request_shapes,
    security_shapes,
    token_shapes,
    withdrawal_shapes,
)
from web.rest.schema import BRACKET, CANCEL_REPLACE, OCO, ORDER_EXAMPLES, PLACED

PATHS_OF_THE_CONTRACT = {
    ("post", "/v1/order"),
    ("post", "/v1/order/cancel"),
    ("post", "/v1/order/reduce"),
    ("post", "/v1/order/replace"),
    ("post", "/v1/orders"),
    ("post", "/v1/order/cancel-replace"),
    ("post", "/v1/orders/cancel-all"),
    ("post", "/v1/orders/cancel-after"),
    ("post", "/v1/orders/oco"),
    ("post", "/v1/orders/bracket"),
    ("post", "/v1/demo/deposit"),
    ("get", "/v1/order/{order_id}"),
    ("get", "/v1/orders"),
    ("get", "/v1/fills"),
    ("get", "/v1/ledger"),
    ("get", "/v1/fees"),
    ("get", "/v1/balances"),
    ("get", "/v1/portfolio"),
    ("get", "/v1/accounts"),
    ("post", "/v1/transfer"),
    ("get", "/v1/deposits"),
    ("get", "/v1/deposits/address"),
    ("get", "/v1/withdrawals"),
    ("post", "/v1/withdrawals"),
    ("get", "/v1/withdrawals/terms"),
    ("get", "/v1/withdrawals/{withdrawal_id}"),
    ("post", "/v1/withdrawals/{withdrawal_id}/cancel"),
    ("get", "/v1/addresses"),
    ("get", "/v1/addresses/lock"),
    ("get", "/api/v1/orderbook/{symbol}"),
    ("get", "/api/v1/auction/{symbol}"),
    ("get", "/api/v1/executions/{symbol}"),
    ("get", "/api/v1/statistics"),
    ("get", "/api/v1/statistics/{symbol}"),
    ("get", "/api/v1/klines/{symbol}/{interval}"),
    ("get", "/api/v1/symbols"),
    ("get", "/api/v1/time"),
    ("post", "/api/v1/token"),
    ("post", "/api/v1/token/refresh"),
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    generated = SchemaGenerator().get_schema(request=None, public=True)
    assert generated is not None
    return generated


def component(schema: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": schema["components"]})


#: Every structure that describes a body, by the name of its component.
SHAPES: dict[str, type[msgspec.Struct]] = {
    name: shape
    for module in (
        *(
            shapes,
            public_shapes,
            portfolio_shapes,
            solvency_shapes,
            key_shapes,
            own_account_shapes,
            security_shapes,
            token_shapes,
            deposit_shapes,
            withdrawal_shapes,
        ),
        person_shapes,
        request_shapes,
    )
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
}


def unknown_fields(shape: type[msgspec.Struct], value: dict[str, Any], path: str = "") -> Iterator[str]:
    """Fields of a reply, however deep, that its structure does not have."""
    kinds = {field.encode_name: field.type for field in inspect.type_info(shape).fields}  # type: ignore[attr-defined]
    for name, member in value.items():
        if name not in kinds:
            yield f"{path}{name}"
            continue
        kind = kinds[name]
        while isinstance(kind, inspect.Metadata):
            kind = kind.type
        if isinstance(kind, inspect.ListType) and isinstance(kind.item_type, inspect.StructType):
            for item in member:
                yield from unknown_fields(kind.item_type.cls, item, f"{path}{name}.")
        elif isinstance(kind, inspect.StructType):
            yield from unknown_fields(kind.cls, member, f"{path}{name}.")


def test_every_body_of_the_schema_is_a_structure(schema: dict[str, Any]) -> None:
    described = set(schema["components"]["schemas"]) - {"OrderOrError"}
    assert described - set(SHAPES) == set()
    # What an order with options extends, and what an error over REST does.
    assert set(SHAPES) - described == {"SimpleOrder", "PlainError"}


def test_no_serializer_describes_a_body() -> None:
    root = Path(__file__).resolve().parents[3]
    rooms = ("accounts", "exchange", "marketdata", "ops", "web")
    sources = (path for room in rooms for path in (root / room).rglob("*.py"))
    assert [str(path) for path in sources if "rest_framework import serializers" in path.read_text()] == []


def test_a_field_that_no_structure_has_is_found() -> None:
    reply = {**PLACED, "fills": [{**PLACED["fills"][0], "stray": 1}], "other": 2}
    assert list(unknown_fields(shapes.Placed, reply)) == ["fills.stray", "other"]


def documented_codes(operation: dict[str, Any], status: int) -> set[str]:
    response = operation["responses"].get(str(status), {})
    return set(re.findall(r"`([A-Z_]+)`:", response.get("description", "")))


def test_it_is_valid_and_raises_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_it_has_every_path_of_the_contract(schema: dict[str, Any]) -> None:
    described = {(method, path) for path, methods in schema["paths"].items() for method in methods}
    assert described >= PATHS_OF_THE_CONTRACT


def test_order_fields_are_those_that_validation_takes(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]
    assert set(shapes["OrderRequest"]["properties"]) == parsing.ORDER_FIELDS
    assert set(shapes["OrderRequest"]["required"]) == {"symbol", "side", "order_type"}


#: Needs that people have to fill themselves, not a key of theirs.
OF_PEOPLE = {needs.LOG_IN, roles.MANAGE_ACCOUNTS, roles.MANAGE_KEYS, roles.CONFIRM_OWN}


def test_every_call_names_the_ways_to_prove_who_one_is(schema: dict[str, Any]) -> None:
    """By the table of needs, which real requests of everybody are held against."""
    needed = {
        (method.lower(), "/" + re.sub(r"<str:(\w+)>", r"{\1}", path)): need
        for path, methods in needs.REST.items()
        for method, need in methods.items()
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            need = needed[method, path]
            cookie = {"cookieAuth"} if method == "get" else {"cookieAuth", "csrf"}
            ways = [{"bearer"}, cookie, *([] if need in OF_PEOPLE else [{"key", "timestamp", "signature"}])]
            stated = [set(way) for way in operation.get("security", [])]
            expected = [] if need == needs.ANYONE else ways
            assert sorted(map(sorted, stated)) == sorted(map(sorted, expected)), (method, path)
    stated = {
        name
        for methods in schema["paths"].values()
        for each in methods.values()
        for way in each.get("security", ())
        for name in way
    }
    assert stated == set(schema["components"]["securitySchemes"])


def test_every_error_of_an_order_is_documented(schema: dict[str, Any]) -> None:
    operation = schema["paths"]["/v1/order"]["post"]
    for name, _, status, code, _ in BAD_ORDERS:
        assert code in documented_codes(operation, status), name


def test_documented_statuses_are_those_of_the_table(schema: dict[str, Any]) -> None:
    for methods in schema["paths"].values():
        for operation in methods.values():
            for status in operation["responses"]:
                for code in documented_codes(operation, int(status)):
                    assert ERRORS[code].status == int(status)


def test_replies_are_as_described(
    schema: dict[str, Any],
    alice: Person,
    bob: Person,
    anyone: APIClient,
    live_engine: LiveEngine,
    settings: Any,
) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": True}
    resting = alice.place(side="sell", quantity="0.5", client_order_id="a-1").json()
    order_id = resting["order"]["order_id"]
    taken = bob.place(order_type="market", price=None, quantity=None, quote_amount="50000").json()
    deposit = bob.post("/v1/demo/deposit", {"asset": "KRW", "amount": "1"}).json()
    batch = bob.post("/v1/orders", {"orders": [{}, {"symbol": "X", "side": "buy", "order_type": "limit"}]})
    reduced = alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.4"}).json()
    replaced = alice.post(
        "/v1/order/replace", {"order_id": order_id, "price": "99000000", "quantity": "0.3"}
    ).json()
    stop = {**ORDER_EXAMPLES["Stop"], "client_order_id": "my-1"}
    waiting = alice.post("/v1/order", stop).json()
    switched = [
        alice.post("/v1/order/cancel-replace", CANCEL_REPLACE).json(),
        alice.post(
            "/v1/order/cancel-replace", {**CANCEL_REPLACE, "order": {**stop, "client_order_id": "x"}}
        ).json(),
    ]
    linked, bracket = (
        alice.post("/v1/orders/oco", OCO).json(),
        alice.post("/v1/orders/bracket", BRACKET).json(),
    )
    live_engine.open_account(1050, {})
    Account.objects.create(number=1050, user=alice.user, name="bot")
    verified_tokens.forget()
    transfer = {"from": "main", "to": "bot", "asset": "KRW", "amount": "5", "client_transfer_id": "t-1"}
    transferred = alice.post("/v1/transfer", transfer).json()
    live_engine.project()
    replies = {
        "Transferred": [transferred],
        "OwnAccounts": [alice.get("/v1/accounts").json()],
        "Placed": [resting, taken, replaced, waiting],
        "CancelReplace": switched,
        "Oco": [linked],
        "Bracket": [bracket],
        "CancelAfter": [alice.post("/v1/orders/cancel-after", {"after_ms": ms}).json() for ms in (0, 10_000)],
        "Auction": [anyone.get("/api/v1/auction/BTC-KRW").json()],
        "Changed": [reduced, alice.post("/v1/order/cancel", {"order_id": order_id}).json()],
        "Batch": [batch.json()],
        "CanceledAll": [alice.post("/v1/orders/cancel-all").json()],
        "DemoDeposit": [deposit],
        "OneOrder": [alice.get(f"/v1/order/{order_id}").json()],
        "OrderPage": [alice.get("/v1/orders").json(), bob.get("/v1/orders", status="closed").json()],
        "FillPage": [alice.get("/v1/fills").json(), bob.get("/v1/fills").json()],
        "LedgerPage": [alice.get("/v1/ledger").json()],
        "Fees": [alice.get("/v1/fees").json()],
        "Balances": [alice.get("/v1/balances").json()],
        "OrderBook": [anyone.get("/api/v1/orderbook/BTC-KRW").json()],
        "Symbols": [anyone.get("/api/v1/symbols").json()],
        "Time": [anyone.get("/api/v1/time").json()],
        "Error": [bob.place(price="1.5").json(), anyone.get("/v1/orders").json()],
        "Executions": [anyone.get("/api/v1/executions/BTC-KRW").json()],
        "Klines": [anyone.get("/api/v1/klines/BTC-KRW/1m").json()],
        "Statistics": [anyone.get("/api/v1/statistics/BTC-KRW").json()],
        "AllStatistics": [anyone.get("/api/v1/statistics").json()],
        "Portfolio": [alice.get("/v1/portfolio").json()],
    }
    for name, examples in replies.items():
        for example in examples:
            component(schema, name).validate(example)
            assert set(example) == set(schema["components"]["schemas"][name]["properties"]), name
            assert list(unknown_fields(SHAPES[name], example)) == [], name
    order = schema["components"]["schemas"]["Order"]
    assert set(resting["order"]) == set(order["required"]), "a simple order has no more than it must"
    assert set(waiting["order"]) == set(order["properties"]), "any other has everything"


def test_what_is_answered_about_withdrawals_is_as_described(
    schema: dict[str, Any], alice: Person, live_engine: LiveEngine, settings: Any
) -> None:
    custody_settings(settings, MAIL="never")
    open_desk(live_engine)
    live_engine.project()
    asked, again = (ask(alice, client_withdrawal_id="w") for _ in range(2))
    assert (asked.status_code, again.status_code) == (201, 200)
    path = f"/v1/withdrawals/{asked.json()['withdrawal']['withdrawal_id']}"
    entry = {"asset": "KRW", "address": BANK, "label": "my bank"}
    added = alice.post("/v1/addresses", entry).json()
    listed = alice.get("/v1/addresses").json()
    replies = {
        "AskedWithdrawal": [asked.json(), again.json()],
        "OneWithdrawal": [alice.get(path).json(), alice.post(f"{path}/cancel").json()],
        "WithdrawalPage": [alice.get("/v1/withdrawals").json()],
        "WithdrawalTerms": [alice.get("/v1/withdrawals/terms").json()],
        "OneAddress": [added],
        "Addresses": [listed],
        "RemovedAddress": [alice.api.delete(f"/v1/addresses/{added['address']['address_id']}").json()],
        "AddressLock": [alice.get("/v1/addresses/lock").json()],
        "DepositPage": [alice.get("/v1/deposits").json()],
        "DepositAddress": [alice.get("/v1/deposits/address", asset=asset).json() for asset in ("KRW", "BTC")],
    }
    for name, examples in replies.items():
        for example in examples:
            component(schema, name).validate(example)
            assert set(example) == set(schema["components"]["schemas"][name]["properties"]), name
            assert list(unknown_fields(SHAPES[name], example)) == [], name


@pytest.mark.django_db
def test_what_is_answered_about_security_is_as_described(schema: dict[str, Any]) -> None:
    trader("alice")
    browser = Browser()
    browser.log_in("alice")
    begun = browser.post("/api/v1/mfa/totp").json()
    code = {"code": Telephone(begun["secret"]).code()}
    options = browser.post("/api/v1/mfa/passkeys/options").json()
    confirmed = browser.post("/api/v1/mfa/totp/confirm", code).json()
    body = {"name": "key", "credential": SoftPasskey().make(options["public_key"])}
    added = browser.post("/api/v1/mfa/passkeys", body).json()
    where = f"/api/v1/mfa/passkeys/{added['passkey']['passkey_id']}"
    replies: dict[str, Any] = {
        "NewTotp": begun,
        "RecoveryCodesReply": confirmed,
        "PublicKeyOptions": options,
        "NewPasskeyReply": added,
        "PasskeyReply": browser.send("PATCH", where, {"name": "other"}).json(),
        "SecondFactor": browser.get("/api/v1/mfa").json(),
        "SteppedUp": browser.prove(password=PASSWORD, otp=confirmed["recovery_codes"][0]).json(),
        "Sessions": browser.get("/api/v1/sessions").json(),
        "SecurityActs": browser.get("/api/v1/security-acts").json(),
        "Removed": browser.delete(where).json(),
        "RevokedSessions": browser.post("/api/v1/sessions/revoke-others").json(),
        "RevokedSession": browser.delete(f"/api/v1/sessions/{browser.sessions()[0]['id']}").json(),
    }
    for name, reply in replies.items():
        component(schema, name).validate(reply)
        assert set(reply) == set(schema["components"]["schemas"][name]["properties"]), name
        assert list(unknown_fields(SHAPES[name], reply)) == [], name


def test_the_examples_are_as_described(schema: dict[str, Any]) -> None:
    for example in ORDER_EXAMPLES.values():
        component(schema, "OrderRequest").validate(example)
    component(schema, "Placed").validate(PLACED)
    kinds = {example["order_type"] for example in ORDER_EXAMPLES.values()}
    assert kinds == set(parsing.ORDER_KIND_WORDS), "one of each kind"
    fields = {field for example in ORDER_EXAMPLES.values() for field in example}
    assert fields >= parsing.ORDER_FIELDS - {"trigger_if_met"}


def examples_of(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """The request examples that the schema shows for a POST."""
    content = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return {name: example["value"] for name, example in content["examples"].items()}


def test_every_example_can_be_sent(schema: dict[str, Any], alice: Person, bob: Person) -> None:
    bob.place(side="sell", price="95000000", quantity="1")
    bob.place(price="94000000", quantity="1")
    assert alice.place(price="95000000", quantity="0.001").json()["fills"], "there is a last price"
    paths = (
        "/v1/order",
        "/v1/order/cancel-replace",
        "/v1/orders/oco",
        "/v1/orders/bracket",
        "/v1/orders/cancel-after",
    )
    for path in paths:
        examples = examples_of(schema, path)
        assert examples
        for name, example in examples.items():
            response = alice.post(path, example)
            assert response.status_code == 200, f"{path}, {name}: {response.content!r}"
    kinds = {row["order_type"] for row in alice.get("/v1/orders").json()["orders"]}
    assert kinds == set(parsing.ORDER_KIND_WORDS)


def test_the_schema_and_its_page_are_served(anyone: APIClient) -> None:
    assert anyone.get("/api/schema").status_code == 200
    page = anyone.get("/api/docs").content.decode()
    assert "https://" not in page, "the page loads nothing from elsewhere"


def test_redoc_is_served_without_anything_from_elsewhere(anyone: APIClient) -> None:
    page = anyone.get("/api/redoc").content.decode()
    [script] = re.findall(r'<script src="([^"]+)"', page)
    assert "https://" not in page and script.startswith("/")
    redoc = anyone.get(script)
    assert redoc.headers["Content-Type"].startswith("text/javascript")
    assert b"cdn.redoc.ly" not in redoc.content and len(redoc.content) > 100_000


def test_the_asyncapi_document_is_served(anyone: APIClient) -> None:
    served = anyone.get("/api/asyncapi")
    assert served.headers["Content-Type"].startswith("application/json")
    assert served.json() == document()


def test_nobody_makes_the_server_make_the_schema_again(
    anyone: APIClient, schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert anyone.get("/api/schema?format=json").json() == schema
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    for query in ("format=json", "format=json&lang=ko", "format=json&lang=xx-nowhere", "format=json&n=1"):
        assert anyone.get(f"/api/schema?{query}").json() == schema
