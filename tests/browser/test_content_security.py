"""No page asks for what its Content-Security-Policy refuses."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.ops.running import RunningExchange
from web.access import needs

PATIENCE_MS = 60_000
VISITOR = [
    "/",
    "/trade/BTC-KRW",
    "/markets",
    "/accounts/login/",
    "/admin/login/",
    "/api/docs",
    "/api/redoc",
    "/nothing",
]
TRADER = [
    "/",
    "/portfolio",
    "/wallet",
    "/wallet?tab=withdraw",
    "/account",
    "/keys",
    "/security",
    "/v1/balances",
]
OPERATOR = [
    "/admin/exchange/symbol/BTC-KRW/rules/",
    "/admin/exchange/symbol/BTC-KRW/halt/",
    "/admin/exchange/symbol/new/",
    "/admin/exchange/account/1000/deposit/",
]
#: Every table of the operator pages, and pages beside them.
ADMINISTRATOR = [
    "/admin/",
    "/admin/engine/",
    *(f"/admin/{table}" for table in needs.TABLES),
    "/admin/exchange/symbol/BTC-KRW/change/",
    "/admin/exchange/account/1000/change/",
    "/admin/accounts/user/add/",
    "/admin/password_change/",
]
#: Tells of every refusal, also of those that are not errors of the console.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => window.refused.push(
    [event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample].join(" ")));
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def log_in(page: Page, exchange: RunningExchange, name: str) -> None:
    page.goto(f"{exchange.url}/accounts/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", exchange.demo()["users"][name])
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


def refused_on(page: Page, exchange: RunningExchange, paths: list[str]) -> dict[str, list[str]]:
    """What each page was refused, by its path."""
    refused = {}
    for path in paths:
        said: list[str] = []

        def listen(message: object, said: list[str] = said) -> None:
            if "Content Security Policy" in message.text:  # type: ignore[attr-defined]
                said.append(message.text)  # type: ignore[attr-defined]

        page.on("console", listen)
        page.goto(exchange.url + path)
        # Charts, menus and the documentation draw themselves after the page has loaded.
        page.wait_for_timeout(800)
        refused[path] = said + page.evaluate("window.refused")
        page.remove_listener("console", listen)
    return {path: found for path, found in refused.items() if found}


def test_a_visitor(page: Page, exchange: RunningExchange) -> None:
    assert refused_on(page, exchange, VISITOR) == {}
    page.goto(f"{exchange.url}/api/docs")
    page.wait_for_selector("#swagger-ui .opblock")
    page.goto(f"{exchange.url}/api/redoc")
    page.wait_for_selector("[data-section-id]")
    page.goto(f"{exchange.url}/trade/BTC-KRW")
    page.wait_for_selector("canvas")
    assert page.evaluate("window.refused") == []


def test_a_trader(page: Page, exchange: RunningExchange) -> None:
    log_in(page, exchange, "alice")
    assert refused_on(page, exchange, TRADER) == {}


def test_an_administrator(page: Page, exchange: RunningExchange) -> None:
    log_in(page, exchange, "admin")
    assert refused_on(page, exchange, ADMINISTRATOR) == {}
    page.goto(f"{exchange.url}/admin/")
    # The menus are Alpine's: without it nothing opens.
    assert page.evaluate("Boolean(window.Alpine && window.htmx)")


def test_an_operator(page: Page, exchange: RunningExchange) -> None:
    log_in(page, exchange, "oscar")
    assert refused_on(page, exchange, OPERATOR) == {}


def test_the_watch_sees_a_refusal(page: Page, exchange: RunningExchange) -> None:
    page.goto(f"{exchange.url}/accounts/login/")
    page.evaluate(
        "document.body.appendChild(document.createElement('script')).textContent = 'window.run = 1'"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.run === undefined")
    assert any(text.startswith("script-src") for text in page.evaluate("window.refused"))


def test_every_answer_has_a_policy(exchange: RunningExchange) -> None:
    for path in VISITOR:
        policy = httpx.get(exchange.url + path, headers={"Accept": "text/html"}).headers[
            "content-security-policy"
        ]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy, path
        assert "script-src 'self' 'unsafe-inline'" not in policy, path
