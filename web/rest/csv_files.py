"""Whole histories as CSV, made and sent in pieces: a million rows take the memory of two thousand.

Columns are the fields of the API. Times are UTC, to the millisecond. Each piece is read by a statement of its
own, so a slow reader holds up neither the database nor another reader.
"""

from __future__ import annotations

import csv
import io
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from exchange import process
from exchange.errors import RefusedError

#: What a spreadsheet would take for a formula; a negative number is none.
_FORMULA: Final = re.compile(r"[=+@\t\r]|-(?![0-9]+(\.[0-9]+)?\Z)")
_TIMES: Final = frozenset({"timestamp", "created_at", "updated_at", "triggered_at", "expire_at"})
#: Seconds after which a file is asked for again, while too many are on their way.
_RETRY_S: Final = 5


class Pieces:
    """The pieces of a file of structures: a header, then the rows of each list."""

    def __init__(self, shape: type[msgspec.Struct], lists: Iterable[Sequence[msgspec.Struct]]) -> None:
        self._columns = shape.__struct_fields__
        self._lists = lists
        self._times = [place for place, name in enumerate(self._columns) if name in _TIMES]

    def __iter__(self) -> Iterator[bytes]:
        yield _lines([self._columns])
        for rows in self._lists:
            yield _lines(self._cells(row) for row in rows)

    def _cells(self, row: msgspec.Struct) -> list[Any]:
        cells = [_cell(value) for value in msgspec.structs.astuple(row)]
        # A simple order has the first columns only.
        cells += [""] * (len(self._columns) - len(cells))
        for place in self._times:
            if isinstance(cells[place], int):
                cells[place] = _time(cells[place])
        return cells


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _time(at_ms: int) -> str:
    return f"{_second(at_ms // 1_000)}.{at_ms % 1_000:03d}"


@lru_cache(maxsize=4_096)
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


# --- sending ------------------------------------------------------------------------------------------------


class Exports:
    """How many files this process sends, ``EXPORTS_AT_ONCE`` at most."""

    def __init__(self) -> None:
        self._running = 0
        self._lock = threading.Lock()

    def begin(self) -> Callable[[], None]:
        """Count one more; what to call when it has ended, once or more. Raises RATE_LIMITED."""
        with self._lock:
            if self._running >= settings.XTRADER["EXPORTS_AT_ONCE"]:
                raise RefusedError("RATE_LIMITED", {"retry_after_s": _RETRY_S})
            self._running += 1
        ends = iter((None,))

        def end() -> None:
            with self._lock:
                self._running -= len(list(ends))

        return end


#: Of this process.
exports: Final = process.shared(Exports, lambda: Exports())


class CsvFile(StreamingHttpResponse):
    """A file to save. Counts among the exports until it is sent, or the client is gone."""

    def __init__(self, request: HttpRequest, name: str, pieces: Iterable[bytes]) -> None:
        self._end = exports.begin()
        is_asgi = hasattr(request, "scope")
        content = _beside_the_loop(iter(pieces)) if is_asgi else pieces
        super().__init__(content, content_type="text/csv; charset=utf-8")
        self["Content-Disposition"] = f'attachment; filename="xtrader-{name}.csv"'
        self["Cache-Control"] = "no-store"

    def close(self) -> None:
        super().close()
        self._end()


async def _beside_the_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread, while the loop serves others."""
    make = sync_to_async(_next_piece, thread_sensitive=False)
    while (piece := await make(pieces)) is not None:
        yield piece


def _next_piece(pieces: Iterator[bytes]) -> bytes | None:
    try:
        return next(pieces, None)
    finally:
        # The next piece may be another thread's.
        connection.close()
