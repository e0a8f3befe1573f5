"""An account's share of bounded memory: what is remembered of its commands (``memory``) and finished orders
(``finished``)."""

from __future__ import annotations

from typing import Any

from exchange.engine.state.fifo import Fifo


class Share:
    """Where an account's part of it is: by id and in queues, or (in the compiled core) in rows of words."""

    __slots__ = (
        "commands",
        "finished",
        "finished_count",
        "first_finished",
        "first_id",
        "id_count",
        "ids",
        "last_finished",
        "last_id",
    )

    def __init__(self) -> None:
        #: ids of its finished orders, oldest first
        self.finished = Fifo()
        #: its commands by id, as recall.Entry; and the ids, oldest first
        self.commands: dict[str, tuple[Any, ...]] = {}
        self.ids = Fifo()
        #: How many there are of each in rows, and the slots of the oldest and the newest; -1: none.
        self.id_count = 0
        self.first_id: int = -1
        self.last_id: int = -1
        self.finished_count = 0
        self.first_finished: int = -1
        self.last_finished: int = -1
