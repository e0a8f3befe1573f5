"""What acts weigh in the limit of orders, beside the orders that they enter, change or cancel one by one.

``docs/rest.md`` has the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: One command that may cancel thousands of orders; ``docs/limits.md`` has what it costs.
CANCEL_ALL: Final = 10
#: By the operation of the WebSocket.
HEAVY: Final[Mapping[str, int]] = {"orders.cancel_all": CANCEL_ALL}
