"""What a trader may send, checked before a command is built. Free of DRF: REST and WebSocket share it.

``parse_*`` take the members of a JSON object and return terms, or raise ``RequestError`` with details that
name the field. Terms turn into a command with ``.command(...)``. An explicit ``null`` counts as absent.

Checked here: names, types, choices, decimals, which options go together, and the symbol's bounds, ticks,
lots, least and largest value. Left to the engine: everything that depends on the state of the market or of
the account. ``docs/orders.md`` has the rules.

``exchange.wire.field_readers`` reads single members, ``numbers`` prices and quantities, ``options`` order
options, ``orders`` a whole order (``simple`` a simple one, fast), ``linked`` orders that know of each other,
``quotes`` those of market makers, ``amendments`` what is done to orders.
"""

from exchange.orders.parsing.amendments import (
    MAX_CANCEL_AFTER_MS,
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
)
from exchange.orders.parsing.linked import (
    BracketTerms,
    OcoTerms,
    OtoTerms,
    parse_bracket,
    parse_oco,
    parse_oto,
    parse_otoco,
)
from exchange.orders.parsing.numbers import read_price, read_quantity
from exchange.orders.parsing.options import (
    ORDER_KIND_WORDS,
    POST_ONLY_MODES,
    TRIGGER_IF_MET,
)
from exchange.orders.parsing.orders import (
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
from exchange.orders.parsing.quotes import (
    MAX_FILLS,
    MAX_QUOTES,
    MAX_WINDOW_MS,
    QuotesTerms,
    parse_cancel_quotes,
    parse_protection,
    parse_quotes,
)
from exchange.orders.parsing.simple import (
    SimpleCancel,
    SimpleOrder,
    read_cancel,
    read_order,
    read_orders,
    simple_cancel,
    simple_order,
)

__all__ = [
    "MAX_BATCH",
    "MAX_CANCEL_AFTER_MS",
    "MAX_FILLS",
    "MAX_QUOTES",
    "MAX_WINDOW_MS",
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
    "OtoTerms",
    "QuotesTerms",
    "ReduceTerms",
    "ReplaceTerms",
    "SimpleCancel",
    "SimpleOrder",
    "new_command_id",
    "order_count",
    "parse_bracket",
    "parse_cancel",
    "parse_cancel_after",
    "parse_cancel_all",
    "parse_cancel_replace",
    "parse_oco",
    "parse_oto",
    "parse_otoco",
    "parse_order",
    "parse_orders",
    "parse_cancel_quotes",
    "parse_protection",
    "parse_quotes",
    "parse_reduce",
    "parse_replace",
    "read_cancel",
    "read_order",
    "read_orders",
    "read_price",
    "read_quantity",
    "simple_cancel",
    "simple_order",
]
