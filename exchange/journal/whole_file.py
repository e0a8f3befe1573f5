"""A small private file, written whole: a crash or a power cut leaves the old one or the new one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Replace ``path``, readable by its owner only. On return it is on the disk."""
    beside = _written_beside(path, text)
    beside.replace(path)
    sync_path(path.parent)


def write_private_once(path: Path, text: str) -> None:
    """Write ``path`` unless there is one; of several processes the first one's text stays."""
    beside = _written_beside(path, text)
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    sync_path(path.parent)


def _written_beside(path: Path, text: str) -> Path:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    beside.touch(mode=0o600)
    beside.write_text(text)
    sync_path(beside)
    return beside


def sync_path(path: Path) -> None:
    """Return once the file or folder is on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
