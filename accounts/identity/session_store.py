"""Django's sessions in the database (``SESSION_ENGINE``); a session that changes its key keeps its log-in."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DjangoSessionStore

from accounts.models import LogIn


class SessionStore(DjangoSessionStore):
    def cycle_key(self) -> None:
        """A new key, as after a new password; the row of the log-in follows it."""
        before = self.session_key
        super().cycle_key()
        if before:
            LogIn.objects.filter(session_key=before).update(session_key=self.session_key)
