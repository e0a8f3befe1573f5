"""The check of a signed request in a process of its own: ``python -m bench.keys_run COUNT``. Prints, as JSON,
the nanoseconds of each check by kind of key.

The check is the one of the fast lane, without the lane, on a key that is known already."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

django.setup()

from accounts.identity.identities import Identity, Verified  # noqa: E402
from accounts.identity.scopes import ALL_SCOPES  # noqa: E402
from accounts.keys.signatures import Ed25519Verifier, HmacVerifier, Verifier  # noqa: E402
from accounts.keys.used_signatures import UsedSignatures  # noqa: E402
from accounts.keys.verified_keys import KnownKey, Signed  # noqa: E402
from bench import targets  # noqa: E402
from exchange import process  # noqa: E402
from exchange.errors import RefusedError  # noqa: E402

SECRET = "a secret of forty-three characters of base64"
#: As long as a limit order.
BODY = b"x" * 180
CONTENT = b"POST/v1/order" + BODY
NAMES = ("X-Timestamp", "X-Signature", "X-Recv-Window")


def main() -> None:
    count = int(sys.argv[1])
    private_key = Ed25519PrivateKey.generate()

    def by_hmac(content: bytes) -> str:
        return hmac.new(SECRET.encode(), content, "sha256").hexdigest()

    def by_ed25519(content: bytes) -> str:
        return base64.b64encode(private_key.sign(content)).decode()

    public_key = private_key.public_key().public_bytes_raw()
    with tempfile.TemporaryDirectory() as folder, process.using(process.Process()) as own:
        own.put(UsedSignatures(Path(folder) / "used_signatures"))
        found = {
            targets.KEY_HMAC: latencies(HmacVerifier(SECRET), by_hmac, count),
            targets.KEY_ED25519: latencies(Ed25519Verifier(public_key), by_ed25519, count),
        }
    print(json.dumps(found))


def latencies(verifier: Verifier, sign: Callable[[bytes], str], count: int) -> list[int]:
    known = _known(verifier)
    # Each another millisecond, all within the window.
    first_ms = time.time_ns() // 1_000_000 - 30_000
    key_id = secrets.token_hex(16)
    requests = [_request(key_id, sign, first_ms + number) for number in range(count)]
    taken = []
    for signed in requests:
        started = time.perf_counter_ns()
        known.check(signed, CONTENT)
        taken.append(time.perf_counter_ns() - started)
    # Once more, nothing is taken.
    try:
        known.check(requests[-1], CONTENT)
    except RefusedError:
        return taken
    raise SystemExit("a signature was good twice")


def _request(key_id: str, sign: Callable[[bytes], str], at_ms: int) -> Signed:
    at = str(at_ms)
    return Signed(key_id, at, sign(at.encode() + CONTENT), "60000", "127.0.0.1", NAMES)


def _known(verifier: Verifier) -> KnownKey:
    never = time.time() + 3_600
    identity = Identity(1, "alice", 1001, frozenset({"trader"}), ALL_SCOPES, "en", "key", never, None, None)
    verified = Verified(identity, cast(Any, None))
    return KnownKey(verified, never, never, verifier, (), 0.0, "", 0.0)


if __name__ == "__main__":
    main()
