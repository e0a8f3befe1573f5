"""The receive loop of a connection, beside a connection that only notes what it is given."""

from __future__ import annotations

import asyncio
from typing import Any

from web.stream.consumer import _receive_all


class Sent:
    """A socket from which these messages come, all at once."""

    def __init__(self, *texts: str) -> None:
        self._lists: list[list[str] | None] = [list(texts), None]

    async def read(self) -> list[str] | None:
        return self._lists.pop(0)


class Noting:
    """A connection that has to wait for its turn; ``closes``: and is closed meanwhile."""

    def __init__(self, *, closes: bool) -> None:
        self.handled: list[str] = []
        self.is_closing = False
        self.has_turn = False
        self.has_room = True
        self._closes = closes

    async def wait_for_turn(self) -> None:
        await asyncio.sleep(0)
        self.is_closing = self._closes

    def handle(self, text: str) -> None:
        self.handled.append(text)


def received(*texts: str, closes: bool) -> list[str]:
    connection: Any = Noting(closes=closes)
    socket: Any = Sent(*texts)
    asyncio.run(_receive_all(connection, socket, 100))
    return list(connection.handled)


def test_messages_are_handled_in_their_turn() -> None:
    assert received("one", "two", closes=False) == ["one", "two"]


def test_what_a_connection_sent_is_not_carried_out_once_it_is_closed() -> None:
    """One whose user was deactivated while it waited for its turn enters no order any more."""
    assert received("one", "two", closes=True) == []
