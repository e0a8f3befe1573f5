"""How the wire names what the engine has numbers for: kinds of orders, and what a side of a trade did."""

from __future__ import annotations

from typing import Final

from exchange.engine.messages import (
    LIMIT,
    MARKET,
    NO_PEG,
    NO_TRIGGER,
    STOP,
    TAKE_PROFIT,
    TRAILING_STOP,
    OrderExtra,
)

#: What the wire calls an order, and what it is to the engine: a type, and what it waits for first.
ORDER_KINDS: Final = {
    "limit": (LIMIT, NO_TRIGGER),
    "market": (MARKET, NO_TRIGGER),
    "stop": (MARKET, STOP),
    "stop_limit": (LIMIT, STOP),
    "take_profit": (MARKET, TAKE_PROFIT),
    "take_profit_limit": (LIMIT, TAKE_PROFIT),
    "trailing_stop": (MARKET, TRAILING_STOP),
    "market_to_limit": (LIMIT, NO_TRIGGER),
    "pegged": (LIMIT, NO_TRIGGER),
}
#: A limit order that takes its price from the book as it enters.
MARKET_TO_LIMIT: Final = "market_to_limit"
#: A limit order whose price follows a best price.
PEGGED: Final = "pegged"
_SPECIAL: Final = (MARKET_TO_LIMIT, PEGGED)
_KIND_WORDS: Final = {kind: word for word, kind in ORDER_KINDS.items() if word not in _SPECIAL}


def kind_word(order_type: int, options: OrderExtra | None) -> str:
    """What the wire calls an order with these options."""
    if options is None:
        return _KIND_WORDS[order_type, NO_TRIGGER]
    if options.peg != NO_PEG:
        return PEGGED
    return MARKET_TO_LIMIT if options.to_limit else _KIND_WORDS[order_type, options.trigger]


MAKER: Final = "maker"
TAKER: Final = "taker"
#: In an auction neither side takes.
AUCTION: Final = "auction"
LIQUIDITIES: Final = (MAKER, TAKER, AUCTION)


def liquidity(*, is_taker: bool, is_auction: bool) -> str:
    """What a side of a trade did."""
    return AUCTION if is_auction else (TAKER if is_taker else MAKER)
