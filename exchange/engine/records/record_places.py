"""Places in records, for the paths on which following the description costs too much. A test holds them to
it.

A name is a message's and a field's. Words count from the head, which is 0; what ends with AT is a bit of the
head.
"""

from __future__ import annotations

from typing import Final

# --- commands -----------------------------------------------------------------------------------

COMMAND_ID: Final = 1
COMMAND_ACCOUNT: Final = 2

# PlaceOrder
PLACE_SYMBOL: Final = 3
PLACE_PRICE_TICKS: Final = 4
PLACE_QUANTITY_LOTS: Final = 5
PLACE_QUOTE_AMOUNT_MINOR: Final = 6
PLACE_CLIENT_ORDER_ID: Final = 7
PLACE_TERMS: Final = 8
PLACE_WORDS: Final = 9
PLACE_SIDE_AT: Final = 32
PLACE_ORDER_TYPE_AT: Final = 34
PLACE_TIME_IN_FORCE_AT: Final = 36
PLACE_POST_ONLY_AT: Final = 39
PLACE_STP_AT: Final = 40

# CancelOrder
CANCEL_ORDER_ID: Final = 3
CANCEL_CLIENT_ORDER_ID: Final = 4
CANCEL_WORDS: Final = 5

# --- events --------------------------------------------------------------------------------------

# OrderEvent
ORDER_ORDER_ID: Final = 1
ORDER_ACCOUNT: Final = 2
ORDER_CLIENT_ORDER_ID: Final = 3
ORDER_SYMBOL: Final = 4
ORDER_PRICE_TICKS: Final = 5
ORDER_QUANTITY_LOTS: Final = 6
ORDER_QUOTE_AMOUNT_MINOR: Final = 7
ORDER_FILLED_LOTS: Final = 8
ORDER_FILLED_NOTIONAL_MINOR: Final = 9
ORDER_FEE_MINOR: Final = 10
ORDER_CREATED_NS: Final = 11
ORDER_UPDATED_NS: Final = 12
ORDER_EXTRA: Final = 13
ORDER_WORDS: Final = 14
#: The head of a record without texts and wide amounts, but for its small fields: tag and length.
ORDER_HEAD: Final = 2 | ORDER_WORDS << 8
ORDER_SIDE_AT: Final = 32
ORDER_ORDER_TYPE_AT: Final = 34
ORDER_TIME_IN_FORCE_AT: Final = 36
ORDER_POST_ONLY_AT: Final = 39
ORDER_STP_AT: Final = 40
ORDER_STATUS_AT: Final = 42
ORDER_REASON_AT: Final = 45

# TradeEvent
TRADE_TRADE_ID: Final = 1
TRADE_SYMBOL: Final = 2
TRADE_PRICE_TICKS: Final = 3
TRADE_QUANTITY_LOTS: Final = 4
TRADE_NOTIONAL_MINOR: Final = 5
TRADE_TAKER_ORDER_ID: Final = 6
TRADE_TAKER_ACCOUNT: Final = 7
TRADE_TAKER_FEE_MINOR: Final = 8
TRADE_TAKER_BASE_AFTER: Final = 9
TRADE_TAKER_QUOTE_AFTER: Final = 10
TRADE_MAKER_ORDER_ID: Final = 11
TRADE_MAKER_ACCOUNT: Final = 12
TRADE_MAKER_FEE_MINOR: Final = 13
TRADE_MAKER_BASE_AFTER: Final = 14
TRADE_MAKER_QUOTE_AFTER: Final = 15
TRADE_WORDS: Final = 16
TRADE_HEAD: Final = 3 | TRADE_WORDS << 8
TRADE_TAKER_SIDE_AT: Final = 32

# LevelEvent
LEVEL_SYMBOL: Final = 1
LEVEL_PRICE_TICKS: Final = 2
LEVEL_QUANTITY_LOTS: Final = 3
LEVEL_WORDS: Final = 4
LEVEL_HEAD: Final = 4 | LEVEL_WORDS << 8
LEVEL_SIDE_AT: Final = 32

# BalanceEvent
BALANCE_ACCOUNT: Final = 1
BALANCE_ASSET: Final = 2
BALANCE_AVAILABLE_MINOR: Final = 3
BALANCE_HELD_MINOR: Final = 4
BALANCE_WORDS: Final = 5
BALANCE_HEAD: Final = 5 | BALANCE_WORDS << 8
