"""What stands in the place of ``shares`` in the compiled core: where an account's rows are."""

from __future__ import annotations

from mypy_extensions import i64


class Share:
    """What is remembered of an account's commands (``memory``) and finished orders (``finished``): how many,
    and the slots of the oldest and the newest, -1 if there is none."""

    __slots__ = ("finished", "first_finished", "first_id", "ids", "last_finished", "last_id")

    def __init__(self) -> None:
        self.finished: i64 = 0
        self.first_finished: i64 = -1
        self.last_finished: i64 = -1
        self.ids: i64 = 0
        self.first_id: i64 = -1
        self.last_id: i64 = -1
