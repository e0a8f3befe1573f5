"""The database's part of a power cut: which of its last commits the disk still has."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from typing import Any

from django.db import models, transaction

Rows = list[tuple[type[models.Model], list[dict[str, Any]]]]


class Past:
    """What some tables held after each of their last commits."""

    def __init__(self, tables: Sequence[type[models.Model]], depth: int = 5) -> None:
        self._tables = tables
        self._states: deque[Rows] = deque(maxlen=depth)

    def remember(self) -> None:
        """To be called after a commit."""
        self._states.append([(table, list(table.objects.values())) for table in self._tables])  # type: ignore[attr-defined]

    def go_back(self, luck: random.Random) -> int:
        """Be as after one of the last commits, by luck the very last; how many were lost."""
        if not self._states:
            return 0
        lost = luck.randrange(len(self._states))
        for _ in range(lost):
            self._states.pop()
        with transaction.atomic():
            for table in self._tables:
                table.objects.all().delete()  # type: ignore[attr-defined]
            # What refers to another table stands before it.
            for table, rows in reversed(self._states[-1]):
                table.objects.bulk_create([table(**row) for row in rows])  # type: ignore[attr-defined]
        return lost
