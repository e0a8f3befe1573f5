"""What an order has beyond a plain one, as the text its row in the database keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from exchange.engine.messages import OrderEvent, OrderExtra

#: Fields of a plain order's event.
PLAIN_ORDER_FIELDS: Final = len(OrderEvent._fields) - 1
_DEFAULTS: Final = OrderExtra()._asdict()


def extra_text(extra: Sequence[Any]) -> str:
    """The fields that say something, as a JSON object."""
    fields = OrderExtra(*extra)._asdict()
    said = {name: value for name, value in fields.items() if value != _DEFAULTS[name]}
    return json.dumps(said, separators=(",", ":"))


def extra_of_text(text: str) -> OrderExtra:
    """The extra that ``extra_text`` wrote."""
    fields = json.loads(text)
    if fields.get("exits") is not None:
        fields["exits"] = tuple(fields["exits"])
    return OrderExtra(**fields)
