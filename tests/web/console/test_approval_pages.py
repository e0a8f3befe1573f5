"""Money above a bound takes two: oscar asks, olga decides. Only what she approves reaches the engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.identity import roles
from accounts.models import User
from exchange.control import approvals
from exchange.control.account_requests import open_account
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import request_change
from exchange.errors import ApiError
from exchange.models import Account, ChangeRequest, FeeOverride, Symbol
from tests.conftest import LiveEngine, Person, make_person
from tests.web.console.conftest import Dispatch, Staff, approvals_of
from tests.web.console.test_pages import text_of

pytestmark = pytest.mark.django_db

Kind = ChangeRequest.Kind
State = ChangeRequest.State
HOME = "/admin/"


class Two:
    """Two operators with browsers, and a trader's account."""

    def __init__(self, account: int) -> None:
        self.account = account
        self.oscar = make_person("oscar two", roles.OPERATOR).user
        self.olga = make_person("olga", roles.OPERATOR).user
        self.browsers = {user.pk: Client() for user in (self.oscar, self.olga)}
        for user in (self.oscar, self.olga):
            self.browsers[user.pk].force_login(user)

    def ask(self, page: str = "deposit", **fields: str) -> ChangeRequest:
        """Oscar's form, on its page."""
        form = {"asset": "KRW", "amount": "50000000", "why": "wire 4711", **fields}
        path = f"/admin/exchange/account/{self.account}/{page}/"
        assert self.browsers[self.oscar.pk].post(path, form).status_code == 302
        return ChangeRequest.objects.latest("id")

    def decide(self, request: ChangeRequest, page: str, by: User | None = None, reason: str = "seen") -> Any:
        browser = self.browsers[(by or self.olga).pk]
        path = f"/admin/exchange/changerequest/{request.pk}/{page}/"
        return browser.post(path, {"reason": reason})

    def home(self, language: str = "en", by: User | None = None) -> str:
        browser = self.browsers[(by or self.olga).pk]
        return text_of(browser.get(HOME, headers={"accept-language": language}))


@pytest.fixture
def two(alice: Person, live_engine: LiveEngine, settings: Any) -> Two:
    live_engine.project()
    approvals_of(settings)
    return Two(alice.account)


def available(live_engine: LiveEngine, account: int, asset: str = "KRW") -> int:
    return {row[0]: row[1] for row in live_engine.client.query("balances", account).value}[asset]


def test_a_large_deposit_waits_is_approved_and_arrives_once(
    two: Two, dispatch: Dispatch, live_engine: LiveEngine
) -> None:
    before = available(live_engine, two.account)
    request = two.ask()
    assert (request.state, request.reason) == (State.WAITING, "wire 4711")
    assert dispatch() == 0
    assert available(live_engine, two.account) == before
    assert "Waiting for approval: 1" in two.home()
    assert "wire 4711" in two.home()
    assert "승인 대기 1건" in two.home("ko")
    page = two.browsers[two.olga.pk].get(f"/admin/exchange/changerequest/{request.pk}/approve/")
    assert "wire 4711" in text_of(page)
    assert "oscar two" in text_of(page)
    assert two.decide(request, "approve").status_code == 302
    assert dispatch() == 1
    assert dispatch() == 0
    gained = available(live_engine, two.account) - before
    request.refresh_from_db()
    assert gained == request.payload["amount_minor"]
    assert (request.state, request.decided_by, request.decision_reason) == (State.APPLIED, two.olga, "seen")
    assert "Waiting for approval" not in two.home()
    shown = two.browsers[two.oscar.pk].get(f"/admin/exchange/changerequest/{request.pk}/change/")
    assert "Approved by olga: seen" in text_of(shown)


def test_what_is_declined_never_reaches_the_engine(
    two: Two, dispatch: Dispatch, live_engine: LiveEngine
) -> None:
    sequence = live_engine.sequence
    request = two.ask("withdraw", amount="1")
    assert two.decide(request, "decline", reason="no such wire").status_code == 302
    assert dispatch() == 0
    assert live_engine.sequence == sequence
    request.refresh_from_db()
    assert (request.state, request.decision_reason) == (State.DECLINED, "no such wire")
    page = two.browsers[two.oscar.pk].get(
        f"/admin/exchange/changerequest/{request.pk}/change/", headers={"accept-language": "ko"}
    )
    assert "olga 거절: no such wire" in text_of(page)


def test_the_requester_does_not_decide(two: Two, dispatch: Dispatch) -> None:
    request = two.ask()
    page = two.browsers[two.oscar.pk].get(f"/admin/exchange/changerequest/{request.pk}/change/")
    assert f"/{request.pk}/approve/" not in page.content.decode()
    for decision in ("approve", "decline"):
        response = two.decide(request, decision, by=two.oscar)
        assert response.status_code == 403
    with pytest.raises(ApiError, match="OWN_REQUEST"):
        approvals.approve(request, two.oscar, "mine")
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeRequest.objects.filter(pk=request.pk).update(decided_by=two.oscar, state=State.PENDING)
    assert dispatch() == 0


def test_the_owner_of_the_account_does_not_decide(two: Two, dispatch: Dispatch) -> None:
    Account.objects.filter(number=two.account).update(group=7)
    own = open_account(two.olga)
    dispatch()
    Account.objects.filter(pk=own.pk).update(group=7)
    request = two.ask()
    assert two.decide(request, "approve").status_code == 403
    with pytest.raises(ApiError, match="OWN_ACCOUNT"):
        approvals.approve(request, two.olga, "fine by me")
    request.refresh_from_db()
    assert request.state == State.WAITING


@pytest.mark.parametrize("role", ["auditor", "trader", "nobody"])
def test_only_operators_decide(two: Two, staff: Staff, role: str) -> None:
    request = two.ask()
    response = staff[role].post(f"/admin/exchange/changerequest/{request.pk}/approve/", {"reason": "x"})
    assert response.status_code in (302, 403)
    request.refresh_from_db()
    assert request.state == State.WAITING


def test_a_decision_needs_a_reason(two: Two) -> None:
    request = two.ask()
    response = two.decide(request, "approve", reason="  ")
    assert response.status_code == 200
    assert response.context["form"].errors["reason"]
    request.refresh_from_db()
    assert request.state == State.WAITING


def test_the_first_decision_counts(two: Two, dispatch: Dispatch) -> None:
    request = two.ask()
    as_seen_by_another = ChangeRequest.objects.get(pk=request.pk)
    third = make_person("third", roles.OPERATOR).user
    approvals.decline(request, two.olga, "no")
    with pytest.raises(ApiError, match="REQUEST_NOT_WAITING"):
        approvals.approve(as_seen_by_another, third, "yes")
    assert dispatch() == 0
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (State.DECLINED, two.olga)


def test_a_request_expires(two: Two, dispatch: Dispatch, live_engine: LiveEngine) -> None:
    request = two.ask()
    ChangeRequest.objects.filter(pk=request.pk).update(
        created_at=timezone.now() - timedelta(hours=24, seconds=1)
    )
    request.refresh_from_db()
    # Before the dispatcher has said so, too.
    with pytest.raises(ApiError, match="REQUEST_NOT_WAITING"):
        approvals.approve(request, two.olga, "late")
    Dispatcher(live_engine.client)._expire()
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (State.EXPIRED, None)
    assert dispatch() == 0
    shown = two.browsers[two.olga.pk].get(f"/admin/exchange/changerequest/{request.pk}/change/")
    assert "Expired" in text_of(shown)


def test_many_small_ones_are_one_large(two: Two, settings: Any) -> None:
    """Deposits and withdrawals alone up to 100 KRW a day; assets apart; what was refused does not count."""
    approvals_of(settings, "KRW=100,*=0")
    assert two.ask(amount="60").state == State.PENDING
    refused = two.ask("withdraw", amount="40")
    assert refused.state == State.PENDING
    assert two.ask(amount="0.01").state == State.WAITING
    assert two.ask(asset="BTC", amount="0.00000001").state == State.WAITING
    ChangeRequest.objects.filter(pk=refused.pk).update(state=State.REFUSED, refusal_code="X")
    assert two.ask(amount="40").state == State.PENDING
    ChangeRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert two.ask(amount="100").state == State.PENDING
    assert two.ask(amount="100.01").state == State.WAITING
    other = request_change(
        Kind.DEPOSIT, {"account": two.account, "asset": "KRW", "amount_minor": 1}, two.olga
    )
    assert other.state == State.PENDING


def test_fees_beyond_the_bound_wait(two: Two, settings: Any, dispatch: Dispatch) -> None:
    approvals_of(settings, fees="0.01")
    present = Symbol.objects.get(code="BTC-KRW")
    rates = {"symbol": "BTC-KRW", "account": two.account, "taker_ppm": present.taker_ppm}
    near = request_change(Kind.SET_FEES, {**rates, "maker_ppm": present.maker_ppm - 100}, two.oscar)
    far = request_change(Kind.SET_FEES, {**rates, "maker_ppm": present.maker_ppm - 101}, two.oscar)
    assert (near.state, far.state) == (State.PENDING, State.WAITING)
    dispatch()
    with pytest.raises(ApiError, match="REQUEST_OUTDATED"):
        approvals.approve(far, two.olga, "would undo the other")
    anew = request_change(Kind.SET_FEES, {**rates, "maker_ppm": present.maker_ppm - 101}, two.oscar)
    ChangeRequest.objects.filter(pk=near.pk).update(applied_at=anew.created_at - timedelta(seconds=1))
    approvals.approve(anew, two.olga, "agreed")
    dispatch()
    assert FeeOverride.objects.get(account=two.account).maker_ppm == present.maker_ppm - 101


def test_a_symbols_rates_wait_and_its_other_terms_do_not(two: Two) -> None:
    from tests.web.console.test_operating import RULES
    from web.console.forms import terms_initial

    path = "/admin/exchange/symbol/BTC-KRW/rules/"
    initial = {name: str(value) for name, value in terms_initial(Symbol.objects.get(code="BTC-KRW")).items()}
    browser = two.browsers[two.oscar.pk]
    assert RULES.keys() <= initial.keys()
    assert browser.post(path, {**initial, "max_open_orders": "77"}).status_code == 302
    assert ChangeRequest.objects.latest("id").state == State.PENDING
    assert browser.post(path, {**initial, "maker_rate": "0"}).status_code == 302
    assert ChangeRequest.objects.latest("id").state == State.WAITING


@pytest.mark.parametrize("kind", [Kind.SET_SYMBOL_STATUS, Kind.SET_ACCOUNT])
def test_a_halt_and_a_freeze_never_wait(two: Two, kind: str) -> None:
    payloads: dict[str, dict[str, Any]] = {
        Kind.SET_SYMBOL_STATUS: {"symbol": "BTC-KRW", "status": 1, "reason": ""},
        Kind.SET_ACCOUNT: {"account": two.account, "status": 1},
    }
    assert request_change(kind, payloads[kind], two.oscar).state == State.PENDING


def test_the_system_and_play_money_do_not_wait(two: Two, alice: Person) -> None:
    deposit = {"account": two.account, "asset": "KRW", "amount_minor": 10**12}
    assert request_change(Kind.DEPOSIT, deposit).state == State.PENDING
    assert request_change(Kind.DEPOSIT, deposit, alice.user, may_be_own=True).state == State.PENDING


def test_the_banner_of_a_waiting_request_does_not_ask_on(two: Two) -> None:
    request = two.ask()
    page = two.browsers[two.oscar.pk].get(
        f"/admin/exchange/account/{two.account}/change/?request={request.pk}"
    )
    assert "another operator to approve it" in text_of(page)
    assert "hx-get" not in page.content.decode().split('id="followed-request"')[1].split("</div>")[0]
