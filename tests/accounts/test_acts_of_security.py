"""Every act of a user's security is in the audit log: who, from where, what, before and after, and no secret.

``WALKS`` has a walk for each kind that users are told of (``notice_texts.KINDS``), and for those they are not
told of. A kind without a walk fails, and so does a walk that leaves no record.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.identity import notice_texts as texts
from accounts.identity import passwords, roles, second_factor, tokens
from accounts.identity.emails import ask_for
from accounts.models import TermsOfService, User
from exchange.audit import ACTS
from exchange.models import AuditRecord
from tests.accounts.joining import delivered, token_in
from tests.accounts.security_cast import Browser, Program, token, trader
from tests.conftest import PASSWORD, make_person

pytestmark = pytest.mark.django_db

#: Where alice sits, and the staff.
HOME, DESK = "203.0.113.7", "198.51.100.2"
NEW_PASSWORD = "nine slow otters"


@dataclass
class World:
    """Alice at her browser, with what must not be in any record."""

    alice: User
    browser: Browser
    settings: Any
    monkeypatch: pytest.MonkeyPatch
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, NEW_PASSWORD})

    def staff(self) -> Client:
        staff = Client(REMOTE_ADDR=DESK)
        staff.force_login(make_person("root", roles.ADMINISTRATOR).user)
        return staff

    def with_app(self) -> None:
        telephone, codes = self.browser.with_app()
        self.secrets |= {telephone.secret, telephone.code(-1), *codes}

    def with_codes(self) -> list[str]:
        self.browser.with_app()
        codes: list[str] = self.browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"]
        self.secrets |= set(codes)
        return codes

    def program(self, **fields: str) -> Program:
        program = Program("alice", HOME, **fields)
        self.secrets |= {program.pair["access"], program.pair["refresh"]}
        return program

    def make_key(self) -> str:
        made = self.browser.post("/api/v1/keys", {"label": "my bot", "scopes": ["read"]}).json()
        self.secrets.add(made["secret"])
        return str(made["key"]["key_id"])

    def passkey_id(self) -> str:
        self.browser.with_passkey("my laptop")
        return str(self.browser.get("/api/v1/mfa").json()["passkeys"][0]["passkey_id"])


class Walk(NamedTuple):
    """``prepare`` gives what does the act, once; ``kind``: of the record. ``before`` and ``after`` are fields
    that the record has at least."""

    kind: str
    prepare: Callable[[World], Callable[[], Any]]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    #: The name of who acted; empty: one whom nobody knows for certain.
    actor: str = "alice"
    address: str = HOME


def make_key(world: World) -> Callable[[], Any]:
    return world.make_key


def revoke_key(world: World) -> Callable[[], Any]:
    key_id = world.make_key()
    return lambda: world.browser.delete(f"/api/v1/keys/{key_id}")


def change_password(world: World) -> Callable[[], Any]:
    body = {"password": PASSWORD, "new_password": NEW_PASSWORD}
    return lambda: world.browser.post("/api/v1/password", body)


def reset_password(world: World) -> Callable[[], Any]:
    world.alice.refresh_from_db()
    key = passwords.reset_key(world.alice)
    world.secrets.add(key)
    body = {"token": key, "password": NEW_PASSWORD}
    return lambda: Program(address=HOME).post("/api/v1/password/reset/confirm", body)


def change_password_by_staff(world: World) -> Callable[[], Any]:
    staff, phrase = world.staff(), {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return lambda: staff.post(f"/admin/accounts/user/{world.alice.pk}/password/", phrase)


def change_password_at_the_machine(world: World) -> Callable[[], Any]:
    def change() -> None:
        world.alice.set_password(NEW_PASSWORD)
        world.alice.save()

    return change


def change_email(world: World) -> Callable[[], Any]:
    ask_for(world.alice, "new@example.com", "en", may_mail=lambda _: True)
    link = token_in(delivered()[-1])
    world.secrets.add(link)
    return lambda: world.browser.post("/api/v1/email/verify", {"token": link})


def add_app(world: World) -> Callable[[], Any]:
    return world.with_app


def remove_app(world: World) -> Callable[[], Any]:
    world.with_app()
    return lambda: world.browser.delete("/api/v1/mfa/totp")


def add_passkey(world: World) -> Callable[[], Any]:
    return world.browser.with_passkey


def rename_passkey(world: World) -> Callable[[], Any]:
    path = f"/api/v1/mfa/passkeys/{world.passkey_id()}"
    return lambda: world.browser.send("PATCH", path, {"name": "at the office"})


def remove_passkey(world: World) -> Callable[[], Any]:
    path = f"/api/v1/mfa/passkeys/{world.passkey_id()}"
    return lambda: world.browser.delete(path)


def renew_codes(world: World) -> Callable[[], Any]:
    world.with_app()
    return lambda: world.secrets.update(
        world.browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"]
    )


def use_code(world: World) -> Callable[[], Any]:
    codes = world.with_codes()
    return lambda: world.program(otp=codes[0])


def reset_factor(world: World) -> Callable[[], Any]:
    if not second_factor.is_set_up(world.alice):
        world.with_app()
    staff, page = world.staff(), f"/admin/accounts/user/{world.alice.pk}/reset-second-factor/"
    return lambda: staff.post(page, {"reason": "lost telephone"})


def guess_codes(world: World) -> Callable[[], Any]:
    world.with_app()
    return lambda: [token("alice", HOME, otp="000000") for _ in range(8)]


def log_in_elsewhere(world: World) -> Callable[[], Any]:
    return lambda: Browser("Chrome/1.0 Windows", HOME).log_in("alice")


def log_in_for_tokens(world: World) -> Callable[[], Any]:
    return world.program


def log_out(world: World) -> Callable[[], Any]:
    return lambda: world.browser.form("/accounts/logout/")


def end_session(world: World) -> Callable[[], Any]:
    world.program()
    [other] = [each for each in world.browser.sessions() if not each["is_this"]]
    return lambda: world.browser.delete(f"/api/v1/sessions/{other['id']}")


def end_others(world: World) -> Callable[[], Any]:
    world.program()
    return lambda: world.browser.post("/api/v1/sessions/revoke-others")


def revoke_token(world: World) -> Callable[[], Any]:
    program = world.program()
    return lambda: program.post("/api/v1/token/revoke", {"refresh": program.pair["refresh"]})


def reuse_token(world: World) -> Callable[[], Any]:
    world.monkeypatch.setattr(tokens, "REPEAT_FOR", timedelta(0))
    program = world.program()
    used = {"refresh": program.pair["refresh"]}
    world.secrets.add(program.post("/api/v1/token/refresh", used).json()["refresh"])
    return lambda: program.post("/api/v1/token/refresh", used)


def end_log_ins_by_staff(world: World) -> Callable[[], Any]:
    staff, page = world.staff(), f"/admin/accounts/user/{world.alice.pk}/end-log-ins/"
    return lambda: staff.post(page, {"reason": "she asked for it"})


def accept_terms(world: World) -> Callable[[], Any]:
    TermsOfService.objects.create(version=1, text_en="x", text_ko="x", effective_at=timezone.now())
    return lambda: world.browser.post("/api/v1/terms/accept", {"version": 1})


BY_STAFF: Final[dict[str, Any]] = {"actor": "root", "address": DESK}
WALKS: Final[dict[str, Walk]] = {
    texts.KEY_CREATED: Walk("key.made", make_key, None, {"label": "my bot", "scopes": ["read"]}),
    texts.KEY_REVOKED: Walk("key.revoked", revoke_key, {"label": "my bot"}),
    texts.PASSWORD_CHANGED: Walk("user.password_changed", change_password),
    texts.EMAIL_CHANGED: Walk(
        "user.changed", change_email, {"email": "alice@example.com"}, {"email": "new@example.com"}
    ),
    texts.APP_ADDED: Walk("second_factor.set_up", add_app, None, {"kind": "app", "codes_made": 10}),
    texts.APP_REMOVED: Walk("second_factor.removed", remove_app, {"kind": "app"}, {"is_on": False}),
    texts.PASSKEY_ADDED: Walk("second_factor.set_up", add_passkey, None, {"kind": "passkey"}),
    texts.PASSKEY_REMOVED: Walk(
        "second_factor.removed", remove_passkey, {"kind": "passkey", "name": "my laptop"}, {"is_on": False}
    ),
    texts.CODES_RENEWED: Walk("second_factor.codes_renewed", renew_codes, {"left": 10}, {"left": 10}),
    texts.CODE_USED: Walk("second_factor.code_used", use_code, {"left": 10}, {"left": 9}),
    texts.FACTOR_RESET: Walk(
        "second_factor.reset", reset_factor, {"kinds": ["app"]}, {"kinds": []}, **BY_STAFF
    ),
    texts.GUESSED: Walk("second_factor.guessed", guess_codes, actor=""),
    texts.NEW_PLACE: Walk("log_in.succeeded", log_in_elsewhere),
    texts.SESSION_ENDED: Walk("log_in.session_ended", end_session, {"kind": "token"}),
    texts.OTHERS_ENDED: Walk("log_in.others_ended", end_others),
}
#: Acts that no mail is about.
UNTOLD: Final[dict[str, Walk]] = {
    "password by a link": Walk("user.password_changed", reset_password, None, {"by": "a link in a letter"}),
    "password by staff": Walk("user.password_changed", change_password_by_staff, **BY_STAFF),
    "password at the machine": Walk(
        "user.password_changed", change_password_at_the_machine, actor="", address=""
    ),
    "passkey renamed": Walk(
        "second_factor.renamed", rename_passkey, {"name": "my laptop"}, {"name": "at the office"}
    ),
    "tokens": Walk("log_in.succeeded", log_in_for_tokens),
    "log-out": Walk("log_in.ended", log_out),
    "token revoked": Walk("log_in.revoked", revoke_token, None, {"everywhere": False}),
    "token reused": Walk("log_in.token_reused", reuse_token, {"kind": "token"}, actor=""),
    "log-ins ended by staff": Walk("log_in.all_ended", end_log_ins_by_staff, **BY_STAFF),
    "terms accepted": Walk("terms.accepted", accept_terms, {"version": None}, {"version": 1}),
}


@pytest.fixture
def world(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    limits = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0")
    keys = {"KEYS_SECRET": "", "KEYS_SECRET_FILE": str(tmp_path / "keys_secret")}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits, **keys}
    alice = trader("alice", 1001, "alice@example.com")
    browser = Browser(address=HOME)
    assert browser.log_in("alice").status_code == 302
    return World(alice, browser, settings, monkeypatch)


def test_every_kind_of_act_has_its_walk() -> None:
    assert set(WALKS) == set(texts.KINDS)
    assert {walk.kind for walk in (WALKS | UNTOLD).values()} <= set(ACTS)


@pytest.mark.parametrize("name", [*WALKS, *UNTOLD])
def test_an_act_is_in_the_audit_log(name: str, world: World) -> None:
    walk = (WALKS | UNTOLD)[name]
    act = walk.prepare(world)
    last = AuditRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0
    told = world.alice.security_acts.count()
    act()
    if name in WALKS:
        assert name in [each.kind for each in world.alice.security_acts.order_by("pk")[told:]]
    (record,) = AuditRecord.objects.filter(id__gt=last, kind=walk.kind)
    assert record.actor == walk.actor
    assert record.address == walk.address
    assert "alice" in (record.target_name, record.actor)
    for wanted, kept in ((walk.before, record.before), (walk.after, record.after)):
        assert (wanted or {}).items() <= json.loads(kept or "{}").items(), kept


def test_no_record_has_a_secret(world: World) -> None:
    """After as many of the acts as one user can do in turn."""
    in_turn = (make_key, end_session, revoke_token, add_passkey, renew_codes, change_email, reset_factor)
    for prepare in in_turn:
        prepare(world)()
    kept = [" ".join(map(str, row)) for row in AuditRecord.objects.values_list()]
    assert len(kept) > len(in_turn)
    found = [secret for secret in world.secrets if any(secret in row for row in kept)]
    assert found == []
