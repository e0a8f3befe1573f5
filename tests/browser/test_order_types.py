"""Every kind of order as people place it at the terminal, on a market without bots.

The journeys run in the order in which they stand and share one exchange: bob sells, alice buys. Each starts
and ends with an empty book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from exchange.engine import messages as m
from tests.browser.people import PHONE, QUIET, Engine, Window, window
from tests.ops.running import RunningExchange


@pytest.fixture(scope="module")
def engine(exchange: RunningExchange) -> Iterator[Engine]:
    engine = Engine(exchange)
    engine.list_quiet_market()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def alice(browser: Browser, exchange: RunningExchange, engine: Engine) -> Iterator[Window]:
    with window(browser, exchange) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        yield alice


@pytest.fixture(scope="module")
def bob(browser: Browser, exchange: RunningExchange, engine: Engine) -> Iterator[Window]:
    with window(browser, exchange) as bob:
        bob.log_in("bob", exchange.demo()["users"]["bob"], "/wallet")
        bob.deposit("SOL", "500")
        bob.open(f"/trade/{QUIET}")
        yield bob


@pytest.fixture(autouse=True)
def clean(alice: Window, bob: Window) -> Iterator[None]:
    yield
    for person in (alice, bob):
        person.cancel_all()


def trade_at(bob: Window, alice: Window, price: str) -> None:
    """Make it the last price."""
    bob.place("sell", price, "0.1")
    alice.place("buy", price, "0.1")


def test_a_stop_waits_fires_and_is_filled(alice: Window, bob: Window) -> None:
    trade_at(bob, alice, "100000")
    alice.place("buy", "98000", "3")
    alice.place("buy", "90000", "1")
    bob.choose("stop", "sell")
    bob.fill(triggerPrice="100000", quantity="3")
    # The last price is there already: the form knows what the exchange would say.
    expect(bob.see("order-triggerPrice-problem")).to_be_visible()
    bob.fill(triggerPrice="99000")
    bob.send()
    row = bob.open_orders()
    expect(row).to_contain_text("≤ 99,000")
    expect(row).to_contain_text("Waiting")
    expect(bob.page.locator("[data-testid=chart-order][data-waits=true]")).to_contain_text("Stop")
    expect(alice.see("asks").locator("[data-index]")).to_have_count(0)

    # Amended in place: it waits for another price.
    row.get_by_test_id("amend-order").click()
    bob.see("amend-trigger").fill("98500")
    bob.see("amend-save").click()
    expect(row).to_contain_text("≤ 98,500")

    # A trade at 98,000 fires it; it takes what is left there, and the rest at 90,000 at worst.
    bob.place("sell", "98000", "1")
    expect(bob.open_orders()).to_have_count(0)
    expect(alice.level("bids", "98,000")).to_have_count(0)
    expect(alice.open_orders()).to_have_count(0)
    bob.tab("history")
    done = bob.see("order-history").locator("[data-key]").filter(has_text="Stop market").first
    expect(done).to_contain_text("Filled")
    expect(done).to_contain_text("≤ 98,500")
    bob.tab("open")


def test_of_an_oco_one_trades_and_the_other_is_canceled(alice: Window, bob: Window) -> None:
    trade_at(bob, alice, "100000")
    bob.choose("oco", "sell")
    bob.fill(price="105000", triggerPrice="95000", quantity="2")
    bob.ask_first()
    expect(bob.see("order-says")).to_contain_text("at 105,000 KRW or better")
    expect(bob.see("order-says")).to_contain_text("When the last price falls to 95,000 KRW or below")
    bob.see("order-confirm-send").click()
    expect(bob.open_orders()).to_have_count(2)
    expect(bob.open_orders().filter(has_text="OCO")).to_have_count(2)
    # Linked orders cannot be amended.
    expect(bob.open_orders().get_by_test_id("amend-order")).to_have_count(0)
    alice.place("buy", "105000", "2")
    expect(bob.open_orders()).to_have_count(0)
    bob.tab("history")
    rows = bob.see("order-history").locator("[data-key]")
    expect(rows.filter(has_text="linked order done").first).to_contain_text("Canceled")
    bob.tab("open")


def test_an_iceberg_shows_only_its_part(alice: Window, bob: Window) -> None:
    bob.choose("limit", "sell")
    bob.fill(price="120000", quantity="5")
    bob.unfold()
    bob.fill(displayQuantity="5")
    expect(bob.see("order-displayQuantity-problem")).to_be_visible()
    bob.fill(displayQuantity="0.5")
    bob.send()
    expect(bob.open_orders()).to_contain_text("Shows 0.5")
    level = alice.level("asks", "120,000")
    expect(level).to_contain_text("0.5")
    alice.place("buy", "120000", "0.7")
    # 0.2 came from the part that followed.
    expect(level).to_contain_text("0.3")
    expect(bob.open_orders()).to_contain_text("0.7")


def test_a_bracket_sells_what_it_bought(alice: Window, bob: Window) -> None:
    trade_at(bob, alice, "100000")
    bob.place("sell", "101000", "2")
    alice.choose("bracket", "buy")
    alice.fill(price="101000", quantity="2", takeProfitPrice="110000", stopPrice="111000")
    expect(alice.see("order-takeProfitPrice-problem")).to_contain_text("above the stop")
    alice.fill(stopPrice="95000")
    alice.send()
    expect(alice.open_orders()).to_have_count(2)
    expect(alice.open_orders().filter(has_text="Exit")).to_have_count(2)
    expect(bob.level("asks", "110,000")).to_contain_text("2")
    bob.place("buy", "110000", "2")
    expect(alice.open_orders()).to_have_count(0)


def test_a_pegged_order_waits_unseen_and_is_met_where_the_book_stands(alice: Window, bob: Window) -> None:
    bob.place("buy", "100000", "1")
    bob.place("sell", "110000", "1")
    alice.choose("pegged", "buy")
    alice.see("order-peg-market").click()
    alice.fill(price="120000", quantity="2")
    # At the ask it would take.
    alice.fill(pegOffset="0")
    expect(alice.see("order-pegOffset-problem")).to_be_visible()
    alice.see("order-peg-mid").click()
    alice.fill(pegOffset="1000")
    alice.ask_first()
    says = alice.see("order-says")
    expect(says).to_contain_text("unseen 1,000 KRW below the middle of best bid and ask")
    expect(says).to_contain_text("at 120,000 KRW at most")
    alice.see("order-confirm-send").click()
    row = alice.open_orders()
    expect(row).to_contain_text("Pegged")
    expect(row).to_contain_text("Mid − 1,000")
    expect(row).to_contain_text("≤ 120,000")
    expect(bob.see("bids").locator("[data-index]").filter(has_text="104,000")).to_have_count(0)

    bob.place("sell", "104000", "1")
    expect(row).to_contain_text("1")
    alice.tab("fills")
    expect(alice.see("fills").locator("[data-key]").first).to_contain_text("104,000")
    alice.tab("open")

    # Its limit is amended as any price.
    row.get_by_test_id("amend-order").click()
    alice.see("amend-price").fill("103000")
    alice.see("amend-save").click()
    expect(row).to_contain_text("≤ 103,000")


def test_an_order_that_triggers_two_leaves_by_one_of_them(alice: Window, bob: Window) -> None:
    trade_at(bob, alice, "100000")
    bob.choose("otoco", "sell")
    bob.fill(
        price="101000", quantity="2", takeProfitPrice="90000", stopPrice="85000", stopLimitPrice="111000"
    )
    expect(bob.see("order-takeProfitPrice-problem")).to_contain_text("below the stop")
    bob.fill(stopPrice="110000")
    bob.send()
    expect(bob.open_orders()).to_have_count(3)
    alice.place("buy", "101000", "2")
    expect(bob.open_orders()).to_have_count(2)
    expect(bob.open_orders().filter(has_text="≥ 110,000")).to_have_count(1)
    alice.place("sell", "90000", "2")
    expect(bob.open_orders()).to_have_count(0)


def test_the_rules_of_the_market_are_at_hand(
    browser: Browser, exchange: RunningExchange, engine: Engine, alice: Window
) -> None:
    engine.list_quiet_market(
        m.Protection(
            static_ppm=100_000, volatility_ns=120 * 10**9, random_end_ns=30 * 10**9, auction_stp=True
        )
    )
    try:
        alice.see("symbol-rules").click()
        rules = alice.see("symbol-rules-panel")
        expect(rules).to_contain_text("Auction when off the reference by10%")
        expect(rules).to_contain_text("Random end, up to30 seconds")
        alice.page.keyboard.press("Escape")
        with window(browser, exchange, size=PHONE, language="ko-KR", theme="light") as phone:
            phone.open(f"/trade/{QUIET}")
            phone.see("symbol-rules").click()
            expect(phone.see("symbol-rules-panel")).to_contain_text("임의 종료, 최대30초")
            assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    finally:
        engine.list_quiet_market()


def test_an_auction_has_its_banner_and_takes_what_gathers(alice: Window, bob: Window, engine: Engine) -> None:
    engine.set_status(m.VOLATILITY_AUCTION, "drill")
    try:
        expect(alice.see("halt-banner")).to_contain_text("drill")
        alice.choose("limit", "buy")
        expect(alice.see("order-type-market")).to_be_disabled()
        expect(alice.see("order-tif").locator("option[value=ioc]")).to_be_disabled()
        alice.place("buy", "100000", "2")
        expect(alice.see("auction-price")).to_contain_text("Nothing")
        bob.place("sell", "99000", "2")
        expect(alice.see("auction-quantity")).to_contain_text("2 SOL")
        expect(alice.see("auction-price")).to_contain_text(re.compile(r"(99|100),000 KRW"))
        # The book is crossed, and no spread is made of that.
        expect(alice.see("book-crossed")).to_contain_text("overlap")
    finally:
        engine.set_status(m.TRADING)
    expect(alice.see("halt-banner")).to_have_count(0)
    expect(alice.open_orders()).to_have_count(0)
    alice.tab("fills")
    expect(alice.see("fills").locator("[data-key]").first).to_contain_text("Auction")
    alice.tab("open")


def test_a_price_that_jumps_starts_an_auction_with_a_countdown(
    alice: Window, bob: Window, engine: Engine
) -> None:
    trade_at(bob, alice, "100000")
    bob.place("sell", "150000", "1")
    # Above and below by a tenth; the auction takes five seconds.
    engine.list_quiet_market(m.Protection(volatility_ppm=100_000, volatility_ns=5 * 10**9))
    try:
        alice.place("buy", "150000", "1")
        expect(alice.see("auction-left")).to_contain_text(re.compile(r"^0:0[0-5]$"))
        expect(alice.see("auction-quantity")).to_contain_text("1 SOL")
        # It ends by itself, and trades what gathered.
        expect(alice.see("halt-banner")).to_have_count(0)
        expect(alice.open_orders()).to_have_count(0)
    finally:
        engine.list_quiet_market()


def test_a_trailing_stop_on_a_korean_phone(
    browser: Browser, exchange: RunningExchange, alice: Window, bob: Window
) -> None:
    trade_at(bob, alice, "100000")
    with window(browser, exchange, size=PHONE, language="ko-KR") as phone:
        phone.log_in("bob", exchange.demo()["users"]["bob"], f"/trade/{QUIET}")
        phone.see("open-sell").click()
        phone.choose("trailing_stop", "sell")
        phone.fill(trailPercent="1.5", quantity="1")
        phone.see("order-send").click()
        expect(phone.see("order-sheet")).to_have_count(0)
        phone.see("view-tab-orders").click()
        row = phone.open_orders()
        expect(row).to_contain_text("트레일링 스탑")
        expect(row).to_contain_text("−1.5%")
        expect(row).to_contain_text("감시 중")
        row.get_by_test_id("cancel-order").click()
        expect(phone.open_orders()).to_have_count(0)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_orders_end_with_their_page_where_that_was_chosen(
    browser: Browser, exchange: RunningExchange, alice: Window
) -> None:
    with window(browser, exchange) as other:
        other.log_in("alice", exchange.demo()["users"]["alice"], "/account")
        other.see("cancel-on-disconnect").check()
        other.open(f"/trade/{QUIET}")
        other.place("buy", "80000", "1")
        expect(alice.open_orders()).to_have_count(1)
    expect(alice.open_orders()).to_have_count(0)
    alice.tab("history")
    expect(alice.see("order-history").locator("[data-key]").first).to_contain_text("connection ended")
    alice.tab("open")
