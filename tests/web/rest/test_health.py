"""``/healthz``, as anybody may read it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from ops import health
from tests.conftest import LiveEngine


@pytest.mark.django_db(transaction=True)
def test_broken_invariants_are_counted_and_not_described(
    live_engine: LiveEngine, anyone: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their texts name accounts and balances."""

    def status(*_: Any) -> dict[str, Any]:
        return {"breaches": ["account 1001 KRW: 5 told, 6 by adding up what happened"]}

    monkeypatch.setattr(health, "read_status", status)
    for path in ("/healthz", "/metrics"):
        body = anyone.get(path).content.decode()
        assert "told" not in body
        assert '"breaches": 1' in body or "xtrader_invariant_breaches 1.0" in body
