"""The fixed vocabularies of the exchange, as ``Literal`` types: a type checker finds a misspelt one.

The exchange may add members; a client that meets one it does not know hands it on as it is.
"""

from __future__ import annotations

from typing import Literal

#: The side of an order or a fill; of a trade, the aggressor's.
Side = Literal["buy", "sell"]

#: ``limit``, ``market`` and ``market_to_limit`` enter at once, ``pegged`` stays unseen until an order meets
#: it; all others wait for a trigger first.
OrderType = Literal[
    "limit",
    "market",
    "stop",
    "stop_limit",
    "take_profit",
    "take_profit_limit",
    "trailing_stop",
    "market_to_limit",
    "pegged",
]

#: What the price of a pegged order follows: the best price of its own side, the middle of the two best
#: prices, the best price of the other side.
Peg = Literal["primary", "mid", "market"]

#: Until canceled; what cannot trade at once is canceled; all at once or nothing; until a time; until the
#: day's end; for the opening auction alone; for the closing auction alone.
TimeInForce = Literal["gtc", "ioc", "fok", "gtd", "day", "opg", "cls"]

#: Self-trade prevention: what happens when an order meets one of the same account or group.
SelfTradePrevention = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"]

#: What happens to a post-only order that would trade: it is refused, or moved one tick away.
PostOnlyMode = Literal["reject", "reprice"]

#: What a trigger watches: the last price, or the quote (a sell the best bid, a buy the best ask).
TriggerSource = Literal["last", "quote"]

#: What happens to an order whose trigger price is reached already: it is refused, or enters at once.
TriggerIfMet = Literal["reject", "trigger"]

#: When the cancel of a cancel-replace fails: refuse all, or enter the new order all the same.
CancelReplaceMode = Literal["stop_on_failure", "allow_failure"]

#: An order is open in the first two.
OrderStatus = Literal["new", "partially_filled", "filled", "canceled", "rejected", "expired"]

#: Why an order ended other than by being filled.
EndReason = Literal[
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
]

#: What a side of a trade did; in an auction both sides are ``auction``.
Liquidity = Literal["maker", "taker", "auction"]

#: State of a symbol's market.
SymbolStatus = Literal[
    "trading",
    "halted",
    "cancel_only",
    "pre_open",
    "opening_auction",
    "closing_auction",
    "volatility_auction",
    "post_only",
    "closed",
]

#: Length of a candle; days and weeks are UTC, weeks start on Monday.
Interval = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]

#: Which orders ``Client.get_orders`` returns.
OrderListStatus = Literal["open", "closed", "new", "partially_filled", "filled", "canceled", "expired"]

#: Kinds of entries of the ledger.
LedgerEntryType = Literal[
    "trade",
    "deposit",
    "withdrawal",
    "transfer_out",
    "transfer_in",
    "withdrawal_hold",
    "withdrawal_release",
]

#: Channels of a symbol; candles add theirs, ``klines:<interval>``.
PublicChannel = Literal["book", "trades", "auction", "symbols", "statistics"]
CandleChannel = Literal[
    "klines:1m", "klines:5m", "klines:15m", "klines:30m", "klines:1h", "klines:4h", "klines:1d", "klines:1w"
]
#: Channels of the account that logged in; they have no symbol.
PrivateChannel = Literal["orders", "fills", "balances"]
#: The figures of every symbol by one topic.
AllChannel = Literal["statistics:all"]
Channel = PublicChannel | CandleChannel | PrivateChannel | AllChannel

#: Language of the exchange's error messages.
Language = Literal["en", "ko"]

#: Histories whose rows are added up.
TotalledHistory = Literal["orders", "fills", "ledger"]

#: What there are CSV files of.
ExportedHistory = Literal["orders", "fills", "ledger", "tax-report"]

#: How far back the portfolio looks.
PortfolioRange = Literal["1d", "1w", "1m", "3m", "1y", "all"]
