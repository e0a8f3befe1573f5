"""What a trader sees of the proof of solvency: nothing before the first publication, then one that holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import PHONE, window
from tests.ops.running import ROOT, RunningExchange
from tools import verify_solvency as verifier


def publish(exchange: RunningExchange) -> None:
    """As an operator does it, in a process of its own."""
    environment = {**os.environ, "DATA": str(exchange.folder)}
    subprocess.run(
        [sys.executable, "manage.py", "solvency", "publish"], env=environment, cwd=ROOT, check=True
    )


@pytest.mark.parametrize("language, theme", [("en-US", "dark"), ("ko-KR", "light")])
def test_a_trader_verifies_and_keeps_the_proof(
    browser: Browser, exchange: RunningExchange, tmp_path: Path, language: str, theme: str
) -> None:
    with window(browser, exchange, size=PHONE, language=language, theme=theme) as alice:
        alice.log_in("alice", exchange.demo()["users"]["alice"], "/wallet")
        alice.deposit("ETH", "3")
        # The ledger is the database's, which is what is published.
        alice.see("ledger-asset").select_option("ETH")
        expect(alice.see("ledger").locator("[data-key]").first).to_contain_text("+3")
        publish(exchange)
        alice.page.goto(f"{exchange.url}/portfolio")
        panel = alice.see("solvency")
        expect(panel).to_contain_text("ETH")
        alice.see("solvency-verify").click()
        expect(panel.locator('[data-verdict="proven"]')).to_be_visible()
        # Nothing of it is cut off, neither to the right nor below.
        section = panel.locator("xpath=ancestor::section")
        cut = "it => [it.scrollWidth - it.clientWidth, it.scrollHeight - it.clientHeight]"
        assert section.evaluate(cut) == [0, 0]
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        with alice.page.expect_download() as download:
            alice.see("solvency-save").click()
        file = tmp_path / "proof.json"
        download.value.save_as(file)
        folder = Path(os.environ.get("XTRADER_PICTURES", tmp_path))
        alice.see("solvency-verify").scroll_into_view_if_needed()
        alice.page.screenshot(path=folder / f"solvency-{language}.png")
    proof = json.loads(file.read_text())
    root = exchange.get("/api/v1/solvency?limit=1")["reports"][0]["root"]
    assert any(asset == "ETH" for _, asset, _ in verifier.verify(proof, root))
