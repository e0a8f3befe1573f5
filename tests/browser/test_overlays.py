"""Popovers, the calendar, tabs and dialogs by mouse and by keyboard: what opens, what closes it, where the
focus is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import PHONE, Window, window
from tests.ops.running import RunningExchange

MARKET = "/trade/BTC-KRW"


@pytest.fixture
def alice(browser: Browser, exchange: RunningExchange) -> Iterator[Window]:
    with window(browser, exchange) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], MARKET)
        yield alice


def test_a_popover_closes_by_escape_by_its_button_and_by_a_click_elsewhere(alice: Window) -> None:
    button, panel = alice.see("display-menu"), alice.see("display-menu-panel")
    alice.see("order-quantity").fill("1")
    button.click()
    expect(panel).to_be_visible()
    # Its keys are not the form's: neither side nor size change.
    alice.page.keyboard.press("s")
    alice.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(button).to_be_focused()
    expect(alice.see("order-side-buy")).to_have_attribute("aria-pressed", "true")
    expect(alice.see("order-quantity")).to_have_value("1")
    button.press("Enter")
    expect(panel).to_be_visible()
    alice.page.keyboard.press("Tab")
    expect(panel.locator(":focus")).to_have_count(1)
    button.click()
    expect(panel).to_have_count(0)
    button.click()
    alice.see("account-menu").click()
    expect(panel).to_have_count(0)
    expect(alice.see("account-menu-panel")).to_be_visible()


def test_a_market_is_chosen_by_keys_alone(alice: Window) -> None:
    alice.page.locator("body").press("/")
    expect(alice.see("market-selector-panel").get_by_role("combobox")).to_be_focused()
    alice.page.keyboard.type("aap")
    alice.page.keyboard.press("Enter")
    expect(alice.see("market-selector")).to_contain_text("AAPL")
    expect(alice.see("market-selector-panel")).to_have_count(0)


def test_a_day_is_chosen_by_keys_and_by_mouse_and_none_before_today(alice: Window) -> None:
    alice.see("order-tif").select_option("gtd")
    field, panel = alice.see("order-expire-day"), alice.see("order-expire-day-panel")
    today = field.inner_text()
    field.press("Enter")
    expect(panel.get_by_role("gridcell", selected=True).get_by_role("button")).to_be_focused()
    # The day before is out of bounds: the focus stays within them.
    alice.page.keyboard.press("ArrowLeft")
    alice.page.keyboard.press("Enter")
    expect(panel).to_have_count(0)
    expect(field).to_be_focused()
    assert field.inner_text() == today
    field.press("Enter")
    alice.page.keyboard.press("ArrowDown")
    alice.page.keyboard.press("Enter")
    expect(field).not_to_have_text(today)
    field.click()
    panel.get_by_role("button", name="Today", exact=True).click()
    expect(field).to_have_text(today)
    field.click()
    panel.get_by_role("button", name="Next month").click()
    panel.get_by_role("grid").get_by_role("button").first.click()
    expect(field).to_contain_text("01/")


def test_tabs_move_by_arrows_and_to_their_ends(alice: Window) -> None:
    alice.see("account-tab-open").press("ArrowRight")
    expect(alice.see("account-tab-history")).to_be_focused()
    expect(alice.see("account-tab-history")).to_have_attribute("aria-selected", "true")
    alice.page.keyboard.press("End")
    expect(alice.see("account-tab-balances")).to_be_focused()
    alice.page.keyboard.press("ArrowRight")
    expect(alice.see("account-tab-open")).to_be_focused()
    expect(alice.page.get_by_role("tabpanel").last).to_be_visible()


def test_a_dialog_gives_the_focus_back(alice: Window) -> None:
    alice.unfold()
    alice.see("order-confirm-option").check()
    alice.see("order-price").fill("100000000")
    alice.see("order-quantity").fill("0.001")
    alice.see("order-quantity").press("Enter")
    expect(alice.see("order-confirm").locator(":focus")).to_have_count(1)
    alice.page.keyboard.press("Escape")
    expect(alice.see("order-confirm")).to_have_count(0)
    expect(alice.see("order-quantity")).to_be_focused()


def test_a_calendar_stands_above_the_sheet_of_a_phone(browser: Browser, exchange: RunningExchange) -> None:
    with window(browser, exchange, size=PHONE) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], MARKET)
        alice.see("open-buy").tap()
        alice.see("order-tif").select_option("gtd")
        alice.see("order-expire-day").tap()
        expect(alice.see("order-expire-day-panel").get_by_role("grid")).to_be_visible()
        # The newest closes first.
        alice.page.keyboard.press("Escape")
        expect(alice.see("order-expire-day-panel")).to_have_count(0)
        expect(alice.see("order-sheet")).to_be_visible()
        alice.page.keyboard.press("Escape")
        expect(alice.see("order-sheet")).to_have_count(0)
