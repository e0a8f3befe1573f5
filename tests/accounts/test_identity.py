"""Who is asking: the same identity by token and by session, gone in every place when its user changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.identity import roles, tokens
from accounts.identity.identities import (
    Identity,
    identify_session,
    identify_token,
    renewed,
)
from accounts.identity.recent_proofs import REMEMBER_S
from accounts.identity.scopes import ALL_SCOPES, READ
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import User
from exchange.errors import RefusedError
from tests.conftest import PASSWORD, Person, make_person
from web.access.limiter import limiter


def token_of(user: User) -> bytes:
    return str(tokens.refresh_token(user).access_token).encode()


def session_of(user: User) -> str:
    browser = APIClient()
    browser.login(username=user.username, password=PASSWORD)
    return browser.cookies[django_settings.SESSION_COOKIE_NAME].value


def by_token(user: User) -> Identity:
    return identify_token(token_of(user), "en")


def by_session(user: User) -> Identity:
    found = identify_session(session_of(user), "en")
    assert found is not None
    return found


def disable(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user: User) -> None:
    user.set_password("another one")
    user.save()


def change_role(user: User) -> None:
    roles.assign_role(user, roles.AUDITOR)


CHANGES = [disable, change_password, change_role]


@pytest.fixture
def dora(db: None) -> User:
    return make_person("dora", roles.TRADER, 1009).user


# --- what it is --------------------------------------------------------------------------------------------


def test_a_token_and_a_session_prove_the_same(dora: User) -> None:
    token, session = by_token(dora), by_session(dora)
    expected = (dora.pk, "dora", 1009, frozenset({roles.TRADER}), ALL_SCOPES, "en")
    assert token[:6] == session[:6] == expected
    assert (token.proof, session.proof) == ("token", "session")
    left_s = token.seconds_left()
    assert left_s is not None and 800 < left_s <= 900
    assert session.seconds_left() is None
    assert token.in_language("ko") == token._replace(language="ko")


@pytest.mark.attack("A11")
@pytest.mark.parametrize("role", roles.STAFF_ROLES)
def test_only_traders_trade(db: None, role: str) -> None:
    without = by_token(make_person("erin", role).user)
    assert (without.account, without.roles, without.scopes) == (None, frozenset({role}), frozenset({READ}))
    for account in (without.own_account, without.trading_account):
        with pytest.raises(RefusedError) as refused:
            account()
        assert refused.value.code == "NO_ACCOUNT"
    former = by_token(make_person("frank", role, 1010).user)
    assert former.own_account() == 1010
    with pytest.raises(RefusedError) as refused:
        former.trading_account()
    assert refused.value.code == "PERMISSION_DENIED"


def test_every_role_of_a_user_counts_and_other_groups_do_not(dora: User) -> None:
    dora.groups.add(Group.objects.get(name=roles.AUDITOR), Group.objects.create(name="friends"))
    assert by_token(dora).roles == {roles.TRADER, roles.AUDITOR}
    dora.groups.clear()
    assert (by_token(dora).roles, by_token(dora).account) == (frozenset(), 1009)


def test_many_users_cost_one_query(dora: User, django_assert_num_queries: Any) -> None:
    tokens_of = [token_of(dora), token_of(make_person("erin", roles.OPERATOR).user), b"nonsense"]
    with django_assert_num_queries(1):
        verified_tokens.renew(tokens_of)
    with django_assert_num_queries(0):
        found = [verified_tokens.recall(token, "en") for token in tokens_of]
    assert [None if each is None else each.username for each in found] == ["dora", "erin", None]


@pytest.mark.parametrize("session_key", ["", "nonsense", "x" * 5_000, "\ud800", "a\x00b"])
def test_what_is_no_session(db: None, session_key: str) -> None:
    assert identify_session(session_key, "en") is None


def test_a_session_that_was_ended(dora: User) -> None:
    browser = APIClient()
    browser.login(username="dora", password=PASSWORD)
    identity = identify_session(browser.cookies["sessionid"].value, "en")
    assert identity is not None and renewed(identity)
    browser.logout()
    assert not renewed(identity)


# --- what ends it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("prove", [by_token, by_session])
def test_an_open_connection_s_proof_ends_with_the_change(
    dora: User, prove: Callable[[User], Identity], change: Callable[[User], None]
) -> None:
    identity = prove(dora)
    assert renewed(identity)
    change(dora)
    assert not renewed(identity)


@pytest.mark.attack("A6")
@pytest.mark.attack("B7")
@pytest.mark.parametrize("change", [disable, change_password])
def test_tokens_end_with_the_password(
    alice: Person, anyone: APIClient, change: Callable[[User], None]
) -> None:
    pair = anyone.post("/api/v1/token", {"username": "alice", "password": PASSWORD}, format="json").json()
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert anyone.get("/v1/balances").status_code == 200
    raw_token = pair["access"].encode()
    assert verified_tokens.recall(raw_token, "en") is not None

    change(alice.user)
    verified_tokens.renew([raw_token])
    verified_tokens.forget()
    refused = anyone.get("/v1/balances")
    assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_TOKEN")
    assert verified_tokens.recall(raw_token, "en") is None, "the lane has forgotten it"
    with pytest.raises(RefusedError, match="INVALID_TOKEN"):
        identify_token(raw_token, "en")
    anyone.credentials()
    refused = anyone.post("/api/v1/token/refresh", {"refresh": pair["refresh"]}, format="json")
    assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_TOKEN")


@pytest.mark.attack("A6")
def test_a_remembered_token_is_not_renewed_after_the_change(
    dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw_token = token_of(dora)
    verified_tokens.verify(raw_token, "en")
    start_s = time.time()
    change_password(dora)
    verified_tokens.renew([raw_token])
    monkeypatch.setattr(time, "time", lambda: start_s + REMEMBER_S + 0.1)
    assert verified_tokens.recall(raw_token, "en") is None


def test_a_token_that_does_not_say_which_password_is_refused(alice: Person, anyone: APIClient) -> None:
    """Such were given out by versions before."""
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(alice.user)}")
    assert anyone.get("/v1/balances").json()["error"] == "INVALID_TOKEN"
    anyone.credentials()
    old = {"refresh": str(RefreshToken.for_user(alice.user))}
    assert anyone.post("/api/v1/token/refresh", old, format="json").json()["error"] == "INVALID_TOKEN"


@pytest.mark.attack("A11")
def test_who_is_no_trader_any_more_reads_and_changes_nothing(alice: Person, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": True}
    order_id = alice.place().json()["order"]["order_id"]
    change_role(alice.user)
    verified_tokens.forget()
    limiter.reset()
    assert alice.place().json()["error"] == "INVALID_TOKEN", "a token ends with the role it was given for"
    alice.api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.refresh_token(alice.user).access_token}")
    good = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "1000000", "quantity": "0.01"}
    refusals = [
        alice.place(),
        alice.post("/v1/orders", {"orders": [good]}),
        alice.post("/v1/order/cancel", {"order_id": order_id}),
        alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.001"}),
        alice.post("/v1/orders/cancel-all"),
        alice.post("/v1/demo/deposit", {"asset": "KRW", "amount": "1"}),
    ]
    for refusal in refusals:
        assert (refusal.status_code, refusal.json()["error"]) == (403, "PERMISSION_DENIED")
    for path in ("/v1/balances", "/v1/orders", f"/v1/order/{order_id}", "/v1/fees"):
        assert alice.get(path).status_code == 200
    assert [order["order_id"] for order in alice.get("/v1/orders").json()["orders"]] == [order_id]
