"""What ends a log-in is told at once, and what it has given ends with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.identity import changes, roles, tokens
from accounts.identity.identities import identify_token, renewed
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import LogIn, User, UserChange
from exchange.errors import RefusedError
from tests.conftest import PASSWORD, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(db: None) -> User:
    user: User = make_person("dora", roles.TRADER, 1009).user
    UserChange.objects.all().delete()
    return user


@pytest.fixture
def told() -> Iterator[list[int]]:
    heard: list[int] = []
    changes.listeners.add(heard.append)
    yield heard
    changes.listeners.remove(heard.append)


def log_in(client: APIClient, name: str = "dora") -> dict[str, Any]:
    body = {"username": name, "password": PASSWORD}
    return client.post("/api/v1/token", body, format="json").json()  # type: ignore[no-any-return]


def refresh(client: APIClient, token: str) -> Any:
    return client.post("/api/v1/token/refresh", {"refresh": token}, format="json")


def holds(access: str) -> bool:
    try:
        identify_token(access.encode(), "en")
    except RefusedError:
        return False
    return True


# --- what is told ------------------------------------------------------------------------------------------


def new_password(user: User) -> None:
    user.set_password("another one")
    user.save()


def deactivate(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def new_role(user: User) -> None:
    roles.assign_role(user, roles.AUDITOR)


def new_role_by_the_group(user: User) -> None:
    Group.objects.get(name=roles.AUDITOR).user_set.add(user)


@pytest.mark.parametrize("change", [new_password, deactivate, new_role, new_role_by_the_group])
def test_a_change_is_told_when_it_is_committed(
    dora: User, change: Callable[[User], None], django_capture_on_commit_callbacks: Any, told: list[int]
) -> None:
    reader = changes.Reader()
    access = str(tokens.refresh_token(dora).access_token)
    identity = identify_token(access.encode(), "en")
    with django_capture_on_commit_callbacks(execute=True):
        change(dora)
        assert told == []
    assert set(told) == {dora.pk}
    assert reader.read() == {dora.pk} and reader.read() == set()
    assert not holds(access) and not renewed(identity)


def test_a_change_that_is_taken_back_is_not_told(dora: User, told: list[int]) -> None:
    reader = changes.Reader()
    with pytest.raises(KeyError), transaction.atomic():
        deactivate(dora)
        raise KeyError
    assert told == [] and reader.read() == set()


def test_log_in_is_no_change_and_log_out_is(dora: User, django_capture_on_commit_callbacks: Any) -> None:
    browser = APIClient()
    browser.post("/accounts/login/", {"username": "dora", "password": PASSWORD})
    reader = changes.Reader()
    browser.post("/accounts/login/", {"username": "dora", "password": PASSWORD})
    assert reader.read() == set()
    browser.post("/accounts/logout/")
    assert reader.read() == {dora.pk}


def test_changes_of_transactions_that_commit_late_are_read_too(dora: User) -> None:
    late = UserChange.objects.create(user_id=7)
    UserChange.objects.filter(pk=late.pk).delete()
    reader = changes.Reader()
    changes.announce(8)
    assert reader.read() == {8}
    UserChange.objects.create(pk=late.pk, user_id=7)
    assert reader.read() == {7}


def test_old_changes_are_removed(dora: User) -> None:
    changes.announce(7)
    UserChange.objects.update(at=timezone.now() - timedelta(minutes=3))
    changes.announce(8)
    assert list(UserChange.objects.values_list("user_id", flat=True)) == [8]


def test_what_was_read_before_a_change_is_not_remembered_after_it(
    dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_token = str(tokens.refresh_token(dora).access_token).encode()
    verified_tokens.verify(raw_token, "en")
    assert verified_tokens.recall(raw_token, "en") is not None
    verified_tokens.forget_user(dora.pk + 1)
    assert verified_tokens.recall(raw_token, "en") is not None
    from accounts.identity import verified_tokens as module

    verify = module.verify_token

    def overtaken(*given: Any) -> Any:
        verified = verify(*given)
        verified_tokens.forget_user(dora.pk)
        return verified

    verified_tokens.forget_user(dora.pk)
    monkeypatch.setattr(module, "verify_token", overtaken)
    verified_tokens.verify(raw_token, "en")
    assert verified_tokens.recall(raw_token, "en") is None


# --- revocation and rotation -------------------------------------------------------------------------------


@pytest.mark.attack("A6")
def test_a_revoked_log_in_ends_with_all_it_gave(dora: User, anyone: APIClient) -> None:
    first, second = log_in(anyone), log_in(anyone)
    renewed = refresh(anyone, first["refresh"]).json()
    reply = anyone.post("/api/v1/token/revoke", {"refresh": renewed["refresh"]}, format="json")
    assert (reply.status_code, reply.json()) == (200, {"revoked": True})
    assert [holds(each["access"]) for each in (first, renewed, second)] == [False, False, True]
    for used in (first["refresh"], renewed["refresh"]):
        assert refresh(anyone, used).json()["error"] == "INVALID_TOKEN"
    again = anyone.post("/api/v1/token/revoke", {"refresh": renewed["refresh"]}, format="json")
    assert (again.status_code, again.json()["error"]) == (401, "INVALID_TOKEN")


@pytest.mark.attack("B7")
def test_all_log_ins_may_be_revoked_at_once(dora: User, anyone: APIClient) -> None:
    make_person("erin", roles.TRADER, 1010)
    first, second, other = log_in(anyone), log_in(anyone), log_in(anyone, "erin")
    body = {"refresh": first["refresh"], "everywhere": True}
    assert anyone.post("/api/v1/token/revoke", body, format="json").status_code == 200
    assert [holds(each["access"]) for each in (first, second, other)] == [False, False, True]


@pytest.mark.parametrize("body, status", [({}, 400), ({"refresh": "nonsense"}, 401), ({"refresh": 5}, 400)])
def test_what_cannot_be_revoked(anyone: APIClient, body: Any, status: int) -> None:
    assert anyone.post("/api/v1/token/revoke", body, format="json").status_code == status


def test_an_access_token_revokes_nothing(dora: User, anyone: APIClient) -> None:
    pair = log_in(anyone)
    assert anyone.post("/api/v1/token/revoke", {"refresh": pair["access"]}, format="json").status_code == 401


@pytest.mark.attack("B7")
def test_a_refresh_token_is_used_once(dora: User, anyone: APIClient) -> None:
    pair = log_in(anyone)
    second = refresh(anyone, pair["refresh"]).json()
    # The answer was lost: the same again.
    repeated = refresh(anyone, pair["refresh"]).json()
    third = refresh(anyone, repeated["refresh"]).json()
    assert refresh(anyone, second["refresh"]).status_code == 200, "the same generation, and a moment ago"
    assert all(holds(each["access"]) for each in (pair, second, repeated, third))


@pytest.mark.attack("B7")
def test_a_used_refresh_token_that_comes_again_ends_the_log_in(dora: User, anyone: APIClient) -> None:
    pair, other = log_in(anyone), log_in(anyone)
    second = refresh(anyone, pair["refresh"]).json()
    LogIn.objects.update(refreshed_at=timezone.now() - timedelta(seconds=11))
    assert refresh(anyone, pair["refresh"]).json()["error"] == "INVALID_TOKEN"
    assert refresh(anyone, second["refresh"]).json()["error"] == "INVALID_TOKEN"
    assert [holds(each["access"]) for each in (pair, second, other)] == [False, False, True]


def test_log_ins_that_are_over_are_removed(dora: User, anyone: APIClient) -> None:
    log_in(anyone)
    LogIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    log_in(anyone)
    assert LogIn.objects.count() == 1
