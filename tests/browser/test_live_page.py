"""The page at ``/`` in a real browser, on a real exchange with its demo market."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ops.running import RunningExchange, wait_until

#: A busy machine takes its time.
PATIENCE_MS = 60_000


@pytest.fixture
def page(browser: Browser, exchange: RunningExchange) -> Iterator[Page]:
    """The live page, loaded; any error in its console fails the test that used it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-US")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(exchange.url)
    expect(page.get_by_test_id("connection")).to_contain_text("Live")
    yield page
    context.close()
    assert complaints == []


def prices(page: Page, side: str) -> list[Decimal]:
    """Prices of a side of the book as shown, best first."""
    rows = page.get_by_test_id(side).locator("[data-side] > span:first-child").all_inner_texts()
    return [Decimal(text.replace(",", "")) for text in rows]


def newest_trade(page: Page) -> str:
    return page.get_by_test_id("trades").locator("[data-id]").first.get_attribute("data-id") or ""


def test_the_book_is_two_sided_and_not_crossed(page: Page) -> None:
    for side in ("asks", "bids"):
        expect(page.get_by_test_id(side).locator("[data-side]").nth(4)).to_be_attached()
    wait_until(lambda: prices(page, "asks") and prices(page, "bids"), 60, "both sides are quoted")
    asks, bids = page.evaluate(
        """() => ["asks", "bids"].map((side) => [...document.querySelectorAll(
            `[data-testid="${side}"] [data-side] > span:first-child`)].map((cell) => cell.textContent))"""
    )
    best_ask, best_bid = (Decimal(side[0].replace(",", "")) for side in (asks, bids))
    assert best_bid < best_ask


def test_trades_move_by_themselves(page: Page) -> None:
    expect(page.get_by_test_id("trades").locator("[data-id]").first).to_be_visible()
    first = newest_trade(page)
    wait_until(lambda: int(newest_trade(page)) > int(first), 60, "a newer trade is on top")


def test_the_markets_show_prices_with_grouped_thousands(page: Page) -> None:
    markets = page.get_by_test_id("markets").get_by_role("button")
    expect(markets).to_have_count(3)
    expect(markets.first).to_contain_text(re.compile(r"BTC-KRW\d{2,3},\d{3},\d{3}"))
    expect(markets.last).to_contain_text(re.compile(r"AAPL\d{2,3}\.\d{2}"))


def test_choosing_another_market_changes_every_panel(page: Page) -> None:
    page.get_by_test_id("markets").get_by_role("button", name="AAPL").click()
    expect(page).to_have_url(re.compile(r"symbol=AAPL"))
    expect(page.get_by_test_id("last-price")).to_have_text(re.compile(r"^\d{2,3}\.\d{2}$"))
    expect(page.get_by_test_id("book")).to_contain_text("Price (USD)")
    wait_until(lambda: prices(page, "asks"), 60, "AAPL is offered")
    assert max(prices(page, "asks")) < 1_000
    page.reload()
    expect(page.get_by_test_id("book")).to_contain_text("Price (USD)")


def test_the_chart_is_drawn_in_every_interval(page: Page) -> None:
    for interval in ("1m", "5m", "1h", "1d"):
        page.get_by_role("button", name=interval, exact=True).click()
        expect(page.get_by_test_id("chart").locator("canvas").first).to_be_visible()
        expect(page.get_by_label("Chart")).to_contain_text(re.compile(r"O [\d,.]+"))


def test_it_speaks_korean_with_korean_colours(page: Page) -> None:
    def rise_colour() -> str:
        return str(
            page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--rise').trim()")
        )

    english = rise_colour()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_label("호가")).to_be_visible()
    assert rise_colour() != english
    words = page.locator("#root").inner_text()
    assert not re.search(r"Order book|Trades|Markets|Spread|NaN|null|undefined|1970", words)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844)])
def test_nothing_overflows(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert sizes[0] <= width
    assert sizes[1] <= height


def test_it_comes_back_after_the_web_server_died(browser: Browser, exchange: RunningExchange) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-US")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(exchange.url)
    connection = page.get_by_test_id("connection")
    expect(connection).to_contain_text("Live", timeout=PATIENCE_MS)
    wait_until(lambda: newest_trade(page), 60, "trades are shown")
    os.kill(exchange.pids()["web"], signal.SIGKILL)
    expect(connection).to_contain_text("Reconnecting", timeout=PATIENCE_MS)
    expect(connection).to_contain_text("Live", timeout=PATIENCE_MS)
    before = int(newest_trade(page))
    wait_until(lambda: int(newest_trade(page)) > before, 90, "trades move again")
    page.close()
