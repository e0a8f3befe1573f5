"""A disk that remembers what was synced and, when its power is cut, forgets some of what was not.

Model, after SQLite's crash tests. Processes see the page cache. A write is safe once its file is synced, a
name once its folder is. At a power cut each unsynced sector becomes old, new, anything written in between,
or torn between two of these; each unsynced change of a folder has happened or not, whatever its neighbours
did. A sector that never held anything may also come back as garbage. Bytes outside a write never change
(drives call it powersafe overwrite; every one sold keeps to it).

A folder is a name like any other: one whose own name is lost takes all that is in it along. Writes may be cut
short anywhere, as by a signal; the rest then is a write of its own.

A failed sync leaves the cache clean and the disk as it was, as Linux does: what was written may be read
until it is evicted, and is never written back. After a failed sync of a folder some of its changes are on the
disk and the rest never will be, whatever later syncs say. Half of the disks go read-only then until the
machine starts again, as file systems in use do. A process that is killed loses nothing: the cache stays.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from exchange.journal.files import Files


class PowerCut(BaseException):
    """The machine stops here. Not an ``Exception``: nothing in the code under test survives it."""


class Inode:
    """A file: as processes see it, and as the disk holds it."""

    def __init__(self, sector_bytes: int) -> None:
        self._sector_bytes = sector_bytes
        self.cache = bytearray()
        self.disk = bytearray()
        #: sector -> its contents after each unsynced write, oldest first
        self._dirty: dict[int, list[bytes]] = {}
        #: sizes the file has had since the last sync
        self._sizes: list[int] = []

    def write(self, data: bytes, offset: int) -> None:
        end = offset + len(data)
        if end > len(self.cache):
            self.resize(end)
        self.cache[offset:end] = data
        for sector in range(offset // self._sector_bytes, -(-end // self._sector_bytes)):
            self._dirty.setdefault(sector, []).append(self._cached(sector))

    def resize(self, size: int) -> None:
        if size == len(self.cache):
            return
        self.cache = self.cache[:size] + bytes(max(0, size - len(self.cache)))
        self._sizes.append(size)

    def sync(self) -> None:
        self._resize_disk(len(self.cache))
        for sector in self._dirty:
            self._put(sector, self._cached(sector))
        self._settle()

    def fail_sync(self, luck: random.Random) -> None:
        """Some of it reached the disk, all of it counts as clean, and some has left the cache."""
        for sector in self._dirty:
            if luck.random() < 0.3:
                self._put(sector, self._cached(sector))
            elif luck.random() < 0.5 and sector * self._sector_bytes < len(self.disk):
                start = sector * self._sector_bytes
                held = self.disk[start : start + self._sector_bytes]
                self.cache[start : start + len(held)] = held
        self._settle()

    def cut_power(self, luck: random.Random, fate: str = "") -> None:
        """The cache is gone; what was dirty takes its chances, or is ``dropped``."""
        fate = fate or luck.choice(("kept", "dropped", "mixed", "mixed"))
        sizes = [len(self.disk), *self._sizes]
        self._resize_disk({"kept": sizes[-1], "dropped": sizes[0]}.get(fate, luck.choice(sizes)))
        for sector, versions in self._dirty.items():
            old = bytes(self.disk[sector * self._sector_bytes :][: self._sector_bytes])
            self._put(sector, _outcome(fate, old, versions, luck))
        self.cache = bytearray(self.disk)
        self._settle()

    @property
    def is_clean(self) -> bool:
        return not self._dirty and not self._sizes

    def _cached(self, sector: int) -> bytes:
        start = sector * self._sector_bytes
        return bytes(self.cache[start : start + self._sector_bytes])

    def _put(self, sector: int, content: bytes) -> None:
        """Sectors beyond the file's size on the disk are nowhere."""
        start = sector * self._sector_bytes
        room = max(0, len(self.disk) - start)
        self.disk[start : start + min(len(content), room)] = content[:room]

    def _resize_disk(self, size: int) -> None:
        self.disk = self.disk[:size] + bytes(max(0, size - len(self.disk)))

    def _settle(self) -> None:
        self._dirty.clear()
        self._sizes.clear()


def _outcome(fate: str, old: bytes, versions: list[bytes], luck: random.Random) -> bytes:
    """What one unsynced sector holds after the power cut."""
    if fate == "kept":
        return versions[-1]
    if fate == "dropped":
        return old
    states = [old, *versions]
    choice = luck.random()
    if choice < 0.5:
        return luck.choice(states)
    if choice < 0.6 and not old.strip(b"\0"):
        # Half-programmed, and nothing was there to be kept.
        return luck.randbytes(len(versions[-1]))
    before, after = luck.choice(states), versions[-1]
    before = before.ljust(len(after), b"\0")
    cut = luck.randrange(len(after) + 1)
    return after[:cut] + before[cut:] if luck.random() < 0.7 else before[:cut] + after[cut:]


class _Folder:
    """What a folder's name stands for; what is in it are names of their own."""


#: Mounted: there without anything done for it.
_ROOTS = (Path("/"), Path("/sim"))


@dataclass
class _Change:
    """An unsynced change of one or (a move) two folders: names that go, and names that come."""

    folders: frozenset[Path]
    gone: list[Path] = field(default_factory=list)
    come: list[tuple[Path, Inode | _Folder]] = field(default_factory=list)

    def apply(self, names: dict[Path, Inode | _Folder]) -> None:
        for path in self.gone:
            names.pop(path, None)
        names.update(self.come)


class Disk(Files):
    """One machine's disk. ``cut_at``: the operation (they count from 1) during which the power goes;
    ``faults``: operation -> errno it fails with. ``meanwhile`` runs between operations, as other
    processes do; a power cut reaches them too."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(f"disk:{seed}")
        self.sector_bytes = self.luck.choice((512, 4_096))
        self.operations = 0
        self.cut_at = 0
        self.faults: dict[int, int] = {}
        self.is_off = False
        self.meanwhile: Callable[[], None] | None = None
        #: Whether the file system stops writing when a folder could not be synced.
        self.goes_read_only = self.luck.random() < 0.5
        #: How many of all writes are cut short.
        self.short_writes = 0.1
        #: What was done last, for the message of a failure.
        self.last = ""
        self._is_meanwhile = False
        self._names: dict[Path, Inode | _Folder] = {}
        self._names_on_disk: dict[Path, Inode | _Folder] = {}
        self._changes: list[_Change] = []
        #: After a failed sync of a folder, until the machine starts again.
        self._is_read_only = False
        self._open: dict[int, Inode | Path] = {}
        self._next_file = 1_000

    # --- what the harness does -----------------------------------------------------------------------

    def kill(self) -> None:
        """Every process is gone; the machine runs on, and with it the page cache."""
        self._restart()

    def cut_power(self, *, drops_all: bool = False) -> None:
        """And on again: only what the disk holds is left; with ``drops_all`` nothing that was not synced."""
        for change in self._changes:
            if not drops_all and self.luck.random() < 0.5:
                change.apply(self._names_on_disk)
        self._changes.clear()
        self._names_on_disk = {
            path: what for path, what in self._names_on_disk.items() if self._is_reachable(path)
        }
        self._names = dict(self._names_on_disk)
        for inode in {id(inode): inode for inode in self._names.values()}.values():
            if isinstance(inode, Inode):
                inode.cut_power(self.luck, "dropped" if drops_all else "")
        self._open.clear()
        self._is_read_only = False
        self._restart()

    def _is_reachable(self, path: Path) -> bool:
        """Whether every folder that leads to it is on the disk."""
        return all(each in _ROOTS or each in self._names_on_disk for each in path.parents)

    def copy_to(self, folder: Path, target: Path) -> None:
        """A folder's files as real ones, for readers that want those."""
        target.mkdir(parents=True, exist_ok=True)
        for path, inode in self._names.items():
            if path.parent == folder and isinstance(inode, Inode):
                (target / path.name).write_bytes(inode.cache)

    def _restart(self) -> None:
        self.is_off = False
        self.operations = self.cut_at = 0
        self.faults = {}
        # The locks of the dead are free; a follower that lives on keeps its open files.
        self._open = {file: what for file, what in self._open.items() if isinstance(what, Inode)}

    def _act(self, what: str, effect: Callable[[], None], *, takes_hold: bool = True) -> None:
        """One counted operation. ``takes_hold``: one that the power cut interrupts has happened, unsynced."""
        if self.is_off:
            raise PowerCut
        self.operations += 1
        self.last = f"operation {self.operations}: {what}"
        if self.operations == self.cut_at:
            if takes_hold:
                effect()
            self.is_off = True
            raise PowerCut
        number = errno.EROFS if self._is_read_only else self.faults.get(self.operations)
        if number is not None:
            raise OSError(number, f"{errno.errorcode[number]} in {self.last}")
        effect()
        self._let_others_run()

    def _let_others_run(self) -> None:
        if self.meanwhile is None or self._is_meanwhile:
            return
        self._is_meanwhile = True
        try:
            self.meanwhile()
        finally:
            self._is_meanwhile = False

    def _change(self, what: str, change: _Change) -> None:
        def effect() -> None:
            change.apply(self._names)
            self._changes.append(change)

        self._act(what, effect)

    def _file(self, file: int) -> Inode:
        inode = self._open[file]
        assert isinstance(inode, Inode), "a lock is neither read nor written"
        return inode

    def _opened(self, what: Inode | Path) -> int:
        self._next_file += 1
        self._open[self._next_file] = what
        return self._next_file

    # --- what the code under test does -------------------------------------------------------------

    def is_dir(self, path: Path) -> bool:
        return path in _ROOTS or isinstance(self._names.get(path), _Folder)

    def add_dir(self, path: Path) -> None:
        self._in_folder(path)
        if not self.is_dir(path):
            self._change(f"make {path.name}", _Change(frozenset([path.parent]), come=[(path, _Folder())]))

    def remove_dir(self, path: Path) -> None:
        if any(each.parent == path for each in self._names):
            raise OSError(errno.ENOTEMPTY, "not empty", str(path))
        self._change(f"remove {path.name}", _Change(frozenset([path.parent]), gone=[path]))

    def _in_folder(self, path: Path) -> None:
        if not self.is_dir(path.parent):
            raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))

    def names(self, path: Path) -> list[str]:
        # Asked for all the time; taking each path's parent apart would be half of a run.
        prefix = f"{path}/"
        found = (str(each).removeprefix(prefix) for each in self._names if str(each).startswith(prefix))
        return sorted(name for name in found if "/" not in name)

    def create(self, path: Path) -> int:
        self._in_folder(path)
        if path in self._names:
            raise FileExistsError(errno.EEXIST, "exists", str(path))
        inode = Inode(self.sector_bytes)
        self._change(f"create {path.name}", _Change(frozenset([path.parent]), come=[(path, inode)]))
        return self._opened(inode)

    def open(self, path: Path, *, writable: bool = False) -> int:
        inode = self._names.get(path)
        if not isinstance(inode, Inode):
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return self._opened(inode)

    def close(self, file: int) -> None:
        self._open.pop(file, None)

    def size(self, file: int) -> int:
        return len(self._file(file).cache)

    def allocate(self, file: int, size: int) -> None:
        inode = self._file(file)
        self._act(f"allocate {size}", lambda: inode.resize(max(size, len(inode.cache))))

    def resize(self, file: int, size: int) -> None:
        inode = self._file(file)
        self._act(f"resize to {size}", lambda: inode.resize(size))

    def read(self, file: int, size: int, offset: int) -> bytes:
        return bytes(self._file(file).cache[offset : offset + size])

    def write_some(self, file: int, data: bytes | memoryview, offset: int) -> int:
        inode = self._file(file)
        taken = bytes(data)
        if self.luck.random() < self.short_writes:
            taken = taken[: self.luck.randint(1, len(taken))]
        try:
            self._act(f"write {len(taken)} at {offset}", lambda: inode.write(taken, offset))
        except OSError:
            # As much of it as there was room for.
            if not self._is_read_only:
                inode.write(taken[: self.luck.randrange(len(taken) + 1)], offset)
            raise
        return len(taken)

    def sync_data(self, file: int) -> None:
        self._sync(file, "sync data")

    def sync(self, file: int) -> None:
        self._sync(file, "sync")

    def _sync(self, file: int, what: str) -> None:
        inode = self._file(file)
        try:
            self._act(what, inode.sync, takes_hold=False)
        except OSError:
            if not self._is_read_only:
                inode.fail_sync(self.luck)
            raise

    def rename(self, source: Path, target: Path) -> None:
        if source not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(source))
        folders = frozenset([source.parent, target.parent])
        self._in_folder(target)
        change = _Change(folders, gone=[source], come=[(target, self._names[source])])
        self._change(f"rename to {target.name}", change)

    def remove(self, path: Path) -> None:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        self._change(f"remove {path.name}", _Change(frozenset([path.parent]), gone=[path]))

    def sync_dir(self, path: Path) -> None:
        def effect() -> None:
            for change in self._changes:
                if path in change.folders:
                    change.apply(self._names_on_disk)
            self._changes = [change for change in self._changes if path not in change.folders]

        try:
            self._act(f"sync folder {path.name}", effect, takes_hold=False)
        except OSError:
            self._fail_sync_dir(path)
            raise

    def _fail_sync_dir(self, path: Path) -> None:
        """Each of its changes is on the disk, or will never be."""
        for change in self._changes:
            if path in change.folders and self.luck.random() < 0.5:
                change.apply(self._names_on_disk)
        self._changes = [change for change in self._changes if path not in change.folders]
        self._is_read_only = self.goes_read_only

    def lock(self, path: Path) -> int:
        self._in_folder(path)
        if path in self._open.values():
            raise BlockingIOError(errno.EAGAIN, "held", str(path))
        return self._opened(path)
