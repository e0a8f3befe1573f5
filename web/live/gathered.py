"""One topic for what a relayed channel says of every symbol: a list of a thousand markets is one
subscription."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from msgspec import Raw

from web.live.parts import raw_of
from web.live.topics import Body, Reader, Topic

#: What is appended to the channel's name.
SUFFIX: Final = ":all"
#: Rows of one update. A row is at most some 600 bytes, so that no update is longer than a frame.
ROWS_A_MESSAGE: Final = 400


class Gathered:
    """The topic ``<channel>:all``: a snapshot of every symbol's row, then the rows that have changed, at most
    once in ``every_s``.

    A row is the channel's message without its type, with its symbol. Each is written once, whatever the
    number of readers, and none without a reader.
    """

    def __init__(self, channel: str, every_s: float) -> None:
        self.name = f"{channel}{SUFFIX}"
        self._channel = channel
        self._every_s = every_s
        self.topic = Topic(self.name, None, 0, remember=0)
        self._rows: dict[str, Raw] = {}
        #: What has changed since the rows were written, by symbol, and where that was.
        self._changed: dict[str, Body] = {}
        self._at = (0, 0)
        self._begins = True
        self._flushed_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def note(self, symbol: str, sequence: int, timestamp_ms: int, body: Body) -> None:
        """The newest message of a symbol."""
        self._changed[symbol] = body
        self._at = (sequence, timestamp_ms)
        if self._timer is None and self.topic.readers:
            loop = asyncio.get_running_loop()
            due = max(loop.time(), self._flushed_at + self._every_s)
            self._timer = loop.call_at(due, self._flush_due)

    def join(self, reader: Reader) -> None:
        """Send every row, and from then on what changes."""
        if not self.topic.readers:
            self._flush()
        self.topic.start_anew(self._snapshot(), reader)
        self.topic.readers[reader] = None

    def restart(self) -> None:
        """Sequences start over; readers begin anew with what comes next."""
        self._rows.clear()
        self._changed.clear()
        self.topic.restart(0, 0)
        self._begins = True

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _flush_due(self) -> None:
        self._timer = None
        self._flushed_at = asyncio.get_running_loop().time()
        self._flush()

    def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        if not changed:
            return
        written = {symbol: raw_of(_row(symbol, body)) for symbol, body in changed.items()}
        self._rows.update(written)
        if self._begins:
            self._begins = False
            self.topic.restart(*self._at)
            self.topic.start_anew(self._snapshot(), *self.topic.readers)
            return
        rows = list(written.values())
        shares = [rows[at : at + ROWS_A_MESSAGE] for at in range(0, len(rows), ROWS_A_MESSAGE)]
        kind = f"{self._channel}_update"
        self.topic.publish(*self._at, [{"type": kind, self._channel: share} for share in shares])

    def _snapshot(self) -> dict[str, Any]:
        return {"type": f"{self._channel}_snapshot", self._channel: list(self._rows.values())}


def _row(symbol: str, body: Body) -> dict[str, Any]:
    return {"symbol": symbol, **{name: value for name, value in body.items() if name != "type"}}
