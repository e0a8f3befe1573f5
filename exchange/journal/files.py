"""Every file operation of the journal and its snapshots, in one small layer.

Whatever decides durability goes through an instance of ``Files``, so that a test can stand in for the
disk: hold back what was not synced, tear a write, fail a sync. Paths are ``Path``; open files are the
integers ``open``/``create`` return. Errors are ``OSError``.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Files:
    """The operating system's files."""

    def make_dir(self, path: Path) -> None:
        """Create the folder and those above it if need be. On return its name is durable, also when
        a process that was killed amid this had made it, or settings the folder that it is in."""
        folders = (path, *path.parents)
        there = next(each for each in folders if self.is_dir(each))
        if there != there.parent:
            # One that may be searched but not read is older than this installation.
            with suppress(PermissionError):
                self.sync_dir(there.parent)
        for each in reversed(folders[: folders.index(there)]):
            self.add_dir(each)
            try:
                self.sync_dir(each.parent)
            except OSError:
                with suppress(OSError):
                    self.remove_dir(each)
                raise

    def is_dir(self, path: Path) -> bool:
        return path.is_dir()

    def add_dir(self, path: Path) -> None:
        """Create one folder unless it is there; durable only after ``sync_dir`` of the one above it."""
        path.mkdir(exist_ok=True)

    def remove_dir(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()

    def names(self, path: Path) -> list[str]:
        """Names in a folder, ascending; empty when there is no such folder."""
        return sorted(os.listdir(path)) if path.is_dir() else []

    def create(self, path: Path) -> int:
        """A new file, open for reading and writing; FileExistsError if there is one."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def open(self, path: Path, *, writable: bool = False) -> int:
        return os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)

    def close(self, file: int) -> None:
        os.close(file)

    def size(self, file: int) -> int:
        """Size in bytes."""
        return os.fstat(file).st_size

    def allocate(self, file: int, size: int) -> None:
        """Reserve ``size`` bytes, read as zeros: later writes inside need no new metadata or space."""
        os.posix_fallocate(file, 0, size)

    def resize(self, file: int, size: int) -> None:
        """Cut or extend with zeros to ``size`` bytes. Only repair does this."""
        os.ftruncate(file, size)

    def read(self, file: int, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end of the file."""
        parts = []
        while size > 0 and (part := os.pread(file, size, offset)):
            parts.append(part)
            offset += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, file: int, data: bytes, offset: int) -> None:
        """All of ``data`` at ``offset``; durable only after a sync."""
        done = self.write_some(file, data, offset)
        while done < len(data):
            done += self.write_some(file, memoryview(data)[done:], offset + done)

    def write_some(self, file: int, data: bytes | memoryview, offset: int) -> int:
        """Write the beginning of ``data``, at least a byte of it; how much it was. A signal or a nearly full
        disk cuts a write short."""
        return os.pwrite(file, data, offset)

    def sync_data(self, file: int) -> None:
        """Return once the file's data is on the disk."""
        os.fdatasync(file)

    def sync(self, file: int) -> None:
        """Return once the file's data and size are on the disk."""
        os.fsync(file)

    def rename(self, source: Path, target: Path) -> None:
        """Atomic within a file system; durable only after ``sync_dir`` of the folder."""
        os.rename(source, target)

    def name_durably(self, source: Path, target: Path) -> None:
        """``rename``, durable on return. Where the folder cannot be synced the name is taken back: the kernel
        may count it as written now, and no later sync would say that it is not."""
        self.rename(source, target)
        try:
            self.sync_dir(target.parent)
        except OSError:
            with suppress(OSError):
                self.rename(target, source)
            raise

    def remove(self, path: Path) -> None:
        os.unlink(path)

    def sync_dir(self, path: Path) -> None:
        """Return once creations, renames and removals in the folder are on the disk."""
        file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def lock(self, path: Path) -> int:
        """Take the lock file for as long as the returned file is open; BlockingIOError if it is taken."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(file)
            raise
        return file


#: The real disk; stateless, so one is enough.
OS_FILES = Files()
