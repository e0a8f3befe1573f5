"""The two kinds of signature, against vectors made by OpenSSL's command line."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from accounts.keys.signatures import Ed25519Verifier, HmacVerifier, read_public_key, signed_bytes

#: printf '%s' '1700000000000POST/v1/order?a=%2F%20b{"symbol":"BTC-KRW"}' > message
MESSAGE = signed_bytes("1700000000000", "POST", b"/v1/order?a=%2F%20b", b'{"symbol":"BTC-KRW"}')
#: openssl dgst -sha256 -hmac Jefe-is-not-a-secret message
SECRET = "Jefe-is-not-a-secret"
HMAC_SIGNATURE = "7d934cd78ca538d0367e3a78610e948d9513aa3d5b13df7256670917b714a0a0"
#: The first key of RFC 8032, section 7.1; openssl pkeyutl -sign -rawin -in message | base64 -w0
PRIVATE_KEY = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
ED25519_SIGNATURE = "RErOKwZFheTHuKqfANWF4xjjkC2XsA6SME6qbEcffPH3IY/guCpDGoMhHgpiyXAnbs6rnNstudxEVjNzusW3BQ=="
ORDER_OF_THE_CURVE = 2**252 + 27742317777372353535851937790883648493


def test_the_bytes_that_are_signed() -> None:
    assert MESSAGE == b'1700000000000POST/v1/order?a=%2F%20b{"symbol":"BTC-KRW"}'
    assert signed_bytes("1", "GET", b"/v1/orders", b"") == b"1GET/v1/orders"


def test_known_answers() -> None:
    assert HmacVerifier(SECRET).is_right(HMAC_SIGNATURE, MESSAGE)
    assert Ed25519Verifier(base64.b64decode(PUBLIC_KEY)).is_right(ED25519_SIGNATURE, MESSAGE)


@given(st.integers(0, len(MESSAGE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_another_message(at: int, change: int) -> None:
    changed = bytearray(MESSAGE)
    changed[at] ^= change
    assert not HmacVerifier(SECRET).is_right(HMAC_SIGNATURE, bytes(changed))
    assert not Ed25519Verifier(base64.b64decode(PUBLIC_KEY)).is_right(ED25519_SIGNATURE, bytes(changed))


def _with_added_order() -> str:
    """The same signature with another number that means the same: verifiers must refuse it."""
    raw = base64.b64decode(ED25519_SIGNATURE)
    number = int.from_bytes(raw[32:], "little") + ORDER_OF_THE_CURVE
    return base64.b64encode(raw[:32] + number.to_bytes(32, "little")).decode()


@pytest.mark.parametrize(
    "signature",
    [
        "",
        HMAC_SIGNATURE.upper(),
        HMAC_SIGNATURE[:-1],
        HMAC_SIGNATURE + "\n",
        f"{HMAC_SIGNATURE},{HMAC_SIGNATURE}",
        "é" * 64,
        "\ud800" * 88,
        ED25519_SIGNATURE[:-1],
        ED25519_SIGNATURE.replace("/", "_"),
        ED25519_SIGNATURE[:-3] + "R==",
        "\n" + ED25519_SIGNATURE[:-1],
        _with_added_order(),
        base64.b64encode(b"\x00" * 64).decode(),
    ],
)
def test_no_other_writing_of_a_signature_counts(signature: str) -> None:
    assert not HmacVerifier(SECRET).is_right(signature, MESSAGE)
    assert not Ed25519Verifier(base64.b64decode(PUBLIC_KEY)).is_right(signature, MESSAGE)


def test_public_keys_are_read_from_pem_and_base64() -> None:
    public_key = Ed25519PrivateKey.from_private_bytes(PRIVATE_KEY).public_key()
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert read_public_key(pem) == read_public_key(PUBLIC_KEY) == base64.b64decode(PUBLIC_KEY)


def _other_pem() -> str:
    public_key = generate_private_key(SECP256R1()).public_key()
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("text", ["", "x", PUBLIC_KEY[:-4], "é", "A" * 2_000, "-----BEGIN", _other_pem()])
def test_other_texts_are_no_public_keys(text: str) -> None:
    assert read_public_key(text) is None
