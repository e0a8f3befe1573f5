"""What operators meet on their pages: every refusal of a change, by the form, the service or the engine."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.identity import roles
from exchange.control.services import request_change
from exchange.engine import messages as m
from exchange.errors import message_of
from exchange.models import ChangeRequest, Symbol
from tests.conftest import LiveEngine, Person, make_person
from tests.exchange.control.test_request_refusals import rules
from tests.web.console.conftest import Dispatch, Staff, approvals_of
from tests.web.console.test_pages import text_of

pytestmark = pytest.mark.django_db

Kind = ChangeRequest.Kind
#: Code -> (kind, payload) that the engine refuses with it. Forms refuse most of them before: these rows stand
#: for one that was made by other means, or for what has changed on the way.
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "INVALID_FEES": (Kind.SET_FEES, {"symbol": "BTC-KRW", "account": 1001, "maker_ppm": -5, "taker_ppm": 1}),
    "INVALID_FEE_PLAN": (Kind.SET_FEE_PLAN, {"plan": 7, "rates": [["BTC-KRW", 0, 0], ["BTC-KRW", 1, 1]]}),
    "HALT_ENDS_BY_AUCTION": (
        Kind.SET_SYMBOL_STATUS,
        {"symbol": "BTC-KRW", "status": m.TRADING, "reason": ""},
    ),
}


def shown(staff: Staff, request: ChangeRequest) -> str:
    return unescape(text_of(staff["operator"].get(f"/admin/exchange/changerequest/{request.pk}/change/")))


def test_what_the_engine_refuses_is_said_on_the_page(
    staff: Staff, dispatch: Dispatch, live_engine: LiveEngine, alice: Person
) -> None:
    live_engine.project()
    live_engine.set_status("BTC-KRW", m.HALTED)
    cases = {
        **REFUSED,
        "INVALID_SYMBOL": (Kind.SET_SYMBOL, rules(symbol="NEW", min_quantity_lots=10, max_quantity_lots=5)),
        "SCALE_FIXED": (Kind.SET_SYMBOL, rules(price_scale=1)),
    }
    asked = {
        code: ChangeRequest.objects.create(kind=kind, payload=payload)
        for code, (kind, payload) in cases.items()
    }
    dispatch()
    for code, request in asked.items():
        request.refresh_from_db()
        assert (request.state, request.refusal_code) == (ChangeRequest.State.REFUSED, code)
        assert message_of(code) in shown(staff, request)


def browser(name: str) -> Client:
    found = Client()
    found.force_login(make_person(name, roles.OPERATOR).user)
    return found


def test_what_was_changed_meanwhile_is_not_approved(
    alice: Person, live_engine: LiveEngine, settings: Any, dispatch: Dispatch
) -> None:
    live_engine.project()
    approvals_of(settings, fees="0.01")
    olga, asker = browser("olga"), make_person("oscar two", roles.OPERATOR).user
    present = Symbol.objects.get(code="BTC-KRW")
    rates = {"symbol": "BTC-KRW", "account": alice.account, "taker_ppm": present.taker_ppm}
    near = request_change(Kind.SET_FEES, {**rates, "maker_ppm": present.maker_ppm - 100}, asker)
    far = request_change(Kind.SET_FEES, {**rates, "maker_ppm": present.maker_ppm - 101}, asker)
    assert (near.state, far.state) == (ChangeRequest.State.PENDING, ChangeRequest.State.WAITING)
    dispatch()
    reply = olga.post(f"/admin/exchange/changerequest/{far.pk}/approve/", {"reason": "seen"})
    assert message_of("REQUEST_OUTDATED") in text_of(reply)
