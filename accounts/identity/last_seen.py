"""Log-ins in use, as a web process notes them: each is written once a minute at most."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Final

from rest_framework_simplejwt.settings import api_settings

from accounts.identity import open_log_ins
from accounts.identity.identities import Identity
from exchange import process

#: Seconds between two writes about a log-in.
WRITE_EVERY_S: Final = 60.0
#: Log-ins remembered; beyond it all are forgotten and written once more.
MAX_REMEMBERED: Final = 10_000


class LastSeen:
    """Of one process. Its methods may be called from any thread, and ask the database once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written_s: dict[str, float] = {}

    def note(self, *identities: Identity) -> None:
        """The log-ins of these requesters are in use."""
        due = [each for each in identities if self._is_due(each)]
        if due:
            open_log_ins.note_seen(
                [each.log_in for each in due if each.log_in is not None],
                [each.session_key for each in due if each.session_key is not None],
            )

    def forget(self) -> None:
        """Write anew: for tests."""
        self._written_s.clear()

    def _is_due(self, identity: Identity) -> bool:
        name = identity.session_key or identity.log_in
        if name is None:
            return False
        now_s = time.time()
        with self._lock:
            if now_s - self._written_s.get(name, _given_s(identity)) < WRITE_EVERY_S:
                return False
            if len(self._written_s) >= MAX_REMEMBERED:
                self._written_s.clear()
            self._written_s[name] = now_s
            return True


def _given_s(identity: Identity) -> float:
    """When the token was given, which the row says; 0 of a session."""
    if identity.expires_at is None:
        return 0.0
    lifetime: timedelta = api_settings.ACCESS_TOKEN_LIFETIME
    return identity.expires_at - lifetime.total_seconds()


#: Of this process.
last_seen: Final = process.shared(LastSeen, lambda: LastSeen())
