"""What every page has to be: readable, usable by everybody, in one language, without nonsense."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ops.running import ROOT

#: Pictures of every page, for people to look at; CI keeps the folder.
PICTURES = Path(os.environ.get("ARTIFACTS") or ROOT / "artifacts") / "screens"
#: What no page may ever show.
NONSENSE = re.compile(r"\bNaN\b|\bnull\b|undefined|(?<![\d.,])1970(?![\d.])|\[object|Infinity|\{\{")


def settle(page: Page) -> None:
    """Until the page shows data in place of grey rows."""
    expect(page.locator("main")).to_be_visible()
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)
    page.wait_for_load_state("networkidle")


def take_picture(page: Page, path: str, theme: str, language: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{path.replace('/', '-')}-{theme}-{language[:2]}.png")


#: Names, units and terms that Korean traders write in Latin letters themselves.
_LATIN = re.compile(
    r"x|xTrader|Trader|alice|English|API|CSV|UTC|ms|[mhdw]|[OHLCVBS]|Enter|Esc|Shift|GTC|IOC|FOK|DAY|GTD|OPG|CLS|OCO|OTO"
    r"|(BTC|ETH|SOL|AAPL|KRW|USD)(-KRW)?|MA|EMA|RSI|MACD|BB|VOL|Vol|Silver|Gold|Platinum|Diamond|FIFO"
)


def english_words(text: str) -> set[str]:
    """Words in Latin letters that are no name, unit or term."""
    return {word for word in re.findall(r"[A-Za-z][A-Za-z-]*", text) if not _LATIN.fullmatch(word)}


def serious_problems(page: Page) -> list[str]:
    """What axe finds that keeps somebody from using the page."""
    axe = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
    # Not as a script of the page: its policy lets in none but its own.
    page.evaluate(axe.read_text() + ";undefined")
    found = page.evaluate(
        """async () => {
            const rules = {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]};
            const shown = (one) => one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
            return (await axe.run(document, rules)).violations
                .filter((one) => ["serious", "critical"].includes(one.impact))
                .map((one) => `${one.id}: ${shown(one)}`);
        }"""
    )
    return [str(problem) for problem in found]
