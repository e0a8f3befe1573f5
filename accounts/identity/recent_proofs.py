"""Proofs of who asks that were verified moments ago, so that a program that sends many requests is looked up
once.

A proof is taken for ``REMEMBER_S`` without asking the database, unless its user has changed meanwhile
(``accounts.identity.changes``): then it is verified again at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from accounts.identity.identities import Identity, Verified

#: Seconds for which a verified proof is taken without asking the database again.
REMEMBER_S: Final = 5.0
#: Seconds after which a proof in use is verified again in the background, so that it need not run out.
RENEW_AFTER_S: Final = 3.0
#: Proofs remembered at once; beyond that all are forgotten and verified again.
MAX_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class Recent:
    """A proof that was verified: taken until ``until_s``, and worth verifying again from ``renew_s`` on."""

    verified: Verified
    until_s: float
    renew_s: float

    @property
    def identity(self) -> Identity:
        return self.verified.identity


Key = TypeVar("Key", bound=Hashable)
Entry = TypeVar("Entry", bound=Recent)


class RecentProofs(Generic[Key, Entry]):
    """The memory of one process. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Key, Entry] = {}
        #: Grows whenever something is forgotten: what was read before that is not remembered after it.
        self._forgotten = 0

    def is_renewal_due(self, key: Key) -> bool:
        """Whether a remembered proof should be verified again before it runs out. True once, to one
        caller."""
        entry = self._entries.get(key)
        if entry is None or time.time() < entry.renew_s:
            return False
        with self._lock:
            is_first = entry.renew_s < entry.until_s
            entry.renew_s = entry.until_s
        return is_first

    def forget(self) -> None:
        """Verify every proof anew: for tests."""
        with self._lock:
            self._forgotten += 1
            self._entries.clear()

    def forget_user(self, user_id: int) -> None:
        """Verify the user's proofs anew."""
        with self._lock:
            self._forgotten += 1
            for key in [key for key, each in self._entries.items() if each.identity.user_id == user_id]:
                del self._entries[key]

    def _fresh(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        return None if entry is None or entry.until_s < time.time() else entry

    def _remember(self, found: Mapping[Key, Entry], forgotten: int) -> None:
        """Remember what was verified, unless something was forgotten since it was read."""
        with self._lock:
            if forgotten != self._forgotten:
                return
            if len(self._entries) + len(found) > MAX_REMEMBERED:
                self._entries.clear()
            self._entries.update(found)
