"""Live = full replay = snapshot + tail = another process, hash seed, interpreter; and old journals for ever."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from exchange.journal import records, snapshots
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import recover, start_fold
from exchange.journal.snapshots import list_snapshots, write_snapshot
from exchange.journal.tools import export, verify
from exchange.worker.follower import Follower
from exchange.worker.sequencer import open_sequencer
from tests.crash import golden
from tests.crash.every_type import EveryType
from tests.crash.script import SECOND, START_NS
from tests.marketdata.traffic import opening

ROOT = Path(__file__).resolve().parents[2]
HASH_SEEDS = ("0", "1", "4242")
GOLDENS = golden.all_goldens()


class Lived:
    """A day of trading in small: five restarts, a snapshot before each, minutes that pass."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.snapshots = folder / "journal", folder / "snapshots"
        self._now_ns, traffic = START_NS, EveryType(77, self._clock)
        for life in range(5):
            with open_sequencer(
                self.journal, self.snapshots, clock=self._clock, segment_bytes=32 * 1024
            ) as sequencer:
                sequencer.submit(opening() if life == 0 else [])
                for _ in range(25):
                    self._now_ns += 9 * SECOND
                    sequencer.submit(traffic.take(9))
                if life < 4:
                    write_snapshot(self.snapshots, sequencer.engine, sequencer.position.event_hash)
                self.position, self.state_hash = sequencer.position, sequencer.engine.state_hash()

    def _clock(self) -> int:
        return self._now_ns


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return Lived(tmp_path_factory.mktemp("lived"))


def test_live_is_full_replay_is_snapshot_and_tail(lived: Lived, tmp_path: Path) -> None:
    engine, position = recover(lived.journal, None)
    assert (position, engine.state_hash()) == (lived.position, lived.state_hash)
    assert len(list_snapshots(lived.snapshots)) == 4
    for sequence, path in list_snapshots(lived.snapshots):
        # The snapshot is what a replay up to there gives …
        with Follower(lived.journal, tmp_path / "none") as follower:
            while follower.position.sequence < sequence:
                follower.poll(0, max_commands=1)
            assert follower.engine.dump() == start_fold(lived.snapshots, at_or_before=sequence).engine.dump()
        # … and from it the tail leads to the same end.
        alone = tmp_path / path.name
        alone.mkdir()
        shutil.copy(path, alone)
        engine, position = recover(lived.journal, alone)
        assert (position, engine.state_hash()) == (lived.position, lived.state_hash)


def test_replay_in_other_processes_under_other_hash_seeds(lived: Lived) -> None:
    command = [sys.executable, "-m", "tests.crash.fold", str(lived.journal)]
    expected = {"events": lived.position.event_hash, "state": lived.state_hash}
    for hash_seed in HASH_SEEDS:
        assert _run(command, PYTHONHASHSEED=hash_seed) == expected


def test_replay_under_every_other_python_there_is(lived: Lived) -> None:
    """The core needs nothing but the standard library and sortedcontainers."""
    lines = "\n".join(json.dumps(row) for row in export(lived.journal))
    here = _run([sys.executable, "-m", "tests.crash.fold"], lines)
    assert here["state"] == lived.state_hash
    for interpreter in _other_interpreters():
        # Compiled or not here: there is no build for another interpreter.
        there = _run([interpreter, "-m", "tests.crash.fold"], lines, XTRADER_CORE="python")
        assert there == here, interpreter


def _run(command: list[str], text: str = "", **environment: str) -> dict[str, Any]:
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONPATH": _packages()},
        input=text,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(result.stdout))


def _packages() -> str:
    """Where sortedcontainers is, for an interpreter that has no packages of its own."""
    import sortedcontainers

    return f"{ROOT}{os.pathsep}{Path(sortedcontainers.__file__).parents[1]}"


def _other_interpreters() -> list[str]:
    names = [f"python3.{minor}" for minor in range(11, 20) if minor != sys.version_info.minor]
    return [found for name in names if (found := shutil.which(name)) and _answers(found)]


def _answers(interpreter: str) -> bool:
    """A version manager has commands for interpreters that are not there."""
    return subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("folder", GOLDENS, ids=lambda folder: folder.name)
def test_golden_journals_fold_to_their_hashes(folder: Path) -> None:
    one = golden.Golden(folder)
    assert verify(one.journal, one.snapshots).problems == []
    for snapshot_dir in (None, one.snapshots):
        engine, position = recover(one.journal, snapshot_dir)
        assert (position, engine.state_hash()) == (one.position, one.state_hash)
        assert engine.check() == []
    assert one.versions["rules"] == engine.rules_version


@pytest.mark.parametrize("folder", GOLDENS, ids=lambda folder: folder.name)
def test_an_engine_goes_on_from_a_golden_journal(folder: Path, tmp_path: Path) -> None:
    one = golden.Golden(folder)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with open_sequencer(copy / "journal", copy / "snapshots") as sequencer:
        assert sequencer.position == one.position
        sequencer.submit(EveryType(5, time.time_ns).take(40))
        position = sequencer.position
    assert recover(copy / "journal", None)[1] == position


def test_the_present_versions_have_a_golden() -> None:
    """Whoever raises a version adds a golden: ``python -m tests.crash.golden``."""
    from exchange.engine import Engine

    stated = golden.versions(Engine().rules_version)
    assert golden.name_of(stated) in [folder.name for folder in GOLDENS]


@pytest.mark.parametrize("module", [records, snapshots], ids=["record", "snapshot"])
def test_files_of_an_unknown_version_are_refused(
    module: Any, lived: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written by a later version: never taken for something else."""
    newer = tmp_path / "newer"
    with monkeypatch.context() as patch:
        patch.setattr(module, "FORMAT_VERSION", module.FORMAT_VERSION + 1)
        with open_sequencer(newer / "journal", newer / "snapshots") as sequencer:
            sequencer.submit(opening())
            path = write_snapshot(newer / "snapshots", sequencer.engine, sequencer.position.event_hash)
    if module is snapshots:
        assert snapshots.read_snapshot(path) is None
    else:
        with pytest.raises(Exception, match="format version"):
            JournalReader(newer / "journal").next()
