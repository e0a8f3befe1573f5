"""The table of variables: sound by itself, equal to the documents, and all that the product reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exchange.telemetry.log_files import LOG_FILE
from exchange.telemetry.slow_log import THRESHOLDS_MS
from tools.variables import DOCUMENT, written
from xtrader.variables.unknown_names import ELSEWHERE
from xtrader.variables.variable_reader import known_names, read, table

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("accounts", "custody", "demo", "exchange", "marketdata", "ops", "web", "xtrader")
#: Read without Django's settings, by those who start before them or do without.
NOT_BY_SETTINGS = {
    *("XTRADER_ENV_FILE", "IGNORED_VARIABLES", "ENGINE_CLOCK", "DISK_RESERVE_MB", "XTRADER_CORE"),
    # The engine without Django logs and traces by them too.
    *("LOG_LEVEL", "LOG_FORMAT", "LOG_LINES_A_MINUTE", "LOG_ROTATE_MB", "LOG_ROTATE_COUNT"),
    *("TRACES_URL", "TRACES_SHARE", *THRESHOLDS_MS),
}


def test_the_documents_have_the_table_as_it_is() -> None:
    """Names, bounds, defaults and meanings, both ways; ``python tools/variables.py`` writes it."""
    document = DOCUMENT.read_text()
    assert written(document) == document


@pytest.mark.parametrize("demo", ["0", "1"])
def test_the_defaults_go_together(demo: str) -> None:
    assert read({"DEMO": demo}).DEMO is (demo == "1")


def test_every_variable_has_a_meaning_and_says_what_it_takes() -> None:
    assert [name for name, each in table().items() if not each.meaning or not each.values] == []


def test_every_variable_is_used() -> None:
    settings = (ROOT / "xtrader" / "settings.py").read_text()
    used = set(re.findall(r"\bgiven\.([A-Z0-9_]+)", settings))
    assert used ^ set(table()) == NOT_BY_SETTINGS


def test_the_product_reads_no_other_variable() -> None:
    """Whoever reads one by himself has it in the table all the same."""
    read_here = re.compile(r"""environ(?:\.get|\.setdefault|\.pop)?[\[(]\s*["']([A-Z0-9_]+)["']""")
    found = {
        name
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for name in read_here.findall(path.read_text())
    }
    assert found >= {"ENGINE_CLOCK", "XTRADER_CORE"}
    assert found - set(known_names()) == {"DJANGO_SETTINGS_MODULE", LOG_FILE}


def test_what_tests_and_tools_read_is_known_as_theirs() -> None:
    """A name of our family that only tests read must not stop the exchange that a test starts."""
    text = "\n".join(path.read_text() for path in ROOT.joinpath("tests").rglob("*.py"))
    read_there = set(re.findall(r"""environ(?:\.get)?[\[(]\s*["'](XTRADER_[A-Z0-9_]+)["']""", text))
    assert read_there - set(known_names()) <= ELSEWHERE
