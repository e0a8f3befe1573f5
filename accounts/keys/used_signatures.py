"""Signatures that were used: each is good once, in all web processes together.

They share a file of the data folder, mapped into memory: a fixed table of buckets, each with the latest
``_SLOTS`` requests of the fingerprints that fall into it. When a bucket is full the request with the oldest
timestamp goes, and the bucket notes that time: no request of it signed at that time or before is taken any
more. So nothing is ever taken twice, however many come; under load a bucket only takes less old ones.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import secrets
import struct
import threading
from pathlib import Path
from typing import Final

from django.conf import settings

from exchange import process

#: Fixes the size of the file: 16 MiB. At 20,000 requests a second a bucket holds those of the last 50 s.
BUCKETS: Final = 32_768
_SLOTS: Final = 31
#: Fingerprints, their timestamps (ms), the time at or before which nothing is taken, and one spare.
_BUCKET: Final = struct.Struct(f"<{_SLOTS}Q{_SLOTS}QQQ")
_SALT_BYTES: Final = 16
_HEADER_BYTES: Final = 512
_SLOT: Final = struct.Struct("<Q")
_SIZE: Final = _HEADER_BYTES + BUCKETS * _BUCKET.size

USED: Final = "used"
TOO_OLD: Final = "too old"


class UsedSignatures:
    """The table in a file, made if missing. Safe from any thread and any process.

    Kept by the operating system: it survives every end of a process; after a power cut, what was used in
    the seconds before may be gone."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            if os.fstat(self._file).st_size != _SIZE:
                os.ftruncate(self._file, 0)
                os.ftruncate(self._file, _SIZE)
                os.pwrite(self._file, secrets.token_bytes(_SALT_BYTES), 0)
            self._map = mmap.mmap(self._file, _SIZE)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        #: Nobody outside can choose which bucket a request falls into.
        self._salt = self._map[:_SALT_BYTES]

    def take(self, key_id: str, content: bytes, timestamp_ms: int) -> str | None:
        """Use a signature of a key of the content: None the first time, ``USED`` after it; ``TOO_OLD`` where
        that is not known any more. Never waits for more than another's few microseconds."""
        digest = hashlib.blake2b(key_id.encode() + content, digest_size=16, key=self._salt).digest()
        # Never 0, which is an empty slot.
        fingerprint = int.from_bytes(digest[:8], "little") | 1
        at = _HEADER_BYTES + int.from_bytes(digest[8:], "little") % BUCKETS * _BUCKET.size
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                return self._take(at, fingerprint, timestamp_ms)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._map.close()
        os.close(self._file)

    def _take(self, at: int, fingerprint: int, timestamp_ms: int) -> str | None:
        bucket = _BUCKET.unpack_from(self._map, at)
        if fingerprint in bucket[:_SLOTS]:
            return USED
        horizon_ms = bucket[2 * _SLOTS]
        if timestamp_ms <= horizon_ms:
            return TOO_OLD
        times = bucket[_SLOTS : 2 * _SLOTS]
        oldest_ms = min(times)
        slot = times.index(oldest_ms)
        # In this order: whoever dies in between leaves a bucket that takes less, never one that takes again.
        _SLOT.pack_into(self._map, at + 16 * _SLOTS, max(horizon_ms, oldest_ms))
        _SLOT.pack_into(self._map, at + 8 * slot, fingerprint)
        _SLOT.pack_into(self._map, at + 8 * (_SLOTS + slot), timestamp_ms)
        return None


def _of_the_data_folder() -> UsedSignatures:
    return UsedSignatures(Path(settings.XTRADER["DATA_DIR"]) / "used_signatures")


#: Of this process.
used_signatures: Final = process.shared(UsedSignatures, _of_the_data_folder)
