"""The numbers that messages are made of, and their words.

Plain ints: they are compared on the hot path and written to the journal, so a number once given is
never given to anything else. The name tables give the wire and the database the same words.
"""

from __future__ import annotations

from typing import Final

# --- orders ------------------------------------------------------------------------------------

BUY: Final = 0
SELL: Final = 1
SIDES: Final = ("buy", "sell")

LIMIT: Final = 0
MARKET: Final = 1
ORDER_TYPES: Final = ("limit", "market")

GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
GTD: Final = 3
DAY: Final = 4
#: On open and on close: for the opening or the closing auction alone (FIX 2 and 7, "at the opening", "at the
#: close").
OPG: Final = 5
CLS: Final = 6
TIMES_IN_FORCE: Final = ("gtc", "ioc", "fok", "gtd", "day", "opg", "cls")

#: What an order waits for before it enters the book.
NO_TRIGGER: Final = 0
STOP: Final = 1
TAKE_PROFIT: Final = 2
TRAILING_STOP: Final = 3
TRIGGERS: Final = ("", "stop", "take_profit", "trailing_stop")

#: The price a trigger watches: the last trade, or the best quote of the side it would trade away from
#: (a sell watches the best bid, a buy the best ask).
LAST: Final = 0
QUOTE: Final = 1
TRIGGER_SOURCES: Final = ("last", "quote")

#: What a pegged order's price follows: the best price of its own side, the middle of the best bid and the
#: best ask, or the best price of the other side (FIX PegPriceType 5, 2 and 4).
NO_PEG: Final = 0
PEG_PRIMARY: Final = 1
PEG_MID: Final = 2
PEG_MARKET: Final = 3
PEGS: Final = ("", "primary", "mid", "market")

#: How a second order (one that another triggers) stands: it is none, or is done with waiting; it waits for
#: its working order; that is filled and it enters in its turn.
NOT_SECOND: Final = 0
SECOND_WAITS: Final = 1
SECOND_RELEASED: Final = 2

STP_CANCEL_NEWEST: Final = 0
STP_CANCEL_OLDEST: Final = 1
STP_CANCEL_BOTH: Final = 2
STP_DECREMENT: Final = 3
STP_MODES: Final = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement")

NEW: Final = 0
PARTIALLY_FILLED: Final = 1
FILLED: Final = 2
CANCELED: Final = 3
REJECTED: Final = 4
EXPIRED: Final = 5
ORDER_STATUSES: Final = ("new", "partially_filled", "filled", "canceled", "rejected", "expired")
#: An order in one of the first two statuses is open: it rests on the book.
OPEN_STATUSES: Final = (NEW, PARTIALLY_FILLED)

# Why an order left the book other than by being filled.
REASON_NONE: Final = 0
REASON_USER: Final = 1
REASON_IOC_REMAINDER: Final = 2
REASON_FOK_UNFILLABLE: Final = 3
REASON_SELF_TRADE: Final = 4
REASON_NO_LIQUIDITY: Final = 5
REASON_AMOUNT_BELOW_LOT: Final = 6
REASON_TIME: Final = 7
REASON_PRICE_LIMIT: Final = 8
REASON_VOLATILITY: Final = 9
REASON_LINKED: Final = 10
REASON_DISCONNECT: Final = 11
REASON_CANCEL_AFTER: Final = 12
REASON_REPLACED: Final = 13
REASON_CLOSED: Final = 14
REASON_TRADE_LIMIT: Final = 15
REASON_REDUCED: Final = 16
REASON_AUCTION: Final = 17
REASON_MIN_QUANTITY: Final = 18
REASON_BALANCE: Final = 19
REASON_PROTECTION: Final = 20
REASONS: Final = (
    "",
    "user",
    "ioc_remainder",
    "fok_unfillable",
    "self_trade",
    "no_liquidity",
    "amount_below_lot",
    "time",
    "price_limit",
    "volatility",
    "linked",
    "disconnect",
    "cancel_after",
    "replaced",
    "closed",
    "trade_limit",
    "reduced",
    "auction_remainder",
    "min_quantity",
    "insufficient_balance",
    "protection",
)

STOP_ON_FAILURE: Final = 0
ALLOW_FAILURE: Final = 1
CANCEL_REPLACE_MODES: Final = ("stop_on_failure", "allow_failure")

# --- symbols and accounts ----------------------------------------------------------------------

TRADING: Final = 0
HALTED: Final = 1
CANCEL_ONLY: Final = 2
PRE_OPEN: Final = 3
OPENING_AUCTION: Final = 4
CLOSING_AUCTION: Final = 5
VOLATILITY_AUCTION: Final = 6
POST_ONLY: Final = 7
CLOSED: Final = 8
SYMBOL_STATUSES: Final = (
    "trading",
    "halted",
    "cancel_only",
    "pre_open",
    "opening_auction",
    "closing_auction",
    "volatility_auction",
    "post_only",
    "closed",
)
#: Orders gather without trading; the book may be crossed until the auction.
CALL_STATUSES: Final = (PRE_OPEN, OPENING_AUCTION, CLOSING_AUCTION, VOLATILITY_AUCTION)

ACTIVE: Final = 0
FROZEN: Final = 1
ACCOUNT_STATUSES: Final = ("active", "frozen")

#: Account number of the custody contra account: the only one whose balances may be negative.
CUSTODY_ACCOUNT: Final = 1
#: Account number that receives fees and pays rebates.
FEE_ACCOUNT: Final = 2
#: Numbers below this are the venue's own; traders' accounts start here.
FIRST_TRADER_ACCOUNT: Final = 1000
#: In the place of a symbol's name, where an account's fee rates are set: all symbols, also those to come.
EVERY_SYMBOL: Final = ""
#: The fee plan of accounts that are in none.
NO_FEE_PLAN: Final = 0

# --- command tags ------------------------------------------------------------------------------

PLACE: Final = 1
CANCEL: Final = 2
CANCEL_ALL: Final = 3
REDUCE: Final = 4
REPLACE: Final = 5
PLACE_OCO: Final = 6
PLACE_BRACKET: Final = 7
CANCEL_REPLACE: Final = 8
CANCEL_AFTER: Final = 9
TICK: Final = 10
PLACE_OTO: Final = 11
PLACE_QUOTES: Final = 12
CANCEL_QUOTES: Final = 13
PROTECT_QUOTES: Final = 14
MOVE: Final = 15
SET_ASSET: Final = 20
SET_SYMBOL: Final = 21
SET_SYMBOL_STATUS: Final = 22
SET_ACCOUNT: Final = 23
SET_FEES: Final = 24
DEPOSIT: Final = 25
WITHDRAW: Final = 26
SET_RULES: Final = 27
SET_GROUP: Final = 28
PAY_FROM_FEES: Final = 29
HOLD_WITHDRAWAL: Final = 30
SETTLE_WITHDRAWAL: Final = 31
RELEASE_WITHDRAWAL: Final = 32
SET_FEE_PLAN: Final = 33
SET_ACCOUNT_PLAN: Final = 34

#: Tags between TICK and this are of traders' commands again; from here on they belong to the control plane.
FIRST_CONTROL_COMMAND: Final = SET_ASSET
#: Commands of a trader.
TRADER_COMMANDS: Final = (
    PLACE,
    CANCEL,
    CANCEL_ALL,
    REDUCE,
    REPLACE,
    PLACE_OCO,
    PLACE_BRACKET,
    CANCEL_REPLACE,
    CANCEL_AFTER,
    PLACE_OTO,
    PLACE_QUOTES,
    CANCEL_QUOTES,
    PROTECT_QUOTES,
    MOVE,
)

# --- event tags --------------------------------------------------------------------------------

EV_REJECTED: Final = 1
EV_ORDER: Final = 2
EV_TRADE: Final = 3
EV_LEVEL: Final = 4
EV_BALANCE: Final = 5
EV_SYMBOL: Final = 6
EV_ACCOUNT: Final = 7
EV_TRANSFER: Final = 8
EV_ASSET: Final = 9
EV_FEES: Final = 10
EV_TICK: Final = 11
EV_CANCELED_ALL: Final = 12
EV_RULES: Final = 13
EV_INDICATIVE: Final = 14
EV_CANCEL_AFTER: Final = 15
EV_QUOTES: Final = 16
EV_QUOTE_PROTECTION: Final = 17
EV_FEE_PLAN: Final = 24

#: ``taker_side`` of an auction's trades: nobody took.
NO_SIDE: Final = 2

DEPOSITED: Final = 0
#: Paid out to custody: by an operator, or a withdrawal that was held before.
WITHDRAWN: Final = 1
#: The two sides of an amount that went from one account to another.
MOVED_OUT: Final = 2
MOVED_IN: Final = 3
#: A withdrawal that began, and one that ended without being paid out.
WITHDRAWAL_HELD: Final = 4
WITHDRAWAL_RELEASED: Final = 5
TRANSFER_KINDS: Final = (
    "deposit",
    "withdrawal",
    "transfer_out",
    "transfer_in",
    "withdrawal_hold",
    "withdrawal_release",
)
