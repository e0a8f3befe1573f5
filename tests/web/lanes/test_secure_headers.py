"""Every answer of every kind carries the headers that keep it where it belongs."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from tests.web.rest.asgi import Asked, Told, ask
from web.lanes.secure_headers import LINES, SecureHeaders
from web.pages.content_security import PERMISSIONS

HTML = [(b"accept", b"text/html")]
#: Kind of answer -> what asks for it.
KINDS = {
    "a page": Asked("/accounts/login/", b"", HTML),
    "a page that is not there": Asked("/nothing", b"", HTML),
    "an operator page": Asked("/admin/login/", b"", HTML),
    "a redirect": Asked("/admin/", b"", HTML),
    "the documentation": Asked("/api/docs", b"", HTML),
    "the schema": Asked("/api/schema"),
    "a fast read": Asked("/api/v1/symbols"),
    "a fast read's error": Asked("/api/v1/depth", b"symbol=NO-ONE"),
    "a view's error": Asked("/v1/balances"),
    "a method that is not allowed": Asked("/api/v1/symbols", method="DELETE"),
    "an address that is not there": Asked("/api/v1/nothing"),
    "a file": Asked("/static/admin/css/base.css"),
    "a wrong host": Asked("/accounts/login/", b"", [(b"host", b"elsewhere.example")]),
    "an order without a token": Asked("/v1/order", method="POST"),
}


@pytest.fixture
def application() -> Any:
    from xtrader.asgi import application

    return application


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_them_once(live_engine: Any, application: Any, kind: str) -> None:
    told: Told = async_to_sync(ask)(application, KINDS[kind])
    names = [name for name, _ in told.headers]
    for name, value in LINES:
        assert names.count(name) == 1, (told.status, name)
        assert told.header(name) == value, (told.status, name)
    is_page = (told.header(b"content-type") or b"").startswith(b"text/html")
    assert told.header(b"permissions-policy") == (PERMISSIONS.encode() if is_page else None)
    assert (told.header(b"content-security-policy") is not None) == is_page
    assert told.header(b"strict-transport-security") is None


@pytest.mark.parametrize(("scheme", "given"), [(b"https", b"max-age=60"), (b"http", None)])
def test_the_promise_of_tls_goes_over_tls_only(scheme: bytes, given: bytes | None) -> None:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"SAME")]})
        await send({"type": "http.response.body", "body": b""})

    asked = Asked("/", b"", [(b"x-forwarded-proto", scheme)])
    told: Told = async_to_sync(ask)(SecureHeaders(answer, "max-age=60"), asked)
    assert told.header(b"strict-transport-security") == given
    lowered = [(name.lower(), value) for name, value in told.headers]
    assert [value for name, value in lowered if name == b"x-frame-options"] == [b"SAME"]
