"""The core alone: both builds of it, the naive reference of the tests, and other engines from PyPI.

Each runs in a process of its own over the same recorded commands. The *plain* flow (orders and cancels) is
what all of them can do and what the targets are about; the *mixed* flow has market orders, IOC, reductions
and replacements too, and is what the naive reference is compared over.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import flow, plainflow, targets
from bench.core_run import apply_all, opened
from bench.measure import Plan, Result
from exchange import core as build
from exchange.engine import messages as m
from tests.exchange.engine.naive import NaiveEngine

ROOT = Path(__file__).resolve().parent.parent
PEERS_PYTHON = ROOT / "build" / "peers-venv" / "bin" / "python"
#: Names in ``bench/peers.py``.
PEERS = (
    "lightmatchingengine",
    "bourse",
    "limit-order-book",
    "liquibook",
    "liquibook without a listener",
)
COMMANDS = 100_000
#: The naive engine works every hold out anew at every step, so it gets the beginning of a flow only.
NAIVE_COMMANDS = 500
MIXED = ", mixed flow"
EVENTS_ALONE = "the core's events alone, Python objects"
_TIMEOUT_S = 300

Commands = list[m.Command]


def run(plan: Plan) -> Iterator[Result]:
    """Both builds on both flows, the naive reference, the peers."""
    count = plan.count(COMMANDS)
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        folder = Path(name)
        operations = plainflow.operations(plan.seed, count)
        plain = [plainflow.command_of(operation, step) for step, operation in enumerate(operations)]
        mixed = flow.mixed(plan.seed, count)
        _record(folder / "plain", plainflow.opening(), plain)
        _record(folder / "mixed", flow.opening(), mixed)
        rows = list(_builds("", folder / "plain", count))
        mixed_rows = list(_builds(MIXED, folder / "mixed", count))
        _record(folder / "beginning", flow.opening(), mixed[:NAIVE_COMMANDS])
        naive = _naive(mixed[:NAIVE_COMMANDS])
        _set_against_naive(mixed_rows, naive, folder / "beginning")
        peers = {name: _peer(name, folder, operations) for name in PEERS}
    events_alone, *rows = rows
    for row, nearest in zip(rows, ("lightmatchingengine", "bourse"), strict=False):
        row.against(peers[nearest])
        row.figures["x events alone"] = row.value / events_alone.value
        row.figures |= {f"x {name}": row.value / peer.value for name, peer in peers.items() if peer.value}
    yield from (events_alone, *rows, *mixed_rows, naive, *peers.values())


def _record(file: Path, opening: Commands, commands: Commands) -> None:
    file.write_bytes(pickle.dumps((opening, commands)))


def _builds(suffix: str, file: Path, count: int) -> Iterator[Result]:
    """The Python sources and, where there is one, the compiled build; they must agree to the last bit."""
    runs = {
        choice: core_run(choice, file) for choice in ("python", "compiled") if choice in available_builds()
    }
    hashes = {(found["events"], found["state"]) for found in runs.values()}
    if len(hashes) != 1:
        raise RuntimeError(f"the builds of the core disagree: {runs}")
    for choice, found in runs.items():
        name = targets.PYTHON if choice == "python" else targets.COMPILED
        if choice == "python" and not suffix:
            yield Result(EVENTS_ALONE, count / found["floor_s"], "commands/s", count)
        yield Result(
            name=f"{name}{suffix}",
            value=count / found["seconds"],
            unit="commands/s",
            count=count,
            **{key: found[key] for key in ("p50_ns", "p99_ns", "p999_ns", "max_ns")},
            cpu_us={"core": found["cpu_s"] * 1e6 / count},
            figures={
                "trades": found["trades"],
                "resting": found["open_orders"],
                "as records": count / found["record_s"],
            },
            notes={"histogram": found["histogram"], "events": found["events"], "state": found["state"]},
        )


def available_builds() -> tuple[str, ...]:
    """What ``XTRADER_CORE`` may ask for here."""
    return ("python", "compiled") if build.build_folder().is_dir() else ("python",)


def core_run(choice: str, file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.core_run", str(file)]
    environment = os.environ | {"XTRADER_CORE": choice}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=_TIMEOUT_S
    )
    return dict(json.loads(result.stdout))


def _naive(commands: Commands) -> Result:
    gc.collect()
    gc.disable()
    try:
        seconds = min(apply_all(opened(_Forgetful(), flow.opening()), commands) for _ in range(2))
    finally:
        gc.enable()
    name = f"naive reference, first {len(commands):,} commands"
    return Result(name, len(commands) / seconds, "commands/s", len(commands))


def _set_against_naive(rows: list[Result], naive: Result, beginning: Path) -> None:
    """The naive engine gets slower as its book grows: both are compared over the same beginning."""
    for row, choice in zip(rows, available_builds(), strict=True):
        row.floor, row.floor_value = naive.name, naive.value
        row.ratio = naive.count / core_run(choice, beginning)["seconds"] / naive.value


class _Forgetful(NaiveEngine):
    """The naive engine is never asked whether it remembers a command."""

    def recall(self, command: m.Command) -> None:
        return None


def _peer(name: str, folder: Path, operations: list[plainflow.Operation]) -> Result:
    """What a peer does a second; one that is not installed or fails says so and has no figure."""
    file = folder / "operations.json"
    if not file.exists():
        file.write_text(json.dumps([operation[:5] for operation in operations]))
    row = Result(f"peer: {name}", 0.0, "operations/s", len(operations))
    try:
        command = [str(PEERS_PYTHON), str(ROOT / "bench" / "peers.py"), name, str(file)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
        found = json.loads(answer.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, IndexError, ValueError) as error:
        row.notes["said"] = f"could not be measured here: {_reason(error)}"
    else:
        row.value = len(operations) / found["seconds"]
        row.notes["said"] = f"version {found['version']}"
        if found["traded"] is not None:
            row.figures["traded"] = found["traded"]
    return row


def _reason(error: Exception) -> str:
    """The last line a failed process wrote."""
    text = str(getattr(error, "stderr", "") or error).strip()
    return text.splitlines()[-1] if text else type(error).__name__
