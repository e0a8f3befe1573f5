"""What a request to a fast lane proves itself with: a bearer token or a key that was verified moments ago."""

from __future__ import annotations

from typing import NamedTuple

from accounts.identity.identities import Identity
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import Signed, verified_keys
from web.access.credentials import bearer_token, signed_by_key, signed_target, wanted_account
from web.access.headers import Headers
from web.access.language import language_of
from web.lanes.answers import Scope
from web.lanes.renewals import Renewals


class Proofs:
    """Reads proofs, and has those in use verified again before they run out."""

    def __init__(self) -> None:
        self._renewals = Renewals(verified_tokens.renew)
        self._key_renewals = Renewals(verified_keys.renew)

    def of(self, scope: Scope, headers: Headers) -> TokenProof | KeyProof | None:
        """What a request proves itself with; None where that is nothing for a lane. As in DRF a token goes
        first."""
        token = bearer_token(headers)
        if token is not None:
            if verified_tokens.is_renewal_due(token):
                self._renewals.add(token)
            return TokenProof(token, headers)
        signed = signed_by_key(scope, headers)
        if signed is None:
            return None
        if verified_keys.is_renewal_due(signed.key_id):
            self._key_renewals.add(signed.key_id)
        return KeyProof(signed, scope, headers)


class TokenProof(NamedTuple):
    """A bearer token."""

    token: bytes
    headers: Headers

    def is_known(self) -> bool:
        return verified_tokens.recall(self.token, language_of(self.headers)) is not None

    def identity(self, body: bytes) -> Identity | None:
        """Whose it is, acting for the account that the request names; None when it was not verified moments
        ago. Raises ACCOUNT_NOT_FOUND."""
        identity = verified_tokens.recall(self.token, language_of(self.headers))
        return None if identity is None else identity.choosing(wanted_account(self.headers))


class KeyProof(NamedTuple):
    """A signature by an API key."""

    signed: Signed
    scope: Scope
    headers: Headers

    def is_known(self) -> bool:
        return verified_keys.recall(self.signed.key_id) is not None

    def identity(self, body: bytes) -> Identity | None:
        """Whose key it is; None when it was not read moments ago. Raises as ``KnownKey.check``, and
        ACCOUNT_NOT_FOUND."""
        known = verified_keys.recall(self.signed.key_id)
        if known is None:
            return None
        method = self.scope["method"].encode()
        known.check(self.signed, method + signed_target(self.scope) + body)
        identity = known.identity.in_language(language_of(self.headers))
        return identity.choosing(wanted_account(self.headers))
