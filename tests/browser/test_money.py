"""Money out at the terminal: a withdrawal confirmed by mail and paid by an operator, a large one through four
eyes, one called back; an address of the book with its delay, and the lock to the book."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.mailboxes import link_to
from tests.browser.page_checks import NONSENSE, english_words, serious_problems, settle, take_picture
from tests.browser.people import DESKTOP, PHONE, Window, window
from tests.ops.running import RunningExchange

BANK = "한빛은행 110-123-456789"
OTHER_BANK = "새벽은행 220-987-654321"


def password_of(exchange: RunningExchange, name: str) -> str:
    return str(exchange.demo()["users"][name])


@contextmanager
def customer(
    browser: Browser,
    exchange: RunningExchange,
    name: str,
    *,
    size: tuple[int, int] = DESKTOP,
    language: str = "en-US",
    theme: str = "dark",
) -> Iterator[Window]:
    """A user's window on the wallet, whose mailbox the exchange knows."""
    with window(browser, exchange, size=size, language=language, theme=theme) as person:
        person.log_in(name, password_of(exchange, name), "/wallet")
        give_mailbox(person, exchange, name)
        person.open("/wallet")
        yield person


def mailbox_of(name: str) -> str:
    return f"{name}.withdraws@example.com"


def give_mailbox(person: Window, exchange: RunningExchange, name: str) -> None:
    page = person.page
    page.goto(f"{exchange.url}/accounts/email")
    if mailbox_of(name) in page.inner_text("main"):
        return
    page.fill("#id_email", mailbox_of(name))
    page.fill("#id_password", password_of(exchange, name))
    began_s = time.time() - 1
    page.click("main button[type=submit]")
    expect(page.get_by_role("status")).to_contain_text(mailbox_of(name))
    page.goto(link_to(exchange.folder, mailbox_of(name), began_s, "/accounts/email/verify/"))
    page.click("main button[type=submit]")
    expect(page.get_by_role("status")).to_contain_text(mailbox_of(name))


def let_proofs_grow_old(exchange: RunningExchange) -> None:
    with closing(sqlite3.connect(exchange.folder / "xtrader.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE accounts_login SET proved_at = '2020-01-01 00:00:00'")


def forgive_refusals(person: Window, *statuses: int) -> None:
    """The browser's console has a line for each refusal; the test has asked for these."""
    asked = "|".join(map(str, statuses))
    person.complaints[:] = [text for text in person.complaints if not re.search(f"status of ({asked})", text)]


def prove(person: Window, exchange: RunningExchange, name: str) -> None:
    """Answer the question whether it is the user."""
    person.see("step-up-password").fill(password_of(exchange, name))
    person.see("step-up-send").click()
    forgive_refusals(person, 403)


def is_within(person: Window, size: tuple[int, int]) -> bool:
    return bool(person.page.evaluate("document.documentElement.scrollWidth") <= size[0])


def withdraw(person: Window, amount: str, address: str = BANK) -> None:
    """Ask for won to a typed address. Leaves the withdrawal on show."""
    person.see("wallet-tab-withdraw").click()
    person.see("withdraw-asset").select_option("KRW")
    person.see("withdraw-to").select_option("another")
    person.see("withdraw-address").fill(address)
    person.see("withdraw-amount").fill(amount)
    person.see("withdraw-send").click()


def open_letter(person: Window, exchange: RunningExchange, name: str, since_s: float) -> None:
    """Open the link of the withdrawal's letter, and confirm."""
    link = link_to(exchange.folder, mailbox_of(name), since_s, "/wallet/withdrawals/confirm/")
    person.page.goto(link)
    expect(person.see("confirm-withdrawal")).to_contain_text(BANK)
    person.see("confirm-it").click()
    expect(person.see("confirm-it")).to_have_count(0)


def state_of(person: Window) -> str:
    """Of the withdrawal on show."""
    shown = person.see("withdrawal-standing").locator("[data-state]")
    return str(shown.get_attribute("data-state"))


def expect_state(person: Window, state: str) -> None:
    shown = person.see("withdrawal-standing").locator("[data-state]")
    expect(shown).to_have_attribute("data-state", state)


def test_one_is_called_back_before_its_letter_is_answered(
    browser: Browser, exchange: RunningExchange
) -> None:
    with customer(browser, exchange, "bob") as bob:
        bob.see("wallet-tab-withdraw").click()
        bob.see("withdraw-asset").select_option("KRW")
        bob.see("withdraw-all").click()
        everything = bob.see("withdraw-amount").input_value()
        expect(bob.see("withdraw-costs").locator("dd").nth(3)).to_have_text(re.compile(r"^0\D*KRW"))
        bob.see("withdraw-amount").fill("1")
        expect(bob.see("withdraw-amount-problem")).to_contain_text("At least 5,000 KRW")
        expect(bob.see("withdraw-send")).to_be_disabled()
        let_proofs_grow_old(exchange)
        withdraw(bob, "250000.5")
        prove(bob, exchange, "bob")
        expect_state(bob, "unconfirmed")
        expect(bob.see("withdrawal-standing")).to_contain_text("We have mailed you a letter")
        expect(bob.see("withdrawal")).to_contain_text("251,000.5")
        bob.see("withdrawal-resend").click()
        expect(bob.see("withdrawal-resent")).to_contain_text("on its way again")
        bob.see("withdrawal-cancel").click()
        bob.see("confirm-send").click()
        expect_state(bob, "ended")
        expect(bob.see("withdrawal-cancel")).to_have_count(0)
        bob.page.keyboard.press("Escape")
        expect(bob.see("withdrawals")).to_contain_text("You canceled it.")
        # All of it is back.
        bob.see("withdraw-asset").select_option("KRW")
        bob.see("withdraw-all").click()
        expect(bob.see("withdraw-amount")).to_have_value(everything)


@contextmanager
def operator(browser: Browser, exchange: RunningExchange, name: str) -> Iterator[Page]:
    """An operator's window on the operators' pages."""
    with window(browser, exchange) as person:
        person.page.goto(f"{exchange.url}/admin/")
        person.page.fill("#id_username", name)
        person.page.fill("#id_password", password_of(exchange, name))
        person.page.click("button[type=submit]")
        expect(person.page.locator("#markets")).to_contain_text("BTC-KRW")
        yield person.page


def decide(page: Page, exchange: RunningExchange, withdrawal_id: str, what: str, **fields: str) -> None:
    """An operator's word on a withdrawal."""
    page.goto(f"{exchange.url}/admin/custody/withdrawal/{withdrawal_id}/{what}/")
    for name, text in fields.items():
        page.fill(f"#id_{name}", text)
    page.click("form:has(#id_reason) button[type=submit]")


def number_shown(person: Window) -> str:
    """Of the withdrawal on show, by the page's address."""
    return str(parse_qs(urlsplit(person.page.url).query)["withdrawal"][0])


def test_a_small_one_from_the_form_to_its_payment(browser: Browser, exchange: RunningExchange) -> None:
    with customer(browser, exchange, "alice") as alice:
        began_s = time.time() - 1
        withdraw(alice, "120000")
        expect_state(alice, "unconfirmed")
        number = number_shown(alice)
        open_letter(alice, exchange, "alice", began_s)
        # Nobody has to look at so little: the operators are asked to pay it.
        alice.open(f"/wallet?tab=history&withdrawal={number}")
        expect_state(alice, "sent")
        expect(alice.see("withdrawal-standing")).to_contain_text("by hand")
        expect(alice.see("withdrawal-cancel")).to_have_count(0)
        with operator(browser, exchange, "oscar") as oscar:
            decide(oscar, exchange, number, "paid", transaction="HB-2026-0001", reason="the bank says so")
            expect(oscar.locator("#main")).to_contain_text("HB-2026-0001")
        expect_state(alice, "paid")
        expect(alice.see("withdrawal-standing")).to_contain_text("120,000 KRW have been paid out.")
        expect(alice.see("withdrawal-transaction")).to_have_value("HB-2026-0001")
        steps = alice.see("withdrawal-steps").locator("[data-state]")
        assert steps.first.get_attribute("data-state") == "requested"
        assert steps.last.get_attribute("data-state") == "paid"


def test_a_large_one_through_four_eyes_on_a_phone(browser: Browser, exchange: RunningExchange) -> None:
    with customer(browser, exchange, "carol", size=PHONE, language="ko-KR", theme="light") as carol:
        began_s = time.time() - 1
        withdraw(carol, "20000000")
        expect_state(carol, "unconfirmed")
        number = number_shown(carol)
        assert is_within(carol, PHONE)
        open_letter(carol, exchange, "carol", began_s)
        expect(carol.see("confirm-standing").locator("[data-state=in_review]")).to_be_visible()
        carol.open(f"/wallet?tab=history&withdrawal={number}")
        with operator(browser, exchange, "oscar") as oscar, operator(browser, exchange, "clara") as clara:
            decide(oscar, exchange, number, "approve", reason="known customer")
            expect(oscar.locator("#main")).to_contain_text("1 of 2 approvals")
            # Two eyes are not four.
            decide(oscar, exchange, number, "approve", reason="once more")
            expect(oscar.locator("#main")).to_contain_text("another operator")
            expect_state(carol, "in_review")
            decide(clara, exchange, number, "approve", reason="within the rules")
            expect(clara.locator("#main")).to_contain_text("within the rules")
            expect_state(carol, "sent")
            decide(oscar, exchange, number, "paid", transaction="HB-2026-0002", reason="the bank says so")
        expect_state(carol, "paid")
        assert is_within(carol, PHONE)


@pytest.mark.parametrize(
    ("name", "size", "language", "theme"),
    [("alice", DESKTOP, "en-US", "dark"), ("carol", PHONE, "ko-KR", "light")],
    ids=["desktop", "phone"],
)
def test_an_address_waits_for_its_letter_and_its_delay(
    browser: Browser, exchange: RunningExchange, name: str, size: tuple[int, int], language: str, theme: str
) -> None:
    with customer(browser, exchange, name, size=size, language=language, theme=theme) as person:
        person.see("wallet-tab-addresses").click()
        let_proofs_grow_old(exchange)
        began_s = time.time() - 1
        person.see("address-add").click()
        person.see("address-asset").select_option("KRW")
        person.see("address-address").fill(OTHER_BANK)
        person.see("address-label").fill("주거래 은행")
        person.see("address-send").click()
        prove(person, exchange, name)
        expect(person.see("address-added")).to_be_visible()
        person.see("address-done").click()
        expect(person.see("address")).to_have_count(1)
        expect(person.see("address-usable-in")).to_have_count(0)
        assert is_within(person, size)
        link = link_to(exchange.folder, mailbox_of(name), began_s, "/wallet/addresses/confirm/")
        person.page.goto(link)
        expect(person.see("confirm-address")).to_contain_text(OTHER_BANK)
        assert is_within(person, size)
        person.see("confirm-it").click()
        expect(person.see("confirm-it")).to_have_count(0)
        person.open("/wallet?tab=addresses")
        expect(person.see("address-usable-in")).to_contain_text(re.compile(r"1 min|1분"))
        lock_and_look(person)
        person.see("wallet-tab-addresses").click()
        person.see("address-remove").click()
        person.see("confirm-send").click()
        expect(person.see("address")).to_have_count(0)


def lock_and_look(person: Window) -> None:
    """Locked to a book without a usable address, nothing can be sent; then the lock begins to end."""
    person.see("lock-change").click()
    person.see("confirm-send").click()
    expect(person.see("lock")).to_have_attribute("data-state", "on")
    person.see("wallet-tab-withdraw").click()
    person.see("withdraw-asset").select_option("KRW")
    expect(person.see("withdraw-to").locator("option[value=another]")).to_have_count(0)
    expect(person.see("withdraw-to").locator("option:not([disabled])")).to_have_count(1)
    person.see("withdraw-amount").fill("10000")
    expect(person.see("withdraw-send")).to_be_disabled()
    person.see("wallet-tab-addresses").click()
    person.see("lock-change").click()
    person.see("confirm-send").click()
    expect(person.see("lock")).to_have_attribute("data-state", "ending")


@pytest.mark.parametrize(
    ("size", "language", "theme"),
    [(DESKTOP, "en-US", "dark"), (PHONE, "ko-KR", "light")],
    ids=["desktop", "phone"],
)
def test_every_tab_reads_well_and_can_be_used_by_everybody(
    browser: Browser, exchange: RunningExchange, size: tuple[int, int], language: str, theme: str
) -> None:
    """With what the tests before have left on them."""
    with window(browser, exchange, size=size, language=language, theme=theme) as bob:
        bob.log_in("bob", password_of(exchange, "bob"), "/wallet")
        for tab in ("deposit", "withdraw", "addresses", "history"):
            bob.open(f"/wallet?tab={tab}")
            settle(bob.page)
            words = bob.page.locator("#root").inner_text()
            assert not NONSENSE.search(words), tab
            if language == "ko-KR":
                assert english_words(words) - {"bob"} == set(), tab
            assert serious_problems(bob.page) == [], tab
            assert is_within(bob, size), tab
            take_picture(bob.page, f"wallet-{tab}-{'phone' if size == PHONE else 'desktop'}", theme, language)
