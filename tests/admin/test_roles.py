"""Who may see and do what on the operator pages: every role against every page and action."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from exchange import roles
from exchange.models import Account, ChangeRequest
from tests.admin.conftest import Dispatch, Staff
from tests.conftest import PASSWORD, LiveEngine, Person, make_person

pytestmark = pytest.mark.django_db

VIEWS = [
    "exchange/symbol/",
    "exchange/symbol/BTC-KRW/change/",
    "exchange/asset/",
    "exchange/account/",
    "exchange/balance/",
    "exchange/order/",
    "exchange/fill/",
    "exchange/transfer/",
    "exchange/feeoverride/",
    "exchange/changerequest/",
    "engine/",
    "engine/state/",
]
PEOPLE = ["auth/user/", "auth/group/", "admin/logentry/"]
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

SEES = {roles.OPERATOR, roles.AUDITOR, roles.ADMINISTRATOR}
ACTS = {roles.OPERATOR, roles.ADMINISTRATOR}
SEES_PEOPLE = {roles.AUDITOR, roles.ADMINISTRATOR}
EVERYONE = ["nobody", *roles.ROLES]


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
def test_who_sees_what(staff: Staff, role: str) -> None:
    for path in VIEWS:
        assert may(staff[role].get(f"/admin/{path}")) == (role in SEES), path
    for path in PEOPLE:
        assert may(staff[role].get(f"/admin/{path}")) == (role in SEES_PEOPLE), path


@pytest.mark.parametrize("role", EVERYONE)
def test_who_does_what(staff: Staff, role: str) -> None:
    for path, data in ACTIONS.items():
        ChangeRequest.objects.all().delete()
        assert may(staff[role].get(f"/admin/{path}")) == (role in ACTS), path
        assert not ChangeRequest.objects.exists(), f"a GET of {path} changed something"
        assert may(staff[role].post(f"/admin/{path}", data)) == (role in ACTS), path
        assert ChangeRequest.objects.exists() == (role in ACTS), path
    for path in FORMS_ONLY:
        assert may(staff[role].get(f"/admin/{path}")) == (role in ACTS), path


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
    staff[role].post("/admin/auth/user/add/", {**new, "usable_password": "true"})
    assert User.objects.filter(username="dave").exists() == is_administrator
    target = User.objects.get(username="alice")
    edit = {"username": "alice", "role": "operator", "is_active": "on", "email": ""}
    staff[role].post(f"/admin/auth/user/{target.pk}/change/", edit)
    assert (roles.role_of(User.objects.get(pk=target.pk)) == roles.OPERATOR) == is_administrator
    before = User.objects.get(pk=target.pk).password
    staff[role].post(
        f"/admin/auth/user/{target.pk}/password/", {"password1": password, "password2": password}
    )
    assert (User.objects.get(pk=target.pk).password != before) == is_administrator
    staff[role].post(f"/admin/auth/user/{target.pk}/delete/", {"post": "yes"})
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
    page = staff["auditor"].get(f"/admin/auth/user/{alice.pk}/change/").content.decode()
    assert "alice" in page
    assert "trader" in page
    assert "algorithm" not in page
    assert alice.password[-8:] not in page


def test_a_new_trader_gets_an_account(staff: Staff, dispatch: Dispatch) -> None:
    password = "a rather long passphrase"
    new = {"username": "dave", "role": "trader", "password1": password, "password2": password}
    staff["administrator"].post("/admin/auth/user/add/", {**new, "usable_password": "true"})
    account = Account.objects.get(user__username="dave")
    assert account.status is None
    dispatch()
    account.refresh_from_db()
    assert account.get_status_display() == "active"


def test_an_administrator_cannot_lock_himself_out_or_rise_above_his_role(staff: Staff) -> None:
    own = User.objects.get(username="the administrator")
    url = f"/admin/auth/user/{own.pk}/change/"
    staff["administrator"].post(url, {"username": own.username, "role": "trader", "is_active": "on"})
    staff["administrator"].post(url, {"username": own.username, "role": "administrator"})
    staff["administrator"].post(
        url, {"username": own.username, "role": "administrator", "is_active": "on", "is_superuser": "on"}
    )
    own.refresh_from_db()
    assert own.is_active
    assert not own.is_superuser
    assert roles.role_of(own) == roles.ADMINISTRATOR


def test_an_administrator_does_not_touch_a_superuser(staff: Staff) -> None:
    root = User.objects.create_superuser("root", password="a rather long passphrase")
    before = root.password
    change = {"username": "root", "role": "trader", "password1": "x" * 20, "password2": "x" * 20}
    for page in ("change", "password"):
        assert not may(staff["administrator"].post(f"/admin/auth/user/{root.pk}/{page}/", change))
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


def test_roles_can_be_seen_in_the_database_as_the_code_has_them() -> None:
    granted = {
        group.name: {permission.codename for permission in group.permissions.all()}
        for group in Group.objects.all()
    }
    assert set(granted) == set(roles.ROLES)
    assert granted[roles.TRADER] == set()
    assert all(name.startswith("view_") for name in granted[roles.AUDITOR])
    assert {"change_market", "move_funds", "freeze_account"} <= granted[roles.OPERATOR]
    assert not any("user" in name or "group" in name for name in granted[roles.OPERATOR])
    assert granted[roles.OPERATOR] | granted[roles.AUDITOR] < granted[roles.ADMINISTRATOR]
