"""The bytes that a request with a key signs, and the two kinds of signature.

hmac      HMAC-SHA256 with the secret as it was shown; 64 lower-case hexadecimal digits
ed25519   Ed25519 (RFC 8032) with the private key the user kept; base64 with padding
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

HMAC: Final = "hmac"
ED25519: Final = "ed25519"
KINDS: Final = (HMAC, ED25519)

#: What a log-in over the WebSocket signs in place of method, address and body.
WEBSOCKET: Final = b"WS/ws"
PUBLIC_KEY_BYTES: Final = 32
_ED25519_CHARS: Final = 88
#: Longest public key that is looked at.
LONGEST_PEM: Final = 1_000


def signed_bytes(timestamp: str, method: str, target: bytes, body: bytes) -> bytes:
    """What is signed of a request: ``target`` is path and query as they were sent, percent signs and all."""
    return b"".join((timestamp.encode(), method.encode(), target, body))


class Verifier(Protocol):
    """Checks signatures of one key."""

    def is_right(self, signature: str, content: bytes) -> bool:
        """Whether it is this key's signature of the content."""


class HmacVerifier:
    """Of a key with a secret."""

    __slots__ = ("_started",)

    def __init__(self, secret: str) -> None:
        #: With the key mixed in already, which is half of the work.
        self._started = hmac.new(secret.encode(), digestmod="sha256")

    def is_right(self, signature: str, content: bytes) -> bool:
        digest = self._started.copy()
        digest.update(content)
        return signature.isascii() and hmac.compare_digest(digest.hexdigest(), signature)


class Ed25519Verifier:
    """Of a key whose user gave the public half."""

    __slots__ = ("_public_key",)

    def __init__(self, public_key: bytes) -> None:
        self._public_key = Ed25519PublicKey.from_public_bytes(public_key)

    def is_right(self, signature: str, content: bytes) -> bool:
        if len(signature) != _ED25519_CHARS:
            return False
        try:
            raw = base64.b64decode(signature, validate=True)
            self._public_key.verify(raw, content)
        except (InvalidSignature, ValueError):
            return False
        # Of all spellings of the last bits only the usual one.
        return base64.b64encode(raw).decode() == signature


def read_public_key(text: str) -> bytes | None:
    """The 32 bytes of an Ed25519 public key, given as PEM or as their base64; None for anything else."""
    if len(text) > LONGEST_PEM or not text.isascii():
        return None
    try:
        if text.lstrip().startswith("-----"):
            key = load_pem_public_key(text.encode())
            raw = key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else b""
        else:
            raw = base64.b64decode(text.strip(), validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error):
        return None
    return raw
