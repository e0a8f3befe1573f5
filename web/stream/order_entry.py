"""Order entry over a socket: which operation of the desk a request names, and how errors are written here.

The desk's submissions leave at once and are answered by callbacks. Nothing is awaited between two requests
(but to look up the symbol of an order named for the first time), so a client's commands reach the engine in
the order it sent them, however many are on their way.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any, Final

from exchange.errors import ApiError
from exchange.orders.desk import Entry, OrderDesk
from exchange.wire.rendering import Json
from web.live.endings import new_session_name
from web.live.hub import Hub

#: What a client may ask of the desk, by the name of the operation.
OPERATIONS: Final[dict[str, Callable[[OrderDesk, int, Any], Entry]]] = {
    "order.place": OrderDesk.place,
    "order.batch": OrderDesk.place_many,
    "order.cancel": OrderDesk.cancel,
    "order.reduce": OrderDesk.reduce,
    "order.replace": OrderDesk.replace,
    "order.oco": OrderDesk.place_oco,
    "order.oto": OrderDesk.place_oto,
    "order.otoco": OrderDesk.place_otoco,
    "order.bracket": OrderDesk.place_bracket,
    "order.cancel_replace": OrderDesk.cancel_replace,
    "quotes.place": OrderDesk.place_quotes,
    "quotes.cancel": OrderDesk.cancel_quotes,
    "quotes.protect": OrderDesk.protect_quotes,
    "orders.cancel_all": OrderDesk.cancel_all,
    "orders.cancel_after": OrderDesk.cancel_after,
}
#: Operations of market makers alone.
QUOTING: Final = frozenset({"quotes.place", "quotes.protect"})
#: Operations by which orders end, and no more.
CANCELING: Final = frozenset({"order.cancel", "quotes.cancel", "orders.cancel_all", "orders.cancel_after"})

#: A method of the desk: takes the account and what was sent.
Operation = Callable[[int, Any], Entry]


class OrderEntry:
    """Order entry of one connection."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.desk = desk = OrderDesk(hub.symbols, new_session_name(hub.client.name))
        self._operations: dict[str, Operation] = {
            name: MethodType(method, desk) for name, method in OPERATIONS.items()
        }

    def operation(self, name: str) -> Operation | None:
        """The operation of that name; None for what is no operation on orders."""
        return self._operations.get(name)

    def end(self) -> None:
        """The connection has ended, and with it the orders that were to."""
        for account, submission in self.desk.end():
            self._hub.endings.add(account, submission)


def error_body(error: ApiError, language: str) -> Json:
    """An error as replies and results of a batch carry it, with the HTTP status REST would have; its
    Retry-After is among the details."""
    body = {**error.short_body(language), "status": error.status}
    if error.retry_after_s is not None:
        body["details"] = {"retry_after_s": error.retry_after_s, **error.details}
    return body
