"""What actions of the operator pages bring about, by role. ``tests/web/access/test_doors.py`` tries who gets
to which page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.fee_models import FeeGrant
from accounts.identity import roles
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.issuing import keys_of
from accounts.models import User
from exchange.models import Account, AuditRecord, ChangeRequest
from tests.conftest import PASSWORD, LiveEngine, Person, make_person
from tests.web.console.conftest import Dispatch, Staff

pytestmark = pytest.mark.django_db

#: What the form of a user asks for besides.
PERSON = {"language": "", "time_zone": "Asia/Seoul", "display_currency": "KRW"}
ACTIONS: dict[str, dict[str, str]] = {
    "exchange/symbol/BTC-KRW/halt/": {"reason": "test"},
    "exchange/symbol/BTC-KRW/cancel-only/": {"reason": "test"},
    "exchange/symbol/BTC-KRW/resume/": {"reason": ""},
    "exchange/symbol/BTC-KRW/state/": {"status": "5", "reason": ""},
    "exchange/account/1001/group/": {"group": "7"},
    "exchange/account/1001/deposit/": {"asset": "BTC", "amount": "1.5"},
    "exchange/account/1001/withdraw/": {"asset": "BTC", "amount": "1.5"},
    "exchange/account/1001/freeze/": {},
    "exchange/account/1001/thaw/": {},
    "exchange/account/1001/fees/": {"symbol": "BTC-KRW", "maker_rate": "0", "taker_rate": "0.02"},
    "exchange/asset/new/": {"code": "SOL", "scale": "8"},
}
FORMS_ONLY = ["exchange/symbol/new/", "exchange/symbol/BTC-KRW/rules/"]

#: Freezing and thawing are compliance's too.
FREEZING = ("exchange/account/1001/freeze/", "exchange/account/1001/thaw/")
#: Who acts on markets and money.
RUNNERS = (roles.OPERATOR, roles.ADMINISTRATOR)
EVERYONE = ["nobody", *roles.ROLES]


@pytest.fixture(autouse=True)
def _own_keys(settings: Any, tmp_path: Path) -> None:
    secrets = {"KEYS_SECRET": "", "KEYS_SECRET_FILE": str(tmp_path / "keys_secret")}
    settings.XTRADER = {**settings.XTRADER, **secrets}


@pytest.fixture(autouse=True)
def _market(live_engine: LiveEngine, alice: Person) -> None:
    live_engine.project()


def may(response: Any) -> bool:
    """Served, or taken and sent on to a page that is not the log-in."""
    if response.status_code == 302:
        return "/login/" not in response["Location"]
    assert response.status_code in (200, 403), response.status_code
    return bool(response.status_code == 200)


@pytest.mark.parametrize("role", EVERYONE)
def test_who_does_what(staff: Staff, role: str) -> None:
    for path, data in ACTIONS.items():
        acts = role in RUNNERS or (role == roles.COMPLIANCE and path in FREEZING)
        FeeGrant.objects.all().delete()
        ChangeRequest.objects.all().delete()
        assert may(staff[role].get(f"/admin/{path}")) == acts, path
        assert not ChangeRequest.objects.exists(), f"a GET of {path} changed something"
        assert may(staff[role].post(f"/admin/{path}", data)) == acts, path
        assert ChangeRequest.objects.exists() == acts, path
    for path in FORMS_ONLY:
        assert may(staff[role].get(f"/admin/{path}")) == (role in RUNNERS), path


@pytest.mark.parametrize("role", EVERYONE)
def test_nobody_writes_a_live_row(staff: Staff, role: str) -> None:
    """Not even an administrator adds, edits or deletes what the projection writes."""
    for model, key in (("symbol", "BTC-KRW"), ("account", "1001"), ("asset", "KRW")):
        for action in ("add/", f"{key}/delete/"):
            response = staff[role].post(f"/admin/exchange/{model}/{action}", {"code": "X", "post": "yes"})
            assert not may(response), f"{model}/{action}"
        staff[role].post(f"/admin/exchange/{model}/{key}/change/", {"name": "changed", "status": "1"})
    assert Account.objects.get(pk=1001).status == 0
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("role", EVERYONE)
def test_only_administrators_manage_users(staff: Staff, role: str) -> None:
    is_administrator = role == roles.ADMINISTRATOR
    password = "a rather long passphrase"
    new = {"username": "dave", "role": "trader", "password1": password, "password2": password}
    staff[role].post("/admin/accounts/user/add/", {**new, "usable_password": "true"})
    assert User.objects.filter(username="dave").exists() == is_administrator
    target = User.objects.get(username="alice")
    edit = {"username": "alice", "role": "operator", "is_active": "on", "email": "", **PERSON}
    staff[role].post(f"/admin/accounts/user/{target.pk}/change/", edit)
    assert (roles.role_of(User.objects.get(pk=target.pk)) == roles.OPERATOR) == is_administrator
    before = User.objects.get(pk=target.pk).password
    staff[role].post(
        f"/admin/accounts/user/{target.pk}/password/", {"password1": password, "password2": password}
    )
    assert (User.objects.get(pk=target.pk).password != before) == is_administrator
    staff[role].post(f"/admin/accounts/user/{target.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=target.pk).exists()


def test_guessing_passwords_is_slowed_down(settings: Any) -> None:
    settings.XTRADER = {
        **settings.XTRADER,
        "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "login": "3/h"},
    }
    make_person("dora", roles.OPERATOR)
    browser = Client()
    for _ in range(3):
        guess = browser.post("/admin/login/", {"username": "dora", "password": "wrong"})
        assert "Too many attempts" not in guess.content.decode()
    right = {"username": "dora", "password": PASSWORD}
    assert "Too many attempts" in browser.post("/admin/login/", right).content.decode()
    assert not may(browser.get("/admin/"))


def test_logging_in_leads_to_the_overview() -> None:
    make_person("dora", roles.OPERATOR)
    browser = Client()
    response = browser.post("/admin/login/?next=/admin/", {"username": "dora", "password": PASSWORD})
    assert response["Location"] == "/admin/"
    assert may(browser.get("/admin/"))


def test_an_auditor_sees_no_hash(staff: Staff) -> None:
    alice = User.objects.get(username="alice")
    page = staff["auditor"].get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    assert "alice" in page
    assert "trader" in page
    assert "algorithm" not in page
    assert alice.password[-8:] not in page


def test_a_new_trader_gets_an_account(staff: Staff, dispatch: Dispatch) -> None:
    password = "a rather long passphrase"
    new = {"username": "dave", "role": "trader", "password1": password, "password2": password}
    staff["administrator"].post("/admin/accounts/user/add/", {**new, "usable_password": "true"})
    account = Account.objects.get(user__username="dave")
    assert account.status is None
    dispatch()
    account.refresh_from_db()
    assert account.get_status_display() == "active"


def test_an_administrator_cannot_lock_himself_out_or_rise_above_his_role(staff: Staff) -> None:
    own = User.objects.get(username="the administrator")
    url = f"/admin/accounts/user/{own.pk}/change/"
    form = {"username": own.username, "role": "administrator", **PERSON}
    staff["administrator"].post(url, {**form, "role": "trader", "is_active": "on"})
    staff["administrator"].post(url, form)
    staff["administrator"].post(url, {**form, "is_active": "on", "is_superuser": "on"})
    own.refresh_from_db()
    assert own.is_active
    assert not own.is_superuser
    assert roles.role_of(own) == roles.ADMINISTRATOR


def test_an_administrator_does_not_touch_a_superuser(staff: Staff) -> None:
    root = User.objects.create_superuser("root", password="a rather long passphrase")
    before = root.password
    change = {"username": "root", "role": "trader", "password1": "x" * 20, "password2": "x" * 20}
    for page in ("change", "password"):
        assert not may(staff["administrator"].post(f"/admin/accounts/user/{root.pk}/{page}/", change))
    root.refresh_from_db()
    assert (root.password, root.is_superuser, roles.role_of(root)) == (before, True, None)


def test_a_role_is_the_only_one(db: None) -> None:
    person = make_person("dora", roles.OPERATOR).user
    assert person.is_staff
    roles.assign_role(person, roles.TRADER)
    person = User.objects.get(pk=person.pk)
    assert (person.is_staff, roles.role_of(person), person.groups.count()) == (False, roles.TRADER, 1)
    with pytest.raises(ValueError, match="unknown role"):
        roles.assign_role(person, "king")


def test_only_market_makers_have_rebates(staff: Staff) -> None:
    rebate = {"symbol": "BTC-KRW", "maker_rate": "-0.01", "taker_rate": "0.02"}
    refused = staff["operator"].post("/admin/exchange/account/1001/fees/", rebate)
    assert "Only an account of a market maker has a rebate" in refused.content.decode()
    assert not ChangeRequest.objects.exists()
    roles.assign_role(User.objects.get(username="alice"), roles.MARKET_MAKER)
    assert may(staff["operator"].post("/admin/exchange/account/1001/fees/", rebate))
    assert ChangeRequest.objects.get().payload["maker_ppm"] == -100


@pytest.mark.parametrize("role", [roles.SUPPORT, roles.ADMINISTRATOR])
def test_log_ins_and_keys_of_a_customer_are_ended(staff: Staff, alice: Person, role: str) -> None:
    browser, key = Client(), {"label": "bot", "scopes": ["read"], "password": PASSWORD}
    browser.force_login(alice.user)
    assert alice.post("/api/v1/keys", key).status_code == 200
    page = f"/admin/accounts/user/{alice.user.pk}"
    assert staff[role].post(f"{page}/end-log-ins/", {"reason": ""}).status_code == 200, "it asks for a reason"
    assert browser.get("/wallet").status_code == 200
    assert staff[role].post(f"{page}/end-log-ins/", {"reason": "a stolen telephone"}).status_code == 302
    assert browser.get("/wallet").status_code == 302
    verified_tokens.forget()
    assert alice.get("/v1/balances").status_code == 401
    assert keys_of(alice.user).count() == 1, "keys go on"
    assert staff[role].post(f"{page}/revoke-keys/", {"reason": "a stolen telephone"}).status_code == 302
    assert keys_of(alice.user).count() == 0
    acts = AuditRecord.objects.filter(actor=f"the {role}", target_name="alice").order_by("id")
    assert [(act.kind, act.reason) for act in acts] == [
        ("log_in.all_ended", "a stolen telephone"),
        ("key.all_revoked", "a stolen telephone"),
    ]
    assert json.loads(acts[0].before) == {"api_log_ins": 1, "sessions": 1}


def test_an_administrators_change_is_recorded_before_and_after(staff: Staff) -> None:
    alice = User.objects.get(username="alice")
    edit = {"username": "alice", "role": "support", "is_active": "on", "email": "a@example.com", **PERSON}
    page = f"/admin/accounts/user/{alice.pk}"
    staff["administrator"].post(f"{page}/change/", {**edit, "why": "moves to the desk"})
    staff["administrator"].post(
        f"{page}/password/", {"password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    )
    acts = AuditRecord.objects.filter(actor="the administrator", target_name="alice")
    changed, role, password = acts.order_by("id")
    assert (changed.kind, role.kind, password.kind) == (
        "user.changed",
        "role.changed",
        "user.password_changed",
    )
    assert json.loads(changed.before) == {"email": "", "time_zone": "UTC"}
    assert json.loads(changed.after) == {"email": "a@example.com", "time_zone": "Asia/Seoul"}
    assert (json.loads(role.before), json.loads(role.after)) == ({"role": "trader"}, {"role": "support"})
    assert {each.reason for each in (changed, role)} == {"moves to the desk"}
    assert {(each.actor, each.actor_role) for each in (changed, role, password)} == {
        ("the administrator", "administrator")
    }
