"""A user's security at the terminal: an authenticator app and a passkey set up, a log-in with each, another
browser thrown out, and a proof asked for."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.accounts.telephone import Telephone
from tests.browser.people import PHONE, Window, window
from tests.ops.running import RunningExchange

#: As Chromium's virtual authenticator has it: a device that keeps passkeys and knows its owner.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def password_of(exchange: RunningExchange, name: str) -> str:
    return str(json.loads((exchange.folder / "credentials.json").read_text())[name])


def with_device(page: Page) -> None:
    """The browser runs on a device with passkeys."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def let_proofs_grow_old(exchange: RunningExchange) -> None:
    with closing(sqlite3.connect(exchange.folder / "xtrader.sqlite3", timeout=20)) as database, database:
        database.execute("UPDATE accounts_login SET proved_at = '2020-01-01 00:00:00'")


def log_out(who: Window) -> None:
    who.see("account-menu").click()
    who.see("log-out").click()
    who.page.wait_for_url(re.compile("/trade/"))


def first_step(who: Window, name: str, password: str) -> None:
    """The password, after which the second step is asked for."""
    who.page.goto(f"{who.url}/accounts/login/?next=/security")
    who.page.fill("#id_username", name)
    who.page.fill("#id_password", password)
    who.page.click("form:not(.by-passkey) button[type=submit]")
    expect(who.page.locator("#id_code")).to_be_visible()


def enter_code(who: Window, code: str) -> None:
    who.page.fill("#id_code", code)
    who.page.click("form:not(.by-passkey) button[type=submit]")
    expect(who.see("second-factor")).to_be_visible()


def forgive_refusals(who: Window) -> None:
    """The browser's console has a line for each answer of 401 and 403; this test has asked for them."""
    who.complaints[:] = [text for text in who.complaints if not re.search("status of 40[13]", text)]


def at_localhost(who: Window, exchange: RunningExchange) -> Window:
    """By name: browsers have no passkeys for an IP address."""
    who.url = f"http://localhost:{exchange.port}"
    return who


def test_an_app_a_passkey_and_another_browser(browser: Browser, exchange: RunningExchange) -> None:
    password = password_of(exchange, "mina")
    with (
        window(browser, exchange) as mina,
        window(browser, exchange, language="ko-KR", may_lose_connection=True) as elsewhere,
    ):
        at_localhost(mina, exchange)
        with_device(mina.page)
        mina.log_in("mina", password, "/security")
        telephone, codes = set_up_app(mina)
        add_passkey(mina, "my laptop")
        # With each of them.
        log_out(mina)
        first_step(mina, "mina", password)
        enter_code(mina, telephone.code())
        log_out(mina)
        first_step(mina, "mina", password)
        mina.page.click("#by-passkey")
        expect(mina.see("second-factor")).to_be_visible()
        log_out(mina)
        mina.page.goto(f"{mina.url}/accounts/login/?next=/security")
        mina.page.click("#by-passkey")
        expect(mina.see("passkeys")).to_contain_text("my laptop")
        # Another browser, by a recovery code; it is thrown out.
        first_step(elsewhere, "mina", password)
        enter_code(elsewhere, codes[0])
        mina.page.reload()
        expect(mina.see("codes-left")).to_contain_text("9")
        expect(mina.see("acts")).to_contain_text("Recovery code used")
        others = mina.see("session-revoke")
        expect(others.first).to_be_visible()
        for _ in range(others.count()):
            count = others.count()
            others.first.click()
            expect(others).to_have_count(count - 1)
        expect(elsewhere.see("stopped")).to_be_visible()
        elsewhere.page.goto(f"{elsewhere.url}/security")
        expect(elsewhere.page.locator("#id_username")).to_be_visible()


def set_up_app(who: Window) -> tuple[Telephone, list[str]]:
    """Type the secret into a telephone, by the code of the step before; it and the recovery codes."""
    who.see("totp-add").click()
    expect(who.see("totp-dialog").locator("img")).to_be_visible()
    assert who.see("totp-dialog").locator("img").evaluate("image => image.naturalWidth") > 0
    telephone = Telephone(who.see("totp-secret").inner_text())
    who.see("totp-code").fill("000000")
    who.see("totp-confirm").click()
    expect(who.see("totp-problem")).not_to_be_empty()
    who.see("totp-code").fill(telephone.code(-1))
    who.see("totp-confirm").click()
    expect(who.see("recovery-codes").locator("li")).to_have_count(10)
    codes = who.see("recovery-codes").locator("li").all_inner_texts()
    assert len(set(codes)) == 10
    # A tap beside the dialog loses nothing.
    who.page.mouse.click(5, 5)
    who.see("codes-kept").click()
    forgive_refusals(who)
    assert codes[3] not in who.page.content()
    expect(who.see("totp-remove")).to_be_visible()
    return telephone, codes


def add_passkey(who: Window, name: str) -> None:
    who.see("passkey-add").click()
    who.see("passkey-name").fill(name)
    who.see("passkey-send").click()
    who.see("passkey-done").click()
    expect(who.see("passkeys")).to_contain_text(name)


@pytest.mark.parametrize(("language", "theme"), [("en-US", "dark"), ("ko-KR", "light")])
def test_a_proof_is_asked_for_on_a_phone(
    browser: Browser, exchange: RunningExchange, language: str, theme: str
) -> None:
    password = password_of(exchange, "sam")
    with window(browser, exchange, size=PHONE, language=language, theme=theme) as sam:
        sam.log_in("sam", password, "/security")
        let_proofs_grow_old(exchange)
        sam.see("totp-add").click()
        sam.see("step-up-password").fill("wrong")
        sam.see("step-up-send").click()
        expect(sam.see("step-up-problem")).not_to_be_empty()
        assert sam.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        sam.see("step-up-password").fill(password)
        sam.see("step-up-send").click()
        # And then it goes on by itself.
        expect(sam.see("totp-secret")).to_be_visible()
        assert sam.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        forgive_refusals(sam)
