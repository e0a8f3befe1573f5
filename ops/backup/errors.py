"""What can go wrong with backups.

BackupError
├── BackupDamaged     a backup is not as it was written; take another one
└── TargetNotEmpty    something is there already where a backup was to be restored
"""

from __future__ import annotations


class BackupError(Exception):
    """Base of everything raised here; the message names the way out."""


class BackupDamaged(BackupError):
    """A file of the backup is missing or differs from its manifest."""


class TargetNotEmpty(BackupError):
    """Restoring would write over a journal, snapshots or a database. Nothing was changed."""
