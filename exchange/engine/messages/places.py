"""Places of fields in messages, for the paths on which a named view costs too much. A test holds them to the
views.

The first item of every message is its tag, at 0. Readers outside of measured hot paths use the views."""

from __future__ import annotations

from typing import Final

# --- commands: every one but TICK has an id, every one of a trader an account -------------------

COMMAND_ID: Final = 1
COMMAND_ACCOUNT: Final = 2

# PlaceOrder
PLACE_SYMBOL: Final = 3
PLACE_SIDE: Final = 4
PLACE_ORDER_TYPE: Final = 5
PLACE_TIME_IN_FORCE: Final = 6
PLACE_POST_ONLY: Final = 7
PLACE_PRICE_TICKS: Final = 8
PLACE_QUANTITY_LOTS: Final = 9
PLACE_QUOTE_AMOUNT_MINOR: Final = 10
PLACE_STP: Final = 11
PLACE_CLIENT_ORDER_ID: Final = 12
#: Only longer placements have terms.
PLACE_TERMS: Final = 13

# OrderTerms
TERMS_REPRICE: Final = 1
TERMS_DISPLAY_LOTS: Final = 2
TERMS_TRIGGER: Final = 3
TERMS_TO_LIMIT: Final = 10
TERMS_MIN_LOTS: Final = 11
TERMS_PEG: Final = 12

# CancelOrder
CANCEL_ORDER_ID: Final = 3
CANCEL_CLIENT_ORDER_ID: Final = 4

# --- events -------------------------------------------------------------------------------------

# RejectedEvent
REJECTED_CODE: Final = 3

# OrderEvent
ORDER_ID: Final = 1
ORDER_ACCOUNT: Final = 2
ORDER_CLIENT_ORDER_ID: Final = 3
ORDER_SYMBOL: Final = 4
ORDER_PRICE_TICKS: Final = 10
ORDER_UPDATED_NS: Final = 19

# TradeEvent
TRADE_ID: Final = 1
TRADE_SYMBOL: Final = 2
TRADE_TAKER_ORDER_ID: Final = 7
TRADE_TAKER_ACCOUNT: Final = 8
TRADE_MAKER_ORDER_ID: Final = 12
TRADE_MAKER_ACCOUNT: Final = 13

# LevelEvent
LEVEL_SYMBOL: Final = 1

# BalanceEvent
BALANCE_ACCOUNT: Final = 1
BALANCE_ASSET: Final = 2

# TransferEvent
TRANSFER_ACCOUNT: Final = 3

# AssetEvent and SymbolEvent
ASSET_NAME: Final = 1
ASSET_SCALE: Final = 2
SYMBOL_NAME: Final = 1

# IndicativeEvent
INDICATIVE_SYMBOL: Final = 1

# AccountEvent and FeesEvent
ACCOUNT_NUMBER: Final = 1
FEES_SYMBOL: Final = 1
FEES_ACCOUNT: Final = 2
FEES_CLEARED: Final = 5
