"""A real folder on a disk that forgets: what a power cut at this moment would leave of it at worst.

For code that works on real files, ``shutil`` and all. Every sync is watched, and what it makes durable is
kept aside: of a file its bytes, of a folder its names. ``survivors`` puts together what was kept; what no
process synced is not there. SQLite syncs by itself and is not seen here.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_File = tuple[int, int]


class Watched:
    """What has been synced since ``watch`` began."""

    def __init__(self) -> None:
        self._contents: dict[_File, bytes] = {}
        self._names: dict[_File, dict[str, _File]] = {}

    def note(self, file: int) -> None:
        """The open file, or folder, is on the disk as it is now."""
        found = os.fstat(file)
        key = (found.st_dev, found.st_ino)
        path = Path(os.readlink(f"/proc/self/fd/{file}"))
        if stat.S_ISDIR(found.st_mode):
            self._names[key] = {each.name: _key(each) for each in path.iterdir()}
        else:
            self._contents[key] = path.read_bytes()

    def survivors(self, folder: Path, target: Path) -> Path:
        """Make ``target`` what is left of ``folder``, whose own name is taken for durable if the folder above
        it was synced with it, and for lost (an empty target) if not."""
        target.mkdir(parents=True)
        above = self._names.get(_key(folder.parent), {})
        if above.get(folder.name) == _key(folder):
            self._put(_key(folder), target)
        return target

    def _put(self, folder: _File, target: Path) -> None:
        for name, key in self._names.get(folder, {}).items():
            if key in self._contents:
                (target / name).write_bytes(self._contents[key])
            elif key in self._names:
                (target / name).mkdir()
                self._put(key, target / name)
            else:
                # A name whose file was never synced: there, and empty. Of a folder, nothing that is in it.
                (target / name).touch()


def _key(path: Path) -> _File:
    found = path.stat()
    return found.st_dev, found.st_ino


@contextmanager
def watch() -> Iterator[Watched]:
    """See every sync of this process."""
    watched = Watched()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            honest = getattr(os, name)

            def seen(file: int, honest: object = honest) -> None:
                number = file if isinstance(file, int) else file.fileno()  # type: ignore[attr-defined]
                honest(number)  # type: ignore[operator]
                watched.note(number)

            patch.setattr(os, name, seen)
        yield watched


def begin_with(watched: Watched, folder: Path) -> None:
    """Take all that is in a folder now for durable."""
    for path in (folder, *folder.rglob("*")):
        file = os.open(path, os.O_RDONLY)
        watched.note(file)
        os.close(file)


def forget(folder: Path, survivors: Path) -> None:
    """Put the survivors in the folder's place."""
    shutil.rmtree(folder)
    shutil.copytree(survivors, folder)
