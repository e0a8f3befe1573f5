"""How the exchange and a webhook provider know each other: HMAC-SHA256 with a shared secret.

A request, in either direction, has ``X-Timestamp`` (milliseconds UTC) and ``X-Signature`` over
``timestamp + METHOD + path + body``, as requests of customers with an API key have. An answer has
``X-Signature`` over ``the request's signature + body``: so it is the answer to this request, and no proxy's
page, and no answer to another. Signatures are 64 lower-case hexadecimal digits.
"""

from __future__ import annotations

import hmac
import time
from pathlib import Path
from typing import Final, NamedTuple

from accounts.keys.signatures import HmacVerifier, signed_bytes
from exchange.errors import RefusedError, RequestError

TIMESTAMP: Final = "X-Timestamp"
SIGNATURE: Final = "X-Signature"
#: How old a notice's timestamp may be, and how far ahead of our clock.
WINDOW_MS: Final = 60_000
#: The shortest secret that is taken.
MIN_SECRET_CHARS: Final = 32
_MOST_SECRETS: Final = 2
_LONGEST_TIMESTAMP: Final = 14


class SecretError(Exception):
    """The file of a secret is missing, or holds none. The message never shows it."""


class Secrets(NamedTuple):
    """What signs, and beside it what is still believed while a secret is being changed."""

    signing: str
    believed: tuple[str, ...]

    def sign(self, content: bytes) -> str:
        return hmac.new(self.signing.encode(), content, "sha256").hexdigest()

    def is_right(self, signature: str, content: bytes) -> bool:
        return any(HmacVerifier(secret).is_right(signature, content) for secret in self.believed)


def read_secrets(path: Path) -> Secrets:
    """The secret of a file, or of its first line the one that signs and of its second the one before.
    Raises SecretError."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path}: {type(error).__name__}") from None
    if not 1 <= len(lines) <= _MOST_SECRETS or min(map(len, lines)) < MIN_SECRET_CHARS:
        raise SecretError(
            f"{path}: one or two lines, each a secret of at least {MIN_SECRET_CHARS} characters"
        )
    return Secrets(lines[0], tuple(lines))


def request_headers(secrets: Secrets, method: str, target: str, body: bytes) -> dict[str, str]:
    """The headers that prove a request."""
    timestamp = str(time.time_ns() // 1_000_000)
    signature = secrets.sign(signed_bytes(timestamp, method, target.encode(), body))
    return {TIMESTAMP: timestamp, SIGNATURE: signature}


def answer_content(request_signature: str, body: bytes) -> bytes:
    """What is signed of an answer."""
    return request_signature.encode() + body


def check_request(
    secrets: Secrets, timestamp: str | None, signature: str | None, target: str, body: bytes
) -> None:
    """Whether a provider has sent this POST, lately. Raises MISSING_FIELD, INVALID_FIELD,
    TIMESTAMP_OUT_OF_WINDOW, INVALID_SIGNATURE."""
    for name, value in ((TIMESTAMP, timestamp), (SIGNATURE, signature)):
        if value is None:
            raise RequestError("MISSING_FIELD", {"field": name})
    assert timestamp is not None and signature is not None
    if not (len(timestamp) <= _LONGEST_TIMESTAMP and timestamp.isascii() and timestamp.isdigit()):
        raise RequestError("INVALID_FIELD", {"field": TIMESTAMP, "expected": "milliseconds UTC"})
    now_ms = time.time_ns() // 1_000_000
    if abs(now_ms - int(timestamp)) > WINDOW_MS:
        raise RefusedError("TIMESTAMP_OUT_OF_WINDOW", {"server_time": now_ms})
    if not secrets.is_right(signature, signed_bytes(timestamp, "POST", target.encode(), body)):
        raise RefusedError("INVALID_SIGNATURE")
