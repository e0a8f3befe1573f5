"""Engine events as the dictionaries that go over the wire: REST, WebSocket and market data alike.

Every function takes plain event tuples (or their named views) and the symbol's spec, and returns a
dictionary ready for any JSON encoder. Names and shapes are those of the wire contract: decimals are
strings, ids are strings, times are integer milliseconds UTC. Public dictionaries (trades, symbols,
levels) name no account and no order id.

One module a subject: ``order_rendering``, ``market_rendering``, ``symbol_rendering``, ``outcome_rendering``
(replies and refusals), and ``number_rendering`` for all of them. This one is their common face.
"""

from exchange.units.decimals import format_units, parse_units
from exchange.wire.market_rendering import (
    render_balance,
    render_indication,
    render_levels,
    render_public_trade,
    render_trade,
)
from exchange.wire.number_rendering import (
    AVERAGE_EXTRA_DECIMALS,
    PERCENT_SCALE,
    average_price,
    fee_rate,
    milliseconds,
    percent,
)
from exchange.wire.order_kinds import AUCTION, ORDER_KINDS, kind_word, liquidity
from exchange.wire.order_rendering import fill_shape, order_shape, render_fill, render_order
from exchange.wire.outcome_rendering import own_fills, raise_if_rejected, refusal, shaped_reply
from exchange.wire.shape_parts import Json
from exchange.wire.symbol_rendering import render_symbol

__all__ = [
    "AUCTION",
    "AVERAGE_EXTRA_DECIMALS",
    "ORDER_KINDS",
    "PERCENT_SCALE",
    "Json",
    "average_price",
    "render_balance",
    "render_public_trade",
    "fee_rate",
    "render_fill",
    "fill_shape",
    "format_units",
    "render_indication",
    "render_levels",
    "kind_word",
    "liquidity",
    "milliseconds",
    "render_order",
    "order_shape",
    "own_fills",
    "parse_units",
    "percent",
    "raise_if_rejected",
    "refusal",
    "shaped_reply",
    "render_symbol",
    "render_trade",
]
