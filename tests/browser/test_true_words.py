"""What the terminal says of money and of what was sent is true.

Typed numbers, lost answers, another user in the same browser, many symbols, prices of 18 decimals.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from exchange.engine import messages as m
from tests.browser.people import QUIET, Engine, Window, window
from tests.ops.running import RunningExchange, running_exchange, wait_until

#: With the symbols of the demo more than one request may name, on three channels within one connection.
LISTED = 150
SMALL = "MEME-SAT"


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


def orders_of(exchange: RunningExchange, name: str) -> list[tuple[str, str]]:
    """Price and quantity of a user's open orders in the quiet market, as the exchange has them."""
    path = f"/v1/orders?status=open&symbol={QUIET}"
    found = exchange.get(path, headers=headers_of(exchange, name))["orders"]
    return [(order["price"], order["quantity"]) for order in found]


@pytest.mark.attack("B2")
def test_a_typed_comma_is_never_another_number(alice: Window, exchange: RunningExchange) -> None:
    alice.choose("limit", "buy")
    alice.see("order-price").fill("100000")
    quantity = alice.see("order-quantity")
    quantity.press_sequentially("0,2")
    expect(quantity).to_have_value("0,2")
    expect(alice.see("order-send")).to_have_text("Buy 0.2 SOL")
    alice.send()
    assert orders_of(exchange, "alice") == [("100000", "0.2")]
    for typed in ("1e-5", "-5", "1.234,56", "05", "1,500"):
        quantity.fill("")
        quantity.press_sequentially(typed)
        expect(quantity).to_have_value(typed)
        expect(alice.see("order-quantity-problem")).to_contain_text("plain number")
        alice.see("order-send").click()
    assert orders_of(exchange, "alice") == [("100000", "0.2")]
    alice.cancel_all()


def test_a_digit_is_changed_where_the_caret_is(alice: Window) -> None:
    alice.place("buy", "123400", "1")
    alice.see("amend-order").click()
    price = alice.see("amend-price")
    expect(price).to_have_value("123,400")
    price.evaluate("(input) => input.setSelectionRange(3, 3)")
    price.press("Delete")
    expect(price).to_have_value("12,300")
    price.press("4")
    expect(price).to_have_value("123,400")
    price.evaluate("(input) => input.setSelectionRange(2, 2)")
    price.press("Backspace")
    price.press("1")
    expect(price).to_have_value("113,400")
    price.press("ArrowUp")
    expect(price).to_have_value("113,500")
    price.press("Enter")
    expect(alice.level("bids", "113,500")).to_contain_text("1")
    alice.cancel_all()


def test_an_order_under_a_hanging_network_is_asked_for_again(
    browser: Browser, exchange: RunningExchange, engine: Engine
) -> None:
    with window(browser, exchange, may_lose_connection=True) as carol:
        carol.log_in("carol", exchange.demo()["users"]["carol"], f"/trade/{QUIET}")
        carol.choose("limit", "buy")
        carol.fill(price="90000", quantity="3")
        web = exchange.pids()["web"]
        os.kill(web, signal.SIGSTOP)
        try:
            carol.see("order-send").click()
            expect(carol.open_orders()).to_contain_text("Sending")
            expect(carol.see("connection")).to_have_attribute("data-state", "reconnecting")
            expect(carol.see("order-send")).to_be_disabled()
            expect(carol.see("order-problem")).to_have_count(0)
            # Left and opened again, the form still knows what is on its way.
            carol.see("market-selector").click()
            carol.see("market-AAPL").click()
            expect(carol.page).to_have_url(re.compile(r"/trade/AAPL$"))
            carol.page.go_back()
            expect(carol.see("order-send")).to_be_disabled()
        finally:
            os.kill(web, signal.SIGCONT)
        expect(carol.see("connection")).to_have_attribute("data-state", "live")
        expect(carol.see("order-send")).to_be_enabled()
        expect(carol.open_orders()).to_have_count(1)
        assert orders_of(exchange, "carol") == [("90000", "3")]
        assert "nothing was sent" not in carol.page.locator("body").inner_text()
        carol.cancel_all()


def test_orders_go_out_where_the_browser_has_no_ids_of_its_own(
    browser: Browser, exchange: RunningExchange, engine: Engine
) -> None:
    """As on plain HTTP under a host name."""
    with window(browser, exchange) as alice:
        alice.page.add_init_script("delete Crypto.prototype.randomUUID")
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        assert alice.page.evaluate("typeof crypto.randomUUID") == "undefined"
        alice.place("buy", "91000", "1")
        alice.cancel_all()


@pytest.mark.attack("B6")
def test_a_tab_of_one_user_stops_when_another_logs_in(
    browser: Browser, exchange: RunningExchange, engine: Engine
) -> None:
    with window(browser, exchange, may_lose_connection=True) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], f"/trade/{QUIET}")
        alice.choose("limit", "buy")
        alice.fill(price="92000", quantity="1")
        other = Window(alice.page.context.new_page(), exchange.url, alice.complaints)
        other.open("/")
        other.see("account-menu").click()
        other.see("log-out").click()
        expect(alice.see("stopped")).to_contain_text("logged out")
        other.log_in("bob", exchange.demo()["users"]["bob"], f"/trade/{QUIET}")
        assert orders_of(exchange, "bob") == []
        alice.page.reload()
        expect(alice.see("account-menu")).to_have_text("bob")
        expect(alice.see("stopped")).to_have_count(0)


def test_filters_of_the_history_ask_the_exchange(alice: Window) -> None:
    alice.place("buy", "93000", "1")
    alice.cancel_all()
    alice.tab("history")
    rows = alice.see("order-history").locator("[data-key]")
    with alice.page.expect_response(lambda reply: f"symbol={QUIET}" in reply.url):
        alice.see("filter-symbol").fill("sol")
    expect(rows.first).to_contain_text(QUIET)
    alice.see("filter-status").select_option("expired")
    expect(rows).to_have_count(0)
    expect(alice.see("order-history")).to_contain_text("Nothing matches the filters.")
    alice.tab("open")


# --- many symbols, and small prices ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    """An exchange of its own with many symbols and one of 18 decimals."""
    with running_exchange(tmp_path_factory.mktemp("large"), DEMO_HISTORY_HOURS="0") as exchange:
        engine = Engine(exchange)
        for asset, scale in (("SAT", 18), ("MEME", 0), *((f"C{index:03}", 8) for index in range(LISTED))):
            engine.submit(partial(m.set_asset, asset=asset, scale=scale))
        small: dict[str, Any] = {"base": "MEME", "quote": "SAT", "price_scale": 18, "quantity_scale": 0}
        engine.submit(partial(_listed, name=SMALL, **small))
        for index in range(LISTED):
            base = f"C{index:03}"
            engine.submit(partial(_listed, name=f"{base}-KRW", base=base, quote="KRW"))
        _trade_small(exchange, engine)
        yield exchange
        engine.close()


def headers_of(exchange: RunningExchange, name: str) -> dict[str, str]:
    """What logs a user in to a REST call."""
    credentials = {"username": name, "password": exchange.demo()["users"][name]}
    token = httpx.post(f"{exchange.url}/api/v1/token", json=credentials, timeout=20).json()["access"]
    return {"Authorization": f"Bearer {token}"}


def _trade_small(exchange: RunningExchange, engine: Engine) -> None:
    """Alice buys of bob at a few ticks of 18 decimals."""
    for account in (1000, 1001):
        engine.submit(partial(m.deposit, account=account, asset="SAT", amount_minor=10**18))
        engine.submit(partial(m.deposit, account=account, asset="MEME", amount_minor=10**9))
    alice, bob = headers_of(exchange, "alice"), headers_of(exchange, "bob")
    for price in ("0.000000000000000005", "0.000000000000000007", "0.000000000000000006"):
        order = {"symbol": SMALL, "order_type": "limit", "price": price, "quantity": "100"}
        for side, headers in (("sell", bob), ("buy", alice)):
            reply = httpx.post(
                f"{exchange.url}/v1/order", json={**order, "side": side}, headers=headers, timeout=20
            )
            assert reply.status_code in (200, 201), reply.text


def _listed(
    command_id: str, name: str, base: str, quote: str, *, price_scale: int = 0, quantity_scale: int = 8
) -> m.Command:
    return m.set_symbol(
        command_id,
        name,
        base=base,
        quote=quote,
        price_scale=price_scale,
        quantity_scale=quantity_scale,
        tick_bands=((0, 1),),
        lot_step=1,
        min_quantity_lots=1,
        max_quantity_lots=10**12,
        min_price_ticks=1,
        max_price_ticks=10**9,
        min_notional_minor=1,
        maker_ppm=0,
        taker_ppm=0,
        max_open_orders=200,
    )


def _differs(locator: Locator, text: str) -> bool:
    return locator.inner_text() != text


@pytest.mark.attack("B5")
def test_many_symbols_are_live_before_and_after_a_lost_connection(
    browser: Browser, large: RunningExchange
) -> None:
    with window(browser, large, may_lose_connection=True) as visitor:
        received: list[str] = []
        visitor.page.on(
            "websocket",
            lambda line: line.on("framereceived", lambda text: received.append(str(text))),
        )
        visitor.open("/markets")
        markets = visitor.see("markets")
        expect(markets).to_have_attribute("aria-rowcount", re.compile(r"^1[5-9]\d$"))
        btc = markets.locator('[data-key="BTC-KRW"]')
        visitor.page.get_by_role("button", name="24h value").click()
        expect(btc).to_be_visible()
        for _ in range(2):
            first = btc.inner_text()
            wait_until(partial(_differs, btc, first), 60, "figures move")
            assert not [text for text in received if '"ok":false' in text]
            os.kill(large.pids()["web"], signal.SIGKILL)
            expect(visitor.see("connection")).to_have_attribute("data-state", "reconnecting")
            expect(visitor.see("connection")).to_have_attribute("data-state", "live")


@pytest.mark.attack("B9")
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_prices_of_18_decimals_are_drawn(
    browser: Browser, large: RunningExchange, size: tuple[int, int]
) -> None:
    with window(browser, large, size=size) as visitor:
        visitor.open(f"/trade/{SMALL}")
        expect(visitor.see("chart").locator("canvas").first).to_be_visible()
        visitor.see("interval-30m").click()
        expect(visitor.see("readout")).to_contain_text("0.000000000000000006")
        expect(visitor.see("connection")).to_have_attribute("data-state", "live")
