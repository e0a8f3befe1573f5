"""The manifest: what a backup holds, checksummed, and what it folds to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from exchange.journal.whole_file import sync_path
from exchange.telemetry.progress import Advance, step
from ops.backup.errors import BackupDamaged

FORMAT_VERSION = 1
NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """``sequence`` and the hashes are those of the end of the journal in the backup."""

    format_version: int
    created_ns: int
    sequence: int
    event_hash: str
    state_hash: str
    #: "sqlite", "postgresql", or empty for a backup without the database
    database: str
    #: relative path → SHA-256
    files: dict[str, str]


def write(folder: Path, manifest: Manifest) -> None:
    """Make the folder a backup: everything in it is on the disk before the manifest is."""
    for relative in manifest.files:
        sync_path(folder / relative)
    aside = folder / f"{NAME}.new"
    aside.write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    sync_path(aside)
    aside.rename(folder / NAME)
    _sync_folders(folder)


def read(folder: Path) -> Manifest:
    """The manifest, once every file has been found to match it. Raises BackupDamaged."""
    path = folder / NAME
    try:
        manifest = Manifest(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BackupDamaged(f"{path} is not the manifest of a finished backup: {error}") from error
    if manifest.format_version != FORMAT_VERSION:
        raise BackupDamaged(
            f"{path} is of format {manifest.format_version}, this version reads {FORMAT_VERSION}"
        )
    files = [folder / relative for relative in manifest.files]
    with step("checking the backup", lambda: _bytes_of(files)) as advance:
        for path, digest in zip(files, manifest.files.values(), strict=True):
            if not path.is_file() or checksum(path, advance) != digest:
                raise BackupDamaged(f"{path} is missing or not as it was written; use another backup")
    return manifest


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with step("taking checksums", lambda: _bytes_of(files)) as advance:
        return {str(path.relative_to(folder)): checksum(path, advance) for path in files}


def checksum(path: Path, advance: Advance) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()


def _bytes_of(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files if path.is_file())


def sync_tree(folder: Path) -> None:
    """Return once every file and folder of a tree is on the disk, files first."""
    for path in folder.rglob("*"):
        if path.is_file():
            sync_path(path)
    _sync_folders(folder)


def _sync_folders(folder: Path) -> None:
    """The folders of a tree, and the one that names it."""
    for path in (*folder.rglob("*"), folder, folder.parent):
        if path.is_dir():
            sync_path(path)
