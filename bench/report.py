"""The figures for people: a line at the terminal, a table in docs/performance.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.measure import Result, duration

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
#: The table in the document stands between these lines.
BEGIN, END = "<!-- figures of python -m bench -->", "<!-- end of figures -->"


def line_for_terminal(line: Result) -> str:
    cpu = f"cpu us: {_cpu(line.cpu_us)}" if line.cpu_us else ""
    errors = f"  errors {line.notes['errors']}" if line.notes.get("errors") else ""
    return (
        f"{line.name:<30} {line.per_second:>9,.0f} {line.unit:<10}  p50 {duration(line.p50_ns):>10}"
        f"  p99 {duration(line.p99_ns):>10}  {_against(line):<44}{cpu}{errors}"
    )


def save(machine: dict[str, Any], seed: int, results: list[Result]) -> Path:
    """Write the JSON; returns where."""
    report = {"machine": machine, "seed": seed, "results": [line.as_json() for line in results]}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    return RESULTS


def update_document() -> None:
    """Put the last run's figures into docs/performance.md."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{_table(json.loads(RESULTS.read_text()))}\n\n{END}{after}")


def _table(report: dict[str, Any]) -> str:
    machine = report["machine"]
    rows = [
        f"{machine['cpus']} CPUs, Python {machine['python']}, Django {machine['django']}; load before the run "
        f"{machine['load']}, an empty Python loop {machine['loop_ns']} ns a turn.",
        "",
        "| | per second | p50 | p99 | set against | processor time per operation, µs |",
        "|---|---:|---:|---:|---|---|",
    ]
    for fields in report["results"]:
        line = Result(**fields)
        rows.append(
            f"| {line.name} | {line.per_second:,.0f} {line.unit.removesuffix('/s')} | {duration(line.p50_ns)} "
            f"| {duration(line.p99_ns)} | {_against(line)} | {_cpu(line.cpu_us)} |"
        )
    return "\n".join(rows)


def _against(line: Result) -> str:
    return f"{line.ratio:.2f} x {line.against}" if line.ratio is not None else ""


def _cpu(cpu_us: dict[str, float]) -> str:
    return ", ".join(f"{name} {microseconds:.0f}" for name, microseconds in cpu_us.items())
