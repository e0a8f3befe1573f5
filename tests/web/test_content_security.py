"""Every page has a Content-Security-Policy; the browser's tests prove that no page needs more."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.test import AsyncClient, Client

from web.pages import content_security
from web.pages.content_security import API_PAGES, ATTRIBUTION_STYLE, HEADER, OPERATOR_PAGES, PAGES

ROOT = Path(__file__).resolve().parents[2]
CHARTS = ROOT / "frontend/node_modules/lightweight-charts/dist/lightweight-charts.production.mjs"
ANSWERS = {
    "/": PAGES,
    "/markets": PAGES,
    "/accounts/login/": PAGES,
    "/nothing": PAGES,
    "/admin/login/": OPERATOR_PAGES,
    "/api/docs": API_PAGES,
    "/api/schema": None,
    "/api/v1/nothing": None,
    "/static/theme.js": None,
}


@pytest.mark.attack("A12")
@pytest.mark.django_db
@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_has_its_policy(path: str) -> None:
    assert Client().get(path).headers.get(HEADER) == ANSWERS[path]


@pytest.mark.django_db(transaction=True)
def test_so_has_one_of_a_coroutine() -> None:
    async def ask() -> str:
        return str((await AsyncClient().get("/accounts/login/")).headers[HEADER])

    assert asyncio.run(ask()) == PAGES


@pytest.mark.parametrize("policy", [PAGES, OPERATOR_PAGES, API_PAGES])
def test_no_policy_lets_strangers_in(policy: str) -> None:
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["frame-ancestors"] == "'none'"
    assert directives["default-src"] == "'self'"
    scripts = directives.get("script-src", directives["default-src"])
    assert not {"'unsafe-inline'", "*", "data:", "https:", "http:"} & set(scripts.split())
    assert not re.search(r"https?:|\*", policy)


def test_only_the_operator_pages_evaluate_text() -> None:
    assert "'unsafe-eval'" in OPERATOR_PAGES
    assert not any("'unsafe-eval'" in policy for policy in (PAGES, API_PAGES))


def test_a_developers_error_page_has_none(settings: object) -> None:
    from django.http import HttpResponse
    from django.test import RequestFactory

    middleware = content_security.content_security(lambda request: HttpResponse(status=404))
    settings.DEBUG = True  # type: ignore[attr-defined]
    assert HEADER not in middleware(RequestFactory().get("/")).headers
    settings.DEBUG = False  # type: ignore[attr-defined]
    assert HEADER in middleware(RequestFactory().get("/")).headers


def test_the_style_of_the_charts_is_the_one_that_is_allowed() -> None:
    if not CHARTS.exists():
        pytest.skip("no node packages here: `make setup` installs them")
    styles = re.findall(r"innerText=[\"`'](a#tv-attr-logo[^\"`']*)", CHARTS.read_text())
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" == ATTRIBUTION_STYLE


def test_no_page_of_ours_has_an_inline_script_or_handler() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"\son[a-z]+=", text), path
        assert "javascript:" not in text, path
