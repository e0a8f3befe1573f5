"""Every refusal of a change request names what to change, and errors bring the details they document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from exchange.control.dispatcher import Dispatcher
from exchange.control.kinds import FIELDS
from exchange.control.request_refusals import details_of
from exchange.errors.table import ERRORS
from exchange.models import ChangeRequest, Symbol
from tests.conftest import LiveEngine, Person
from tests.plugins.codes_reached import documented
from web.console import labels

pytestmark = pytest.mark.django_db

Kind = ChangeRequest.Kind


def rules(**changes: Any) -> dict[str, Any]:
    """The terms of BTC-KRW as a change request has them, but for ``changes``."""
    symbol = Symbol.objects.get(code="BTC-KRW")
    named = {name: getattr(symbol, name, None) for name in FIELDS[Kind.SET_SYMBOL]}
    fixed = {"symbol": symbol.code, "base": symbol.base_id, "quote": symbol.quote_id, "protection": None}
    return {**named, **fixed, **changes}


CASES: Final[dict[str, tuple[str, Callable[[], dict[str, Any]], dict[str, Any]]]] = {
    "INVALID_SYMBOL": (
        Kind.SET_SYMBOL,
        lambda: rules(symbol="NEW", min_quantity_lots=10, max_quantity_lots=5),
        {"field": "max_quantity_lots"},
    ),
    "SCALE_FIXED": (Kind.SET_SYMBOL, lambda: rules(price_scale=1), {"field": "price_scale"}),
    "ASSET_NOT_FOUND": (
        Kind.SET_SYMBOL,
        lambda: rules(symbol="NEW", quote="XYZ"),
        {"field": "quote", "asset": "XYZ"},
    ),
    "SYMBOL_NOT_FOUND": (
        Kind.SET_SYMBOL_STATUS,
        lambda: {"symbol": "NONE", "status": 0, "reason": ""},
        {"field": "symbol", "symbol": "NONE"},
    ),
    "ACCOUNT_NOT_FOUND": (
        Kind.DEPOSIT,
        lambda: {"account": 9_999, "asset": "KRW", "amount_minor": 1},
        {"field": "account", "account": 9_999},
    ),
    "INVALID_FEES": (
        Kind.SET_FEES,
        lambda: {"symbol": "BTC-KRW", "account": 1001, "maker_ppm": -5, "taker_ppm": 1},
        {"field": "maker_ppm", "maker_ppm": -5},
    ),
    "INVALID_FEE_PLAN": (
        Kind.SET_FEE_PLAN,
        lambda: {"plan": 7, "rates": [["BTC-KRW", 0, 0], ["BTC-KRW", 1, 1]]},
        {"field": "plan", "plan": 7},
    ),
    "INVALID_AMOUNT": (
        Kind.DEPOSIT,
        lambda: {"account": 1001, "asset": "KRW", "amount_minor": 10**38 - 1},
        {"asset": "KRW", "amount_minor": 10**38 - 1},
    ),
    "INSUFFICIENT_BALANCE": (
        Kind.WITHDRAW,
        lambda: {"account": 1001, "asset": "BTC", "amount_minor": 10**20},
        {"asset": "BTC"},
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_a_refused_request_names_what_to_change(code: str, live_engine: LiveEngine, alice: Person) -> None:
    live_engine.project()
    kind, payload, expected = CASES[code]
    request = ChangeRequest.objects.create(kind=kind, payload=payload())
    Dispatcher(live_engine.client).run_until_empty()
    request.refresh_from_db()
    assert (request.state, request.refusal_code) == (ChangeRequest.State.REFUSED, code)
    found = details_of(request)
    assert expected.items() <= found.items()
    text = labels.refusal(request)
    assert all(str(value) in text for name, value in expected.items() if not name.endswith("_minor")), text


def order(**fields: Any) -> Callable[[Person], Any]:
    return lambda alice: alice.place(**fields)


def post(path: str, body: Any) -> Callable[[Person], Any]:
    return lambda alice: alice.post(path, body)


#: Code -> a request of a trader that meets it.
MET: Final[dict[str, Callable[[Person], Any]]] = {
    "MISSING_FIELD": order(side=None),
    "UNKNOWN_FIELD": order(colour="red"),
    "BATCH_TOO_LARGE": post("/v1/orders", {"orders": [{}] * 101}),
    "SYMBOL_NOT_FOUND": order(symbol="NONE"),
    "PRICE_OUT_OF_BOUNDS": order(price="1"),
    "PRICE_OFF_TICK": order(price="100000001"),
    "QUANTITY_OUT_OF_BOUNDS": order(quantity="1000000"),
    "QUANTITY_OFF_LOT": order(symbol="AAPL", price="224.10", quantity="1.5"),
    "BELOW_MIN_NOTIONAL": order(price="1000000", quantity="0.0001"),
    "DISPLAY_TOO_SMALL": order(quantity="5", display_quantity="0.0001"),
    "INSUFFICIENT_BALANCE": order(quantity="900"),
}


@pytest.mark.parametrize("code", MET)
def test_an_error_brings_the_details_it_documents(code: str, alice: Person) -> None:
    reply = MET[code](alice)
    found = reply.json()
    found = found if "error" in found else found["orders"][0]
    assert (reply.status_code, found["error"]) == (ERRORS[code].status, code), found
    assert documented(code) <= set(found["details"]), found
    assert all(found["details"][name] not in (None, "") for name in documented(code))
