"""People at their security: in a browser with a session, or a program with a token, and what both ask for."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from accounts.identity import roles
from accounts.models import User
from tests.accounts.soft_passkey import SoftPasskey
from tests.accounts.telephone import Telephone
from tests.conftest import PASSWORD, make_person

LOG_IN = "/accounts/login/"
SECOND_STEP = "/accounts/second-factor/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def trader(name: str, account: int = 0, email: str = "") -> User:
    """A trader who is logged in nowhere, perhaps with a mail address."""
    user: User = make_person(name, roles.TRADER, account).user
    user.log_ins.all().delete()
    if email:
        user.email = email
        user.save(update_fields=["email"])
    return user


class Caller:
    """What a browser and a program have in common."""

    def send(self, method: str, path: str, body: Any = None) -> Any:
        raise NotImplementedError

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)

    # --- acts ---

    def prove(self, **fields: Any) -> Any:
        return self.post("/api/v1/step-up", fields or {"password": PASSWORD})

    def with_app(self) -> tuple[Telephone, list[str]]:
        """Set up an app, by the code of the step before; the telephone and the recovery codes."""
        self.prove()
        begun = self.post("/api/v1/mfa/totp")
        assert begun.status_code == 200, begun.json()
        telephone = Telephone(begun.json()["secret"])
        done = self.post("/api/v1/mfa/totp/confirm", {"code": telephone.code(-1)})
        assert done.status_code == 200, done.json()
        return telephone, done.json()["recovery_codes"]

    def with_passkey(self, name: str = "my laptop", **how: Any) -> SoftPasskey:
        """Add a passkey. The log-in has proved itself."""
        passkey = SoftPasskey(**how)
        options = self.post("/api/v1/mfa/passkeys/options").json()["public_key"]
        done = self.post("/api/v1/mfa/passkeys", {"name": name, "credential": passkey.make(options)})
        assert done.status_code == 200, done.json()
        return passkey

    def sessions(self) -> list[Any]:
        return list(self.get("/api/v1/sessions").json()["sessions"])

    def acts(self) -> list[str]:
        return [act["kind"] for act in self.get("/api/v1/security-acts").json()["acts"]]


class Browser(Caller):
    """Over HTTPS, as passkeys ask for, but at localhost."""

    def __init__(self, agent: str = FIREFOX, address: str = "127.0.0.1") -> None:
        self.client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, path, content, "application/json", secure=True)

    def form(self, path: str, **fields: str) -> Any:
        return self.client.post(path, fields, secure=True)

    def log_in(self, name: str, password: str = PASSWORD) -> Any:
        return self.form(LOG_IN, username=name, password=password, next="/security")

    @property
    def is_logged_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    def signs(self, passkey: SoftPasskey, **more: Any) -> str:
        """What a passkey signs on the log-in pages."""
        twist = {name: more.pop(name) for name in ("flags", "origin") if name in more}
        options = self.form("/accounts/passkey-options/", **more).json()
        return json.dumps(passkey.sign(options, **twist))


class Program(Caller):
    """Logged in by token."""

    def __init__(self, name: str = "", address: str = "127.0.0.1", **fields: str) -> None:
        self.api = APIClient(raise_request_exception=False, REMOTE_ADDR=address)
        self.pair: dict[str, Any] = {}
        if name:
            self.pair = token(name, address, **fields).json()
            self.api.credentials(HTTP_AUTHORIZATION=f"Bearer {self.pair['access']}")

    def send(self, method: str, path: str, body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return self.api.generic(method, path, content, content_type="application/json", secure=True)


def token(name: str, address: str = "127.0.0.1", **fields: str) -> Any:
    """A log-in by token."""
    body = {"username": name, "password": PASSWORD, **fields}
    return APIClient(REMOTE_ADDR=address).post("/api/v1/token", body, format="json")


def error(reply: Any) -> Any:
    return reply.json().get("error")
