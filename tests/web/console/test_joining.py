"""Invitations, terms of service and letters on the operator pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.identity import roles
from accounts.letters import posting
from accounts.models import Invitation, InvitationUse, TermsAcceptance, TermsOfService, User
from tests.web.console.conftest import Staff

pytestmark = pytest.mark.django_db

ROLES = ["nobody", *roles.ROLES]


def at(moment: Any, name: str) -> dict[str, str]:
    return {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}


@pytest.mark.parametrize("role", ROLES)
def test_administrators_make_invitations(staff: Staff, role: str) -> None:
    is_administrator = role == roles.ADMINISTRATOR
    data = {"note": "for the club", "max_uses": "3", **at(timezone.now() + timedelta(days=1), "expires_at")}
    staff[role].post("/admin/accounts/invitation/add/", {**data, "code": "CHOSEN", "uses": "-5"})
    made = Invitation.objects.all()
    assert len(made) == is_administrator
    if is_administrator:
        assert (made[0].max_uses, made[0].uses, made[0].note) == (3, 0, "for the club")
        assert made[0].code != "CHOSEN" and len(made[0].code) == 19
        assert made[0].created_by == User.objects.get(username="the administrator")
    for path in ("", "add/", f"{made[0].code}/change/" if made else "x/change/"):
        seen = staff[role].get(f"/admin/accounts/invitation/{path}").status_code == 200
        assert seen == is_administrator, path


def test_an_invitation_lists_who_came_and_stays(staff: Staff) -> None:
    invitation = Invitation.objects.create(code="CODE", max_uses=2, uses=2)
    InvitationUse.objects.create(invitation=invitation, user=User.objects.create_user("dora"))
    page = "/admin/accounts/invitation/CODE/change/"
    browser = staff[roles.ADMINISTRATOR]
    assert "dora" in browser.get(page).content.decode()
    for wanted in ("1", "0", "-1", "100001"):
        browser.post(page, {"note": "", "max_uses": wanted, "expires_at_0": "", "expires_at_1": ""})
        invitation.refresh_from_db()
        assert invitation.max_uses == 2, wanted
    browser.post("/admin/accounts/invitation/CODE/delete/", {"post": "yes"})
    assert Invitation.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_administrators_publish_terms_and_nobody_changes_them(staff: Staff, role: str) -> None:
    TermsOfService.objects.create(version=7, text_en="Old", text_ko="옛", effective_at=timezone.now())
    is_administrator = role == roles.ADMINISTRATOR
    data = {"text_en": "New", "text_ko": "새", **at(timezone.now() - timedelta(days=3), "effective_at")}
    staff[role].post("/admin/accounts/termsofservice/add/", data)
    published = TermsOfService.objects.filter(version=8).first()
    assert (published is not None) == is_administrator
    if published is not None:
        assert published.effective_at >= published.published_at - timedelta(seconds=5), "not in the past"
        assert published.published_by == User.objects.get(username="the administrator")
    staff[role].post("/admin/accounts/termsofservice/7/change/", {**data, "text_en": "Other"})
    staff[role].post("/admin/accounts/termsofservice/7/delete/", {"post": "yes"})
    assert TermsOfService.objects.get(version=7).text_en == "Old"


@pytest.mark.parametrize("role", ROLES)
def test_who_sees_acceptances_and_letters(staff: Staff, role: str) -> None:
    terms = TermsOfService.objects.create(version=1, text_en="x", text_ko="x", effective_at=timezone.now())
    dora = User.objects.create_user("dora")
    kept = TermsAcceptance.objects.create(user=dora, terms=terms)
    letter = posting.post("password_reset", "dora@example.com", "en")
    sees = role in (roles.COMPLIANCE, roles.AUDITOR, roles.ADMINISTRATOR)
    for path, word in (
        ("termsacceptance/", "dora"),
        (f"termsacceptance/{kept.pk}/change/", "dora"),
        ("letter/", "dora@example.com"),
        (f"letter/{letter.pk}/change/", "dora@example.com"),
        ("termsofservice/", "1"),
    ):
        answer = staff[role].get(f"/admin/accounts/{path}")
        assert (answer.status_code == 200) == sees, path
        assert not sees or word in answer.content.decode()
    staff[role].post(f"/admin/accounts/letter/{letter.pk}/change/", {"recipient": "evil@example.com"})
    letter.refresh_from_db()
    assert letter.recipient == "dora@example.com"


def test_an_address_that_an_administrator_enters_counts(staff: Staff) -> None:
    dora = User.objects.create_user("dora")
    edit = {
        "username": "dora",
        "role": "trader",
        "is_active": "on",
        "email": "Dora@Example.com",
        "language": "",
        "time_zone": "UTC",
        "display_currency": "KRW",
        "first_name": "",
        "last_name": "",
    }
    staff[roles.ADMINISTRATOR].post(f"/admin/accounts/user/{dora.pk}/change/", edit)
    dora.refresh_from_db()
    assert dora.email == "dora@example.com"
    assert EmailAddress.objects.get(user=dora).verified


def test_no_second_user_of_a_name_in_other_letters(staff: Staff) -> None:
    User.objects.create_user("dora")
    new = {"username": "DORA", "role": "trader", "password1": "a rather long phrase"}
    answer = staff[roles.ADMINISTRATOR].post(
        "/admin/accounts/user/add/", {**new, "password2": new["password1"], "usable_password": "true"}
    )
    assert answer.status_code == 200
    assert not User.objects.filter(username="DORA").exists()
