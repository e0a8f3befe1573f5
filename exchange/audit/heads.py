"""Heads: the last record's hash, noted outside the database.

Whoever owns the database can drop its triggers and make a whole new chain, or cut off its end. Neither fits
the heads that were noted before: each day a line of a file (``AUDIT_HEADS``), and a line of the process' log.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from exchange.audit.chain import START, Head, Verified, follow, written_time
from exchange.audit.reading import every
from exchange.journal.whole_file import sync_path
from exchange.models import AuditRecord
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)


def present() -> Head:
    """The last record's id and hash."""
    last = AuditRecord.objects.order_by("-id").values_list("id", "hash").first()
    return START if last is None else Head(*last)


def note() -> Head | None:
    """Note the present head; None where it was noted last, or there is no record. On return it is on the
    disk. Raises OSError."""
    head, path = present(), _path()
    if head == START or _read(path).get(head.id) == head.hash:
        return None
    line = json.dumps({"at": written_time(timezone.now()), "id": head.id, "hash": head.hash})
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode() + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    sync_path(path.parent)
    logger.info("audit_head", record=head.id, hash=head.hash)
    return head


def verify() -> Verified:
    """Follow the whole log, and hold it against the heads that were noted."""
    return follow(every(), _read(_path()))


def _path() -> Path:
    return Path(settings.XTRADER["AUDIT_HEADS"])


def _read(path: Path) -> dict[int, str]:
    """Hashes by id. A line that a power cut left half written is passed over."""
    heads = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            noted = json.loads(line)
            heads[int(noted["id"])] = str(noted["hash"])
        except (ValueError, KeyError, TypeError):
            logger.warning("audit_heads_malformed", path=str(path))
    return heads
