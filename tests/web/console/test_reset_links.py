"""Support has a link to set a new password sent to a user, and never sees it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.identity import roles
from accounts.models import Letter, User
from exchange.models import AuditRecord
from tests.accounts.joining import delivered, token_in
from tests.accounts.security_cast import Program, trader
from tests.conftest import make_person
from tests.web.console.conftest import Staff

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "nine slow otters"


@pytest.fixture
def dora() -> User:
    return trader("dora", 1009, "dora@example.com")


def page_of(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/send-reset-link/"


def send(browser: Client, user: User, reason: str = "she wrote in") -> Any:
    return browser.post(page_of(user), {"reason": reason})


def test_the_link_reaches_the_user_alone(staff: Staff, dora: User) -> None:
    browser = staff[roles.SUPPORT]
    assert "dora@example.com" in browser.get(page_of(dora)).content.decode()
    assert send(browser, dora, reason="").status_code == 200, "it wants a reason"
    assert not Letter.objects.exists()
    sent = send(browser, dora)
    assert (sent.status_code, sent["Location"]) == (302, f"/admin/accounts/user/{dora.pk}/change/")
    (mail,) = delivered()
    assert mail.to == ["dora@example.com"]
    link = token_in(mail)
    seen = (sent, browser.get(page_of(dora)), browser.get(sent["Location"]))
    assert not any(link in each.content.decode() for each in seen)
    assert not any(link in str(row) for table in (Letter, AuditRecord) for row in table.objects.values_list())
    body = {"token": link, "password": NEW_PASSWORD}
    assert Program().post("/api/v1/password/reset/confirm", body).status_code == 200
    assert Program("dora", password=NEW_PASSWORD).pair["access"]


def test_it_is_recorded(staff: Staff, dora: User) -> None:
    send(staff[roles.SUPPORT], dora)
    record = AuditRecord.objects.get(kind="user.reset_link_sent")
    assert (record.actor, record.actor_role, record.target_name, record.reason) == (
        *("the support", "support", "dora", "she wrote in"),
    )
    assert record.after == '{"email":"dora@example.com"}'


def test_whom_it_cannot_be_sent_to(staff: Staff) -> None:
    nowhere = trader("erin", 1010)
    inactive = trader("frank", 1011, "frank@example.com")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    operator = make_person("otto", roles.OPERATOR).user
    superuser = User.objects.create_superuser("root", "root@example.com", "x")
    User.objects.filter(pk=operator.pk).update(email="otto@example.com")
    for user in (nowhere, inactive, operator, superuser):
        assert send(staff[roles.SUPPORT], user).status_code == 403, user
    assert send(staff[roles.ADMINISTRATOR], superuser).status_code == 403
    assert not Letter.objects.filter(kind="password_reset").exists()
    assert send(staff[roles.ADMINISTRATOR], operator).status_code == 302


def test_a_mailbox_is_not_flooded(staff: Staff, dora: User, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "mailbox": "2/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    assert [send(staff[roles.SUPPORT], dora).status_code for _ in range(3)] == [302, 302, 200]
    assert "Too many" in send(staff[roles.SUPPORT], dora).content.decode()
    assert Letter.objects.filter(kind="password_reset").count() == 2
    assert AuditRecord.objects.filter(kind="user.reset_link_sent").count() == 2
