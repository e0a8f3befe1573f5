"""``/health/live``, ``/health/ready`` and ``/health/detail``: who may read them and what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from rest_framework.test import APIClient

from ops.readiness import readiness
from tests.conftest import LiveEngine, Person

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "of-the-operators"


def with_setting(settings: Any, **more: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, **more}


def detail(client: APIClient, token: str = "") -> Any:
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return client.get("/health/detail", **headers)


def test_operators_alone_read_the_detail(
    live_engine: LiveEngine, anyone: APIClient, alice: Person, oscar: Person, settings: Any
) -> None:
    with_setting(settings, METRICS_TOKEN=TOKEN)
    assert detail(anyone).status_code == detail(anyone, "wrong").status_code == 403
    assert alice.get("/health/detail").status_code == 403
    assert oscar.get("/health/detail").status_code == 200
    found = detail(anyone, TOKEN).json()
    assert found["engine"]["ok"] and found["database"]["ok"] and found["cancel_only"] is False
    assert found["journal"]["durable"] == found["journal"]["sequence"] > 0
    assert found["certificate"] is None
    assert found["versions"]["core"] in ("python", "compiled")
    # Marketdata is away: what it alone knows is not invented.
    assert found["followers"]["marketdata"] == {"sequences": None, "seconds": None}


def test_without_a_configured_token_none_is_taken(live_engine: LiveEngine, anyone: APIClient) -> None:
    assert detail(anyone, "None").status_code == 403


def certificate(path: Path, days: float) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exchange.example")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(path.read_bytes() if path.exists() else b"")
    with path.open("ab") as file:
        file.write(built.public_bytes(serialization.Encoding.PEM))


def test_days_of_the_certificate(
    live_engine: LiveEngine, anyone: APIClient, settings: Any, tmp_path: Path
) -> None:
    path = tmp_path / "chain.pem"
    with_setting(settings, METRICS_TOKEN=TOKEN, TLS_CERTIFICATE_FILE=str(path))
    assert detail(anyone, TOKEN).json()["certificate"]["error"] == "FileNotFoundError"
    path.write_text("no certificate")
    assert detail(anyone, TOKEN).json()["certificate"]["days_left"] is None
    path.unlink()
    certificate(path, 90)
    certificate(path, 12.5)
    found = detail(anyone, TOKEN).json()["certificate"]
    assert found["days_left"] == pytest.approx(12.5, abs=0.2), "the one of the chain that ends first"


def test_ready_follows_the_engine_and_live_does_not(live_engine: LiveEngine, anyone: APIClient) -> None:
    assert anyone.get("/health/ready").json()["ready"] is True
    live_engine.worker.stop()
    readiness.forget()
    answer = anyone.get("/health/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert "engine" in answer.json()["reasons"][0]
    assert anyone.get("/health/live").json() == {"live": True}
