"""A user's password and e-mail address, changed by real requests; nobody else learns or takes anything."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from accounts.identity import emails, passwords, tokens
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import LogIn, User
from tests.accounts.joining import delivered, link_in, post, token_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another twelve herons"


@pytest.fixture
def dora() -> User:
    user = User.objects.create_user("dora", email="dora@example.com", password=PASSWORD)
    emails.adopt(user)
    return user


@pytest.fixture
def api(dora: User) -> APIClient:
    return with_token(dora)


def with_token(user: User) -> APIClient:
    api = APIClient(raise_request_exception=False)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.refresh_token(user).access_token}")
    return api


def session_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def is_in(client: Any) -> bool:
    return bool(client.get("/api/v1/email").status_code == 200)


def can_log_in(name: str, password: str) -> bool:
    answer = post(APIClient(), "/api/v1/token", {"username": name, "password": password})
    return bool(answer.status_code == 200)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


# --- forgotten ----------------------------------------------------------------------------------------------


def test_a_forgotten_password(dora: User, api: APIClient, anyone: APIClient) -> None:
    session = session_of(dora)
    assert post(anyone, "/api/v1/password/reset", {"email": "DORA@example.com"}).json() == {"asked": True}
    (letter,) = delivered()
    token = token_in(letter)
    weak = post(anyone, "/api/v1/password/reset/confirm", {"token": token, "password": "dora"})
    assert code(weak) == (400, "WEAK_PASSWORD")
    done = post(anyone, "/api/v1/password/reset/confirm", {"token": token, "password": NEW})
    assert (done.status_code, done.json()) == (200, {"changed": True})
    assert can_log_in("dora", NEW) and not can_log_in("dora", PASSWORD)
    assert not is_in(api) and not is_in(session), "every log-in of before has ended"
    assert not LogIn.objects.filter(user=dora, ended_at=None, began_at__lt=dora.date_joined).exists()
    again = post(anyone, "/api/v1/password/reset/confirm", {"token": token, "password": PASSWORD})
    assert code(again) == (400, "INVALID_LINK")
    notice = delivered()[0]
    assert (notice.to, notice.subject) == (["dora@example.com"], "xTrader: The password was changed")


def test_an_unknown_address_is_no_different(dora: User, anyone: APIClient) -> None:
    User.objects.create_user("gone", email="gone@example.com", password=PASSWORD, is_active=False)
    answers = [
        post(anyone, "/api/v1/password/reset", {"email": email})
        for email in ("dora@example.com", "nobody@example.com", "gone@example.com")
    ]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert [letter.to for letter in delivered()] == [["dora@example.com"]]


@pytest.mark.parametrize(
    "token", ["", "1", "1-1-1", "zzzzzzzzzzzzz-abcdef-" + "0" * 32, "한-글-" + "0" * 32, "\u0000"]
)
def test_a_forged_link_sets_no_password(token: str, dora: User, anyone: APIClient) -> None:
    answer = post(anyone, "/api/v1/password/reset/confirm", {"token": token, "password": NEW})
    assert code(answer) == (400, "INVALID_LINK")


def test_a_link_is_of_one_user_and_ends_with_what_it_was_made_of(dora: User, anyone: APIClient) -> None:
    other = User.objects.create_user("erin", email="erin@example.com", password=PASSWORD)
    key = passwords.reset_key(dora)
    _, rest = key.split("-", 1)
    assert passwords.user_of_key(key) == dora
    assert passwords.user_of_key(f"{passwords.reset_key(other).split('-')[0]}-{rest}") is None
    dora.email = "elsewhere@example.com"
    dora.save()
    assert passwords.user_of_key(key) is None, "the mailbox is not the user's any more"
    key = passwords.reset_key(dora)
    dora.is_active = False
    dora.save()
    assert passwords.user_of_key(key) is None


def test_a_link_to_a_new_password_ends(dora: User, settings: Any) -> None:
    key = passwords.reset_key(dora)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert passwords.user_of_key(key) is None


# --- changed ------------------------------------------------------------------------------------------------


def test_a_changed_password_ends_the_other_log_ins(dora: User, api: APIClient) -> None:
    here, elsewhere = session_of(dora), session_of(dora)
    body = {"password": PASSWORD, "new_password": NEW}
    wrong = here.post("/api/v1/password", {**body, "password": "wrong"}, content_type="application/json")
    assert code(wrong) == (401, "INVALID_CREDENTIALS")
    weak = here.post("/api/v1/password", {**body, "new_password": "dora"}, content_type="application/json")
    assert code(weak) == (400, "WEAK_PASSWORD")
    done = here.post("/api/v1/password", body, content_type="application/json")
    assert done.json() == {"changed": True}
    assert is_in(here)
    assert not is_in(elsewhere) and not is_in(api)
    assert can_log_in("dora", NEW) and not can_log_in("dora", PASSWORD)
    assert "xTrader: The password was changed" in [letter.subject for letter in delivered()]


def test_a_program_changes_it_and_logs_in_again(dora: User, api: APIClient) -> None:
    assert post(api, "/api/v1/password", {"password": PASSWORD, "new_password": NEW}).status_code == 200
    # As every process does when it learns of the change (test_ends_at_once.py).
    verified_tokens.forget()
    assert not is_in(api)
    assert can_log_in("dora", NEW)


@pytest.mark.parametrize("path", ["/api/v1/password", "/api/v1/email", "/api/v1/terms/accept"])
def test_a_log_in_is_needed(path: str, anyone: APIClient) -> None:
    assert post(anyone, path, {}).status_code == 401


# --- the address --------------------------------------------------------------------------------------------


def test_another_address_counts_once_it_is_confirmed(dora: User, api: APIClient, anyone: APIClient) -> None:
    body = {"email": "New@Example.com", "password": PASSWORD}
    assert code(post(api, "/api/v1/email", {**body, "password": "wrong"})) == (401, "INVALID_CREDENTIALS")
    asked = post(api, "/api/v1/email", body)
    assert asked.json() == {"email": "dora@example.com", "asked_for": "new@example.com"}
    assert not can_log_in("new@example.com", PASSWORD)
    (letter,) = delivered()
    assert letter.to == ["new@example.com"]
    token = token_in(letter)
    assert post(anyone, "/api/v1/email/verify", {"token": token}).json()["email"] == "new@example.com"
    assert code(post(anyone, "/api/v1/email/verify", {"token": token})) == (400, "INVALID_LINK")
    assert can_log_in("new@example.com", PASSWORD) and not can_log_in("dora@example.com", PASSWORD)
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("new@example.com", True, True)
    ]
    (notice,) = delivered()
    assert notice.to == ["dora@example.com"], "the old mailbox hears of it"
    assert "new@example.com" in notice.body


def test_an_address_of_another_user_is_no_different(dora: User, api: APIClient, anyone: APIClient) -> None:
    victim = User.objects.create_user("erin", email="erin@example.com", password=PASSWORD)
    emails.adopt(victim)
    known, unknown = (
        post(api, "/api/v1/email", {"email": email, "password": PASSWORD})
        for email in ("erin@example.com", "free@example.com")
    )
    assert known.status_code == unknown.status_code == 200
    assert {**known.json(), "asked_for": ""} == {**unknown.json(), "asked_for": ""}
    # Asked for last, the free one alone has a letter with a link; the other one's had lost its point.
    assert [letter.to for letter in delivered()] == [["free@example.com"]]
    post(api, "/api/v1/email", {"email": "erin@example.com", "password": PASSWORD})
    (letter,) = delivered()
    assert letter.to == ["erin@example.com"]
    assert link_in(letter).endswith("/accounts/password/reset"), "no link that would take the address"


def test_an_address_that_was_taken_meanwhile_stays_with_its_user(
    dora: User, api: APIClient, anyone: APIClient
) -> None:
    post(api, "/api/v1/email", {"email": "new@example.com", "password": PASSWORD})
    (letter,) = delivered()
    # By an administrator, so that allauth knows nothing of it.
    User.objects.create_user("erin", email="new@example.com")
    assert code(post(anyone, "/api/v1/email/verify", {"token": token_in(letter)})) == (400, "INVALID_LINK")
    dora.refresh_from_db()
    assert dora.email == "dora@example.com"
    assert EmailAddress.objects.get(user=dora, verified=True).email == "dora@example.com"


def test_only_the_last_wish_can_be_confirmed(dora: User, api: APIClient, anyone: APIClient) -> None:
    found = []
    for email in ("first@example.com", "second@example.com"):
        post(api, "/api/v1/email", {"email": email, "password": PASSWORD})
        found += [token_in(letter) for letter in delivered()]
    first, second = (post(anyone, "/api/v1/email/verify", {"token": token}) for token in found)
    assert code(first) == (400, "INVALID_LINK")
    assert second.status_code == 200


def test_what_an_administrator_enters_counts(dora: User) -> None:
    dora.email = "Desk@Example.com"
    dora.save()
    emails.adopt(dora)
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("desk@example.com", True, True)
    ]
    dora.email = ""
    dora.save()
    emails.adopt(dora)
    assert not EmailAddress.objects.exists()


def test_no_mail_is_sent_within_a_request(dora: User, api: APIClient, anyone: APIClient) -> None:
    post(anyone, "/api/v1/password/reset", {"email": "dora@example.com"})
    post(api, "/api/v1/email", {"email": "new@example.com", "password": PASSWORD})
    assert mail.outbox == []
    assert len(delivered()) == 2


def test_nothing_that_opens_a_door_stands_in_the_table(dora: User, api: APIClient) -> None:
    from accounts.models import Letter

    post(api, "/api/v1/password/reset", {"email": "dora@example.com"})
    post(api, "/api/v1/email", {"email": "new@example.com", "password": PASSWORD})
    kept = " ".join(str(row) for row in Letter.objects.values())
    sent = [token_in(letter) for letter in delivered()]
    assert len(sent) == 2
    assert not any(token in kept for token in sent)
