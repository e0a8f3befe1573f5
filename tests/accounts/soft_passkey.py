"""A passkey in software: makes what a browser would send, and with a twist what an attacker would."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

Flag = AuthenticatorData.FLAG
ORIGIN = "https://testserver"
VERIFIED = Flag.UP | Flag.UV


class SoftPasskey:
    """Counts its signatures from ``count`` up; one that never counts is ``counts=False``."""

    def __init__(self, *, counts: bool = True) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)
        self.user_handle = ""
        self.count = 1 if counts else 0
        self._counts = counts

    def make(
        self, options: dict[str, Any], *, origin: str = ORIGIN, flags: Flag = VERIFIED
    ) -> dict[str, Any]:
        """The answer to creation options."""
        self.user_handle = options["user"]["id"]
        public_key = ES256.from_cryptography_key(self._key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.credential_id, public_key)
        auth_data = AuthenticatorData.create(
            _domain_hash(options["rp"]["id"]), flags | Flag.AT, self.count, credential
        )
        client_data = CollectedClientData.create("webauthn.create", options["challenge"], origin)
        attestation = AttestationObject.create("none", auth_data, {})
        return self._answer(
            clientDataJSON=websafe_encode(client_data), attestationObject=websafe_encode(attestation)
        )

    def sign(
        self,
        options: dict[str, Any],
        *,
        origin: str = ORIGIN,
        flags: Flag = VERIFIED,
        challenge: str | None = None,
        domain: str | None = None,
        kind: str = "webauthn.get",
    ) -> dict[str, Any]:
        """The answer to request options."""
        self.count += self._counts
        auth_data = AuthenticatorData.create(_domain_hash(domain or options["rpId"]), flags, self.count)
        client_data = CollectedClientData.create(kind, challenge or options["challenge"], origin)
        signature = self._key.sign(auth_data + client_data.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(client_data),
            authenticatorData=websafe_encode(auth_data),
            signature=websafe_encode(signature),
            userHandle=self.user_handle,
        )

    def _answer(self, **response: str) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def _domain_hash(domain: str) -> bytes:
    return sha256(domain.encode()).digest()
