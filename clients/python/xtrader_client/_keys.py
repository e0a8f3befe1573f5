"""Signing with an API key: HMAC-SHA256 with its secret, or Ed25519 with a private key of yours.

Ed25519 needs the package ``cryptography`` (``pip install xtrader-client[ed25519]``)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from xtrader_client._errors import ApiError

OUT_OF_WINDOW = "TIMESTAMP_OUT_OF_WINDOW"
REPLAYED = "REPLAYED_REQUEST"


class KeySigner:
    """One key of one exchange, and how far this machine's clock is from the exchange's."""

    def __init__(self, key: str, *, secret: str | None, private_key: str | bytes | None) -> None:
        """``private_key``: PEM, or 32 bytes. Raises ValueError unless exactly one of the two is given."""
        if (secret is None) == (private_key is None):
            raise ValueError("an API key needs either its secret or a private_key")
        self._key = key
        self._secret = None if secret is None else secret.encode()
        self._private_key: Any = None if private_key is None else _private_key(private_key)
        self._ahead_ms = 0
        self._last_ms = 0

    def headers(self, method: str, target: bytes, body: bytes) -> dict[str, str]:
        """Those that sign a request; ``target``: path and query as they are sent."""
        at = str(self._now_ms())
        signature = self._sign(at.encode() + method.upper().encode() + target + body)
        return {"X-API-Key": self._key, "X-Timestamp": at, "X-Signature": signature}

    def auth(self) -> dict[str, Any]:
        """The members of a log-in over the WebSocket."""
        at = self._now_ms()
        return {"key": self._key, "timestamp": at, "signature": self._sign(b"%dWS/ws" % at)}

    def correct(self, error: ApiError) -> bool:
        """Take over the exchange's clock if the error tells it; whether it did."""
        server_ms = error.details.get("server_time")
        if error.code != OUT_OF_WINDOW or not isinstance(server_ms, int):
            return False
        self._ahead_ms = server_ms - time.time_ns() // 1_000_000
        self._last_ms = 0
        return True

    def _now_ms(self) -> int:
        """Never the same twice: a signature is good once."""
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000 + self._ahead_ms)
        return self._last_ms

    def _sign(self, content: bytes) -> str:
        if self._secret is not None:
            return hmac.new(self._secret, content, hashlib.sha256).hexdigest()
        return base64.b64encode(self._private_key.sign(content)).decode()


def _private_key(given: str | bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if isinstance(given, bytes) and len(given) == 32:
        return Ed25519PrivateKey.from_private_bytes(given)
    key = load_pem_private_key(given.encode() if isinstance(given, str) else given, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("private_key is not an Ed25519 key")
    return key
