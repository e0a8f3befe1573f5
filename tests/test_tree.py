"""The tree is the map: modules have names of their own, and tests stand where what they test stands."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "exchange", "marketdata", "custody", "accounts", "ops", "web", "replays", "xtrader", "xtrader_engine",
)  # fmt: skip
#: File names that mean the same thing wherever they stand.
CONVENTIONAL = {
    "__init__",
    "__main__",
    "admin",
    "apps",
    "base",
    "errors",
    "forms",
    "models",
    "selectors",
    "urls",
}
#: Nouns of the domain: a room for models, one for reads, one for pages each have their module of them.
SUBJECTS = {"accounts", "market", "orders", "solvency", "tokens", "users", "withdrawals"}
#: Tests that look at the whole from outside: attacks, a browser, a crash, documents.
ACROSS = {"attacks", "bench", "browser", "client", "crash", "demo", "docs", "mutants", "plugins"}


def modules() -> list[Path]:
    found = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    return [path.relative_to(ROOT) for path in found if "migrations" not in path.parts]


def test_no_two_modules_share_a_name() -> None:
    """Somebody who reads `peer` in one place and `peer` in another would have to ask which."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        by_name[path.stem].append(str(path))
    shared = {name: paths for name, paths in by_name.items() if len(paths) > 1}
    assert {name: paths for name, paths in shared.items() if name not in CONVENTIONAL | SUBJECTS} == {}


def test_tests_stand_where_what_they_test_stands() -> None:
    folders = {
        path.parent.relative_to(ROOT / "tests")
        for path in (ROOT / "tests").rglob("test_*.py")
        if path.parent != ROOT / "tests"
    }
    strangers = [
        str(folder) for folder in folders if folder.parts[0] not in ACROSS and not (ROOT / folder).is_dir()
    ]
    assert strangers == []
