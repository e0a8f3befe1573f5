"""The operator pages in a real browser, on a real exchange whose market moves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ops.running import RunningExchange, wait_until

PATIENCE_MS = 60_000
LISTS = [
    "exchange/symbol/",
    "exchange/asset/",
    "exchange/account/",
    "exchange/balance/",
    "exchange/order/",
    "exchange/fill/",
    "exchange/transfer/",
    "exchange/feeoverride/",
    "exchange/changerequest/",
    "engine/",
]


@pytest.fixture
def oscar(browser: Browser, exchange: RunningExchange) -> Iterator[Page]:
    """The operator's browser, logged in; any error in its console fails the test that used it."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="en-US")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{exchange.url}/admin/")
    page.fill("#id_username", "oscar")
    page.fill("#id_password", exchange.demo()["users"]["oscar"])
    page.click("button[type=submit]")
    expect(page.locator("#markets")).to_contain_text("BTC-KRW")
    yield page
    context.close()
    assert complaints == []


def status_of(exchange: RunningExchange, symbol: str) -> str:
    """What the public API says of a symbol."""
    found = {one["symbol"]: one["status"] for one in exchange.get("/api/v1/symbols")["symbols"]}
    return str(found[symbol])


def test_every_page_opens_and_reads_like_an_exchange(oscar: Page, exchange: RunningExchange) -> None:
    for path in LISTS:
        response = oscar.goto(f"{exchange.url}/admin/{path}")
        assert response is not None
        assert response.ok, path
        text = oscar.inner_text("#main")
        assert not re.search(r"\bNone\b|\bNaN\b|minor units|\bticks\b|\blots\b|\d{19}", text), path


def halt_and_resume(oscar: Page, exchange: RunningExchange) -> float:
    """Seconds from the click on Halt until the public API says so; ETH-KRW trades again afterwards."""
    banner = oscar.locator("#followed-request")
    oscar.goto(f"{exchange.url}/admin/exchange/symbol/ETH-KRW/halt/")
    oscar.fill("#id_reason", "drill")
    clicked_s = time.monotonic()
    oscar.click("button[type=submit]:has-text('Halt')", no_wait_after=True)
    with httpx.Client(base_url=exchange.url, timeout=20) as public:
        while '"halted"' not in public.get("/api/v1/symbols").text:
            assert time.monotonic() - clicked_s < PATIENCE_MS / 1000, "never halted"
            time.sleep(0.02)
    took_s = time.monotonic() - clicked_s
    expect(banner).to_contain_text("Applied by the engine at sequence")
    expect(oscar.locator("#main")).to_contain_text("drill")
    oscar.goto(f"{exchange.url}/admin/exchange/symbol/ETH-KRW/resume/")
    oscar.select_option("#id_way", "0")
    oscar.fill("#id_reason", "drill over")
    oscar.click("button[type=submit]:has-text('Resume')")
    expect(banner).to_contain_text("Applied by the engine at sequence")
    wait_until(lambda: status_of(exchange, "ETH-KRW") == "trading", 30, "ETH-KRW trades again")
    return took_s


def test_a_halt_by_click_is_live_within_a_second(oscar: Page, exchange: RunningExchange) -> None:
    """One of three: a machine that runs other tests beside this one may be away for a second itself."""
    assert any(halt_and_resume(oscar, exchange) < 1.0 for _ in range(3))


def test_a_refusal_is_shown_where_it_was_asked(oscar: Page, exchange: RunningExchange) -> None:
    oscar.goto(f"{exchange.url}/admin/exchange/account/")
    oscar.click("th a:has-text('1000')")
    oscar.click('text="Withdraw"')
    oscar.select_option("#id_asset", "BTC")
    oscar.fill("#id_amount", "20,999,999.5")
    oscar.click("button[type=submit]:has-text('Withdraw')")
    banner = oscar.locator("#followed-request")
    expect(banner).to_contain_text("Refused. The available balance is too small. (required 20,999,999.5 BTC")
    expect(banner).to_have_attribute("data-state", "refused")


def test_the_engines_page_moves_by_itself(oscar: Page, exchange: RunningExchange) -> None:
    oscar.goto(f"{exchange.url}/admin/engine/")
    expect(oscar.locator("#engine-state")).to_contain_text("running")
    before = oscar.inner_text("#engine-state")
    wait_until(lambda: oscar.inner_text("#engine-state") != before, 30, "the figures are renewed")
    expect(oscar.locator("[data-alarm]")).to_have_count(0)
