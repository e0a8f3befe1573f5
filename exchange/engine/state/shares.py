"""An account's share of bounded memory, as the interpreter keeps it. In the compiled core this module is
``shares_compiled`` (``tools/compile_core.py``)."""

from __future__ import annotations

from typing import Any

from exchange.engine.state.fifo import Fifo


class Share:
    """What is remembered of an account's commands (``memory``) and finished orders (``finished``)."""

    __slots__ = ("commands", "finished", "ids")

    def __init__(self) -> None:
        #: ids of its finished orders, oldest first
        self.finished = Fifo()
        #: its commands by id, as memory.Entry; and the ids, oldest first
        self.commands: dict[str, tuple[Any, ...]] = {}
        self.ids = Fifo()
