"""Reads of the database for an event loop: a few threads, each with a connection that stays open.

What waits when a thread is free goes to it in one lot, which asks once how far the tables have come. Reads
that may pass over many rows have threads of their own, so that they hold up no others.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

from django.db import connection, connections

from exchange.link import engine_link
from exchange.link.protocol import Answer
from exchange.selectors.position import projected_sequence
from exchange.wire.shape_parts import Encoded
from web.access.outages import DATABASE_AWAY
from web.rest.history_reads import HOW_FAR, HistoryRead

#: Threads of either sort.
_THREADS: Final = 2
#: Most reads of a lot: the last waits for those before.
MAX_LOT: Final = 16
_POLL_S: Final = 0.005

_T = TypeVar("_T")


class _Job(NamedTuple):
    read: HistoryRead
    account: int
    answer: Answer
    #: Until then the tables may still come as far as the answer.
    patient_until_s: float
    done: asyncio.Future[Encoded | None]


class TableReads:
    """Answers reads on the loop that first asks."""

    def __init__(self) -> None:
        self._quick = _Threads("history read")
        self._searches = _Threads("history search")
        self._how_far: asyncio.Future[Answer] | None = None

    async def answer(self, read: HistoryRead, account: int) -> Encoded:
        """The reply. Raises what the read does, EngineError, and what Django raises without its database."""
        question = read.question(account)
        answer = await (self._ask_how_far() if question == HOW_FAR else engine_link.aquery(*question))
        body = read.at_once(answer)
        patient_until_s = time.monotonic() + read.patience_s
        threads = self._searches if read.is_search else self._quick
        loop = asyncio.get_running_loop()
        while body is None:
            job = _Job(read, account, answer, patient_until_s, loop.create_future())
            threads.take(job)
            body = await job.done
            if body is None:
                # The tables are not as far yet.
                await asyncio.sleep(_POLL_S)
        return body

    def close(self) -> None:
        """End the threads and their connections."""
        self._quick.close()
        self._searches.close()

    async def _ask_how_far(self) -> Answer:
        """One question serves all who wait when it is sent."""
        if self._how_far is None:
            self._how_far = asyncio.ensure_future(self._ask_for_all())
        # One of them may be cancelled.
        return await asyncio.shield(self._how_far)

    async def _ask_for_all(self) -> Answer:
        # A task begins in the next turn of the loop: who asks from here on is not served by this question.
        self._how_far = None
        return await engine_link.aquery(*HOW_FAR)


class _Threads:
    """Threads that take jobs in the order they come; started with the first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def take(self, job: _Job) -> None:
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._work, name=f"{self._name} {number}", daemon=True)
                for number in range(_THREADS)
            ]
            for thread in self._threads:
                thread.start()
        self._jobs.put(job)

    def close(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _work(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                lot, is_last = self._lot(job)
                _do(lot)
                if is_last:
                    return
        finally:
            connections.close_all()

    def _lot(self, first: _Job) -> tuple[list[_Job], bool]:
        """A job with those that wait behind it, and whether the thread is to end with them."""
        lot = [first]
        while len(lot) < MAX_LOT:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return lot, True
            lot.append(job)
        return lot, False


def _do(lot: list[_Job]) -> None:
    """Do the jobs and hand their results to the loop, all at once."""
    try:
        reached = _again_if_lost(projected_sequence)
    except Exception as error:
        results: list[Encoded | Exception | None] = [error] * len(lot)
    else:
        results = [_done(job, reached) for job in lot]
    loop = lot[0].done.get_loop()
    try:
        loop.call_soon_threadsafe(_hand_out, lot, results)
    except RuntimeError:
        # The loop was closed: nobody waits any more.
        return


def _done(job: _Job, reached: int) -> Encoded | Exception | None:
    """The reply or its error; None while there is hope that the tables come as far as the answer."""
    if reached < job.answer.sequence and time.monotonic() < job.patient_until_s:
        return None
    try:
        return _again_if_lost(lambda: job.read.from_tables(job.account, job.answer, reached))
    except Exception as error:
        return error


def _again_if_lost(work: Callable[[], _T]) -> _T:
    """A connection may have been cut since it was last used: then once more, on a new one."""
    had_connection = connection.connection is not None
    try:
        return work()
    except DATABASE_AWAY:
        connection.close()
        if not had_connection:
            raise
    try:
        return work()
    except DATABASE_AWAY:
        connection.close()
        raise


def _hand_out(lot: list[_Job], results: list[Any]) -> None:
    for job, result in zip(lot, results, strict=True):
        if job.done.done():
            continue
        if isinstance(result, Exception):
            job.done.set_exception(result)
        else:
            job.done.set_result(result)
