"""Accounts at the terminal: opened, shown in a tab, money moved between them; each tab is for one."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DESKTOP, PHONE, Window, window
from tests.ops.running import RunningExchange


def password_of(exchange: RunningExchange, name: str) -> str:
    return str(json.loads((exchange.folder / "credentials.json").read_text())[name])


def open_account(user: Window, name: str) -> None:
    user.see("new-account").click()
    user.see("account-name").fill(name)
    user.see("account-send").click()
    expect(user.see("account-dialog")).to_have_count(0)
    expect(user.see("accounts")).to_contain_text(name)


def is_within(user: Window, size: tuple[int, int]) -> bool:
    return bool(user.page.evaluate("document.documentElement.scrollWidth") <= size[0])


@pytest.mark.parametrize(
    "size, name, language", [(DESKTOP, "alice", "en-US"), (PHONE, "bob", "ko-KR")], ids=["desktop", "phone"]
)
def test_an_account_from_its_opening_to_its_freeze(
    browser: Browser, exchange: RunningExchange, size: tuple[int, int], name: str, language: str
) -> None:
    with window(browser, exchange, size=size, language=language) as user:
        user.log_in(name, password_of(exchange, name), "/sub-accounts")
        expect(user.see("account-switcher")).to_have_count(0)
        open_account(user, "두 번째")
        expect(user.see("account-switcher")).to_be_visible()
        user.see("transfer-available").click()
        whole = user.see("transfer-amount").input_value()
        assert whole not in ("", "0")
        user.see("transfer-amount").fill("1250.5")
        user.see("transfer-send").click()
        expect(user.see("transfer-amount")).to_have_value("")
        expect(user.see("last-transfers").locator("[data-key]")).to_have_count(1)
        expect(user.see("last-transfers")).to_contain_text("1,250.5")
        expect(user.see("last-transfers")).to_contain_text("두 번째")
        assert is_within(user, size)
        # More than there is: the exchange's refusal stands below the field.
        user.see("transfer-amount").fill("999999999999")
        user.see("transfer-send").click()
        expect(user.see("transfer-problem")).not_to_be_empty()
        # The tab is for the other account now, and holds what came.
        user.see("account-switcher").click()
        user.see("account-switcher-panel").get_by_role("button", name="두 번째").click()
        expect(user.see("account-switcher")).to_contain_text("두 번째")
        expect(user.see("connection")).to_have_attribute("data-state", "live")
        user.page.goto(f"{exchange.url}/wallet")
        expect(user.see("wallet-balances")).to_contain_text("1,250.5")
        user.page.goto(f"{exchange.url}/portfolio")
        expect(user.see("portfolio-one")).to_have_attribute("aria-pressed", "true")
        user.see("portfolio-all").click()
        expect(user.see("portfolio-all")).to_have_attribute("aria-pressed", "true")
        assert is_within(user, size)
        user.page.goto(f"{exchange.url}/sub-accounts")
        card = user.page.locator("[data-shown=true]")
        card.get_by_test_id("account-freeze").click()
        expect(card.locator("[data-status=frozen]")).to_be_visible()
        card.get_by_test_id("account-freeze").click()
        expect(card.locator("[data-status=active]")).to_be_visible()
        card.get_by_test_id("account-rename").click()
        user.see("account-name").fill("main")
        user.see("account-send").click()
        expect(user.see("account-problem")).not_to_be_empty()
        user.see("account-name").fill("renamed")
        user.see("account-send").click()
        expect(user.see("account-switcher")).to_contain_text("renamed")
        # The two refusals above are what the test asked for.
        for status in ("422", "400"):
            user.complaints.remove(next(text for text in user.complaints if status in text))


def test_two_tabs_are_for_two_accounts(browser: Browser, exchange: RunningExchange) -> None:
    """What one tab places, the other neither shows nor cancels; and once somebody else is logged in, no tab
    acts for either."""
    with window(browser, exchange, may_lose_connection=True) as carol:
        carol.log_in("carol", password_of(exchange, "carol"), "/sub-accounts")
        open_account(carol, "second")
        carol.see("transfer-amount").fill("5000000")
        carol.see("transfer-send").click()
        expect(carol.see("transfer-amount")).to_have_value("")
        other = Window(carol.page.context.new_page(), exchange.url, carol.complaints)
        other.open("/trade/BTC-KRW")
        carol.see("account-switcher").click()
        carol.see("account-switcher-panel").get_by_role("button", name="second").click()
        expect(carol.see("account-switcher")).to_contain_text("second")
        carol.page.goto(f"{exchange.url}/trade/BTC-KRW")
        expect(carol.see("connection")).to_have_attribute("data-state", "live")
        # Below the market, so that it rests, and within its price band.
        carol.place("buy", "120000000", "0.0123")
        carol.tab("open")
        other.tab("open")
        mine = carol.see("open-orders").locator("[data-key]").filter(has_text="0.0123")
        expect(mine).to_have_count(1)
        expect(other.see("account-switcher")).not_to_contain_text("second")
        expect(other.see("open-orders").locator("[data-key]").filter(has_text="0.0123")).to_have_count(0)
        # A loaded page stays with its tab's account.
        carol.page.reload()
        expect(carol.see("account-switcher")).to_contain_text("second")
        # Of another user's log-in the tab asks nothing more.
        answers: list[int] = []
        carol.page.on("response", lambda response: answers.append(response.status))
        other.page.context.clear_cookies()
        other.log_in("bob", password_of(exchange, "bob"), "/trade/BTC-KRW")
        expect(carol.see("stopped")).to_be_visible()
        assert not [each for each in carol.complaints if "404" in each]
        # What the page asked while its log-in went away.
        carol.complaints[:] = [each for each in carol.complaints if "status of 401" not in each]
