"""Long messages come in parts; readers get the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtrader_client._errors import SequenceGap

Message = Mapping[str, Any]


class Parts:
    """The parts of one message that have come so far. Each repeats the message's fields and has its share of
    the rows of every list."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._part = 0

    def take(self, message: Message) -> Message | None:
        """The whole message, with the last of its parts; None before. Raises SequenceGap for a part out of
        turn."""
        part, parts = message.get("part", 1), message.get("parts", 1)
        if parts == 1:
            return message
        if part == 1:
            self._whole = {name: value for name, value in message.items() if name not in ("part", "parts")}
        elif part != self._part + 1:
            raise SequenceGap(f"part {part} of {parts} came after part {self._part}")
        else:
            self._join(message)
        self._part = part
        if part < parts:
            return None
        whole, self._whole, self._part = self._whole, {}, 0
        return whole

    def _join(self, message: Message) -> None:
        for name, rows in self._whole.items():
            if isinstance(rows, list):
                rows.extend(message.get(name, ()))
