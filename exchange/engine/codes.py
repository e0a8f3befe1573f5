"""Codes of the core's rejections.

The words are wire codes: HTTP status and the English and Korean sentences for each stand in
``exchange.errors``, whose tests read this module and hold the two together.
"""

from __future__ import annotations

from typing import Final

# Not there, or not the account's own.
ACCOUNT_NOT_FOUND: Final = "ACCOUNT_NOT_FOUND"
ASSET_NOT_FOUND: Final = "ASSET_NOT_FOUND"
SYMBOL_NOT_FOUND: Final = "SYMBOL_NOT_FOUND"
ORDER_NOT_FOUND: Final = "ORDER_NOT_FOUND"

# State forbids it.
ACCOUNT_FROZEN: Final = "ACCOUNT_FROZEN"
SYMBOL_HALTED: Final = "SYMBOL_HALTED"
SYMBOL_CANCEL_ONLY: Final = "SYMBOL_CANCEL_ONLY"
SYMBOL_CLOSED: Final = "SYMBOL_CLOSED"
SYMBOL_POST_ONLY: Final = "SYMBOL_POST_ONLY"
SYMBOL_IN_AUCTION: Final = "SYMBOL_IN_AUCTION"
ORDER_NOT_OPEN: Final = "ORDER_NOT_OPEN"
DUPLICATE_ID: Final = "DUPLICATE_ID"
CLIENT_ORDER_ID_IN_USE: Final = "CLIENT_ORDER_ID_IN_USE"
SCALE_FIXED: Final = "SCALE_FIXED"

# Against the rules of the order or the symbol.
INVALID_COMMAND: Final = "INVALID_COMMAND"
INVALID_ORDER: Final = "INVALID_ORDER"
INVALID_REDUCE: Final = "INVALID_REDUCE"
INVALID_REPLACE: Final = "INVALID_REPLACE"
INVALID_SYMBOL: Final = "INVALID_SYMBOL"
INVALID_ASSET: Final = "INVALID_ASSET"
INVALID_STATUS: Final = "INVALID_STATUS"
INVALID_FEES: Final = "INVALID_FEES"
INVALID_AMOUNT: Final = "INVALID_AMOUNT"
INVALID_RULES: Final = "INVALID_RULES"
INVALID_EXPIRY: Final = "INVALID_EXPIRY"
INVALID_GROUP: Final = "INVALID_GROUP"
INVALID_CANCEL_AFTER: Final = "INVALID_CANCEL_AFTER"
PRICE_OUT_OF_BOUNDS: Final = "PRICE_OUT_OF_BOUNDS"
PRICE_OFF_TICK: Final = "PRICE_OFF_TICK"
QUANTITY_OUT_OF_BOUNDS: Final = "QUANTITY_OUT_OF_BOUNDS"
QUANTITY_OFF_LOT: Final = "QUANTITY_OFF_LOT"
BELOW_MIN_NOTIONAL: Final = "BELOW_MIN_NOTIONAL"
ABOVE_MAX_NOTIONAL: Final = "ABOVE_MAX_NOTIONAL"

# The market or the balance does not allow it now.
TOO_MANY_OPEN_ORDERS: Final = "TOO_MANY_OPEN_ORDERS"
POST_ONLY_WOULD_TAKE: Final = "POST_ONLY_WOULD_TAKE"
PRICE_OUT_OF_BAND: Final = "PRICE_OUT_OF_BAND"
TRIGGER_WOULD_FIRE: Final = "TRIGGER_WOULD_FIRE"
NO_REFERENCE_PRICE: Final = "NO_REFERENCE_PRICE"
INSUFFICIENT_BALANCE: Final = "INSUFFICIENT_BALANCE"

#: Every code the core can answer, for the tests of the wire table.
ALL: Final = tuple(value for name, value in sorted(globals().items()) if name.isupper())
