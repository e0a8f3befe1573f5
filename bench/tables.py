"""The projection and a page of history as the tables grow, up to ten million fills. Part of ``--full``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import projection, targets
from bench.measure import Plan, Result

SIZES = (0, 1_000_000, 10_000_000)


def run(plan: Plan) -> Iterator[Result]:
    first: Result | None = None
    points = []
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        folder = Path(name)
        projection.write_journal(folder, plan)
        for size in SIZES:
            found = projection.project(folder, plan.count(size) if size else 0)
            row = projection.row_of(f"projection with {size / 1e6:.0f} M fills in the tables", found)
            row.figures |= {"fills": found["old_fills"] + found["fills"], "page_ms": found["page_ms"]}
            points.append({"size": found["old_fills"], "rate": row.value, "page_ms": found["page_ms"]})
            first = first or row
            if size == SIZES[-1]:
                row.name = targets.FILLS
                row.notes["growth"] = {"table size, fills": points}
            yield row.against(first, named="into empty tables")
