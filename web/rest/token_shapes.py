"""Replies of the token calls."""

from __future__ import annotations

from typing import Annotated

import msgspec

from exchange.wire.shape_parts import one_of, text


class Tokens(msgspec.Struct):
    access: Annotated[str, text("Send it as `Authorization: Bearer <access>`.")]
    token_type: Annotated[str, one_of(("Bearer",))]
    expires_in: Annotated[int, text("Seconds until the access token expires.")]
    refresh: Annotated[str, text("Gets the next tokens at /api/v1/token/refresh, once.")]


class Revoked(msgspec.Struct):
    revoked: Annotated[bool, text("Always true.")]
