"""What people do at the terminal, in real browsers on a real exchange, on a market without bots.

The journeys run in the order in which they stand and share one exchange: bob sells, alice buys.
"""

from __future__ import annotations

import csv
import math
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from exchange.engine import messages as m
from tests.browser.page_checks import NONSENSE, english_words, serious_problems, settle, take_picture
from tests.browser.people import DESKTOP, PHONE, QUIET, Engine, Window, window
from tests.ops.running import RunningExchange

PAGES = (f"trade/{QUIET}", "trade/BTC-KRW", "markets", "portfolio", "wallet", "account", "keys")


@pytest.fixture(scope="module")
def engine(exchange: RunningExchange) -> Iterator[Engine]:
    engine = Engine(exchange)
    engine.list_quiet_market()
    yield engine
    engine.close()


@pytest.fixture
def alice(browser: Browser, exchange: RunningExchange, engine: Engine) -> Iterator[Window]:
    with window(browser, exchange) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        yield alice


@pytest.fixture
def bob(browser: Browser, exchange: RunningExchange, engine: Engine) -> Iterator[Window]:
    with window(browser, exchange) as bob:
        bob.log_in("bob", exchange.demo()["users"]["bob"], f"/trade/{QUIET}")
        yield bob


def test_a_newcomer_logs_in_and_deposits(
    browser: Browser, exchange: RunningExchange, engine: Engine, tmp_path: Path
) -> None:
    with window(browser, exchange) as bob:
        bob.page.goto(f"{exchange.url}/wallet")
        expect(bob.page).to_have_url(re.compile(r"/accounts/login/\?next=/wallet$"))
        bob.log_in("bob", exchange.demo()["users"]["bob"], "/wallet")
        balance = bob.see("wallet-balances").locator('[data-key="SOL"]')
        expect(balance).to_contain_text("SOL")
        bob.see("deposit").click()
        bob.see("deposit-asset").select_option("SOL")
        bob.see("deposit-amount").fill("5000")
        bob.see("deposit-send").click()
        expect(bob.see("deposit-dialog")).to_contain_text(re.compile("1,000"))
        bob.see("deposit-amount").fill("500")
        bob.see("deposit-send").click()
        expect(bob.see("deposit-dialog")).to_have_count(0)
        expect(balance).to_contain_text("500")
        bob.see("ledger-type").select_option("deposit")
        bob.see("ledger-asset").select_option("SOL")
        rows = bob.see("ledger").locator("[data-key]")
        expect(rows).to_have_count(1)
        # Up to yesterday there was nothing: a day before today, by keyboard.
        bob.see("ledger-to").click()
        bob.page.keyboard.press("ArrowLeft")
        bob.page.keyboard.press("Enter")
        expect(rows).to_have_count(0)
        bob.see("ledger-clear").click()
        bob.see("ledger-type").select_option("deposit")
        bob.see("ledger-asset").select_option("SOL")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("+500")
        with bob.page.expect_download() as download:
            bob.see("ledger-export").click()
        file = tmp_path / "ledger.csv"
        download.value.save_as(file)
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 2
        assert ",deposit,SOL,500,500,0," in lines[1]
        # The refused deposit of too much is an answer of the exchange, which the console notes.
        bob.complaints[:] = [text for text in bob.complaints if "400" not in text]


def test_an_order_is_seen_by_others_filled_in_parts_and_canceled(alice: Window, bob: Window) -> None:
    bob.place("sell", "200000", "10")
    expect(bob.open_orders()).to_have_count(1)
    seen = alice.level("asks", "200,000")
    expect(seen).to_contain_text("10")
    expect(bob.level("asks", "200,000").get_by_role("img")).to_be_visible()

    # A part.
    alice.place("buy", "200000", "4")
    expect(seen).to_contain_text("6.0")
    expect(bob.open_orders()).to_contain_text("4")
    alice.tab("fills")
    fill = alice.see("fills").locator("[data-key]").first
    expect(fill).to_contain_text("200,000")
    alice.see("book-tab-trades").click()
    expect(alice.see("trades").locator("[data-id]").first).to_contain_text("200,000")
    alice.see("book-tab-book").click()

    # A reload forgets nothing.
    bob.page.reload()
    expect(bob.open_orders()).to_have_count(1)
    expect(bob.open_orders()).to_contain_text("200,000")

    # Amended in place, seen by the other.
    bob.open_orders().get_by_test_id("amend-order").click()
    bob.see("amend-quantity").fill("7")
    bob.see("amend-save").click()
    expect(seen).to_contain_text("3.0")

    # Canceled: gone for both.
    bob.open_orders().get_by_test_id("cancel-order").click()
    expect(bob.open_orders()).to_have_count(0)
    expect(seen).to_have_count(0)

    # Filled whole.
    alice.place("buy", "150000", "2")
    expect(bob.level("bids", "150,000")).to_contain_text("2")
    bob.place("sell", "150000", "2")
    expect(bob.level("bids", "150,000")).to_have_count(0)
    alice.tab("open")
    expect(alice.open_orders()).to_have_count(0)


def test_open_orders_are_sorted_amended_filtered_exported_and_canceled_together(
    alice: Window, tmp_path: Path
) -> None:
    for price, quantity in (("100000", "1"), ("102000", "3"), ("101000", "2")):
        alice.place("buy", price, quantity)
    alice.see("hide-others").check()
    rows = alice.see("open-orders").locator("[data-key]")
    expect(rows).to_have_count(3)

    # Sorted: the largest first, then the smallest.
    by_price = alice.see("open-orders").get_by_role("button", name="Price")
    by_price.click()
    assert in_order(rows, "102,000", "101,000", "100,000")
    by_price.click()
    assert in_order(rows, "100,000", "101,000", "102,000")

    # A new price typed into the row; Escape keeps the old one.
    rows.nth(2).get_by_test_id("amend-order").click()
    alice.see("amend-price").fill("103000")
    alice.see("amend-price").press("Escape")
    rows.nth(2).get_by_test_id("amend-order").click()
    alice.see("amend-price").fill("99000")
    alice.see("amend-price").press("Enter")
    expect(alice.level("bids", "99,000")).to_contain_text("3")
    expect(alice.level("bids", "102,000")).to_have_count(0)
    assert in_order(rows, "99,000", "100,000", "101,000")

    # Filtered.
    alice.see("filter-side").select_option("sell")
    expect(rows).to_have_count(0)
    alice.see("filter-side").select_option("buy")
    alice.see("filter-symbol").fill("btc")
    expect(rows).to_have_count(0)
    alice.see("filter-symbol").fill("sol")
    alice.see("filter-status").select_option("new")
    expect(rows).to_have_count(3)

    lines = exported(alice, tmp_path)
    assert {(row["Price"], row["Quantity"], row["Status"]) for row in lines} == {
        ("99000", "3", "new"),
        ("100000", "1", "new"),
        ("101000", "2", "new"),
    }

    # All canceled at once, after a question whose first answer is no.
    alice.see("cancel-all").click()
    dialog = alice.see("cancel-all-dialog")
    expect(dialog.get_by_role("button").first).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(rows).to_have_count(3)
    alice.see("cancel-all").click()
    alice.see("cancel-all-confirm").click()
    expect(rows).to_have_count(0)
    expect(alice.see("cancel-all")).to_be_disabled()

    # What was, by market and outcome.
    alice.tab("history")
    alice.see("filter-status").select_option("canceled")
    expect(alice.see("order-history").locator("[data-key]")).to_have_count(3)
    assert {row["price"] for row in exported(alice, tmp_path)} == {"99000", "100000", "101000"}
    alice.see("totals").click()
    expect(alice.see("totals-count")).to_contain_text("3")
    alice.page.keyboard.press("Escape")
    expect(alice.see("totals-dialog")).to_have_count(0)
    alice.tab("fills")
    alice.see("filter-liquidity").select_option("taker")
    expect(alice.see("fills").locator("[data-key]")).to_have_count(1)
    [fill] = exported(alice, tmp_path)
    assert (fill["price"], fill["quantity"], fill["amount"], fill["fee"]) == ("200000", "4", "800000", "400")


def in_order(rows: Locator, *texts: str) -> bool:
    """Wait until the rows show the texts from top to bottom; they are placed by their heights."""
    for text in texts:
        expect(rows.filter(has_text=text)).to_have_count(1)

    def tops() -> list[float]:
        boxes = [rows.filter(has_text=text).bounding_box() for text in texts]
        return [box["y"] if box else math.inf for box in boxes]

    deadline_s = time.monotonic() + 10
    while (heights := tops()) != sorted(heights) and time.monotonic() < deadline_s:
        rows.page.wait_for_timeout(50)
    return heights == sorted(heights)


def exported(person: Window, folder: Path) -> list[dict[str, str]]:
    """The file of the tab on show, as rows by their headings."""
    with person.page.expect_download() as download:
        person.see("export").click()
    file = folder / "export.csv"
    download.value.save_as(file)
    return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))


def test_an_order_is_confirmed_if_asked_for(alice: Window) -> None:
    alice.see("order-more").click()
    alice.see("order-confirm-option").check()
    alice.see("order-price").fill("100000")
    quantity = alice.see("order-quantity")
    quantity.fill("0.1")
    # Steps: a tenth where a whole one would leave nothing, the last decimal typed, one lot, and back.
    for key, value in (("ArrowDown", "0.09"), ("ArrowUp", "0.10"), ("Alt+ArrowUp", "0.10000001")):
        quantity.press(key)
        expect(quantity).to_have_value(value)
    quantity.fill("0.1")
    quantity.press("Enter")
    expect(alice.see("order-confirm-send")).to_be_focused()
    expect(alice.open_orders()).to_have_count(0)
    alice.page.keyboard.press("Enter")
    expect(alice.open_orders()).to_have_count(1)
    alice.open_orders().get_by_test_id("cancel-order").click()
    expect(alice.open_orders()).to_have_count(0)


def test_what_the_exchange_would_refuse_is_said_at_the_field(alice: Window) -> None:
    alice.see("order-side-buy").click()
    alice.see("order-price").fill("200050")
    alice.see("order-quantity").fill("1")
    alice.see("order-quantity").press("Enter")
    expect(alice.see("order-price-problem")).to_contain_text("100")
    alice.see("order-price").fill("200000")
    alice.see("order-quantity").fill("9000000")
    alice.see("order-quantity").press("Enter")
    expect(alice.see("order-quantity-problem")).not_to_be_empty()
    expect(alice.open_orders()).to_have_count(0)


def test_the_portfolio_knows_what_was_bought(alice: Window) -> None:
    alice.open("/portfolio")
    sol = alice.see("holdings").locator('[data-key="SOL"]')
    # 4 at 200,000 and 2 at 150,000, each with 0.05 % on top.
    expect(sol).to_contain_text("183,425")
    expect(sol).to_contain_text("1,100,550")
    expect(alice.see("total-value")).to_contain_text("KRW")
    alice.page.get_by_role("button", name="All", exact=True).click()
    expect(alice.see("value-readout")).to_be_visible()
    expect(alice.see("performance")).to_be_visible()

    # By FIFO each purchase is a lot of its own.
    alice.see("method-fifo").click()
    expect(sol).to_contain_text("1,100,550")
    alice.see("lots-SOL").click()
    lots = alice.see("lots-dialog").locator("tbody tr")
    expect(lots).to_have_count(2)
    expect(lots.first).to_contain_text("800,400")
    alice.page.keyboard.press("Escape")

    # Everything in one currency, by a rate that is named; nothing leads to dollars.
    alice.see("convert-to").select_option("SOL")
    expect(alice.see("rates")).to_contain_text(QUIET)
    expect(alice.see("total-value")).to_contain_text("SOL")
    alice.see("convert-to").select_option("")

    # The year, on the page and as a file.
    line = alice.see("tax-report").locator('[data-key="SOL"]')
    expect(line).to_contain_text("1,100,550")
    with alice.page.expect_download() as download:
        alice.see("tax-export").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["acquired_cost"] for row in rows if row["asset"] == "SOL"] == ["1100550"]


def test_it_comes_back_after_the_web_server_died(
    browser: Browser, exchange: RunningExchange, engine: Engine
) -> None:
    with window(browser, exchange, may_lose_connection=True) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        alice.place("buy", "100000", "1")
        os.kill(exchange.pids()["web"], signal.SIGKILL)
        expect(alice.see("stale-banner")).to_be_visible()
        expect(alice.see("connection")).to_have_attribute("data-state", "live")
        expect(alice.see("stale-banner")).to_have_count(0)
        expect(alice.open_orders()).to_have_count(1)
        expect(alice.level("bids", "100,000")).to_be_visible()
        alice.open_orders().get_by_test_id("cancel-order").click()
        expect(alice.open_orders()).to_have_count(0)


def test_a_halt_while_the_form_is_open(alice: Window, engine: Engine) -> None:
    alice.see("order-side-buy").click()
    alice.see("order-price").fill("100000")
    alice.see("order-quantity").fill("1")
    expect(alice.see("order-send")).to_be_enabled()
    # The feed tells of it: asking for the symbols would find nobody.
    alice.page.route("**/api/v1/symbols", lambda route: route.abort())
    try:
        engine.set_status(m.HALTED, "drill")
        expect(alice.see("halt-banner")).to_contain_text("drill")
        expect(alice.see("order-send")).to_be_disabled()
        expect(alice.see("order-quantity")).to_have_value("1")
    finally:
        engine.set_status(m.TRADING)
    expect(alice.see("halt-banner")).to_have_count(0)
    expect(alice.see("order-send")).to_be_enabled()


def test_a_phone(browser: Browser, exchange: RunningExchange, engine: Engine) -> None:
    with window(browser, exchange, size=PHONE) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        alice.see("open-buy").click()
        alice.see("order-price").fill("90000")
        alice.see("order-quantity").fill("1")
        alice.see("order-send").click()
        expect(alice.see("order-sheet")).to_have_count(0)
        # A price of the book opens the form with it.
        alice.see("view-tab-book").click()
        alice.level("bids", "90,000").get_by_role("button").tap()
        expect(alice.see("order-sheet")).to_be_visible()
        expect(alice.see("order-price")).to_have_value("90,000")
        alice.page.keyboard.press("Escape")
        expect(alice.see("order-sheet")).to_have_count(0)
        alice.see("view-tab-orders").click()
        expect(alice.open_orders()).to_have_count(1)
        alice.open_orders().get_by_test_id("cancel-order").click()
        expect(alice.open_orders()).to_have_count(0)
        for path in PAGES:
            alice.open(f"/{path}")
            settle(alice.page)
            take_picture(alice.page, f"phone-{path}", "dark", "en")
            width = alice.page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE[0], path


@pytest.mark.parametrize(("language", "theme"), [("en-US", "dark"), ("ko-KR", "light")])
def test_every_page_reads_well_and_can_be_used_by_everybody(
    browser: Browser, exchange: RunningExchange, engine: Engine, language: str, theme: str
) -> None:
    with window(browser, exchange, language=language, theme=theme) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        for path in PAGES:
            alice.open(f"/{path}")
            settle(alice.page)
            words = alice.page.locator("#root").inner_text()
            assert not NONSENSE.search(words), path
            if language == "ko-KR":
                code = alice.see("referral-code")
                words = words.replace(code.inner_text(), "") if code.count() else words
                assert english_words(words) == set(), path
            assert serious_problems(alice.page) == [], path
            take_picture(alice.page, path, theme, language)


def test_a_light_page_never_begins_as_a_dark_one(browser: Browser, exchange: RunningExchange) -> None:
    with window(browser, exchange, theme="light") as visitor:
        # Whatever draws the page never comes; its document is light all the same, without a script inside.
        visitor.page.route("**/assets/*.js", lambda route: route.abort())
        for path in ("/markets", "/accounts/login/"):
            visitor.page.goto(visitor.url + path)
            assert visitor.page.evaluate("document.documentElement.dataset.theme") == "light"
            inside = visitor.page.locator('script:not([src]):not([type="application/json"])')
            expect(inside).to_have_count(0)
        visitor.complaints[:] = [text for text in visitor.complaints if "ERR_FAILED" not in text]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_of_each_page_in_each_theme(
    browser: Browser, exchange: RunningExchange, engine: Engine, theme: str
) -> None:
    language = "ko-KR" if theme == "dark" else "en-US"
    with window(browser, exchange, language=language, theme=theme) as alice:
        alice.page.goto(f"{exchange.url}/accounts/login/")
        take_picture(alice.page, "login", theme, language)
        alice.log_in("alice", exchange.demo()["users"]["alice"], "/markets")
        for path in PAGES[1:]:
            alice.open(f"/{path}")
            settle(alice.page)
            take_picture(alice.page, path, theme, language)
            assert alice.page.evaluate("document.documentElement.scrollWidth") <= DESKTOP[0], path
            assert alice.page.evaluate("document.documentElement.dataset.theme") == theme
