"""Where the real data lies, and reading it as it is packed."""

from __future__ import annotations

import io
import lzma
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class DataMissing(Exception):
    """The named file is not there, or XTRADER_DATA names no folder."""


def data_file(relative: str) -> Path:
    """A file under the folder that ``XTRADER_DATA`` names. Raises DataMissing."""
    folder = os.environ.get("XTRADER_DATA")
    if not folder:
        raise DataMissing("set XTRADER_DATA to the folder of real data, or name the files")
    path = Path(folder) / relative
    if not path.exists():
        raise DataMissing(f"{path} does not exist")
    return path


@contextmanager
def open_text(path: str | Path, member: str = "") -> Iterator[IO[str]]:
    """The lines of a text file, of an ``.xz`` one, or of the member of a ``.zip`` whose name holds
    ``member``."""
    path = Path(path)
    if path.suffix == ".xz":
        with lzma.open(path, "rt", encoding="ascii") as lines:
            yield lines
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if member in name)
            with archive.open(name) as raw:
                yield io.TextIOWrapper(raw, encoding="ascii")
    else:
        with path.open(encoding="ascii") as lines:
            yield lines
