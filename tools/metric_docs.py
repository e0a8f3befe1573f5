"""Writes the tables of ``docs/metrics.md`` from the table of metrics: ``python -m tools.metric_docs``.

A test fails while they differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange.telemetry.metric_table import PROCESSES, TABLE, VENUE, Definition  # noqa: E402

DOCUMENT: Final = ROOT / "docs" / "metrics.md"
BEGIN: Final = "<!-- written by tools/metric_docs.py -->"
END: Final = "<!-- end -->"
_PAGES: Final = {
    PROCESSES: "On every page",
    ("engine",): "Engine",
    ("marketdata",): "Marketdata",
    ("web",): "Web",
    ("dispatcher",): "Dispatcher",
    (VENUE,): "What a web process knows of the others",
}


def tables() -> str:
    """A table for each page; what stands on several pages has a table of its own."""
    by_pages: dict[tuple[str, ...], list[Definition]] = {}
    for defined in TABLE.values():
        by_pages.setdefault(defined.pages, []).append(defined)
    return "\n".join(line for pages, some in by_pages.items() for line in _table(pages, some)).strip()


def _table(pages: tuple[str, ...], some: list[Definition]) -> Iterator[str]:
    yield f"\n### {_PAGES.get(pages) or ' and '.join(pages).capitalize()}\n"
    yield "| metric | type | labels | meaning |"
    yield "|---|---|---|---|"
    for one in some:
        labels = ", ".join(f"`{label}`" for label in one.labels)
        yield f"| `{one.name}` | {one.kind} | {labels} | {one.help} |"


def with_tables(document: str) -> str:
    """The document with the tables as the code has them."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
