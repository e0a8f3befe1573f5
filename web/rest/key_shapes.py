"""Bodies and replies of the calls for API keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from accounts.identity.scopes import SCOPES
from accounts.keys.issuing import LONGEST_NETWORK, MAX_ADDRESSES, MAX_LABEL_CHARS, MAX_ORDER_RATE
from accounts.keys.signatures import KINDS, LONGEST_PEM
from exchange.wire.shape_parts import Id, Milliseconds, one_of, text
from web.rest.own_account_shapes import AccountWord
from web.rest.request_shapes import Credential, Otp, Time

Scope = Annotated[str, one_of(SCOPES)]
KeyKind = Annotated[str, one_of(KINDS)]
PublicKey = Annotated[str, Meta(max_length=LONGEST_PEM)]
#: An address or a network, IPv6 in full.
Network = Annotated[str, Meta(max_length=LONGEST_NETWORK)]


class KeyRequest(msgspec.Struct):
    """A key to make."""

    label: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARS)],
        text(f"For you: 1 to {MAX_LABEL_CHARS} characters."),
    ]
    scopes: Annotated[
        Annotated[list[Scope], Meta(min_length=1, max_length=len(SCOPES))],
        text("What it may do; none includes another."),
    ]
    kind: Annotated[KeyKind | None, text("`hmac` by default.")] = None
    public_key: Annotated[
        PublicKey | None,
        text("Of an `ed25519` key: PEM, or its 32 bytes in base64. You keep the private key."),
    ] = None
    account: Annotated[
        AccountWord | None,
        text("Name or number of the account it is for; that of the request (`X-Account`) by default."),
    ] = None
    addresses: Annotated[
        Annotated[list[Network], Meta(max_length=MAX_ADDRESSES)] | None,
        text(
            f"IP addresses and networks (203.0.113.0/24) it may be used from, {MAX_ADDRESSES} at most; none: "
            "everywhere."
        ),
    ] = None
    expires_at: Annotated[Time | None, text("When it ends; never by default.")] = None
    order_rate: Annotated[
        Annotated[int, Meta(ge=1, le=MAX_ORDER_RATE)] | None,
        text("Orders a second with this key, no more than the account may; that by default."),
    ] = None
    password: Annotated[
        Credential | None, text("Your password, where POST /api/v1/step-up has not proved it to be you.")
    ] = None
    otp: Annotated[Otp | None, text("Beside it a code, where you log in with one.")] = None


class ApiKey(msgspec.Struct):
    """A key. Its secret is not told again."""

    key_id: Annotated[str, text("Names it in requests. Public.")]
    label: str
    kind: KeyKind
    account: Id
    scopes: list[Scope]
    addresses: Annotated[list[str], text("Empty: from everywhere.")]
    order_rate: Annotated[int | None, text("Orders a second; null: as the account.")]
    created_at: Milliseconds
    expires_at: Milliseconds | None
    last_used_at: Annotated[Milliseconds | None, text("To the minute.")]
    last_used_from: Annotated[str | None, text("The address it was used from then.")]


class ApiKeys(msgspec.Struct):
    keys: list[ApiKey]


class NewApiKey(msgspec.Struct):
    key: ApiKey
    secret: Annotated[str | None, text("Of an `hmac` key, this once; null of an `ed25519` key.")]


class RevokedKey(msgspec.Struct):
    revoked: Annotated[bool, text("Always true.")]
