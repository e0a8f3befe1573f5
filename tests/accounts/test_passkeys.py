"""Passkeys: from the making to the log-in, and what an attacker would send in place of it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.identity import challenges, passkeys, roles, second_factor
from accounts.models import Challenge, User
from exchange.errors import RefusedError
from tests.accounts.security_cast import LOG_IN, SECOND_STEP, Browser, Program, error, token, trader
from tests.accounts.soft_passkey import Flag, SoftPasskey
from tests.conftest import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_rate(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "login": "0"}}


@pytest.fixture
def alice(db: None) -> User:
    return trader("alice", 1001)


@pytest.fixture
def browser(alice: User) -> Browser:
    found = Browser()
    found.log_in("alice")
    return found


@pytest.fixture
def passkey(browser: Browser) -> SoftPasskey:
    return browser.with_passkey()


# --- made, named, removed ----------------------------------------------------------------------------------


def test_a_passkey_from_its_making_to_its_end(browser: Browser, alice: User) -> None:
    options = browser.post("/api/v1/mfa/passkeys/options").json()["public_key"]
    assert options["rp"] == {"name": "xTrader", "id": "testserver"}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    soft = SoftPasskey()
    made = browser.post("/api/v1/mfa/passkeys", {"name": " key ", "credential": soft.make(options)}).json()
    assert made["passkey"]["name"] == "key" and made["passkey"]["last_used_at"] is None
    assert len(set(made["recovery_codes"])) == 10
    state = browser.get("/api/v1/mfa").json()
    assert state["is_on"] and not state["is_required"] and state["totp"] is None
    assert state["passkeys"] == [made["passkey"]] and state["recovery_codes"]["left"] == 10
    assert not set(made["recovery_codes"]) & set(json.dumps(state).split('"'))
    where = f"/api/v1/mfa/passkeys/{made['passkey']['passkey_id']}"
    assert browser.send("PATCH", where, {"name": "phone"}).json()["passkey"]["name"] == "phone"
    excluded = browser.post("/api/v1/mfa/passkeys/options").json()["public_key"]["excludeCredentials"]
    assert [each["id"] for each in excluded] == [websafe_encode(soft.credential_id)]
    assert browser.delete(where).json() == {"removed": True}
    state = browser.get("/api/v1/mfa").json()
    assert (state["is_on"], state["passkeys"], state["recovery_codes"]) == (False, [], None)
    assert error(browser.delete(where)) == "FACTOR_NOT_FOUND"


@pytest.mark.parametrize("passkey_id", ["0", "x", "9" * 30, "１"])
def test_there_is_no_such_passkey(browser: Browser, passkey: SoftPasskey, passkey_id: str) -> None:
    assert error(browser.delete(f"/api/v1/mfa/passkeys/{passkey_id}")) == "FACTOR_NOT_FOUND"
    renamed = browser.send("PATCH", f"/api/v1/mfa/passkeys/{passkey_id}", {"name": "x"})
    assert error(renamed) == "FACTOR_NOT_FOUND"


def test_another_users_passkey_is_none(browser: Browser, passkey: SoftPasskey) -> None:
    trader("bob", 1002)
    bob = Browser()
    bob.log_in("bob")
    mine = browser.get("/api/v1/mfa").json()["passkeys"][0]["passkey_id"]
    assert error(bob.delete(f"/api/v1/mfa/passkeys/{mine}")) == "FACTOR_NOT_FOUND"
    assert error(bob.send("PATCH", f"/api/v1/mfa/passkeys/{mine}", {"name": "x"})) == "FACTOR_NOT_FOUND"
    assert len(browser.get("/api/v1/mfa").json()["passkeys"]) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x"}, "MISSING_FIELD"),
        ({"credential": {}}, "MISSING_FIELD"),
        ({"name": "", "credential": {}}, "INVALID_FIELD"),
        ({"name": "x" * 41, "credential": {}}, "INVALID_FIELD"),
        ({"name": "a\nb", "credential": {}}, "INVALID_TEXT"),
        ({"name": "x", "credential": []}, "INVALID_FIELD"),
        ({"name": "x", "credential": {}}, "INVALID_PASSKEY"),
        ({"name": "x", "credential": {}, "more": 1}, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_no_passkey(browser: Browser, body: Any, code: str) -> None:
    assert error(browser.post("/api/v1/mfa/passkeys", body)) == code


def test_a_user_has_ten_at_most(browser: Browser) -> None:
    for _ in range(9):
        browser.with_passkey()
    waiting = [browser.post("/api/v1/mfa/passkeys/options").json()["public_key"] for _ in range(2)]
    answers = [SoftPasskey().make(each) for each in waiting]
    replies = [browser.post("/api/v1/mfa/passkeys", {"name": "x", "credential": each}) for each in answers]
    assert [error(each) for each in replies] == [None, "TOO_MANY_PASSKEYS"]
    full = browser.post("/api/v1/mfa/passkeys/options")
    assert (error(full), full.json()["details"]) == ("TOO_MANY_PASSKEYS", {"maximum": 10})


@pytest.mark.parametrize(
    "twist",
    [
        {"flags": Flag.UP},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver"},
        {"origin": "https://testserver.evil.example"},
    ],
)
def test_what_a_browser_would_not_make(browser: Browser, twist: dict[str, Any]) -> None:
    options = browser.post("/api/v1/mfa/passkeys/options").json()["public_key"]
    body = {"name": "x", "credential": SoftPasskey().make(options, **twist)}
    assert error(browser.post("/api/v1/mfa/passkeys", body)) == "INVALID_PASSKEY"
    good = {"name": "x", "credential": SoftPasskey().make(options)}
    assert error(browser.post("/api/v1/mfa/passkeys", good)) == "INVALID_PASSKEY", "the challenge is used up"
    assert not Authenticator.objects.exists()


def test_a_passkey_is_made_by_the_log_in_that_asked(browser: Browser, alice: User) -> None:
    """The asking took the proof: another log-in cannot answer for it."""
    other = Browser()
    other.log_in("alice")
    options = browser.post("/api/v1/mfa/passkeys/options").json()["public_key"]
    body = {"name": "x", "credential": SoftPasskey().make(options)}
    assert error(other.post("/api/v1/mfa/passkeys", body)) == "INVALID_PASSKEY"
    assert browser.post("/api/v1/mfa/passkeys", body).status_code == 200


# --- logging in --------------------------------------------------------------------------------------------


def test_it_logs_in_without_a_password(browser: Browser, passkey: SoftPasskey) -> None:
    fresh = Browser()
    gone = fresh.form(LOG_IN, passkey=fresh.signs(passkey), next="/wallet")
    assert (gone.status_code, gone["Location"]) == (302, "/wallet") and fresh.is_logged_in
    assert browser.get("/api/v1/mfa").json()["passkeys"][0]["last_used_at"] is not None
    # It is a proof of its own.
    assert fresh.post("/api/v1/mfa/totp").status_code == 200


def test_an_address_of_another_site_is_not_followed(browser: Browser, passkey: SoftPasskey) -> None:
    fresh = Browser()
    assert fresh.form(LOG_IN, passkey=fresh.signs(passkey), next="https://evil.example/")["Location"] == "/"


def test_it_is_the_second_step_after_the_password(browser: Browser, passkey: SoftPasskey) -> None:
    fresh = Browser()
    assert fresh.log_in("alice")["Location"] == SECOND_STEP and not fresh.is_logged_in
    page = fresh.client.get(SECOND_STEP, secure=True).content.decode()
    assert 'id="by-passkey"' in page and "recovery code" in page
    done = fresh.form(SECOND_STEP, passkey=fresh.signs(passkey, **{"second-step": "1"}))
    assert done["Location"] == "/security" and fresh.is_logged_in


def test_a_recovery_code_stands_in_for_it(browser: Browser, passkey: SoftPasskey) -> None:
    codes = browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"]
    assert error(token("alice")) == "MFA_REQUIRED"
    assert token("alice", otp=codes[0]).status_code == 200
    assert error(token("alice", otp=codes[0])) == "INVALID_CREDENTIALS"


@pytest.mark.parametrize(
    "twist", [{"flags": Flag.UP}, {"flags": Flag.UV}, {"origin": "https://evil.example"}]
)
def test_what_a_browser_would_not_sign(browser: Browser, passkey: SoftPasskey, twist: dict[str, Any]) -> None:
    fresh = Browser()
    page = fresh.form(LOG_IN, passkey=fresh.signs(passkey, **twist))
    assert page.status_code == 200 and "This passkey logs nobody in" in page.content.decode()
    assert not fresh.is_logged_in
    fresh.log_in("alice")
    fresh.form(SECOND_STEP, passkey=fresh.signs(passkey, **{"second-step": "1"}, **twist))
    assert not fresh.is_logged_in


def test_a_signature_logs_in_once_and_here_alone(browser: Browser, passkey: SoftPasskey) -> None:
    thief, victim = Browser(), Browser()
    signed = victim.signs(passkey)
    thief.form("/accounts/passkey-options/")
    thief.form(LOG_IN, passkey=signed)
    assert not thief.is_logged_in, "the challenge was another browser's"
    victim.form(LOG_IN, passkey=signed)
    assert victim.is_logged_in
    victim.client.post("/accounts/logout/", secure=True)
    victim.form(LOG_IN, passkey=signed)
    assert not victim.is_logged_in, "and is used up"


def test_a_challenge_is_for_one_purpose(browser: Browser, passkey: SoftPasskey) -> None:
    """What was signed to log in proves nothing for an act, and the other way round."""
    fresh = Browser()
    fresh.log_in("alice")
    signed = fresh.signs(passkey)
    fresh.form(SECOND_STEP, passkey=signed)
    assert not fresh.is_logged_in
    options = browser.post("/api/v1/step-up/options").json()["public_key"]
    browser.client.post("/accounts/logout/", secure=True)
    browser.form(LOG_IN, passkey=json.dumps(passkey.sign(options)))
    assert not browser.is_logged_in


def test_a_challenge_does_not_last(browser: Browser, passkey: SoftPasskey) -> None:
    fresh = Browser()
    signed = fresh.signs(passkey)
    Challenge.objects.update(expires_at=Challenge.objects.latest("expires_at").expires_at - challenges.LASTS)
    fresh.form(LOG_IN, passkey=signed)
    assert not fresh.is_logged_in
    Browser().form("/accounts/passkey-options/")
    assert Challenge.objects.count() == 1, "and leaves the table"


def test_a_holder_has_ten_challenges_at_most(browser: Browser) -> None:
    for _ in range(challenges.MOST + 3):
        browser.form("/accounts/passkey-options/")
    assert Challenge.objects.count() == challenges.MOST


def test_a_copy_of_a_passkey_is_found_out(browser: Browser, passkey: SoftPasskey) -> None:
    copied = copy.copy(passkey)
    first = Browser()
    first.form(LOG_IN, passkey=first.signs(passkey))
    assert first.is_logged_in
    second = Browser()
    second.form(LOG_IN, passkey=second.signs(copied))
    assert not second.is_logged_in, "the count has not risen"


def test_one_that_does_not_count_is_taken_all_the_same(browser: Browser) -> None:
    soft = browser.with_passkey(counts=False)
    for _ in range(2):
        fresh = Browser()
        fresh.form(LOG_IN, passkey=fresh.signs(soft))
        assert fresh.is_logged_in


@pytest.mark.parametrize("change", ["inactive", "removed", "another user"])
def test_who_may_not_log_in(browser: Browser, alice: User, passkey: SoftPasskey, change: str) -> None:
    if change == "inactive":
        alice.is_active = False
        alice.save()
    elif change == "removed":
        second_factor.reset(alice)
    else:
        passkey.user_handle = websafe_encode(str(trader("bob").pk).encode())
    fresh = Browser()
    fresh.form(LOG_IN, passkey=fresh.signs(passkey))
    assert not fresh.is_logged_in


def test_staff_may_log_in_by_passkey_to_the_operator_pages(settings: Any) -> None:
    oscar = make_person("oscar", roles.OPERATOR).user
    browser = Browser()
    browser.client.force_login(oscar)
    browser.prove()
    soft = browser.with_passkey()
    settings.XTRADER = {**settings.XTRADER, "STAFF_SECOND_FACTOR": True}
    fresh = Browser()
    fresh.form(LOG_IN, passkey=fresh.signs(soft))
    assert fresh.client.get("/admin/", secure=True).status_code == 200
    assert browser.client.get("/admin/", secure=True).status_code == 200, "it has shown one by making it"
    mine = browser.get("/api/v1/mfa").json()
    assert mine["is_required"]
    refused = fresh.delete(f"/api/v1/mfa/passkeys/{mine['passkeys'][0]['passkey_id']}")
    assert (refused.status_code, error(refused)) == (409, "LAST_FACTOR")
    plain = Client()
    plain.force_login(oscar)
    assert plain.get("/admin/").status_code == 302


# --- any answer at all -------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("id", "rawId", "type", "response", "clientExtensionResults")
INNER = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject")
HERE = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@HERE
@given(answer=st.dictionaries(st.sampled_from(FIELDS), JSON), data=st.data())
def test_no_answer_breaks_it(alice: User, answer: dict[str, Any], data: st.DataObject) -> None:
    if isinstance(answer.get("response"), dict):
        answer["response"] |= data.draw(st.dictionaries(st.sampled_from(INNER), JSON | st.just("AAAA")))
    for take in (
        lambda: passkeys.user_of(answer),
        lambda: passkeys.verify(alice, passkeys.LOG_IN, "session x", "testserver", answer),
    ):
        with pytest.raises(RefusedError, match="INVALID_PASSKEY"):
            take()


@HERE
@given(data=st.data())
def test_no_byte_of_an_answer_may_change(browser: Browser, passkey: SoftPasskey, data: st.DataObject) -> None:
    fresh = Browser()
    answer = json.loads(fresh.signs(passkey))
    field = data.draw(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]))
    raw = bytearray(websafe_decode(answer["response"][field]))
    # Signatures differ in length.
    at = data.draw(st.integers(0, 10_000)) % len(raw)
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    answer["response"][field] = websafe_encode(bytes(raw))
    page = fresh.form(LOG_IN, passkey=json.dumps(answer))
    assert page.status_code == 200 and not fresh.is_logged_in


def test_a_program_adds_one_too(alice: User) -> None:
    program = Program("alice")
    program.with_passkey()
    assert program.get("/api/v1/mfa").json()["is_on"]


def test_the_password_still_has_to_be_right(browser: Browser, passkey: SoftPasskey) -> None:
    fresh = Browser()
    assert fresh.log_in("alice", "wrong").status_code == 200
    fresh.form(SECOND_STEP, passkey=fresh.signs(passkey, **{"second-step": "1"}))
    assert not fresh.is_logged_in
