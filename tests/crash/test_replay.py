"""Live = full replay = snapshot + tail = another process, hash seed, interpreter; and old journals for
ever."""

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

from exchange import core
from exchange.journal import records, snapshots
from exchange.journal.reader import JournalReader
from exchange.journal.records import Position
from exchange.journal.recovery import recover, start_fold
from exchange.journal.snapshots import list_snapshots, write_snapshot
from exchange.journal.tools import export, verify
from exchange.link.follower import Follower
from exchange.node.sequencer import open_sequencer
from tests.crash import golden
from tests.crash.every_type import EveryType
from tests.crash.script import SECOND, START_NS
from tests.marketdata.traffic import opening

ROOT = Path(__file__).resolve().parents[2]
HASH_SEEDS = ("0", "1", "4242")
GOLDENS = golden.all_goldens()
#: Those there are. Nothing is compiled for this.
BUILDS = ["python", *(["compiled"] if core.build_folder().is_dir() else [])]


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
    for hash_seed in HASH_SEEDS:
        assert _fold(lived.journal, PYTHONHASHSEED=hash_seed)[1:] == (lived.position, lived.state_hash)


def test_replay_on_every_build_of_the_core(lived: Lived) -> None:
    """The compiled one is there after ``make compile``, and in the run of ``make test-compiled``."""
    print(f"builds: {BUILDS}")
    for build in BUILDS:
        found = _fold(lived.journal, XTRADER_CORE=build)
        assert found == (build, lived.position, lived.state_hash)
        for folder in GOLDENS:
            one = golden.Golden(folder)
            assert _fold(one.journal, XTRADER_CORE=build) == (build, one.position, one.state_hash)


def test_replay_under_every_other_python_there_is(lived: Lived) -> None:
    """The core needs nothing but the standard library and sortedcontainers."""
    others = other_interpreters()
    print(f"other interpreters: {others or 'none, name one in XTRADER_OTHER_PYTHON'}")
    journals = [(lived.journal, lived.state_hash)]
    journals += [(one.journal, one.state_hash) for one in map(golden.Golden, GOLDENS)]
    for journal, state_hash in journals:
        lines = "\n".join(json.dumps(row) for row in export(journal))
        here = _run([sys.executable, "-m", "tests.crash.fold"], lines)
        assert here["state"] == state_hash
        for interpreter in others:
            there = _run([interpreter, "-m", "tests.crash.fold"], lines, XTRADER_CORE="auto")
            assert there == here, interpreter


def _fold(journal: Path, **environment: str) -> tuple[str, Position, str]:
    """In a process of its own: the build of the core that did it, and where it ended."""
    found = _run([sys.executable, "-m", "tests.crash.fold", str(journal)], **environment)
    position = Position(verify(journal).last_sequence, found["events"])
    return found["core"], position, found["state"]


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


def other_interpreters() -> list[str]:
    """One of each other version that answers: ``XTRADER_OTHER_PYTHON``, on the path, or beside this one where
    a version manager keeps them."""
    named = os.environ.get("XTRADER_OTHER_PYTHON", "")
    minors = [minor for minor in range(11, 20) if minor != sys.version_info.minor]
    on_path = [shutil.which(f"python3.{minor}") for minor in minors]
    versions = Path(sys.base_prefix).parent
    beside = [str(path) for minor in minors for path in versions.glob(f"3.{minor}.*/bin/python3.{minor}")]
    found: dict[str, str] = {}
    for interpreter in filter(None, [named, *on_path, *beside]):
        if version := _version(interpreter):
            found.setdefault(version, interpreter)
    assert not named or named in found.values(), f"XTRADER_OTHER_PYTHON={named} does not answer"
    return list(found.values())


def _version(interpreter: str) -> str:
    """Which Python that is; empty if none: a version manager has commands for interpreters that are not
    there."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([interpreter, "-c", code], capture_output=True, check=False, text=True)
    return result.stdout.strip() if result.returncode == 0 else ""


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
