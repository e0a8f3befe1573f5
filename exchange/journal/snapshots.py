"""Snapshots: the engine's state at a sequence, in a file of its own.

Header, little endian: magic "xTSn" · CRC32C of all that follows, body included · format version · shard ·
sequence · now_ns · rolling event hash · state hash (SHA-256 of the body) · body length. Body:
``engine.dump()``. A snapshot is written beside, synced and renamed, so a file with the right name is whole
unless the disk lost it; then the one before it serves.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import google_crc32c

from exchange.engine import Engine
from exchange.engine.snapshot import Section
from exchange.journal.codec import section_line
from exchange.journal.files import OS_FILES, Files
from exchange.journal.records import Position
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

FORMAT_VERSION: Final = 1
_MAGIC: Final = b"xTSn"
_HEADER: Final = struct.Struct("<4sIHHQQ16s32sQ")
_UNCHECKED_BYTES: Final = 8
_NAME: Final = re.compile(r"(\d{20})\.snapshot")
_UNFINISHED_SUFFIX: Final = ".new"


class Snapshot(NamedTuple):
    path: Path
    sequence: int
    now_ns: int
    event_hash: bytes
    state_hash: bytes
    body: bytes

    @property
    def position(self) -> Position:
        return Position(self.sequence, self.event_hash.hex())


def snapshot_path(folder: Path, sequence: int) -> Path:
    return folder / f"{sequence:020d}.snapshot"


class Image(NamedTuple):
    """The state of an engine at a moment; nothing that happens afterwards changes it."""

    sequence: int
    now_ns: int
    event_hash: str
    sections: list[Section]


def image_of(engine: Engine, event_hash: str) -> Image:
    """The engine's state, whose rolling event hash is ``event_hash``."""
    return Image(engine.sequence, engine.now_ns, event_hash, engine.sections())


def write_snapshot(
    folder: Path, engine: Engine, event_hash: str, *, files: Files = OS_FILES, shard: int = 0
) -> Path:
    """Store the engine's state, whose rolling event hash is ``event_hash``. Durable on return."""
    return write_image(folder, image_of(engine, event_hash), files=files, shard=shard)


def write_image(folder: Path, image: Image, *, files: Files = OS_FILES, shard: int = 0) -> Path:
    """Store an engine's state; any thread may. Durable on return."""
    body = b"\n".join(map(section_line, image.sections))
    state_hash, event_hash = hashlib.sha256(body).digest(), bytes.fromhex(image.event_hash)
    fields = (shard, image.sequence, image.now_ns, event_hash, state_hash, len(body))
    checked = _HEADER.pack(_MAGIC, 0, FORMAT_VERSION, *fields)[_UNCHECKED_BYTES:]
    path = snapshot_path(folder, image.sequence)
    unfinished = path.with_name(path.name + _UNFINISHED_SUFFIX)
    files.make_dir(folder)
    if unfinished.name in files.names(folder):
        files.remove(unfinished)
    _write_whole(files, unfinished, _MAGIC + _crc(checked, body) + checked, body)
    files.name_durably(unfinished, path)
    return path


def _write_whole(files: Files, path: Path, head: bytes, body: bytes) -> None:
    file = files.create(path)
    try:
        files.write(file, head, 0)
        files.write(file, body, len(head))
        files.sync(file)
    finally:
        files.close(file)


def _crc(*parts: bytes) -> bytes:
    found = 0
    for part in parts:
        found = google_crc32c.extend(found, part)
    return int(found).to_bytes(4, "little")


def read_snapshot(path: Path, *, files: Files = OS_FILES) -> Snapshot | None:
    """The snapshot in a file, None if it is not whole and valid."""
    file = files.open(path)
    try:
        data = files.read(file, files.size(file), 0)
    finally:
        files.close(file)
    if len(data) < _HEADER.size or data[:4] != _MAGIC or data[4:8] != _crc(data[_UNCHECKED_BYTES:]):
        return None
    _, _, version, _, sequence, now_ns, event_hash, state_hash, length = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if version != FORMAT_VERSION or len(body) != length or hashlib.sha256(body).digest() != state_hash:
        return None
    return Snapshot(path, sequence, now_ns, event_hash, state_hash, body)


def list_snapshots(folder: Path, *, files: Files = OS_FILES) -> list[tuple[int, Path]]:
    """(sequence, path) of every snapshot by name, newest first, valid or not."""
    found = [
        (int(match[1]), folder / name) for name in files.names(folder) if (match := _NAME.fullmatch(name))
    ]
    return sorted(found, reverse=True)


def valid_snapshots(
    folder: Path, *, at_or_before: int | None = None, files: Files = OS_FILES
) -> Iterator[Snapshot]:
    """Whole snapshots, newest first; damaged ones are logged and passed over."""
    for sequence, path in list_snapshots(folder, files=files):
        if at_or_before is not None and sequence > at_or_before:
            continue
        snapshot = read_snapshot(path, files=files)
        if snapshot is not None and snapshot.sequence == sequence:
            yield snapshot
        else:
            log.warning("snapshot_damaged", path=str(path))


def prune_snapshots(folder: Path, *, keep: int, behind: int, files: Files = OS_FILES) -> list[Path]:
    """Remove old snapshots but the ``keep`` newest and the newest one at or behind sequence ``behind``
    (where the slowest follower stands). Returns what was removed."""
    snapshots = list_snapshots(folder, files=files)
    kept = {path for _, path in snapshots[:keep]}
    kept.update([path for sequence, path in snapshots if sequence <= behind][:1])
    removed = [path for _, path in snapshots if path not in kept]
    for path in removed:
        files.remove(path)
    if removed:
        files.sync_dir(folder)
    return removed
