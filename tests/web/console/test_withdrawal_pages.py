"""The operators' pages of withdrawals: the lists they work through, their decisions, the terms of assets and
the levels of customers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.identity import roles
from custody import levels
from custody.models import AssetTerms, Withdrawal
from custody.states import WithdrawalEnd, WithdrawalState
from exchange.models import AuditRecord
from tests.conftest import Person, make_person
from tests.custody.cast import Desk, ask, custody_settings, open_desk
from tests.web.console.conftest import Staff
from tests.web.console.test_pages import text_of
from web.console.withdrawals import _ENDS, state_said

pytestmark = pytest.mark.django_db
State = WithdrawalState
LIST = "/admin/custody/withdrawal/"


@pytest.fixture
def desk(live_engine: Any, settings: Any) -> Desk:
    custody_settings(settings, MAIL="never", LEVEL=2)
    live_engine.project()
    return open_desk(live_engine)


@pytest.fixture
def browsers(desk: Desk) -> dict[str, Client]:
    """Olga and Otto, operators."""
    found = {}
    for name in ("olga", "otto"):
        found[name] = Client()
        found[name].force_login(make_person(name, roles.OPERATOR).user)
    return found


def page(row: Withdrawal, action: str = "change") -> str:
    return f"{LIST}{row.pk}/{action}/"


def decide(browser: Client, row: Withdrawal, action: str, **fields: str) -> Any:
    reply = browser.post(page(row, action), {"reason": "seen", **fields})
    row.refresh_from_db()
    return reply


def test_through_four_eyes_to_the_payment(desk: Desk, alice: Person, browsers: dict[str, Client]) -> None:
    row = desk.row(ask(alice, "20000000"))
    olga, otto = browsers["olga"], browsers["otto"]
    assert "20,000,000 KRW" in text_of(olga.get(LIST, {"list": "review"}))
    shown = text_of(olga.get(page(row)))
    assert "0 of 2 approvals" in shown and "20,001,000 KRW" in shown, "it says what it is worth"
    asked = text_of(olga.get(page(row, "approve")))
    assert "Some Bank 123-456-7890" in asked and "alice" in asked
    assert decide(olga, row, "approve").status_code == 302
    refused = decide(olga, row, "approve")
    assert refused.status_code == 200 and "approved this withdrawal already" in text_of(refused)
    assert "1 of 2 approvals" in text_of(otto.get(page(row)))
    assert decide(otto, row, "approve").status_code == 302
    assert row.state == State.APPROVED
    desk.run()
    assert "Some Bank" in text_of(otto.get(LIST, {"list": "to-pay"}))
    assert "Some Bank" not in text_of(otto.get(LIST, {"list": "review"}))
    assert decide(otto, row, "paid").status_code == 200, "a transaction is named"
    assert decide(otto, row, "paid", transaction="KB-77").status_code == 302
    desk.run()
    row.refresh_from_db()
    assert (row.state, row.transaction) == (State.PAID, "KB-77")
    shown = text_of(olga.get(page(row)))
    assert "KB-77" in shown and "olga" in shown and "otto" in shown


def test_what_is_offered_is_what_can_be_done(desk: Desk, alice: Person, browsers: dict[str, Client]) -> None:
    def offered(row: Withdrawal) -> set[str]:
        content = browsers["olga"].get(page(row)).content.decode()
        return {each for each in ("approve", "decline", "paid", "failed") if page(row, each) in content}

    large, small = desk.row(ask(alice, "20000000")), desk.row(ask(alice))
    assert offered(large) == {"approve", "decline"}
    assert offered(small) == {"decline"}
    desk.run()
    assert offered(small) == {"paid", "failed"}
    decide(browsers["olga"], small, "failed", reason="no such account")
    desk.run()
    assert offered(small) == set()
    ended = browsers["olga"].get(page(small), headers={"accept-language": "ko"})
    assert "종료: 미지급 (no such account)" in text_of(ended)
    assert "ended: not paid by the provider (no such account)" in text_of(browsers["olga"].get(page(small)))
    late = decide(browsers["olga"], small, "paid", transaction="x")
    assert late.status_code == 200 and "moved on" in text_of(late)


def test_an_unclear_one_says_what_it_waits_for(
    desk: Desk, alice: Person, browsers: dict[str, Client]
) -> None:
    row = desk.row(ask(alice))
    desk.run()
    Withdrawal.objects.update(state=State.UNCLEAR, trouble="no answer in time")
    row.refresh_from_db()
    assert "no answer in time" in text_of(browsers["olga"].get(LIST, {"list": "unclear"}))
    assert decide(browsers["olga"], row, "paid", transaction="KB-1").status_code == 302
    assert row.state == State.UNCLEAR
    assert "1 so far" in text_of(browsers["otto"].get(page(row)))
    assert decide(browsers["otto"], row, "paid", transaction="KB-1").status_code == 302
    assert row.state == State.SETTLING


def test_an_operator_sees_no_way_to_their_own(desk: Desk, alice: Person, browsers: dict[str, Client]) -> None:
    row = desk.row(ask(alice, "20000000"))
    alice.user.is_staff = True
    alice.user.save()
    alice.user.groups.add(make_person("another", roles.OPERATOR).user.groups.get())
    browser = Client()
    browser.force_login(alice.user)
    assert page(row, "approve") not in browser.get(page(row)).content.decode()
    for action in ("approve", "decline", "paid", "failed"):
        assert decide(browser, row, action, transaction="x").status_code == 403
    assert row.state == State.IN_REVIEW


@pytest.mark.parametrize("search, is_found", [("alice", True), ("bob", False), ("KB-9", True)])
def test_found_by_number_name_and_transaction(
    desk: Desk, alice: Person, browsers: dict[str, Client], search: str, is_found: bool
) -> None:
    row = desk.row(ask(alice))
    Withdrawal.objects.update(transaction="KB-9")
    olga = browsers["olga"]
    assert ("Some Bank" in text_of(olga.get(LIST, {"q": search}))) == is_found
    assert "Some Bank" in text_of(olga.get(LIST, {"q": str(row.pk)}))
    for chosen in ("open", "review", "to-pay", "unclear", "nonsense"):
        assert olga.get(LIST, {"list": chosen}).status_code == 200
    assert olga.get(LIST, {"of": "alice"}).status_code == 200


@pytest.mark.parametrize(
    "language, words", [("en", "Withdrawals that wait for people: 1"), ("ko", "처리 대기 출금 1건")]
)
def test_the_home_page_has_what_waits(
    desk: Desk, alice: Person, browsers: dict[str, Client], language: str, words: str
) -> None:
    headers = {"accept-language": language}
    assert words not in text_of(browsers["olga"].get("/admin/", headers=headers))
    desk.row(ask(alice, "20000000"))
    assert words in text_of(browsers["olga"].get("/admin/", headers=headers))
    for address in (LIST, page(Withdrawal.objects.get())):
        assert browsers["olga"].get(address, headers=headers).status_code == 200


def test_who_only_looks_is_offered_nothing(desk: Desk, alice: Person, staff: Staff) -> None:
    row = desk.row(ask(alice, "20000000"))
    for role in (roles.AUDITOR, roles.SUPPORT):
        reply = staff[role].get(page(row))
        assert reply.status_code == 200 and page(row, "decline") not in reply.content.decode()
        assert "wait for people" not in text_of(staff[role].get("/admin/"))


def test_every_state_and_end_has_a_word_in_both_languages() -> None:
    for language in ("en", "ko"):
        with translation.override(language):
            words = {state_said(state) for state in State}
        assert len(words) == len(State)
    assert set(_ENDS) == set(WithdrawalEnd)


# --- the terms of assets -----------------------------------------------------------------------------------

TERMS = "/admin/custody/assetterms/"
GOOD = {
    "provider": "manual",
    "takes_withdrawals": "on",
    "fee": "1,500",
    "minimum": "10000",
    "address_pattern": "[0-9]+",
    "why": "the bank asks for more",
}


def test_terms_are_changed_and_recorded(desk: Desk, staff: Staff) -> None:
    operator = staff[roles.OPERATOR]
    form = operator.get(f"{TERMS}KRW/change/").content.decode()
    assert 'value="1000"' in form and 'value="5000"' in form
    assert operator.post(f"{TERMS}KRW/change/", GOOD).status_code == 302
    terms = AssetTerms.objects.get(asset="KRW")
    assert (terms.fee_minor, terms.minimum_minor) == (1_500 * 10**8, 10_000 * 10**8)
    assert (terms.takes_withdrawals, terms.takes_deposits, terms.address_pattern) == (True, False, "[0-9]+")
    record = AuditRecord.objects.get(kind="withdrawal.terms_set")
    assert (record.target, record.reason) == ("KRW", "the bank asks for more")
    assert '"takes_deposits":false' in record.after and '"takes_deposits":true' in record.before
    assert "1,500 KRW" in text_of(operator.get(TERMS))


@pytest.mark.parametrize(
    "field, value",
    [
        ("fee", "-1"),
        ("fee", "0.000000001"),
        ("fee", "1e3"),
        ("minimum", "0"),
        ("minimum", "1" + "0" * 23),
        ("address_pattern", "(["),
        ("provider", "nobody"),
        ("why", ""),
    ],
)
def test_terms_that_make_no_sense_are_not_saved(desk: Desk, staff: Staff, field: str, value: str) -> None:
    before = AssetTerms.objects.values().get(asset="KRW")
    reply = staff[roles.OPERATOR].post(f"{TERMS}KRW/change/", {**GOOD, field: value})
    assert reply.status_code == 200
    assert AssetTerms.objects.values().get(asset="KRW") == before


def test_an_asset_gets_its_terms_once(desk: Desk, staff: Staff) -> None:
    AssetTerms.objects.filter(asset="BTC").delete()
    operator = staff[roles.OPERATOR]
    assert "BTC" in operator.get(f"{TERMS}add/").content.decode()
    new = {**GOOD, "fee": "0.0005", "minimum": "0.01"}
    assert operator.post(f"{TERMS}add/", {**new, "asset": "KRW"}).status_code == 200
    assert operator.post(f"{TERMS}add/", {**new, "asset": "BTC"}).status_code == 302
    assert AssetTerms.objects.get(asset="BTC").fee_minor == 50_000


def test_who_only_looks_sees_terms(desk: Desk, staff: Staff) -> None:
    for role in (roles.SUPPORT, roles.COMPLIANCE, roles.AUDITOR):
        reply = staff[role].get(f"{TERMS}KRW/change/")
        assert reply.status_code == 200 and "1,000 KRW" in text_of(reply)
        assert staff[role].post(f"{TERMS}KRW/change/", GOOD).status_code == 403


# --- levels ------------------------------------------------------------------------------------------------


def test_a_customer_gets_a_level(desk: Desk, alice: Person, staff: Staff) -> None:
    clara, path = staff[roles.COMPLIANCE], f"/admin/accounts/user/{alice.user.pk}/withdrawal-level/"
    assert "500,000,000 KRW" in text_of(clara.get(path))
    assert clara.post(path, {"level": "9", "reason": "x"}).status_code == 200
    assert clara.post(path, {"level": "3"}).status_code == 200, "a reason is given"
    assert clara.post(path, {"level": "3", "reason": "passport seen"}).status_code == 302
    assert levels.given_level(alice.user) == 3
    assert "selected>3: " in clara.get(path).content.decode().replace("\n", "")
    assert clara.post(path, {"level": "", "reason": "expired"}).status_code == 302
    assert levels.given_level(alice.user) is None
    for role in (roles.SUPPORT, roles.OPERATOR, roles.AUDITOR):
        assert staff[role].post(path, {"level": "3", "reason": "x"}).status_code == 403


def test_staff_have_no_level(desk: Desk, staff: Staff) -> None:
    other = make_person("the other", roles.OPERATOR).user
    path = f"/admin/accounts/user/{other.pk}/withdrawal-level/"
    assert staff[roles.ADMINISTRATOR].get(path).status_code == 403
