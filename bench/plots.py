"""The figures as pictures for docs/performance.md, drawn from the saved report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
#: Rows whose latencies are drawn, as far as they were measured.
LATENCIES = (
    "core, Python",
    "core, compiled",
    "WebSocket, one at a time",
    "WebSocket, a third of capacity",
    "WebSocket, 1,024 in flight",
    "REST, keep-alive",
)
COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#edae49", "#6a4c93", "#30638e")


def draw(report: dict[str, Any]) -> list[Path]:
    """Write what the report has data for; nothing where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        print("no pictures: matplotlib is not installed (bench/requirements.txt)")
        return []
    matplotlib.use("agg")
    rows = {row["name"]: row for row in report["rows"]}
    return [path for path in (_histogram(rows), _curve(rows), _growth(rows)) if path]


def _histogram(rows: dict[str, Any]) -> Path | None:
    import matplotlib.pyplot as plt

    chosen = [rows[name] for name in LATENCIES if name in rows and rows[name]["notes"].get("histogram")]
    if not chosen:
        return None
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    for row, colour in zip(chosen, COLOURS, strict=False):
        counts = row["notes"]["histogram"]
        total = sum(counts.values())
        bounds = [int(bound) / 1_000 for bound in counts]
        axes.plot(bounds, [100 * count / total for count in counts.values()], label=row["name"], color=colour)
    axes.set(
        xscale="log", xlabel="microseconds", ylabel="% of requests (ten classes a decade)", title="Latency"
    )
    axes.legend(fontsize=8)
    return _save(figure, "latency.png")


def _curve(rows: dict[str, Any]) -> Path | None:
    import matplotlib.pyplot as plt

    points = [point for row in rows.values() for point in row["notes"].get("curve", ())]
    if not points:
        return None
    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    for key, colour in (("p50_ns", COLOURS[0]), ("p99_ns", COLOURS[1])):
        rates = [point["rate"] for point in points]
        axes.plot(rates, [point[key] / 1e6 for point in points], marker="o", label=key[:3], color=colour)
    for point in points:
        axes.annotate(
            f"{point['in_flight']:,}", (point["rate"], point["p99_ns"] / 1e6), fontsize=8, va="bottom"
        )
    axes.set(
        yscale="log", xlabel="orders a second", ylabel="milliseconds",
        title="WebSocket, one order a frame: throughput against latency, by orders in flight",
    )  # fmt: skip
    axes.set_xlim(left=0)
    axes.legend()
    return _save(figure, "throughput.png")


def _growth(rows: dict[str, Any]) -> Path | None:
    import matplotlib.pyplot as plt

    panels = list(_series(rows))
    if not panels:
        return None
    figure, grid = plt.subplots(2, 4, figsize=(13, 5.5), layout="constrained")
    for axes, (title, lines) in zip(grid.flat, panels, strict=False):
        for (label, points), colour in zip(lines.items(), COLOURS, strict=False):
            key = "mean_ns" if "mean_ns" in points[0] else "rate"
            values = [point[key] / (1_000 if key == "mean_ns" else 1) for point in points]
            axes.plot(
                [max(1, point["size"]) for point in points], values, marker="o", label=label, color=colour
            )
        axes.set(xscale="log", title=title, ylabel="orders/s" if "table" in title else "microseconds each")
        axes.set_ylim(bottom=0)
        if len(lines) > 1:
            axes.legend(fontsize=7)
    for axes in list(grid.flat)[len(panels) :]:
        axes.axis("off")
    return _save(figure, "growth.png")


def _series(rows: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Panels: what grows → lines. Builds of the core share a panel."""
    panels: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        for name, points in row["notes"].get("growth", {}).items():
            title, _, build = (
                name.partition(", ") if name.endswith(("python", "compiled")) else (name, "", "")
            )
            panels.setdefault(title, {})[build or name] = points
    yield from panels.items()


def _save(figure: Any, name: str) -> Path:
    import matplotlib.pyplot as plt

    path = IMAGES / name
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path
