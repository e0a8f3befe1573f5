"""API keys at the terminal: made after a log-in, the secret shown once, used, revoked after a question."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Browser, expect

from tests.browser.people import PHONE, window
from tests.ops.running import RunningExchange
from tests.web.stream.venue import run
from xtrader_client import Client, NotAuthenticated


def reads(url: str, key: str, secret: str) -> bool:
    """Whether the key reads; in a thread, for the browser has the loop of this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: run(_reads(url, key, secret))).result()


async def _reads(url: str, key: str, secret: str) -> bool:
    client = Client(url, key=key, secret=secret)
    try:
        return bool(await client.get_balances())
    except NotAuthenticated:
        return False
    finally:
        await client.close()


def test_a_key_from_its_making_to_its_end(browser: Browser, exchange: RunningExchange) -> None:
    password = json.loads((exchange.folder / "credentials.json").read_text())["alice"]
    with window(browser, exchange, size=PHONE) as alice:
        alice.log_in("alice", password, "/keys")
        alice.see("new-key").click()
        alice.see("key-label").fill("my bot")
        alice.see("key-scope-trade").check()
        alice.see("key-addresses").fill("127.0.0.0/8, ::1")
        alice.see("key-create").click()
        key, secret = (alice.see(f"new-key-{part}").input_value() for part in ("id", "secret"))
        # A tap beside the dialog loses nothing; the secret goes with the button, for good.
        alice.page.mouse.click(5, 5)
        expect(alice.see("new-key-secret")).to_be_visible()
        alice.see("key-done").click()
        assert secret not in alice.page.content()
        width = alice.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]
        assert reads(exchange.url, key, secret)
        expect(alice.see("keys")).to_contain_text("my bot")
        alice.see("key-revoke").first.click()
        alice.see("key-revoke-send").click()
        expect(alice.see("keys").locator("li")).to_have_count(0)
        assert not reads(exchange.url, key, secret)
