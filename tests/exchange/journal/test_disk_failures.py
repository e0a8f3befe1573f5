"""A disk that fails, or that crashes with writes unsynced: acknowledged ⊆ recovered ⊆ submitted."""

from __future__ import annotations

import errno
import itertools
import random
from pathlib import Path

import pytest

from exchange.engine.messages import Command
from exchange.journal.errors import JournalError, JournalWriteFailed
from exchange.journal.files import Files
from exchange.journal.recovery import recover
from exchange.journal.snapshots import write_snapshot
from exchange.node.sequencer import open_sequencer
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import NOW_NS, market, orders, take


class FailingFiles(Files):
    """The real disk until an operation is told to fail; it then fails ``times`` times."""

    def __init__(self) -> None:
        self.failing = ""
        self.times = 0

    def fail(self, operation: str, times: int = 1) -> None:
        self.failing, self.times = operation, times

    def _maybe(self, operation: str) -> None:
        if self.failing == operation and self.times > 0:
            self.times -= 1
            raise OSError(errno.EIO if "sync" in operation else errno.ENOSPC, f"{operation} failed")

    def write(self, file: int, data: bytes, offset: int) -> None:
        if self.failing == "write" and self.times > 0:
            super().write(file, data[: len(data) // 2], offset)
        self._maybe("write")
        super().write(file, data, offset)

    def sync_data(self, file: int) -> None:
        self._maybe("sync_data")
        super().sync_data(file)

    def allocate(self, file: int, size: int) -> None:
        self._maybe("allocate")
        super().allocate(file, size)


@pytest.mark.parametrize("operation", ["write", "sync_data"])
def test_a_failed_write_or_sync_is_final(folders: Folders, operation: str) -> None:
    files = FailingFiles()
    flow = orders()
    sequencer = folders.open(files=files)
    sequencer.submit(market())
    acknowledged = sequencer.position
    files.fail(operation)
    with pytest.raises(JournalWriteFailed, match="failed"):
        sequencer.submit(take(flow, 3))
    # The disk works again, but what it holds is unknown: no second try.
    with pytest.raises(JournalWriteFailed):
        sequencer.submit(take(flow, 3))
    with pytest.raises(JournalWriteFailed):
        sequencer.journal.seal(b"\0" * 16)
    sequencer.close()
    with folders.open() as sequencer:
        assert sequencer.position.sequence in (acknowledged.sequence, acknowledged.sequence + 3)


def test_a_full_disk_at_a_new_segment_is_final(folders: Folders) -> None:
    files = FailingFiles()
    sequencer = folders.open(files=files, segment_bytes=2_048)
    sequencer.submit(market())
    acknowledged = sequencer.position.sequence
    files.fail("allocate", times=99)
    with pytest.raises(JournalWriteFailed, match="allocate failed"):
        for _ in range(50):
            sequencer.submit(take(orders(acknowledged), 2))
            acknowledged = sequencer.position.sequence
    sequencer.close()
    files.times = 0
    with folders.open(segment_bytes=2_048) as sequencer:
        assert sequencer.position.sequence == acknowledged
        assert not list(folders.journal.glob("*.new"))


class PowerCut(Exception):
    """The machine lost its power."""


class UnsyncedFiles(Files):
    """A disk in memory that holds writes, creations and renames back until they are synced, and loses its
    power at the N-th operation. What was held back is then, each on its own, kept, dropped or torn."""

    def __init__(self, seed: int, cut_at: int) -> None:
        self._rng = random.Random(seed)
        self._left = cut_at
        self.contents: dict[int, bytearray] = {}
        self.pending: dict[int, list[tuple[int, bytes]]] = {}
        #: name -> file, as a process sees it and as the disk has it
        self.seen: dict[Path, int] = {}
        self.durable: dict[Path, int] = {}
        self.open_files: dict[int, int] = {}
        self._next = itertools.count(1)
        self.locked = False

    def _operation(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise PowerCut

    def power_back(self) -> None:
        """What the disk holds after the cut."""
        rng = self._rng
        for file, writes in self.pending.items():
            for offset, data in writes:
                fate = rng.choice(("keep", "drop", "tear"))
                if fate == "tear":
                    cut = rng.randrange(len(data) + 1)
                    # Only what never held anything comes back as garbage; the rest as it was.
                    is_new = not any(self.contents[file][offset : offset + len(data)])
                    garbage = rng.randbytes(len(data) - cut) if is_new and rng.random() < 0.3 else b""
                    data = data[:cut] + garbage
                if fate != "drop":
                    self._put(file, offset, data)
        self.pending.clear()
        # An unsynced rename or creation happened or it did not.
        if rng.random() < 0.5:
            self.durable = dict(self.seen)
        self.seen = dict(self.durable)
        self.open_files.clear()
        self.locked = False
        self._left = -1

    def _put(self, file: int, offset: int, data: bytes) -> None:
        content = self.contents[file]
        content[offset : offset + len(data)] = data

    def make_dir(self, path: Path) -> None:
        pass

    def names(self, path: Path) -> list[str]:
        return sorted(name.name for name in self.seen if name.parent == path)

    def _open(self, file: int) -> int:
        handle = next(self._next)
        self.open_files[handle] = file
        return handle

    def create(self, path: Path) -> int:
        self._operation()
        if path in self.seen:
            raise FileExistsError(path)
        file = next(self._next)
        self.contents[file] = bytearray()
        self.seen[path] = file
        return self._open(file)

    def open(self, path: Path, *, writable: bool = False) -> int:
        return self._open(self.seen[path])

    def close(self, file: int) -> None:
        if self.open_files.pop(file) == 0:
            self.locked = False

    def size(self, file: int) -> int:
        return len(self._read(self.open_files[file]))

    def allocate(self, file: int, size: int) -> None:
        self._operation()
        content = self.contents[self.open_files[file]]
        content.extend(bytes(size - len(content)))

    def _read(self, file: int) -> bytes:
        content = bytearray(self.contents[file])
        for offset, data in self.pending.get(file, ()):
            content[offset : offset + len(data)] = data
        return bytes(content)

    def read(self, file: int, size: int, offset: int) -> bytes:
        return self._read(self.open_files[file])[offset : offset + size]

    def write(self, file: int, data: bytes, offset: int) -> None:
        self.pending.setdefault(self.open_files[file], []).append((offset, bytes(data)))
        self._operation()

    def sync_data(self, file: int) -> None:
        self._operation()
        for offset, data in self.pending.pop(self.open_files[file], ()):
            self._put(self.open_files[file], offset, data)

    def sync(self, file: int) -> None:
        self.sync_data(file)

    def rename(self, source: Path, target: Path) -> None:
        self.seen[target] = self.seen.pop(source)
        self._operation()

    def remove(self, path: Path) -> None:
        del self.seen[path]
        self._operation()

    def sync_dir(self, path: Path) -> None:
        self._operation()
        self.durable = dict(self.seen)

    def lock(self, path: Path) -> int:
        if self.locked:
            raise BlockingIOError
        self.locked = True
        handle = next(self._next)
        self.open_files[handle] = 0
        return handle


class Run:
    """An engine on such a disk, with what was submitted and what was acknowledged."""

    def __init__(self, files: UnsyncedFiles) -> None:
        self.files = files
        self.journal, self.snapshots = Path("/disk/journal"), Path("/disk/snapshots")
        self.submitted: list[Command] = []
        self.acknowledged = 0
        self.next_batch = 0

    def go(self, batches: list[list[Command]]) -> None:
        """Submit until the power is cut, or all is done."""
        with open_sequencer(
            self.journal, self.snapshots, files=self.files, segment_bytes=2_048, clock=lambda: NOW_NS
        ) as sequencer:
            for batch in batches[self.next_batch :]:
                self.submitted += batch
                self.next_batch += 1
                sequencer.submit(batch)
                self.acknowledged = len(self.submitted)
                if self.next_batch % 4 == 0:
                    write_snapshot(
                        self.snapshots, sequencer.engine, sequencer.position.event_hash, files=self.files
                    )

    def check(self) -> int:
        """Recover: nothing acknowledged is missing, no half batch, nothing invented. How many came
        through."""
        engine, position = recover(self.journal, self.snapshots, files=self.files)
        # The rules come before everything else.
        rules = min(position.sequence, 1)
        assert position.sequence - rules in (self.acknowledged, len(self.submitted))
        again, _ = recover(self.journal, None, files=self.files)
        assert again.state_hash() == engine.state_hash()
        return position.sequence - rules


def short_life(seed: int) -> list[list[Command]]:
    flow = orders(seed)
    return [market(), *(take(flow, 3) for _ in range(9))]


def test_power_cut_at_every_operation() -> None:
    """N = 1, 2, 3 … until there is no cut; after each the engine goes on and is cut once more at random."""
    for cut_at in itertools.count(1):
        files = UnsyncedFiles(seed=cut_at, cut_at=cut_at)
        run = Run(files)
        batches = short_life(cut_at)
        try:
            run.go(batches)
        except PowerCut:
            files.power_back()
            _go_on(run, batches, random.Random(cut_at))
        else:
            assert cut_at > 30, "the run is too short to have tested anything"
            return


def _go_on(run: Run, batches: list[list[Command]], rng: random.Random) -> None:
    """Recover, be cut again somewhere, recover, and finish."""
    run.acknowledged = run.check()
    run.submitted = run.submitted[: run.acknowledged]
    run.files._left = rng.randrange(1, 25)
    try:
        run.go(batches)
    except PowerCut:
        run.files.power_back()
        run.acknowledged = run.check()
        run.submitted = run.submitted[: run.acknowledged]
        run.go(batches)
    run.check()


def test_the_harness_catches_an_engine_that_skips_the_sync() -> None:
    """A canary: without the sync of the data, some cut must lose what was acknowledged."""

    class Careless(UnsyncedFiles):
        def sync_data(self, file: int) -> None:
            self._operation()

        def sync(self, file: int) -> None:
            super().sync_data(file)

    with pytest.raises((AssertionError, JournalError)):
        for cut_at in range(1, 60):
            files = Careless(seed=cut_at, cut_at=cut_at)
            run = Run(files)
            try:
                run.go(short_life(cut_at))
            except PowerCut:
                files.power_back()
                run.check()
