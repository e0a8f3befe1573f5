"""The figures for people: a line at the terminal, tables in docs/performance.md, a comparison of two runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.measure import Result, duration
from bench.targets import judge

FOLDER = Path(__file__).resolve().parent / "results"
LATEST, BASELINE = FOLDER / "latest.json", FOLDER / "baseline.json"
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
#: The tables in the document stand between these lines.
BEGIN, END = "<!-- figures of python -m bench -->", "<!-- end of figures -->"
#: A change below this says nothing: two runs on one machine differ as much.
_NOISE = 0.15


def line_for_terminal(row: Result) -> str:
    percentiles = "  ".join(
        f"{name} {duration(value)}"
        for name, value in (("p50", row.p50_ns), ("p99", row.p99_ns), ("p99.9", row.p999_ns))
        if value
    )
    parts = [f"{row.name:<44} {number(row.value):>12} {row.unit:<13}", percentiles, _against(row)]
    if row.cpu_us:
        parts.append(f"cpu us: {_numbers(row.cpu_us)}")
    if row.figures:
        parts.append(_numbers(row.figures))
    if row.notes.get("errors"):
        parts.append(f"errors {row.notes['errors']}")
    return "  ".join(part for part in parts if part)


def save(head: dict[str, Any], results: list[Result], path: Path = LATEST) -> dict[str, Any]:
    """Judge the rows against the targets and write everything as JSON; returns it."""
    targets = judge(results)
    report = {**head, "rows": [row.as_json() for row in results], "targets": targets}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return report


def save_baseline() -> None:
    """What later runs are compared with: the last one."""
    BASELINE.write_text(LATEST.read_text())


def load(path: Path) -> dict[str, Any]:
    """An earlier run. Raises OSError and ValueError."""
    return dict(json.loads(path.read_text()))


def verdicts(report: dict[str, Any]) -> Iterable[str]:
    """One line a target that was measured."""
    for target in report["targets"]:
        if target["met"] is not None:
            word = "met   " if target["met"] else "MISSED"
            yield f"{word}  {target['row']}: {target['target']} (measured {_measured(target)})"


def comparison(report: dict[str, Any], earlier: dict[str, Any]) -> Iterable[str]:
    """Rows that differ from an earlier run by more than runs differ anyway."""
    before = {row["name"]: row for row in earlier["rows"]}
    load = earlier["machine"]["load"]
    yield f"against the run of {earlier['date']} ({earlier['commit'][:10]}, load {load}):"
    for row in report["rows"]:
        then = before.get(row["name"])
        if then is None or not then["value"]:
            continue
        change = row["value"] / then["value"]
        if abs(change - 1) > _NOISE:
            was, now = number(then["value"]), number(row["value"])
            yield f"  {row['name']:<44} {was:>12} -> {now:>12}  {change:5.2f} x"


def update_document() -> None:
    """Put the last run's figures into docs/performance.md."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{tables(load(LATEST))}\n\n{END}{after}")


def tables(report: dict[str, Any]) -> str:
    """Where and when, the targets, all rows."""
    return "\n".join([*_headline(report), "", *_targets_table(report), "", *_rows_table(report)])


def _headline(report: dict[str, Any]) -> Iterable[str]:
    machine = report["machine"]
    yield (
        f"{report['date']}, commit {report['commit'][:10]}: {machine['cpus']} CPUs, "
        f"Python {machine['python']}, processes on the {report['core']} core; "
        f"load before the run {machine['load']}, an empty Python loop {machine['loop_ns']} ns a turn; "
        f"of the processors' time {machine['stolen_percent']} % was given to other machines "
        f"on the same host; seed {report['seed']}."
    )


def _targets_table(report: dict[str, Any]) -> Iterable[str]:
    rows = {row["name"]: Result(**row) for row in report["rows"]}
    yield "| path | target | measured | floor or peer of the same run | |"
    yield "|---|---|---:|---|---|"
    for target in report["targets"]:
        row = rows.get(target["row"])
        verdict = {True: "met", False: "**not met**", None: "not measured"}[target["met"]]
        yield f"| {target['row']} | {target['target']} | {_measured(target)} | {_against(row)} | {verdict} |"


def _rows_table(report: dict[str, Any]) -> Iterable[str]:
    yield "| row | measured | p50 | p99 | p99.9 | against | processor time per operation, µs | also |"
    yield "|---|---:|---:|---:|---:|---|---|---|"
    for fields in report["rows"]:
        row = Result(**fields)
        yield (
            f"| {row.name} | {number(row.value)} {row.unit} "
            f"| {duration(row.p50_ns)} | {duration(row.p99_ns)} "
            f"| {duration(row.p999_ns)} | {_against(row)} | {_numbers(row.cpu_us)} | {_also(row)} |"
        )


def _also(row: Result) -> str:
    said = row.notes.get("said", "")
    return "; ".join(part for part in (_numbers(row.figures), said) if part)


def _measured(target: dict[str, Any]) -> str:
    value = target["measured"]
    if value is None:
        return ""
    return duration(value) if target["what"].endswith("_ns") else number(value)


def number(value: float) -> str:
    """Enough digits to tell two runs apart, and no more."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _against(row: Result | None) -> str:
    if row is None or row.ratio is None:
        return ""
    return f"{row.ratio:.2g} × {row.floor}" if row.ratio < 10 else f"{row.ratio:,.0f} × {row.floor}"


def _numbers(named: dict[str, float]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in named.items())
