"""The bounds of the schema are those of the code: every one is tried from both sides.

A field at its bound is not refused for being out of bounds; one step beyond it is refused. So a bound that
stands in two places cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from accounts import sub_accounts
from accounts.identity.verified_tokens import verified_tokens
from exchange.errors import ERRORS
from tests.conftest import PASSWORD, LiveEngine, Person, make_person
from web.rest.schema import LIMIT_ORDER, ORDER_EXAMPLES

pytestmark = pytest.mark.django_db

Schema = dict[str, Any]
#: Codes that say a value is out of bounds, or not of its shape.
SHAPE = {
    *(
        "INVALID_FIELD",
        "INVALID_TEXT",
        "INVALID_NUMBER",
        "INVALID_CURSOR",
        "MISSING_FIELD",
        "BATCH_TOO_LARGE",
    ),
    *("INVALID_CANCEL_AFTER", "INVALID_PROTECTION"),
}
#: Codes with which the value was not looked at.
NOT_ASKED = {"RATE_LIMITED", "INVALID_TOKEN", "NOT_AUTHENTICATED", "PERMISSION_DENIED", "TERMS_NOT_ACCEPTED"}
QUOTE = {"symbol": "BTC-KRW", "bid_price": "90000000", "bid_quantity": "0.01"}
STOP = ORDER_EXAMPLES["Stop"]
NO_DECIMALS = ("", "+1", "01", ".5", "1.", "１", "0x1", "NaN", " 1", "1_0", "1e3", "9" * 39)
#: Component -> a body of it that is whole.
BODIES: dict[str, Schema] = {
    "EmailChange": {"email": "a@example.com", "password": PASSWORD},
    "TokenOfLink": {"token": "x"},
    "KeyRequest": {"label": "bot", "scopes": ["read"], "password": PASSWORD},
    "NewPasskey": {"name": "x", "credential": {}},
    "PasskeyName": {"name": "x"},
    "TotpCode": {"code": "123456"},
    "PasswordChange": {"password": PASSWORD, "new_password": "another long pass phrase"},
    "EmailRequest": {"email": "a@example.com"},
    "NewPassword": {"token": "x", "password": "another long pass phrase"},
    "SignUpRequest": {"username": "dora", "email": "d@example.com", "password": PASSWORD},
    "StepUpRequest": {"password": PASSWORD},
    "TermsRequest": {"version": 1},
    "Credentials": {"username": "alice", "password": PASSWORD},
    "RefreshRequest": {"refresh": "x"},
    "RevokeRequest": {"refresh": "x"},
    "AccountRequest": {"name": "bot"},
    "AccountChange": {"status": "active"},
    "AddressRequest": {"asset": "KRW", "address": "Some Bank 1", "label": "bank"},
    "KeyOfLetter": {"key": "x"},
    "AddressLockRequest": {"book_only": True},
    "DemoDepositRequest": {"asset": "KRW", "amount": "1"},
    "OrderRequest": LIMIT_ORDER,
    "OrderName": {"order_id": "1"},
    "CancelReplaceRequest": {"order_id": "1", "order": LIMIT_ORDER},
    "OtoRequest": {"working": LIMIT_ORDER, "pending": STOP},
    "OtocoRequest": {"working": LIMIT_ORDER, "first": LIMIT_ORDER, "second": STOP},
    "ReduceRequest": {"order_id": "1", "quantity": "1"},
    "ReplaceRequest": {"order_id": "1", "price": "90000000", "quantity": "1"},
    "OrderBatchRequest": {"orders": [LIMIT_ORDER]},
    "BracketRequest": {"entry": LIMIT_ORDER, "take_profit_price": "99000000", "stop_price": "90000000"},
    "CancelAfterRequest": {"after_ms": 0},
    "CancelAllRequest": {"symbol": "BTC-KRW"},
    "OcoRequest": {"first": LIMIT_ORDER, "second": STOP},
    "QuotesRequest": {"quotes": [QUOTE]},
    "QuoteProtectionRequest": {"window_ms": 1000, "max_fills": 1},
    "ReferralRequest": {"code": "ABCDEFGH"},
    "TransferRequest": {"from": "main", "to": "bot", "asset": "KRW", "amount": "1"},
    "WithdrawalRequest": {"asset": "KRW", "amount": "1", "address": "Some Bank 1"},
}
#: What one field needs beside it to be looked at.
BESIDE: dict[tuple[str, str], Schema] = {
    ("KeyRequest", "public_key"): {"kind": "ed25519"},
    ("KeyRequest", "otp"): {},
    ("OrderRequest", "expire_at"): {"time_in_force": "gtd"},
    ("OrderRequest", "post_only_mode"): {"post_only": True},
    ("OrderRequest", "time_in_force"): {"post_only": False},
    ("OrderRequest", "trigger_source"): {**STOP, "price": None},
    ("OrderRequest", "trigger_if_met"): {**STOP, "price": None},
    ("OrderRequest", "peg"): {"order_type": "pegged"},
}
#: Bounds that are not of the field alone; each has tests of its own.
NOT_ALONE = {
    ("KeyRequest", "scopes", "maxItems"): "as many as there are; a repeated one is refused as such",
    ("KeyRequest", "public_key", "maxLength"): "one of the longest length is no key",
    ("KeyRequest", "expires_at", "minimum"): "in the future",
    ("KeyRequest", "order_rate", "maximum"): "no more than the account may",
    ("ReferralRequest", "code", "maxLength"): "one of that length is nobody's",
    ("AccountChange", "name", "maxLength"): "the main account keeps its name",
    ("AccountChange", "status", "enum"): "freezing waits for the dispatcher",
    ("CancelAfterRequest", "after_ms", "minimum"): "0 takes it back; from 1 to 999 is refused",
    ("QuoteProtectionRequest", "window_ms", "minimum"): "0 takes it back, and has nothing beside it",
}


class Probe(NamedTuple):
    """A request with one value at or beyond a bound."""

    method: str
    path: str
    #: Name of the field or parameter, and where it is.
    field: str
    where: str
    body: Any
    bound: str
    is_beyond: bool


def generated() -> Schema:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert schema is not None
    return schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return generated()


def plain(kind: Schema) -> Schema:
    """The kind of a field, but for null and for numbers of JSON beside decimals as text."""
    for each in (*kind.get("oneOf", ()), *kind.get("allOf", ())):
        return plain(each)
    types = kind.get("type")
    return (
        {**kind, "type": next(each for each in types if each != "null")} if isinstance(types, list) else kind
    )


def longest(field: str, length: int) -> str:
    """A text of the length that is good in the field."""
    if field != "email":
        return "x" * length
    domain = ".".join(["x" * 60] * 3) + ".com"
    return f"{'x' * (length - len(domain) - 1)}@{domain}"


def values(field: str, kind: Schema, sample: Any) -> Iterator[tuple[str, Any, bool]]:
    """(bound, value, whether it is beyond) for each bound of a field."""
    kind = plain(kind)
    if "enum" in kind:
        yield "enum", "zzz", True
        yield from (("enum", choice, False) for choice in kind["enum"][:2] if choice is not None)
    elif kind.get("type") == "string":
        if "pattern" in kind and kind.get("format") != "decimal":
            yield from (("pattern", wrong, True) for wrong in ("", "a b", "ㄱ"))
        if "maxLength" in kind and "pattern" not in kind:
            yield "maxLength", "x" * (kind["maxLength"] + 1), True
            yield "maxLength", longest(field, kind["maxLength"]), False
        if kind.get("minLength"):
            yield "minLength", "", True
        if kind.get("format") == "decimal":
            # One type reads them all: one field stands for the others.
            wrongs = NO_DECIMALS if field == "price" else NO_DECIMALS[-2:]
            yield from (("decimal", wrong, True) for wrong in wrongs)
            yield "decimal", "9" * 38, False
    elif kind.get("type") == "integer":
        yield "minimum", kind["minimum"] - 1, True
        yield "maximum", kind["maximum"] + 1, True
        yield "minimum", kind["minimum"], False
        yield "maximum", kind["maximum"], False
        yield "type", True, True
        yield "type", 1.5, True
    elif kind.get("type") == "array" and isinstance(sample, list):
        yield "maxItems", sample * (kind["maxItems"] + 1), True
        yield "maxItems", sample * kind["maxItems"], False
        if kind.get("minItems"):
            yield "minItems", [], True


def requests(schema: Schema) -> Iterator[tuple[str, str, str | None]]:
    """(method, path, component of the body)."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref")
            yield method, path, None if reference is None else reference.rpartition("/")[2]


def probes(schema: Schema) -> Iterator[Probe]:
    shapes = schema["components"]["schemas"]
    done = set()
    for method, path, component in requests(schema):
        address = path.format(
            symbol="BTC-KRW", interval="1m", order_id="1", withdrawal_id="1", address_id="1", account="main",
            key_id="0" * 32, session_id="0" * 32, passkey_id="1",
        )  # fmt: skip
        if component is not None and component not in done:
            done.add(component)
            for field, kind in shapes[component]["properties"].items():
                body = {**BODIES[component], **BESIDE.get((component, field), {})}
                sample = body.get(field, ["192.0.2.1"])
                for bound, value, is_beyond in values(field, kind, sample):
                    if (component, field, bound) not in NOT_ALONE:
                        yield Probe(
                            method, address, field, component, {**body, field: value}, bound, is_beyond
                        )
        for parameter in schema["paths"][path][method].get("parameters", ()):
            if parameter["in"] != "query":
                continue
            others = {"year": "2026", "asset": "KRW"} if "tax" in path or path.endswith("/address") else {}
            known = {each["name"] for each in schema["paths"][path][method]["parameters"]}
            others = {name: value for name, value in others.items() if name in known}
            for bound, value, is_beyond in values(parameter["name"], parameter["schema"], None):
                if bound != "type":
                    query = {**others, parameter["name"]: str(value)}
                    yield Probe(method, address, parameter["name"], path, query, bound, is_beyond)


@pytest.fixture
def anybody(live_engine: LiveEngine, settings: Any) -> Person:
    """One who may do everything that a body asks for."""
    rates = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "1000000/s")
    settings.XTRADER = {**settings.XTRADER, "DEMO": True, "RATE_LIMITS": rates, "REGISTRATION": "open"}
    return make_person("alice", "market maker", 1001)


def tried(person: Person, probe: Probe) -> Any:
    """The answer; what the request changed in the database is taken back, a new password too."""
    verified_tokens.forget()
    with transaction.atomic():
        reply = send(person, probe)
        if reply.streaming:
            list(reply.streaming_content)
        reply.close()
        transaction.set_rollback(True)
    return reply


def send(person: Person, probe: Probe) -> Any:
    if probe.where.startswith("/"):
        return getattr(person.api, probe.method)(f"{probe.path}?{_query(probe.body)}")
    body = json.dumps(probe.body)
    return getattr(person.api, probe.method)(probe.path, body, content_type="application/json")


def _query(given: dict[str, str]) -> str:
    return urlencode(given)


def test_every_body_is_tried(schema: Schema) -> None:
    assert {component for _, _, component in requests(schema) if component} == set(BODIES)


def test_every_bound_is_that_of_the_code(
    schema: Schema, anybody: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_engine.open_account(1001, {"KRW": 1_000_000_000, "BTC": 10})
    live_engine.project()
    # Of an account that is opened: there is no dispatcher to wait for.
    monkeypatch.setattr(sub_accounts, "WAIT_S", 0.0)
    wrong = []
    # Reads come first: afterwards the tables lag behind the engine, and each would wait for them.
    all_probes = sorted(probes(schema), key=lambda probe: probe.method != "get")
    for probe in all_probes:
        reply = tried(anybody, probe)
        text = reply.content if not reply.streaming else b"{}"
        found = json.loads(text) if reply["Content-Type"].startswith("application/json") else {}
        code, details = found.get("error"), found.get("details", {})
        row = (
            probe.where,
            probe.field,
            probe.bound,
            str(probe.body.get(probe.field))[:50],
            reply.status_code,
            code,
            details,
        )
        if reply.status_code >= 500 or (code in NOT_ASKED and probe.field != "refresh"):
            wrong.append(("broken", *row))
        elif probe.is_beyond:
            # Of a batch each order has its own answer.
            inside = [each for each in found.get("results", found.get("quotes", ())) if "error" in each]
            if not (code in ERRORS or inside):
                wrong.append(("let in", *row))
        elif code in SHAPE and details.get("field") == probe.field:
            wrong.append(("kept out", *row))
    assert len(all_probes) > 500
    assert wrong == [], "\n".join(map(str, wrong))


def test_nothing_is_without_bounds(schema: Schema) -> None:
    shapes = schema["components"]["schemas"]
    kinds = [
        (f"{component}.{field}", kind)
        for _, _, component in requests(schema)
        if component
        for field, kind in shapes[component]["properties"].items()
    ] + [
        (f"{method} {path} {parameter['name']}", parameter["schema"])
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        for parameter in operation.get("parameters", ())
    ]
    assert [name for name, kind in kinds if not _is_bounded(kind)] == []


def _is_bounded(kind: Schema) -> bool:
    kind = plain(kind)
    match kind.get("type"):
        case "string":
            return bool({"enum", "pattern", "maxLength"} & kind.keys())
        case "integer":
            return {"minimum", "maximum"} <= kind.keys()
        case "array":
            return "maxItems" in kind and ("$ref" in kind["items"] or _is_bounded(kind["items"]))
    return True
