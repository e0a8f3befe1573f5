"""Progress on a terminal: a bar for each step. Where the output is no terminal, a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from exchange.telemetry.progress import Listener, Unit, told_to

#: Where there is no terminal, a step says how far it is this often.
LINE_EVERY_S: Final = 10.0


@contextmanager
def shown_on(output: OutputWrapper) -> Iterator[None]:
    """Show what the work inside tells of its progress."""
    # Below the wrapper, which ends every text with a new line.
    stream = cast(TextIO, output._out)
    listener: Listener = _Bars(stream) if stream.isatty() else Lines(stream)
    with told_to(listener):
        yield


class _Bars:
    """A bar a step, which stays when it has ended."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream)
        self._progress: Progress | None = None

    def began(self, what: str, total: int, unit: Unit) -> None:
        self._progress = Progress(*_columns(total, unit), console=self._console)
        self._task = self._progress.add_task(what, total=total or None)
        self._progress.start()

    def advanced(self, amount: int) -> None:
        assert self._progress is not None, "a step has begun"
        self._progress.advance(self._task, amount)

    def ended(self, *, is_done: bool) -> None:
        assert self._progress is not None, "a step has begun"
        if is_done:
            task = self._progress.tasks[0]
            total = task.total or task.completed or 1
            self._progress.update(self._task, total=total, completed=total)
        self._progress.stop()


def _columns(total: int, unit: Unit) -> list[ProgressColumn]:
    amount: list[ProgressColumn] = []
    if unit:
        amount = [DownloadColumn() if unit == "bytes" else MofNCompleteColumn()]
    known: list[ProgressColumn] = [BarColumn(), *amount, TimeRemainingColumn()] if total else amount
    return [SpinnerColumn(), TextColumn("{task.description}"), *known, TimeElapsedColumn()]


class Lines:
    """A line when a step is long, for logs and pipes."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def began(self, what: str, total: int, unit: Unit) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._done = 0
        self._began_s = self._said_s = self._clock()

    def advanced(self, amount: int) -> None:
        self._done += amount
        now_s = self._clock()
        if now_s - self._said_s >= LINE_EVERY_S:
            self._said_s = now_s
            self._say(f"{self._amount()} after {now_s - self._began_s:.0f} s")

    def ended(self, *, is_done: bool) -> None:
        took_s = self._clock() - self._began_s
        if took_s >= LINE_EVERY_S:
            self._say(f"{'done' if is_done else 'broken off'} after {took_s:.0f} s")

    def _amount(self) -> str:
        if self._total:
            return f"{min(self._done / self._total, 1):.0%}"
        return f"{self._done:,} {self._unit}"

    def _say(self, text: str) -> None:
        self._stream.write(f"{self._what}: {text}\n")
        self._stream.flush()
