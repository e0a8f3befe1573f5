"""The file of a process' log, rotated by the process that writes it.

The supervisor starts a process with its output going to the file ``PROCESS_LOG``. What the process logs goes
to its standard error like everything else it prints, so one file has all of it, in order. When the file has
grown too large, the process renames it and turns its own output to a new one: no line is lost, whichever
process dies meanwhile, and what the C library or a dying interpreter prints follows. A file that another
program has renamed (logrotate with ``create``) is left in the same way, without a signal.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

#: Environment variable that names the file; without it a process writes where it was told to.
LOG_FILE: Final = "PROCESS_LOG"
DEFAULT_MB: Final = 20.0
DEFAULT_COUNT: Final = 5
_MODE: Final = 0o600
_STDOUT, _STDERR = 1, 2


class Rotation:
    """When a file is put aside, and how many of those are kept. Settings: ``LOG_ROTATE_MB`` (0: never) and
    ``LOG_ROTATE_COUNT``."""

    def __init__(self, max_bytes: int, count: int) -> None:
        self.max_bytes = max_bytes
        self.count = count

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Rotation:
        """Raises ValueError for what is no number, and for fewer than one kept file."""
        megabytes = float(environment.get("LOG_ROTATE_MB") or DEFAULT_MB)
        count = int(environment.get("LOG_ROTATE_COUNT") or DEFAULT_COUNT)
        if megabytes < 0 or count < 1:
            raise ValueError("LOG_ROTATE_MB is 0 or more, LOG_ROTATE_COUNT 1 or more")
        return cls(int(megabytes * 1024 * 1024), count)

    def is_due(self, size: int) -> bool:
        return 0 < self.max_bytes < size

    def put_aside(self, path: Path) -> None:
        """``x.log`` becomes ``x.log.1``, that ``x.log.2``; the oldest goes. Raises OSError."""
        for number in range(self.count - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number + 1}"))
        path.replace(path.with_name(f"{path.name}.1"))


class OwnFileHandler(RotatingFileHandler):
    """Writes a file of its own, in the same bounds: for a process whose output is somebody's terminal."""

    def __init__(self, path: Path, rotation: Rotation) -> None:
        super().__init__(path, maxBytes=rotation.max_bytes, backupCount=rotation.count, delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        if self.stream is not None and _is_elsewhere(self.stream.fileno(), Path(self.baseFilename)):
            self.stream.close()
            self.stream = self._open()
        super().emit(record)


def _is_elsewhere(file: int, path: Path) -> bool:
    """Whether an open file is no longer the one of that name."""
    mine = os.fstat(file)
    try:
        named = path.stat()
    except FileNotFoundError:
        return True
    return (named.st_dev, named.st_ino) != (mine.st_dev, mine.st_ino)


class LogFileHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error, and keeps the file behind it in bounds."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(sys.stderr)
        given = os.environ if environment is None else environment
        name = given.get(LOG_FILE)
        self._path = Path(name) if name else None
        self._rotation = Rotation.of(given)

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self._path is not None:
            try:
                self._tend(self._path)
            except OSError:
                # A full disk, a folder that went: the log is not worth the process.
                return

    def _tend(self, path: Path) -> None:
        """Called under the handler's lock, so one thread does it."""
        if _is_elsewhere(_STDERR, path):
            self._reopen(path)
        elif self._rotation.is_due(os.fstat(_STDERR).st_size):
            self._rotation.put_aside(path)
            self._reopen(path)

    def _reopen(self, path: Path) -> None:
        """Have this process' output go to the file of that name."""
        sys.stdout.flush()
        sys.stderr.flush()
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            for number in (_STDOUT, _STDERR):
                os.dup2(file, number)
        finally:
            os.close(file)
