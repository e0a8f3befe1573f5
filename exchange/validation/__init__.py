"""What a trader may send, checked before a command is built. Free of DRF: REST and WebSocket share it.

``parse_*`` take the members of a JSON object and return terms, or raise ``InputError`` with details that
name the field. Terms turn into a command with ``.command(...)``. An explicit ``null`` counts as absent.

Checked here: names, types, choices, decimals, which options go together, and the symbol's bounds, ticks,
lots, least and largest value. Left to the engine: everything that depends on the state of the market or of
the account. ``docs/orders.md`` has the rules.

``fields`` reads single members, ``numbers`` prices and quantities, ``terms`` what goes beyond a plain order,
``orders`` an order whole (``plain`` the same for plain ones, fast), ``linked`` OCO and bracket, ``changes`` what is
done to orders.
"""

from exchange.validation.changes import (
    CancelAfterTerms,
    CancelAllTerms,
    CancelReplaceTerms,
    OrderName,
    ReduceTerms,
    ReplaceTerms,
    parse_cancel,
    parse_cancel_after,
    parse_cancel_all,
    parse_cancel_replace,
    parse_reduce,
    parse_replace,
    plain_cancel,
)
from exchange.validation.fields import (
    read_amount,
    read_bool,
    read_order_id,
    read_text,
    refuse_unknown,
    required,
)
from exchange.validation.linked import BracketTerms, OcoTerms, parse_bracket, parse_oco
from exchange.validation.numbers import read_price, read_quantity
from exchange.validation.orders import (
    MAX_BATCH,
    ORDER_FIELDS,
    REST,
    SOCKET,
    OrderRequest,
    Origin,
    new_command_id,
    order_count,
    parse_order,
    parse_orders,
)
from exchange.validation.plain import PlainOrder, plain_order
from exchange.validation.terms import (
    ORDER_KIND_WORDS,
    POST_ONLY_MODES,
    TRIGGER_IF_MET,
)

__all__ = [
    "MAX_BATCH",
    "ORDER_FIELDS",
    "ORDER_KIND_WORDS",
    "POST_ONLY_MODES",
    "REST",
    "SOCKET",
    "TRIGGER_IF_MET",
    "BracketTerms",
    "CancelAfterTerms",
    "CancelAllTerms",
    "CancelReplaceTerms",
    "OcoTerms",
    "OrderName",
    "OrderRequest",
    "Origin",
    "PlainOrder",
    "ReduceTerms",
    "ReplaceTerms",
    "new_command_id",
    "order_count",
    "parse_bracket",
    "parse_cancel",
    "parse_cancel_after",
    "parse_cancel_all",
    "parse_cancel_replace",
    "parse_oco",
    "parse_order",
    "parse_orders",
    "parse_reduce",
    "parse_replace",
    "plain_cancel",
    "plain_order",
    "read_amount",
    "read_bool",
    "read_order_id",
    "read_price",
    "read_quantity",
    "read_text",
    "refuse_unknown",
    "required",
]
