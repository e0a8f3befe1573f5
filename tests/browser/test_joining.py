"""Joining at the terminal: sign up, find the letter in its file, confirm, trade; forget the password, get in
again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.mailboxes import link_to
from tests.browser.people import DESKTOP, PHONE, QUIET, Engine, window
from tests.ops.running import RunningExchange

FIRST = "twelve quiet herons"
SECOND = "another twelve herons"


@pytest.fixture(scope="module", autouse=True)
def _quiet_market(exchange: RunningExchange) -> Iterator[None]:
    engine = Engine(exchange)
    engine.list_quiet_market()
    yield
    engine.close()


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize(
    "name, size, language, theme",
    [("dora", DESKTOP, "en-US", "dark"), ("김도라", PHONE, "ko-KR", "light")],
)
def test_from_the_form_to_the_first_order(
    name: str, size: tuple[int, int], language: str, theme: str, browser: Browser, exchange: RunningExchange
) -> None:
    address = f"{'dora' if name == 'dora' else 'kim'}@example.com"
    with window(browser, exchange, size=size, language=language, theme=theme) as person:
        page = person.page
        page.goto(f"{exchange.url}/accounts/login/")
        page.click("a[href='/signup']")
        page.fill("#id_username", name)
        page.fill("#id_email", address)
        page.fill("#id_password", FIRST)
        assert fits(page, size[0])
        began_s = time.time() - 1
        page.click("button[type=submit]")
        expect(page.locator("main")).to_contain_text(address)
        expect(page.locator("main code")).to_have_text(str(exchange.folder / "mail"))
        assert fits(page, size[0])
        page.goto(link_to(exchange.folder, address, began_s))
        expect(page.locator("main")).to_contain_text(name)
        page.click("button[type=submit]")
        page.get_by_test_id("to-the-market").click()
        expect(page.get_by_test_id("account-menu")).to_have_text(name)
        # Play money, then an order that rests.
        person.open("/wallet")
        person.deposit("KRW", "10000000")
        if size == DESKTOP:
            person.open(f"/trade/{QUIET}")
            person.place("buy", "100000", "1")
            person.tab("open")
            expect(person.open_orders()).to_have_count(1)
            person.cancel_all()


def test_a_forgotten_password(browser: Browser, exchange: RunningExchange) -> None:
    """Of the user who joined in the test before, who was logged in elsewhere meanwhile."""
    with window(browser, exchange, may_lose_connection=True) as elsewhere, window(browser, exchange) as dora:
        elsewhere.log_in("dora@example.com", FIRST, "/wallet")
        page = dora.page
        page.goto(f"{exchange.url}/accounts/login/")
        page.click("a[href='/accounts/password/reset']")
        page.fill("#id_email", "dora@example.com")
        began_s = time.time() - 1
        page.click("button[type=submit]")
        expect(page.get_by_role("status")).to_contain_text("dora@example.com")
        page.goto(link_to(exchange.folder, "dora@example.com", began_s))
        page.fill("#id_password", SECOND)
        page.click("button[type=submit]")
        page.click("a.button")
        dora.log_in("DORA", SECOND, "/wallet")
        elsewhere.page.goto(f"{exchange.url}/wallet")
        expect(elsewhere.page.locator("#id_username")).to_be_visible()
