"""What the bench makes of its measurements: percentiles, verdicts, the tables, the comparison of two runs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from bench import plainflow, report, targets
from bench.load import Fill, Placed, Reply, Tally
from bench.measure import Result, histogram, percentile, result
from exchange.engine import Engine
from exchange.engine import messages as m

HEAD: dict[str, Any] = {
    "date": "2026-11-22 20:00 UTC",
    "commit": "0123456789abcdef",
    "core": "python",
    "seed": 1,
    "machine": {"cpus": 2, "python": "3.11.7", "load": "0.1", "loop_ns": "15.0", "stolen_percent": 2.5},
}


def test_percentiles_are_values_that_occurred() -> None:
    ordered = list(range(1, 1_001))
    assert [percentile(ordered, share) for share in (50, 99, 99.9, 100)] == [500, 990, 999, 1_000]
    assert percentile([7], 99.9) == 7
    assert percentile([], 50) == 0


def test_a_histogram_counts_everything_once() -> None:
    latencies = [random.Random(1).randrange(1_000, 10**8) for _ in range(500)]
    counts = histogram(latencies)
    assert sum(counts.values()) == 500
    assert list(map(int, counts)) == sorted(map(int, counts))


def test_a_target_is_met_missed_or_open() -> None:
    rows = [Result(targets.WS, 25_000, "orders/s", p99_ns=90_000_000, figures={"lag_s": 0.5})]
    judged = {(one["row"], one["what"]): one["met"] for one in targets.judge(rows)}
    assert judged[targets.WS, "value"] is True
    assert judged[targets.WS, "p99_ns"] is False
    assert judged[targets.WS, "lag_s"] is True
    assert judged[targets.REST, "value"] is None
    assert rows[0].met is False
    assert "p99 < 80 ms" in rows[0].target


def test_a_report_is_saved_read_drawn_as_tables_and_compared(tmp_path: Path) -> None:
    floor = Result("bare echo", 50_000, "orders/s")
    before = report.save(HEAD, [floor, Result(targets.WS, 10_000, "orders/s")], tmp_path / "before.json")
    row = result(targets.WS, [1_000_000] * 21_000, 1.0).against(floor)
    report.save(HEAD, [floor, row], tmp_path / "now.json")
    now = report.load(tmp_path / "now.json")
    assert {"name", "value", "unit", "floor", "ratio", "target", "met"} <= set(now["rows"][1])
    assert now["rows"][1]["ratio"] == 0.42
    text = report.tables(now)
    assert f"| {targets.WS} | ≥ 20,000 orders/s | 21,000 | 0.42 × bare echo | met |" in text
    assert "not measured" in text
    lines = list(report.comparison(now, before))
    assert len(lines) == 2 and "2.10 x" in lines[1]


def test_every_target_names_a_row_of_its_own_module() -> None:
    """A row renamed in its module and not here would leave its target open for ever."""
    folder = Path(report.__file__).parent
    written = "\n".join(path.read_text() for path in folder.glob("*.py") if path.name != "targets.py")
    for name, value in vars(targets).items():
        if name.isupper() and isinstance(value, str):
            assert f"targets.{name}" in written, f"no row is named {value!r}"


def test_the_tally_adds_up_what_replies_said() -> None:
    tally = Tally()
    order: Any = {"order_id": b'"1"'}
    tally.take(Reply(type="reply", order=order, fills=(Fill("0.01", "475.5"), Fill("0.02", "0.000001"))))
    tally.take(Reply(type="reply", results=(Placed(order=order), Placed(error="INSUFFICIENT_BALANCE"))))
    assert tally.orders == 2
    assert [str(total) for total in tally.sums()] == ["0.03", "475.500001"]
    assert tally.errors == {"INSUFFICIENT_BALANCE": 1}


def test_the_plain_flow_is_the_same_every_time_and_trades() -> None:
    operations = plainflow.operations(5, 20_000)
    assert operations[:500] == plainflow.operations(5, 500)
    engine, traded = Engine(), 0
    for command in plainflow.opening():
        engine.apply(command, 1)
    for step, operation in enumerate(operations):
        events = engine.apply(plainflow.command_of(operation, step), 2 + step)
        assert events[0][0] != m.EV_REJECTED, events[0]
        traded += any(event[0] == m.EV_TRADE for event in events)
    assert traded > 1_000
    assert any(not operation.is_order for operation in operations)
