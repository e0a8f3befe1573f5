"""Log-in of programs: tokens."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.conftest import PASSWORD, Person


def login(client: APIClient, **body: Any) -> Any:
    return client.post("/api/v1/token", body, format="json")


def test_a_token_opens_the_account(alice: Person, anyone: APIClient) -> None:
    tokens = login(anyone, username="alice", password=PASSWORD).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    assert anyone.get("/v1/balances").status_code == 200
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['refresh']}")
    assert anyone.get("/v1/balances").json()["error"] == "INVALID_TOKEN"


def test_a_refresh_token_gets_the_next_access_token(alice: Person, anyone: APIClient) -> None:
    tokens = login(anyone, username="alice", password=PASSWORD).json()
    renewed = anyone.post("/api/v1/token/refresh", {"refresh": tokens["refresh"]}, format="json").json()
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {renewed['access']}")
    assert anyone.get("/v1/balances").status_code == 200
    anyone.credentials()
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    for token in (tokens["refresh"], tokens["access"], "nonsense"):
        refused = anyone.post("/api/v1/token/refresh", {"refresh": token}, format="json")
        assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_TOKEN")


@pytest.mark.attack("A25")
def test_the_key_of_sessions_makes_no_token(alice: Person, anyone: APIClient, settings: Any) -> None:
    access = login(anyone, username="alice", password=PASSWORD).json()["access"]
    claims = jwt.decode(access, settings.SIMPLE_JWT["SIGNING_KEY"], algorithms=["HS256"])
    forged = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {forged}")
    assert anyone.get("/v1/balances").json()["error"] == "INVALID_TOKEN"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body, status, code",
    [
        ({"username": "alice", "password": "wrong"}, 401, "INVALID_CREDENTIALS"),
        ({"username": "nobody", "password": PASSWORD}, 401, "INVALID_CREDENTIALS"),
        ({"username": "ali\x00ce", "password": PASSWORD}, 401, "INVALID_CREDENTIALS"),
        ({"username": "alice", "password": "x" * 50_000}, 401, "INVALID_CREDENTIALS"),
        ({"username": "alice"}, 400, "MISSING_FIELD"),
        ({"username": "alice", "password": 5}, 400, "INVALID_FIELD"),
        ({"username": {"a": 1}, "password": PASSWORD}, 400, "INVALID_FIELD"),
        ({"username": "alice", "password": PASSWORD, "pin": "1"}, 400, "UNKNOWN_FIELD"),
        ({"username": "alice", "password": PASSWORD, "otp": 1}, 400, "INVALID_FIELD"),
    ],
)
def test_bad_credentials(anyone: APIClient, body: Any, status: int, code: str) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    response = login(anyone, **body)
    assert (response.status_code, response.json()["error"]) == (status, code)


@pytest.mark.django_db
def test_half_a_surrogate_pair_is_no_user_name(anyone: APIClient) -> None:
    body = r'{"username": "\ud800", "password": "x"}'
    response = anyone.post("/api/v1/token", body, content_type="application/json")
    assert response.json()["error"] == "INVALID_CREDENTIALS"


@pytest.mark.django_db
def test_guessing_is_slowed_down(anyone: APIClient, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "login": "3/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    answers = [login(anyone, username="alice", password=str(guess)).status_code for guess in range(4)]
    assert answers == [401, 401, 401, 429]
    page = anyone.post("/accounts/login/", {"username": "alice", "password": "4"})
    assert page.status_code == 429
    assert "Retry-After" in page
