"""Reads of the database for an event loop: a few threads, each with a connection that stays open.

What waits when a thread is free goes to it in one lot, which asks once how far the tables have come. Reads
that may pass over many rows have threads of their own, so that they hold up no others. A page of an account
whose history has not changed since it was read (``kept_pages``) needs neither thread nor database.
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
from web.lanes.kept_pages import KeptPages
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
    done: asyncio.Future[_FromTables | None]


class _FromTables(NamedTuple):
    """A reply, and what the tables had reached at least when it was read."""

    body: Encoded
    reached: int


class TableReads:
    """Answers reads on the loop that first asks."""

    def __init__(self) -> None:
        self._quick = _Threads("history read")
        self._searches = _Threads("history search")
        self._pages = KeptPages()
        self._how_far: asyncio.Future[Answer] | None = None

    async def answer(self, read: HistoryRead, account: int) -> Encoded:
        """The reply. Raises what the read does, EngineError, and what Django raises without its database."""
        question = read.question(account)
        if question != HOW_FAR:
            answer = await engine_link.aquery(*question)
            body = read.at_once(answer)
            return (await self._stored(read, account, answer)).body if body is None else body
        answer = await self._ask_how_far()
        kept = self._pages.recall(read, account, answer.sequence)
        if kept is not None:
            return kept
        found = await self._stored(read, account, answer)
        self._pages.keep(read, account, *found)
        return found.body

    async def _stored(self, read: HistoryRead, account: int, answer: Answer) -> _FromTables:
        """The reply from the tables, once they are as far as the answer or the patience is over."""
        patient_until_s = time.monotonic() + read.patience_s
        threads = self._searches if read.is_search else self._quick
        loop = asyncio.get_running_loop()
        while True:
            job = _Job(read, account, answer, patient_until_s, loop.create_future())
            threads.take(job)
            found = await job.done
            if found is not None:
                return found
            # The tables are not as far yet.
            await asyncio.sleep(_POLL_S)

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
        results: list[_FromTables | Exception | None] = [error] * len(lot)
    else:
        results = [_done(job, reached) for job in lot]
    loop = lot[0].done.get_loop()
    try:
        loop.call_soon_threadsafe(_hand_out, lot, results)
    except RuntimeError:
        # The loop was closed: nobody waits any more.
        return


def _done(job: _Job, reached: int) -> _FromTables | Exception | None:
    """The reply or its error; None while there is hope that the tables come as far as the answer."""
    if reached < job.answer.sequence and time.monotonic() < job.patient_until_s:
        return None
    try:
        body = _again_if_lost(lambda: job.read.from_tables(job.account, job.answer, reached))
    except Exception as error:
        return error
    return _FromTables(body, reached)


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
