"""API keys over REST: made and revoked by their users; what a signed request may do, by view and by lane."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.identity import changes, roles
from accounts.identity.identities import renewed
from accounts.keys import issuing
from accounts.keys import verified_keys as module
from accounts.keys.used_signatures import UsedSignatures
from accounts.keys.verified_keys import Signed, verified_keys
from accounts.models import ApiKey
from exchange import process
from exchange.errors import ApiError
from exchange.models import Account
from tests.conftest import PASSWORD, LiveEngine, Person
from tests.web.rest.test_bad_input import GOOD
from tests.web.rest.test_fastlane import Aside, run_live  # noqa: F401 - a fixture
from web.lanes import OrderLane

pytestmark = pytest.mark.django_db
NAMES = ("X-Timestamp", "X-Signature", "X-Recv-Window")


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path, live_engine: LiveEngine) -> Iterator[None]:
    """Key-encryption keys and used signatures of the test's own."""
    secrets = {"KEYS_SECRET": "", "KEYS_SECRET_FILE": str(tmp_path / "keys_secret")}
    settings.XTRADER = {**settings.XTRADER, **secrets, "DATA_DIR": tmp_path}
    yield
    table = process.find(UsedSignatures)
    if table is not None:
        table.close()


@pytest.fixture(autouse=True)
def changes_are_heard(live_engine: LiveEngine) -> Iterator[None]:
    """As in a web process."""
    changes.listeners.add(verified_keys.forget_user)
    yield
    changes.listeners.remove(verified_keys.forget_user)


class Signer:
    """A program with a key."""

    def __init__(self, person: Person, **wish: Any) -> None:
        self.private_key = Ed25519PrivateKey.generate()
        if wish.get("kind") == "ed25519":
            pem = self.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            wish["public_key"] = pem.decode()
        body = {"label": "bot", "scopes": ["read", "trade"], "password": PASSWORD, **wish}
        reply = person.post("/api/v1/keys", body)
        assert reply.status_code == 200, reply.json()
        self.key, self.secret = reply.json()["key"], reply.json()["secret"]
        self.key_id: str = self.key["key_id"]
        self.api = APIClient(raise_request_exception=False)
        self._last_ms = 0

    def now_ms(self) -> int:
        """Never the same twice."""
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        return self._last_ms

    def sign(self, content: bytes) -> str:
        if self.secret is None:
            return base64.b64encode(self.private_key.sign(content)).decode()
        return hmac.new(self.secret.encode(), content, "sha256").hexdigest()

    def headers(
        self, method: str, target: str, body: bytes = b"", at_ms: int | None = None
    ) -> dict[str, str]:
        at = str(at_ms or self.now_ms())
        signature = self.sign(at.encode() + method.encode() + target.encode() + body)
        return {"X-API-Key": self.key_id, "X-Timestamp": at, "X-Signature": signature}

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Any:
        return self.api.generic(method, target, body, content_type="application/json", headers=headers)

    def get(self, target: str) -> Any:
        return self.send("GET", target, self.headers("GET", target))

    def post(self, target: str, body: Any, **more: str) -> Any:
        raw = json.dumps(body).encode()
        return self.send("POST", target, {**self.headers("POST", target, raw), **more}, raw)


def error(reply: Any) -> Any:
    return reply.json().get("error")


# --- made, listed, revoked ---------------------------------------------------------------------------------


def test_a_key_is_made_shown_once_listed_and_revoked(alice: Person) -> None:
    signer = Signer(alice, addresses=["127.0.0.1", "2001:db8::/32"], order_rate=50)
    assert len(signer.secret) >= 40
    listed = alice.get("/api/v1/keys").json()
    assert listed == {"keys": [signer.key]} and signer.secret not in json.dumps(listed)
    assert signer.key["addresses"] == ["127.0.0.1/32", "2001:db8::/32"]
    assert signer.key["account"] == "1001" and signer.key["last_used_at"] is None
    assert signer.secret.encode() not in bytes(ApiKey.objects.get().sealed_secret or b"")
    assert signer.get("/v1/balances").status_code == 200
    assert alice.api.delete(f"/api/v1/keys/{signer.key_id}").json() == {"revoked": True}
    assert alice.get("/api/v1/keys").json() == {"keys": []}
    assert error(alice.api.delete(f"/api/v1/keys/{signer.key_id}")) == "KEY_NOT_FOUND"
    assert ApiKey.objects.get().sealed_secret is None


@pytest.mark.parametrize(
    ("wish", "code", "field"),
    [
        ({"label": None}, "MISSING_FIELD", "label"),
        ({"label": "x" * 41}, "INVALID_FIELD", "label"),
        ({"label": "a\nb"}, "INVALID_TEXT", "label"),
        ({"scopes": []}, "INVALID_FIELD", "scopes"),
        ({"scopes": ["read", "all"]}, "INVALID_FIELD", "scopes"),
        ({"scopes": [["read"]]}, "INVALID_FIELD", "scopes"),
        ({"scopes": "read"}, "INVALID_FIELD", "scopes"),
        ({"kind": "rsa"}, "INVALID_FIELD", "kind"),
        ({"kind": "ed25519"}, "MISSING_FIELD", "public_key"),
        ({"kind": "ed25519", "public_key": "AAAA"}, "INVALID_FIELD", "public_key"),
        ({"public_key": "AAAA"}, "INVALID_FIELD", "public_key"),
        ({"account": "1002"}, "ACCOUNT_NOT_FOUND", "account"),
        ({"account": "x"}, "ACCOUNT_NOT_FOUND", "account"),
        ({"addresses": ["10.0.0.1/8"]}, "INVALID_FIELD", "addresses"),
        ({"addresses": [5]}, "INVALID_FIELD", "addresses"),
        ({"addresses": ["10.0.0.0/8"] * 21}, "INVALID_FIELD", "addresses"),
        ({"expires_at": 1}, "INVALID_FIELD", "expires_at"),
        ({"expires_at": 9_000_000_000_001}, "INVALID_FIELD", "expires_at"),
        ({"order_rate": 0}, "INVALID_FIELD", "order_rate"),
        ({"order_rate": 2_001}, "INVALID_FIELD", "order_rate"),
        ({"password": None}, "STEP_UP_REQUIRED", None),
        ({"password": None, "otp": "123456"}, "STEP_UP_REQUIRED", None),
        ({"password": 5}, "INVALID_FIELD", "password"),
        ({"password": "wrong"}, "INVALID_CREDENTIALS", None),
        ({"password": "\x00"}, "INVALID_CREDENTIALS", None),
        ({"scope": "read"}, "UNKNOWN_FIELD", "scope"),
    ],
)
def test_what_is_no_key(alice: Person, bob: Person, wish: dict[str, Any], code: str, field: str) -> None:
    body = {"label": "bot", "scopes": ["read"], "password": PASSWORD, **wish}
    reply = alice.post("/api/v1/keys", body)
    assert (error(reply), reply.json()["details"].get("field")) == (code, field)
    assert not ApiKey.objects.exists()


def test_a_user_has_twenty_keys_at_most(alice: Person, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "login": "0"}}
    signers = [Signer(alice) for _ in range(issuing.MAX_KEYS)]
    body = {"label": "bot", "scopes": ["read"], "password": PASSWORD}
    refused = alice.post("/api/v1/keys", body)
    assert (error(refused), refused.json()["details"]) == ("TOO_MANY_KEYS", {"maximum": issuing.MAX_KEYS})
    assert alice.api.delete(f"/api/v1/keys/{signers[0].key_id}").status_code == 200
    assert alice.post("/api/v1/keys", body).status_code == 200


def test_keys_are_managed_by_log_ins_alone(
    alice: Person, bob: Person, oscar: Person, anyone: APIClient
) -> None:
    signer = Signer(alice, scopes=["read", "trade", "transfer", "withdraw"])
    assert error(signer.get("/api/v1/keys")) == "PERMISSION_DENIED"
    body = {"label": "more", "scopes": ["read"], "password": PASSWORD}
    assert error(signer.post("/api/v1/keys", body)) == "PERMISSION_DENIED"
    target = f"/api/v1/keys/{signer.key_id}"
    assert error(signer.send("DELETE", target, signer.headers("DELETE", target))) == "PERMISSION_DENIED"
    assert error(anyone.get("/api/v1/keys")) == "NOT_AUTHENTICATED"
    assert error(bob.api.delete(target)) == "STEP_UP_REQUIRED"
    assert bob.post("/api/v1/step-up", {"password": PASSWORD}).status_code == 200
    assert error(bob.api.delete(target)) == "KEY_NOT_FOUND" and bob.get("/api/v1/keys").json() == {"keys": []}
    assert error(oscar.post("/api/v1/keys", body)) == "NO_ACCOUNT"


# --- what a request proves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["hmac", "ed25519"])
def test_both_kinds_read_and_trade(alice: Person, kind: str) -> None:
    signer = Signer(alice, kind=kind)
    assert signer.post("/v1/order", GOOD).status_code == 200
    assert signer.get("/v1/orders?status=open&limit=5").status_code == 200


def test_a_key_is_for_its_account(alice: Person, live_engine: Any) -> None:
    live_engine.open_account(1044, {"KRW": 7})
    Account.objects.create(number=1044, user=alice.user, name="second")
    signer = Signer(alice, account="1044")
    assert [each["available"] for each in signer.get("/v1/balances").json()["balances"]] == ["7"]
    Account.objects.filter(number=1044).update(user=None)
    verified_keys.forget()
    assert error(signer.get("/v1/balances")) == "INVALID_KEY"


@pytest.mark.parametrize(
    ("scopes", "read", "trade", "transfer"),
    [
        (["read"], None, "SCOPE_REQUIRED", "SCOPE_REQUIRED"),
        (["trade"], "SCOPE_REQUIRED", None, "SCOPE_REQUIRED"),
        (["transfer"], "SCOPE_REQUIRED", "SCOPE_REQUIRED", "DEMO_ONLY"),
        (["withdraw"], "SCOPE_REQUIRED", "SCOPE_REQUIRED", "SCOPE_REQUIRED"),
    ],
)
def test_a_scope_is_a_permission(
    alice: Person, settings: Any, scopes: list[str], read: str, trade: str, transfer: str
) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": transfer == "SCOPE_REQUIRED"}
    signer = Signer(alice, scopes=scopes)
    assert error(signer.get("/v1/balances")) == read
    assert error(signer.post("/v1/order", GOOD)) == trade
    assert error(signer.post("/v1/demo/deposit", {"asset": "KRW", "amount": "5"})) == transfer


def test_a_key_never_has_more_than_its_users_role(alice: Person) -> None:
    signer = Signer(alice)
    roles.assign_role(alice.user, roles.AUDITOR)
    verified_keys.forget()
    assert signer.get("/v1/balances").status_code == 200
    assert error(signer.post("/v1/order", GOOD)) == "PERMISSION_DENIED"
    alice.user.is_active = False
    alice.user.save()
    verified_keys.forget()
    assert error(signer.get("/v1/balances")) == "INVALID_KEY"


def test_the_clock(alice: Person) -> None:
    signer = Signer(alice)
    for away_ms, window, code in (
        (-4_000, None, None),
        (-5_500, None, "TIMESTAMP_OUT_OF_WINDOW"),
        (-5_500, "60000", None),
        (-61_000, "60000", "TIMESTAMP_OUT_OF_WINDOW"),
        (-1_500, "1000", "TIMESTAMP_OUT_OF_WINDOW"),
        (500, None, None),
        (2_500, "60000", "TIMESTAMP_OUT_OF_WINDOW"),
    ):
        headers = signer.headers("GET", "/v1/balances", at_ms=signer.now_ms() + away_ms)
        more = {} if window is None else {"X-Recv-Window": window}
        reply = signer.send("GET", "/v1/balances", {**headers, **more})
        assert error(reply) == code, (away_ms, window)
        if code is not None:
            assert abs(reply.json()["details"]["server_time"] - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("X-API-Key", "", "INVALID_KEY"),
        ("X-API-Key", "0" * 32, "INVALID_KEY"),
        ("X-API-Key", "é", "INVALID_KEY"),
        ("X-API-Key", "%s,%s", "INVALID_KEY"),
        ("X-Timestamp", None, "MISSING_FIELD"),
        ("X-Timestamp", "%s,%s", "INVALID_FIELD"),
        ("X-Timestamp", " %s.0", "INVALID_FIELD"),
        ("X-Timestamp", "\u0663", "INVALID_FIELD"),
        ("X-Timestamp", "9" * 15, "INVALID_FIELD"),
        ("X-Signature", None, "MISSING_FIELD"),
        ("X-Signature", "", "INVALID_SIGNATURE"),
        ("X-Signature", "%s,%s", "INVALID_SIGNATURE"),
        ("X-Recv-Window", "0", "INVALID_FIELD"),
        ("X-Recv-Window", "60001", "INVALID_FIELD"),
        ("X-Recv-Window", "5000,5000", "INVALID_FIELD"),
        ("X-Recv-Window", "1e3", "INVALID_FIELD"),
    ],
)
def test_what_the_headers_may_not_be(alice: Person, header: str, value: str | None, code: str) -> None:
    signer = Signer(alice)
    headers = signer.headers("GET", "/v1/balances")
    sent = headers.pop(header, "")
    if value is not None:
        # A repeated header is joined by a comma.
        headers[header] = value.replace("%s", sent)
    assert error(signer.send("GET", "/v1/balances", headers)) == code


def test_a_signature_is_for_one_request(alice: Person) -> None:
    signer = Signer(alice)
    body = json.dumps(GOOD).encode()
    headers = signer.headers("POST", "/v1/order", body)
    assert error(signer.send("POST", "/v1/order", headers, body + b" ")) == "INVALID_SIGNATURE"
    assert error(signer.send("POST", "/v1/orders", headers, body)) == "INVALID_SIGNATURE"
    assert error(signer.send("POST", "/v1/order?", headers | {"X-Timestamp": "1"}, body)) is not None
    assert signer.send("POST", "/v1/order", headers, body).status_code == 200
    again = signer.send("POST", "/v1/order", headers, body)
    assert (again.status_code, error(again)) == (401, "REPLAYED_REQUEST")
    # A longer window brings an old request no second time.
    assert error(signer.send("POST", "/v1/order", {**headers, "X-Recv-Window": "60000"}, body)) == (
        "REPLAYED_REQUEST"
    )


def test_addresses(alice: Person, settings: Any) -> None:
    here, elsewhere = Signer(alice, addresses=["127.0.0.0/8"]), Signer(alice, addresses=["198.51.100.7"])
    assert here.get("/v1/balances").status_code == 200
    reply = elsewhere.get("/v1/balances")
    assert (reply.status_code, error(reply)) == (403, "ADDRESS_NOT_ALLOWED")
    assert reply.json()["details"] == {"address": "127.0.0.1"}
    settings.XTRADER = {**settings.XTRADER, "NUM_PROXIES": 1}
    elsewhere.api.credentials(HTTP_X_FORWARDED_FOR="127.0.0.1, 198.51.100.7")
    assert elsewhere.get("/v1/balances").status_code == 200


def test_expiry(alice: Person) -> None:
    signer = Signer(alice, expires_at=int(time.time() * 1000) + 600_000)
    assert signer.get("/v1/balances").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    verified_keys.forget()
    assert error(signer.get("/v1/balances")) == "KEY_EXPIRED"


def test_the_rate_of_a_key_is_its_own(alice: Person) -> None:
    slow, other = Signer(alice, order_rate=2), Signer(alice)
    codes = [error(slow.post("/v1/order/cancel", {"order_id": "999"})) for _ in range(9)]
    assert "RATE_LIMITED" in codes and codes[0] == "ORDER_NOT_FOUND"
    assert error(other.post("/v1/order/cancel", {"order_id": "999"})) == "ORDER_NOT_FOUND"


def test_the_last_use_is_written_once_a_minute(alice: Person, django_assert_num_queries: Any) -> None:
    signer = Signer(alice)
    before_ms = int(time.time() * 1000)
    signer.get("/v1/balances")
    used = alice.get("/api/v1/keys").json()["keys"][0]
    assert used["last_used_at"] >= before_ms - 1 and used["last_used_from"] == "127.0.0.1"
    verified_keys.forget()
    signer.get("/v1/balances")
    verified_keys.renew([signer.key_id])
    assert alice.get("/api/v1/keys").json()["keys"][0] == used
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=90))
    verified_keys.forget()
    verified_keys.renew([signer.key_id])
    signer.get("/v1/balances")
    verified_keys.renew([signer.key_id])
    assert alice.get("/api/v1/keys").json()["keys"][0]["last_used_at"] >= used["last_used_at"]


# --- ended -------------------------------------------------------------------------------------------------


def test_a_revoked_key_ends_at_once(alice: Person, django_capture_on_commit_callbacks: Any) -> None:
    signer, other = Signer(alice), Signer(alice)
    reader = changes.Reader()
    for each in (signer, other):
        assert each.get("/v1/balances").status_code == 200
    known = verified_keys.recall(signer.key_id)
    assert known is not None and renewed(known.identity)
    with django_capture_on_commit_callbacks(execute=True):
        issuing.revoke(alice.user, signer.key_id)
    assert reader.read() == {alice.user.pk}
    assert verified_keys.recall(signer.key_id) is None and not renewed(known.identity)
    assert error(signer.get("/v1/balances")) == "INVALID_KEY"
    assert other.get("/v1/balances").status_code == 200


def test_what_was_read_before_a_revocation_is_not_remembered_after_it(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = Signer(alice)
    identify = module.key_identities

    def overtaken(*given: Any) -> Any:
        found = identify(*given)
        verified_keys.forget_user(alice.user.pk)
        return found

    monkeypatch.setattr(module, "key_identities", overtaken)
    assert signer.get("/v1/balances").status_code == 200
    assert verified_keys.recall(signer.key_id) is None


# --- by the lane -------------------------------------------------------------------------------------------

Run = Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]


async def _aside(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    raise Aside(message["body"])


async def by_lane(
    signer: Signer, headers: dict[str, str], body: bytes, before_the_body: Callable[[], None] | None = None
) -> tuple[int, Any]:
    given = {"host": "testserver", "content-type": "application/json", "content-length": str(len(body))}
    lines = [(name.lower().encode(), value.encode()) for name, value in (given | headers).items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/order",
        "raw_path": b"/v1/order",
        "query_string": b"",
        "client": ("127.0.0.1", 5000),
        "headers": lines,
    }
    messages: list[Any] = []

    async def receive() -> Any:
        if before_the_body is not None:
            before_the_body()
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        messages.append(message)

    await OrderLane(_aside)(scope, receive, send)
    return messages[0]["status"], json.loads(messages[1]["body"])


def test_the_lane_takes_a_known_key_and_leaves_others(alice: Person, run_live: Run) -> None:  # noqa: F811
    signer = Signer(alice)
    body = json.dumps(GOOD).encode()

    async def scenario() -> None:
        verified_keys.forget()
        with pytest.raises(Aside):
            await by_lane(signer, signer.headers("POST", "/v1/order", body), body)

    run_live(scenario)
    signer.get("/v1/balances")

    async def known() -> None:
        headers = signer.headers("POST", "/v1/order", body)
        status, reply = await by_lane(signer, headers, body)
        assert (status, reply["order"]["status"]) == (200, "new")
        assert (await by_lane(signer, headers, body))[1]["error"] == "REPLAYED_REQUEST"
        bad = {**signer.headers("POST", "/v1/order", body), "X-Signature": "0" * 64}
        assert (await by_lane(signer, bad, body))[1]["error"] == "INVALID_SIGNATURE"
        # Revoked while the body was on its way: Django looks at it, with the whole body.
        with pytest.raises(Aside) as raised:
            await by_lane(signer, signer.headers("POST", "/v1/order", body), body, verified_keys.forget)
        assert raised.value.args == (body,)

    run_live(known)


# --- properties --------------------------------------------------------------------------------------------

CONTENT = st.binary(max_size=200)


@given(CONTENT, CONTENT)
@hypothesis_settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_only_the_bytes_that_were_signed(alice: Person, content: bytes, other: bytes) -> None:
    """Of any two contents the signature of one is none of the other, and each is taken once."""
    if not ApiKey.objects.exists():
        alice.signer = Signer(alice)  # type: ignore[attr-defined]
    signer: Signer = alice.signer  # type: ignore[attr-defined]
    at = str(signer.now_ms())
    signed = Signed(signer.key_id, at, signer.sign(at.encode() + content), None, "127.0.0.1", NAMES)
    if other != content:
        with pytest.raises(ApiError, match="INVALID_SIGNATURE"):
            verified_keys.verify(signed, other, "en")
    assert verified_keys.verify(signed, content, "en").identity.key_id == signer.key_id
    with pytest.raises(ApiError, match="REPLAYED_REQUEST"):
        verified_keys.verify(signed, content, "en")


def test_a_hundred_at_once_are_one(alice: Person) -> None:
    signer = Signer(alice)
    signer.get("/v1/balances")
    known = verified_keys.recall(signer.key_id)
    assert known is not None
    at = str(signer.now_ms())
    signed = Signed(signer.key_id, at, signer.sign(at.encode() + b"x"), None, "127.0.0.1", NAMES)

    def take(_: int) -> str | None:
        try:
            known.check(signed, b"x")
        except ApiError as refused:
            return refused.code
        return None

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(take, range(100)))
    assert found.count(None) == 1 and found.count("REPLAYED_REQUEST") == 99
