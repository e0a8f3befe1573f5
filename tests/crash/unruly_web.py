"""uvicorn with a web process that waits long for the engine, so that a command outlives the engine's restart
on a slow machine; ``CRASH_CANARY`` breaks it on purpose.

``busy-is-final``    what a repeated command is refused with is handed out, though its first time may have
                     been taken
``answer-twice``     now and then an order is answered a second time
``answer-anothers``  now and then two orders get each other's answer
"""

from __future__ import annotations

import os
from itertools import count
from typing import Any

from uvicorn.main import main

from exchange.link import async_client

_TIMEOUT_MS = 30_000
#: So many answers are right between two that are not.
_EVERY = 10


def patient(honest: Any) -> Any:
    """``AsyncEngineClient.__init__`` with another time-out."""

    def init(self: Any, *arguments: Any, **options: Any) -> None:
        honest(self, *arguments, **{**options, "timeout_ms": _TIMEOUT_MS})

    return init


def take_busy_for_the_outcome(self: Any, message: Any) -> None:
    """In place of ``AsyncEngineClient._on_refused``."""
    self._on_result(message.request_id, async_client._refused(message))


def answering_twice(honest: Any) -> Any:
    """``Connection._order_done`` that answers once more."""
    number = count(1)

    def order_done(self: Any, request_id: Any, account: int, orders: int, result: Any) -> None:
        honest(self, request_id, account, orders, result)
        if next(number) % _EVERY == 0:
            self._in_flight += orders
            self._runtime.turns.take(account, orders)
            honest(self, request_id, account, orders, result)

    return order_done


def answering_anothers(honest: Any) -> Any:
    """``Connection._order_done`` that keeps an answer until there is another to exchange it with."""
    number, kept = count(1), []

    def order_done(self: Any, request_id: Any, account: int, orders: int, result: Any) -> None:
        is_placed = isinstance(result, dict) and "fills" in result and "order" in result
        if not is_placed or (not kept and next(number) % _EVERY):
            honest(self, request_id, account, orders, result)
        elif not kept:
            kept.append((self, (request_id, account, orders), result))
        else:
            other, other_about, other_result = kept.pop()
            honest(self, request_id, account, orders, other_result)
            honest(other, *other_about, result)

    return order_done


def break_answers(canary: str) -> None:
    """Answers are made by the application, which is there once Django is."""
    makers = {"answer-twice": answering_twice, "answer-anothers": answering_anothers}
    if canary in makers:
        import django

        django.setup()
        from web.stream.connection import Connection

        Connection._order_done = makers[canary](Connection._order_done)  # type: ignore[method-assign]


if __name__ == "__main__":
    client = async_client.AsyncEngineClient
    client.__init__ = patient(client.__init__)  # type: ignore[method-assign]
    if os.environ.get("CRASH_CANARY") == "busy-is-final":
        client._on_refused = take_busy_for_the_outcome  # type: ignore[method-assign]
    break_answers(os.environ.get("CRASH_CANARY", ""))
    main()
