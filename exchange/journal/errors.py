"""What can go wrong with the journal and its snapshots.

    JournalError
    ├── JournalLocked       another engine holds this journal
    ├── JournalDamaged      something that was durable is not as it was written; never start on it
    ├── JournalGap          the records needed to start from here have been archived or are missing
    ├── JournalDisagrees    folding the journal gave other events than the engine that wrote it
    ├── ReplayCrashed       the core raised on a journaled command
    └── JournalWriteFailed  a write or sync failed: fatal, nothing after it may be acknowledged

Each message names the file, the offset where there is one, and the way out.
"""

from __future__ import annotations

from pathlib import Path


class JournalError(Exception):
    """Base of everything the journal raises."""


class JournalLocked(JournalError):
    """A second engine tried to open the journal."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is held by another engine; stop that one first (its pid is in the file)")
        self.path = path


class JournalDamaged(JournalError):
    """A durable part of the journal is missing or not as written."""

    def __init__(self, path: Path, offset: int, reason: str) -> None:
        way_out = (
            "or move it and all that is older away: without them every start needs a whole snapshot"
            if path.suffix == ".gz"
            else "or run `manage.py journal verify` to see all damage and `manage.py journal repair --force` "
            "to give up everything from there on"
        )
        super().__init__(
            f"journal damaged: {path} at offset {offset}: {reason}. Nothing was changed. Restore the file "
            f"from a backup, {way_out}"
        )
        self.path = path
        self.offset = offset
        self.reason = reason


class JournalGap(JournalError):
    """Records between a starting point and the oldest or newest kept one are not there."""


class JournalDisagrees(JournalError):
    """The event hash stated in a record is not that of the events folded from the journal before it."""

    def __init__(self, path: Path, offset: int, sequence: int, stated: bytes, folded: bytes) -> None:
        super().__init__(
            f"{path} at offset {offset}: the engine that wrote the journal stated event hash {stated.hex()} "
            f"up to sequence {sequence}, this fold gives {folded.hex()}. The code folds the journal "
            "differently: run the version that wrote it"
        )
        self.path = path
        self.offset = offset
        self.sequence = sequence


class ReplayCrashed(JournalError):
    """The core raised while folding a journaled command: the code is not the code that wrote it."""


class JournalWriteFailed(JournalError):
    """The disk refused a write or a sync. What the disk holds is unknown until the next start."""
