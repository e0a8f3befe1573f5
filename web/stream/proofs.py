"""How a client logs in over the socket: by token, or by a signature with an API key; and whether what it
proved still holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from channels.db import database_sync_to_async

from accounts.identity.identities import Identity, identify_token, renewed
from accounts.identity.last_seen import last_seen
from accounts.keys.signatures import WEBSOCKET
from accounts.keys.verified_keys import Signed, verified_keys
from exchange.wire.field_readers import read_integer, read_text, refuse_unknown
from web.live.runtime import Connections
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


async def prove(identify: Callable[[], Identity | None], connections: Connections) -> Identity | None:
    """Who logs in; None for one who is out again by the end of it. The caller adopts the identity before it
    awaits anything: from then on news of the user finds the connection. Raises as ``identify``."""
    with connections.logging_in() as changed:
        identity: Identity | None = await database_sync_to_async(identify)()
        while identity is not None and identity.user_id in changed:
            changed.clear()
            identity = await database_sync_to_async(still_in_use)(identity)
        return identity


def still_in_use(identity: Identity) -> Identity | None:
    """The identity that the proof gives now, which has been seen; None when it holds no more. Asks the
    database."""
    found = renewed(identity)
    if found is not None:
        last_seen.note(found)
    return found


def _identify_key(signed: Signed, language: str) -> Identity:
    return verified_keys.verify(signed, WEBSOCKET, language).identity
