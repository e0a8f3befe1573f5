"""The page at ``/`` in a real browser, on a real exchange with its demo market."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import window
from tests.ops.running import RunningExchange, wait_until


@pytest.fixture
def page(browser: Browser, exchange: RunningExchange) -> Iterator[Page]:
    """The terminal as a visitor sees it; any error in its console fails the test that used it."""
    with window(browser, exchange) as visitor:
        visitor.open("/")
        expect(visitor.page).to_have_url(re.compile(r"/trade/BTC-KRW$"))
        yield visitor.page


def prices(page: Page, side: str) -> list[Decimal]:
    """Prices of a side of the book as shown."""
    rows = page.get_by_test_id(side).locator("[data-index] button").all_inner_texts()
    return [Decimal(text.replace(",", "")) for text in rows if text]


def newest_trade(page: Page) -> str:
    return page.get_by_test_id("trades").locator("[data-id]").first.get_attribute("data-id") or ""


def test_the_book_is_two_sided_and_not_crossed(page: Page) -> None:
    for side in ("asks", "bids"):
        expect(page.get_by_test_id(side).locator("[data-index]").nth(4)).to_be_attached()
    asks, bids = page.evaluate(
        """() => ["asks", "bids"].map((side) => [...document.querySelectorAll(
            `[data-testid="${side}"] [data-index] button`
        )].map((cell) => cell.textContent).filter(Boolean))"""
    )
    best_ask = min(Decimal(text.replace(",", "")) for text in asks)
    best_bid = max(Decimal(text.replace(",", "")) for text in bids)
    assert best_bid < best_ask


def test_trades_move_by_themselves(page: Page) -> None:
    page.get_by_test_id("book-tab-trades").click()
    expect(page.get_by_test_id("trades").locator("[data-id]").first).to_be_visible()
    first = newest_trade(page)
    wait_until(lambda: int(newest_trade(page)) > int(first), 60, "a newer trade is on top")


def test_the_markets_show_prices_with_grouped_thousands(page: Page, exchange: RunningExchange) -> None:
    page.get_by_role("link", name="Markets").click()
    expect(page).to_have_url(re.compile(r"/markets$"))
    markets = page.get_by_test_id("markets")
    expect(markets.locator('[data-key="BTC-KRW"]')).to_contain_text(re.compile(r"\d{2,3},\d{3},\d{3}"))
    expect(markets.locator('[data-key="AAPL"]')).to_contain_text(re.compile(r"\d{2,3}\.\d{2}"))
    expect(markets.locator('[data-key="BTC-KRW"] svg path')).to_be_visible()
    page.get_by_role("button", name="Last price").click()
    expect(markets.locator("[data-key]").first).to_contain_text("BTC-KRW")
    page.get_by_role("searchbox").fill("app")
    expect(markets.locator("[data-key]")).to_have_count(1)
    markets.get_by_role("link", name="AAPL").click()
    expect(page).to_have_url(re.compile(r"/trade/AAPL$"))


def test_choosing_another_market_changes_every_panel(page: Page) -> None:
    page.get_by_test_id("market-selector").click()
    page.get_by_test_id("market-AAPL").click()
    expect(page).to_have_url(re.compile(r"/trade/AAPL$"))
    expect(page.get_by_test_id("last-price")).to_have_text(re.compile(r"^\d{2,3}\.\d{2}"))
    expect(page.get_by_test_id("book")).to_contain_text("USD")
    wait_until(lambda: prices(page, "asks"), 60, "AAPL is offered")
    assert max(prices(page, "asks")) < 1_000
    page.reload()
    expect(page.get_by_test_id("book")).to_contain_text("USD")


def test_the_chart_is_drawn_in_every_interval(page: Page) -> None:
    for interval in ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"):
        page.get_by_test_id(f"interval-{interval}").click()
        expect(page.get_by_test_id("chart").locator("canvas").first).to_be_visible()
        expect(page.get_by_test_id("readout")).to_contain_text(re.compile(r"\d"))


def test_it_speaks_korean_with_korean_colours(page: Page) -> None:
    def rise_colour() -> str:
        return str(
            page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--rise').trim()")
        )

    english = rise_colour()
    page.get_by_test_id("display-menu").click()
    page.get_by_test_id("language-ko").click()
    expect(page.get_by_label("호가").first).to_be_visible()
    assert rise_colour() != english
    words = page.locator("#root").inner_text()
    assert not re.search(r"Order book|Trades|Markets|Spread|NaN|null|undefined|(?<![\d.,])1970(?!\d)", words)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844), (640, 360)])
def test_nothing_overflows(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    # The layout follows the window in the next frame.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    sizes = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert sizes[0] <= width
    assert sizes[1] <= height


def test_trades_move_again_after_the_web_server_died(browser: Browser, exchange: RunningExchange) -> None:
    with window(browser, exchange, may_lose_connection=True) as visitor:
        visitor.open("/")
        visitor.see("book-tab-trades").click()
        connection = visitor.see("connection")
        expect(visitor.see("trades").locator("[data-id]").first).to_be_visible()
        wait_until(lambda: newest_trade(visitor.page), 60, "trades are shown")
        os.kill(exchange.pids()["web"], signal.SIGKILL)
        expect(connection).to_have_attribute("data-state", "reconnecting")
        expect(connection).to_have_attribute("data-state", "live")
        before = int(newest_trade(visitor.page))
        wait_until(lambda: int(newest_trade(visitor.page)) > before, 90, "trades move again")
