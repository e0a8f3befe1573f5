"""Folders that only their owner may open. In them lie password hashes, session keys, orders and balances.

New files are private by the umask each process sets when it starts. A folder that was there before keeps the
mode it had, and everything in it stays open with it: such a folder is closed, or refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

OWNER_ONLY: Final = 0o700
_OTHERS: Final = 0o077
#: In the root of a file system that is mounted for the first time.
_OF_A_NEW_DISK: Final = "lost+found"


def make_private(folder: Path, marks: Iterable[str]) -> None:
    """Make the folder if it is missing, and close one that others may open.

    A folder is closed when it is ours and empty, or holds a file of ours (one of the patterns ``marks``):
    nothing else is to lose its readers, least of all a folder such as /tmp. Raises ImproperlyConfigured for
    every other.
    """
    try:
        folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{folder} cannot be made: {error.strerror}") from error
    found = folder.stat()
    if not found.st_mode & _OTHERS:
        return
    if found.st_uid != os.geteuid() or not _is_for_us(folder, marks):
        raise ImproperlyConfigured(
            f"{folder} is open to other users (mode {stat.S_IMODE(found.st_mode):o}), and what is kept in it "
            f"is for its owner only. Run `chmod 700 {folder}` as its owner, or name a folder that is to be "
            "made"
        )
    folder.chmod(OWNER_ONLY)
    logger.warning("folder_closed_to_others", folder=str(folder), mode=f"{stat.S_IMODE(found.st_mode):o}")


def _is_for_us(folder: Path, marks: Iterable[str]) -> bool:
    if any(any(folder.glob(mark)) for mark in marks):
        return True
    return all(entry.name == _OF_A_NEW_DISK for entry in folder.iterdir())


def make_socket_folder(folder: Path) -> None:
    """Make a folder among the temporary files, where anybody may have made one of that name before: a link,
    or one that others may enter, would hand the sockets to them. Raises ImproperlyConfigured."""
    try:
        folder.mkdir(mode=OWNER_ONLY)
    except FileExistsError:
        pass
    found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == OWNER_ONLY
    if not is_private or found.st_uid != os.geteuid():
        raise ImproperlyConfigured(
            f"{folder} is not a folder of this user's own with mode 700; remove it, or set ENGINE_SOCKET and "
            "MARKETDATA_SOCKET"
        )
