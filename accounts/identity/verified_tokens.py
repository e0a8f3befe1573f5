"""Access tokens that were verified moments ago (``accounts.identity.recent_proofs``)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from accounts.identity.identities import Identity, Verified, verify_token, verify_tokens
from accounts.identity.last_seen import last_seen
from accounts.identity.recent_proofs import REMEMBER_S, RENEW_AFTER_S, Recent, RecentProofs
from exchange import process
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)


class VerifiedTokens(RecentProofs[bytes, Recent]):
    """Tokens by their bytes."""

    def verify(self, raw_token: bytes, language: str) -> Verified:
        """Who holds the token: as remembered, else as the database has it. Raises INVALID_TOKEN."""
        entry = self._fresh(raw_token)
        if entry is None:
            forgotten = self._forgotten
            verified = verify_token(raw_token, language)
            self._remember({raw_token: _recent(verified)}, forgotten)
            last_seen.note(verified.identity)
            return verified
        identity, user = entry.verified
        return Verified(identity.in_language(language), user)

    def recall(self, raw_token: bytes, language: str) -> Identity | None:
        """Who holds a token verified moments ago; None when it has to be verified."""
        entry = self._fresh(raw_token)
        return None if entry is None else entry.identity.in_language(language)

    def renew(self, raw_tokens: Sequence[bytes]) -> None:
        """Verify remembered tokens again, from a thread of its own, in one query. A token that fails just
        runs out, and the next request with it is refused."""
        forgotten = self._forgotten
        try:
            verified = verify_tokens(raw_tokens, settings.LANGUAGE_CODE)
            last_seen.note(*(each.identity for each in verified.values()))
        except DatabaseError as error:
            logger.info("log_ins_not_renewed", count=len(raw_tokens), error=type(error).__name__)
            return
        finally:
            close_old_connections()
        self._remember({raw_token: _recent(each) for raw_token, each in verified.items()}, forgotten)


def _recent(verified: Verified) -> Recent:
    """A token just verified, never taken beyond its own expiry."""
    now_s = time.time()
    until_s = now_s + REMEMBER_S
    if verified.identity.expires_at is not None:
        until_s = min(until_s, verified.identity.expires_at)
    return Recent(verified, until_s, now_s + RENEW_AFTER_S)


#: Of this process.
verified_tokens: Final = process.shared(VerifiedTokens, lambda: VerifiedTokens())
