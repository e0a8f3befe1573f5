"""Fees at the terminal: the tier, the way to the next, the schedule, and referral codes of two people."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DESKTOP, PHONE, window
from tests.ops.running import RunningExchange


@pytest.mark.parametrize(
    ("size", "language", "tier", "silver"),
    [(DESKTOP, "en-US", "Basic", "Silver"), (PHONE, "ko-KR", "기본", "Silver")],
)
def test_the_schedule_marks_the_own_tier(
    browser: Browser,
    exchange: RunningExchange,
    size: tuple[int, int],
    language: str,
    tier: str,
    silver: str,
) -> None:
    password = json.loads((exchange.folder / "credentials.json").read_text())["alice"]
    with window(browser, exchange, size=size, language=language, theme="light") as alice:
        alice.log_in("alice", password, "/account")
        expect(alice.see("fee-tier")).to_have_text(tier)
        expect(alice.see("fee-missing")).to_contain_text("1,000,000,000 KRW")
        rows = alice.see("fee-schedule").locator("tbody tr")
        alice.see("fee-market").select_option("BTC-KRW")
        expect(rows).to_have_count(5)
        expect(rows.first).to_contain_text("0.05%")
        expect(rows.first).to_have_attribute("aria-current", "true")
        expect(rows.nth(1)).to_contain_text(silver)
        alice.see("fee-market").select_option("ETH-KRW")
        expect(rows.nth(1)).to_contain_text("0.045%")
        width = alice.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0]


def test_a_code_from_one_to_the_other(browser: Browser, exchange: RunningExchange) -> None:
    passwords = json.loads((exchange.folder / "credentials.json").read_text())
    with window(browser, exchange, size=PHONE) as bob:
        bob.log_in("bob", passwords["bob"], "/account")
        code = bob.see("referral-code").inner_text()
        bob.see("referral-input").fill(code)
        bob.see("referral-send").click()
        expect(bob.see("referral-problem")).to_contain_text("cannot use")
        # Of the refusal that this has asked for.
        [refusal] = bob.complaints
        assert "409" in refusal
        bob.complaints.clear()
    with window(browser, exchange) as carol:
        carol.log_in("carol", passwords["carol"], "/account")
        carol.see("referral-input").fill(code.lower())
        carol.see("referral-send").click()
        expect(carol.see("referral")).to_contain_text("You have named the code")
    with window(browser, exchange) as bob:
        bob.log_in("bob", passwords["bob"], "/account")
        expect(bob.see("referred-count")).to_have_text("1")
