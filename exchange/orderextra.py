"""What an order has beyond a plain one, as the text its row in the database keeps."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from exchange.engine.messages import OrderEvent, OrderExtra

#: Fields of a plain order's event.
PLAIN_ORDER_FIELDS: Final = len(OrderEvent._fields) - 1
_DEFAULTS: Final = tuple(OrderExtra()._asdict().items())


@lru_cache(maxsize=4_096)
def extra_text(extra: tuple[Any, ...]) -> str:
    """The fields that say something, as a JSON object. Many orders say the same."""
    # A tuple from before a field was added is shorter, and says nothing of it.
    pairs = zip(_DEFAULTS, extra, strict=False)
    said = {name: value for (name, default), value in pairs if value != default}
    return json.dumps(said, separators=(",", ":"))


def extra_of_text(text: str) -> OrderExtra:
    """The extra that ``extra_text`` wrote."""
    fields = json.loads(text)
    if fields.get("exits") is not None:
        fields["exits"] = tuple(fields["exits"])
    return OrderExtra(**fields)
