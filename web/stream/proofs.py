"""How a client logs in over the socket: by token, or by a signature with an API key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from accounts.identity.identities import Identity, identify_token
from accounts.keys.signatures import WEBSOCKET
from accounts.keys.verified_keys import Signed, verified_keys
from exchange.wire.field_readers import read_integer, read_text, refuse_unknown
from web.stream.requests import Fields

#: Asks the database. Raises RefusedError, RequestError.
Identify = Callable[[], Identity]

_NAMES: Final = ("timestamp", "signature", "recv_window")
#: What the connection reads of the message itself.
_BESIDE: Final = ("account", "cancel_on_disconnect")


def read_proof(fields: Fields, address: str, language: str) -> Identify:
    """What finds out who logs in. Raises MISSING_FIELD, UNKNOWN_FIELD, INVALID_FIELD."""
    if fields.get("key") is None:
        refuse_unknown(fields, ("token", *_BESIDE))
        raw_token = read_text(fields, "token").encode("utf-8", "replace")
        return partial(identify_token, raw_token, language)
    refuse_unknown(fields, ("key", *_NAMES, *_BESIDE))
    window = None if fields.get("recv_window") is None else str(read_integer(fields, "recv_window"))
    timestamp, signature = str(read_integer(fields, "timestamp")), read_text(fields, "signature")
    signed = Signed(read_text(fields, "key"), timestamp, signature, window, address, _NAMES)
    return partial(_identify_key, signed, language)


def _identify_key(signed: Signed, language: str) -> Identity:
    return verified_keys.verify(signed, WEBSOCKET, language).identity
