"""The texts that addresses and queries name things by, as the schema describes them."""

from __future__ import annotations

from typing import Any, Final

from accounts.identity.own_accounts import MAX_NAME_CHARS
from exchange.listing.terms import MAX_ASSET, MAX_SYMBOL
from web.rest.params import LONGEST_CURSOR

_ID: Final = {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"}
_ASSET: Final = {"type": "string", "minLength": 1, "maxLength": MAX_ASSET}
#: Of log-ins, keys and passkeys.
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 32}

#: By the name of the parameter.
TEXTS: Final[dict[str, dict[str, Any]]] = {
    "symbol": {"type": "string", "minLength": 1, "maxLength": MAX_SYMBOL},
    "asset": _ASSET,
    "currency": _ASSET,
    "cursor": {"type": "string", "pattern": "^[0-9-]+$", "maxLength": LONGEST_CURSOR},
    "account": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS},
    "order_id": _ID,
    "withdrawal_id": _ID,
    "address_id": _ID,
    "quote_id": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,36}$"},
    "session_id": _NAME,
    "key_id": _NAME,
    "passkey_id": _NAME,
}
