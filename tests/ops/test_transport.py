"""Behind TLS cookies and pages keep to TLS; without it nothing listens beyond this machine unless it is
meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ops.running import ROOT, free_port

#: Asks for the log-in page as a proxy that ends TLS does, and prints what comes back.
ASK = """
import django, json
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0, interactive=False)
settings.ALLOWED_HOSTS.append("testserver")
found = {}
for scheme in ("https", "http"):
    reply = Client().get("/accounts/login/", headers={"x-forwarded-proto": scheme})
    cookie = reply.cookies.get("csrftoken")
    found[scheme] = {
        "status": reply.status_code,
        "to": reply.headers.get("Location"),
        "cookie": cookie and cookie.OutputString(),
        "hsts": reply.headers.get("Strict-Transport-Security"),
        "secure": reply.wsgi_request.is_secure(),
    }
found["session"] = settings.SESSION_COOKIE_SECURE
print(json.dumps(found))
"""


def answers(folder: Path, **variables: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "xtrader.settings",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.attack("A12")
def test_behind_tls(tmp_path: Path) -> None:
    found = answers(tmp_path / "data", TLS="1")
    assert found["session"] is True
    assert "Secure" in found["https"]["cookie"]
    assert (found["http"]["status"], found["http"]["to"]) == (301, "https://testserver/accounts/login/")
    assert found["http"]["cookie"] is None
    assert found["https"]["hsts"] == "max-age=31536000"
    assert found["https"]["secure"] is True
    assert found["http"]["secure"] is False
    assert answers(tmp_path / "data", TLS="1", HSTS_SECONDS="60")["https"]["hsts"] == "max-age=60"


def test_without_tls(tmp_path: Path) -> None:
    """On one machine: plain cookies, and what a client writes about the scheme counts for nothing."""
    found = answers(tmp_path / "data")
    assert found["session"] is False
    assert "Secure" not in found["https"]["cookie"]
    assert found["https"]["hsts"] is None
    assert found["https"]["secure"] is False


def start(folder: Path, host: str, **variables: str) -> str:
    """What a start says that ends at the taken data folder, if it comes so far."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up", "--host", host, "--port", str(free_port())],
        cwd=ROOT,
        env={**os.environ, "DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    return done.stderr


@pytest.fixture
def taken(tmp_path: Path) -> Any:
    """A data folder that another supervisor holds."""
    import fcntl

    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    with (folder / "supervisor.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@pytest.mark.attack("A12")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "exchange.example"])
def test_an_open_address_without_tls_is_refused(taken: Path, host: str) -> None:
    said = start(taken, host)
    assert f"HOST={host} is open to other machines" in said
    assert "TLS=1" in said and "INSECURE_HTTP=1" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("variables", [{"TLS": "1"}, {"DEBUG": "1"}, {"INSECURE_HTTP": "1"}])
def test_unless_it_is_meant(taken: Path, variables: dict[str, str]) -> None:
    assert "is in use by" in start(taken, "0.0.0.0", **variables)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_nothing(taken: Path, host: str) -> None:
    assert "is in use by" in start(taken, host)
