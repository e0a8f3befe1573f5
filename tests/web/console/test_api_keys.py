"""Operators see users' API keys and no secrets, and end one for a reason that the user is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.identity import notices, roles
from accounts.models import ApiKey
from exchange.models import AuditRecord
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import Staff
from tests.web.console.test_pages import text_of
from tests.web.rest.test_keys import Signer, error, own_files  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def signer(alice: Person, live_engine: LiveEngine, tmp_path: Path) -> Signer:
    return Signer(alice, label="the bot", addresses=["203.0.113.0/24"], order_rate=50)


def test_the_pages_show_no_secret(staff: Staff, signer: Signer) -> None:
    sealed = bytes(ApiKey.objects.get().sealed_secret or b"")
    for role in (roles.OPERATOR, roles.AUDITOR, roles.ADMINISTRATOR):
        for path in ("", f"{signer.key_id}/change/"):
            page = staff[role].get(f"/admin/accounts/apikey/{path}")
            text = text_of(page)
            assert all(part in text for part in ("the bot", signer.key_id, "alice", "1001")), (role, path)
            assert signer.secret not in page.content.decode() and sealed.hex() not in page.content.decode()
        assert "203.0.113.0/24" in text and "50" in text
    assert "the bot" in text_of(staff[roles.OPERATOR].get("/admin/accounts/apikey/?q=alice"))
    assert "the bot" not in text_of(staff[roles.OPERATOR].get("/admin/accounts/apikey/?q=bob"))


def test_a_key_is_revoked_for_a_reason(staff: Staff, signer: Signer, alice: Person) -> None:
    path = f"/admin/accounts/apikey/{signer.key_id}/revoke/"
    operator = staff[roles.OPERATOR]
    assert path in operator.get(f"/admin/accounts/apikey/{signer.key_id}/change/").content.decode()
    assert operator.get(path).status_code == 200
    assert operator.post(path, {"reason": ""}).status_code == 200, "no reason, no end"
    assert ApiKey.objects.get().revoked_at is None
    assert staff[roles.AUDITOR].post(path, {"reason": "x"}).status_code == 403
    assert operator.post(path, {"reason": "leaked on a forum"}).status_code == 302
    row = ApiKey.objects.get()
    assert row.revoked_at is not None and row.sealed_secret is None
    [act] = [each for each in notices.recent(alice.user, 9) if each.kind == "key_revoked"]
    assert act.facts == {"label": "the bot", "key_id": signer.key_id, "reason": "leaked on a forum"}
    record = AuditRecord.objects.get(kind="key.revoked")
    assert (record.actor_role, record.reason) == (roles.OPERATOR, "leaked on a forum")
    again: Any = operator.post(path, {"reason": "again"})
    assert again.status_code == 403 and AuditRecord.objects.filter(kind="key.revoked").count() == 1
    assert "revoked" in text_of(operator.get(f"/admin/accounts/apikey/{signer.key_id}/change/"))
    assert error(alice.get("/api/v1/keys")) is None
