"""New terms of service: asked for from the moment they are in force, before anything more can be traded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.identity import identities, roles, terms_of_service
from accounts.identity.scopes import READ, TRADE
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import TermsAcceptance, TermsOfService, UserChange
from exchange.errors import RefusedError
from exchange.models import AuditRecord
from tests.accounts.joining import post
from tests.accounts.security_cast import error
from tests.conftest import PASSWORD, Person, make_person

pytestmark = pytest.mark.django_db

ORDER = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "95000000", "quantity": "0.01"}


def publish(version: int, effective_at: Any = None) -> TermsOfService:
    at = timezone.now() if effective_at is None else effective_at
    return TermsOfService.objects.create(
        version=version, text_en=f"Rules {version}", text_ko=f"규칙 {version}", effective_at=at
    )


def log_in(name: str, next_url: str = "/") -> tuple[Client, Any]:
    client = Client()
    answer = client.post("/accounts/login/", {"username": name, "password": PASSWORD, "next": next_url})
    assert answer.status_code == 302
    return client, answer


def test_a_session_reads_until_they_are_accepted(alice: Person) -> None:
    publish(1)
    client, _ = log_in("alice")
    assert client.get("/v1/balances").status_code == 200
    refused = client.post("/v1/order", ORDER, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]) == (403, "TERMS_NOT_ACCEPTED")
    assert refused.json()["details"]["version"] == 1
    identity = identities.identify_session(str(client.session.session_key), "en")
    assert identity is not None, "as a WebSocket asks"
    assert identity.account_for(READ)
    with pytest.raises(RefusedError, match="TERMS_NOT_ACCEPTED"):
        identity.account_for(TRADE)
    shell = client.get("/trade/BTC-KRW?x=1")
    assert (shell.status_code, shell["Location"]) == (302, "/terms?next=/trade/BTC-KRW%3Fx%3D1")
    page = client.get(shell["Location"])
    assert "Rules 1" in page.content.decode() and 'name="version"' in page.content.decode()
    accepted = client.post("/terms", {"version": "1", "next": "/trade/BTC-KRW?x=1"})
    assert accepted["Location"] == "/trade/BTC-KRW?x=1"
    assert client.get("/trade/BTC-KRW").status_code == 200
    assert client.post("/v1/order", ORDER, content_type="application/json").status_code == 200
    (kept,) = TermsAcceptance.objects.all()
    assert (kept.user, kept.terms_id) == (alice.user, 1)
    # Not asked again.
    assert log_in("alice")[0].get("/trade/BTC-KRW").status_code == 200


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_nobody_is_sent_to_another_site(wanted: str, alice: Person) -> None:
    publish(1)
    client, _ = log_in("alice")
    assert client.post("/terms", {"version": "1", "next": wanted})["Location"] == "/"


def test_other_words_than_those_shown_are_not_accepted(alice: Person) -> None:
    publish(1)
    client, _ = log_in("alice")
    publish(2)
    assert client.post("/terms", {"version": "1"})["Location"] == "/terms"
    assert not TermsAcceptance.objects.exists()
    client.post("/terms", {"version": "2"})
    assert TermsAcceptance.objects.get().terms_id == 2


def test_a_program_brings_the_version_with_its_log_in(alice: Person, anyone: APIClient) -> None:
    publish(3)
    body = {"username": "alice", "password": PASSWORD}
    beyond = post(anyone, "/api/v1/token", {**body, "terms": 2**40})
    assert (beyond.status_code, beyond.json()["error"]) == (400, "INVALID_FIELD")
    for version in (1, 2**31 - 1):
        refused = post(anyone, "/api/v1/token", {**body, "terms": version})
        assert (refused.status_code, refused.json()["error"]) == (403, "TERMS_NOT_ACCEPTED")
    # Without one it logs in, to read and to cancel.
    assert post(anyone, "/api/v1/token", body).status_code == 200
    assert error(alice.post("/v1/order", ORDER)) == "TERMS_NOT_ACCEPTED"
    assert post(anyone, "/api/v1/token", {**body, "terms": 3}).status_code == 200
    (kept,) = TermsAcceptance.objects.all()
    assert (kept.user, kept.terms_id) == (alice.user, 3)
    assert post(anyone, "/api/v1/token", {**body, "terms": 1}).status_code == 200, "nothing is due any more"
    wrong = post(anyone, "/api/v1/token", {**body, "password": "wrong", "terms": 3})
    assert wrong.json()["error"] == "INVALID_CREDENTIALS"
    verified_tokens.forget_user(alice.user.pk)  # as every web process does
    assert alice.post("/v1/order", ORDER).status_code == 200


def test_they_are_accepted_over_rest(alice: Person) -> None:
    publish(1)
    client, _ = log_in("alice")
    wrong = client.post("/api/v1/terms/accept", {"version": 2}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["error"]) == (403, "TERMS_NOT_ACCEPTED")
    right = client.post("/api/v1/terms/accept", {"version": 1}, content_type="application/json")
    assert right.json() == {"accepted": True}
    assert client.post("/v1/order", ORDER, content_type="application/json").status_code == 200


def test_they_are_accepted_in_another_browser(alice: Person) -> None:
    publish(1)
    first, _ = log_in("alice")
    second, _ = log_in("alice")
    second.post("/terms", {"version": "1"})
    assert first.get("/terms?next=/markets")["Location"] == "/markets", "it was on its way there"
    assert first.get("/").status_code == 200
    assert first.get("/markets").status_code == 200


def test_the_present_version_is_the_last_in_force(anyone: APIClient) -> None:
    assert anyone.get("/api/v1/terms").json() == {"terms": None}
    publish(1, timezone.now() - timedelta(days=2))
    publish(2, timezone.now() - timedelta(days=1))
    publish(3, timezone.now() + timedelta(days=1))
    told = anyone.get("/api/v1/terms", HTTP_ACCEPT_LANGUAGE="ko").json()["terms"]
    assert (told["version"], told["text"]) == (2, "규칙 2")
    assert "Rules 2" in anyone.get("/terms").content.decode()


def test_who_cannot_trade_is_not_asked(settings: Any) -> None:
    publish(1)
    make_person("oscar", roles.OPERATOR)
    client, _ = log_in("oscar")
    assert client.get("/markets").status_code == 200
    settings.XTRADER = {**settings.XTRADER, "DEMO": True}
    bot = make_person("maker1", roles.TRADER, 1009)
    assert (
        post(APIClient(), "/api/v1/token", {"username": bot.user.username, "password": PASSWORD}).status_code
        == 200
    )


def test_nobody_is_asked_before_they_are_in_force(alice: Person) -> None:
    coming = publish(1, timezone.now() + timedelta(hours=1))
    client, _ = log_in("alice")
    assert client.post("/v1/order", ORDER, content_type="application/json").status_code == 200
    assert client.get("/markets").status_code == 200
    TermsOfService.objects.filter(pk=coming.pk).update(effective_at=timezone.now())
    assert error(client.post("/v1/order", ORDER, content_type="application/json")) == "TERMS_NOT_ACCEPTED"
    assert client.get("/markets")["Location"] == "/terms?next=/markets"


def test_acceptance_is_told_to_every_process(alice: Person) -> None:
    terms = publish(1)
    UserChange.objects.all().delete()
    for _ in range(2):
        terms_of_service.accept(alice.user, terms)
    assert [each.user_id for each in UserChange.objects.all()] == [alice.user.pk]
    (act,) = AuditRecord.objects.filter(kind="terms.accepted")
    assert (act.actor, act.target, act.before, act.after) == (
        *("alice", "1", '{"version":null}', '{"version":1}'),
    )
