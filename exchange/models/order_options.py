"""The order options (what an order has beyond a simple one) as the text its row in the database keeps."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from exchange.engine.messages import OrderEvent, OrderExtra

#: Fields of a simple order's event.
SIMPLE_ORDER_FIELDS: Final = len(OrderEvent._fields) - 1
_DEFAULTS: Final = tuple(OrderExtra()._asdict().items())


@lru_cache(maxsize=4_096)
def options_text(options: tuple[Any, ...]) -> str:
    """The options that are set, as a JSON object. Many orders have the same."""
    # A tuple from before a field was added is shorter, and does not set it.
    pairs = zip(_DEFAULTS, options, strict=False)
    are_set = {name: value for (name, default), value in pairs if value != default}
    return json.dumps(are_set, separators=(",", ":"))


def options_of_text(text: str) -> OrderExtra:
    """The options that ``options_text`` wrote."""
    fields = json.loads(text)
    if fields.get("exits") is not None:
        fields["exits"] = tuple(fields["exits"])
    return OrderExtra(**fields)
