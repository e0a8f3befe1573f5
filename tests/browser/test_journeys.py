"""What people do at the terminal, in real browsers on a real exchange, on a market without bots.

The journeys run in the order in which they stand and share one exchange: bob sells, alice buys.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from exchange.engine import messages as m
from tests.browser.people import DESKTOP, PHONE, QUIET, Engine, Window, window
from tests.ops.running import ROOT, RunningExchange

#: Pictures of every page, for people to look at; CI keeps the folder.
PICTURES = Path(os.environ.get("ARTIFACTS") or ROOT / "artifacts") / "screens"
PAGES = (f"trade/{QUIET}", "trade/BTC-KRW", "markets", "portfolio", "wallet", "account")
#: What no page may ever show.
NONSENSE = re.compile(r"\bNaN\b|\bnull\b|undefined|(?<![\d.,])1970(?![\d.])|\[object|Infinity|\{\{")


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
        expect(rows).to_contain_text("+500")
        with bob.page.expect_download() as download:
            bob.see("ledger-export").click()
        file = tmp_path / "ledger.csv"
        download.value.save_as(file)
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 2
        assert ",deposit,SOL,500,0,500," in lines[1]
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
        alice.see("view-tab-orders").click()
        expect(alice.open_orders()).to_have_count(1)
        alice.open_orders().get_by_test_id("cancel-order").click()
        expect(alice.open_orders()).to_have_count(0)
        for path in PAGES:
            alice.open(f"/{path}")
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
                assert english_words(words) == set(), path
            assert serious_problems(alice.page) == [], path
            take_picture(alice.page, path, theme, language)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_picture_of_each_page_in_each_theme(
    browser: Browser, exchange: RunningExchange, engine: Engine, theme: str
) -> None:
    language = "ko-KR" if theme == "dark" else "en-US"
    with window(browser, exchange, language=language, theme=theme) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], "/markets")
        for path in PAGES[1:]:
            alice.open(f"/{path}")
            settle(alice.page)
            take_picture(alice.page, path, theme, language)
            assert alice.page.evaluate("document.documentElement.scrollWidth") <= DESKTOP[0], path
            assert alice.page.evaluate("document.documentElement.dataset.theme") == theme


def settle(page: Page) -> None:
    """Until the page shows data in place of grey rows."""
    expect(page.locator("main")).to_be_visible()
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    page.wait_for_load_state("networkidle")


def take_picture(page: Page, path: str, theme: str, language: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{path.replace('/', '-')}-{theme}-{language[:2]}.png")


#: Names, units and terms that Korean traders write in Latin letters themselves.
_LATIN = re.compile(
    r"x|xTrader|Trader|alice|English|API|CSV|UTC|ms|[mhdw]|[OHLCVBS]|Enter|Esc|Shift|GTC|IOC|FOK"
    r"|(BTC|ETH|SOL|AAPL|KRW|USD)(-KRW)?|MA|EMA|RSI|MACD|BB|VOL|Vol"
)


def english_words(text: str) -> set[str]:
    """Words in Latin letters that are no name, unit or term."""
    return {word for word in re.findall(r"[A-Za-z][A-Za-z-]*", text) if not _LATIN.fullmatch(word)}


def serious_problems(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    axe = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    page.add_script_tag(path=axe)
    found = page.evaluate(
        """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})).violations
            .filter((one) => ["serious", "critical"].includes(one.impact))
            .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`)"""
    )
    return [str(problem) for problem in found]
