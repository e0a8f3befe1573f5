"""Snapshots of the fold, written beside the folding.

The content of a snapshot is put together at once, which takes a fraction of a second for a million command
ids. Making bytes of it and writing them takes some times as long, and another thread does it. At most one is
on its way. Removing older snapshots and archiving the journal behind them wait until it is on the disk.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.files import Files
from exchange.journal.snapshots import Image, prune_snapshots
from exchange.link.follower import Follower
from exchange.telemetry.logs import get_logger
from marketdata.projection.follower_health import Health, Options

logger = get_logger(__name__)

_NICE = 15


class Snapshots:
    """Those of one follower. Use from the thread that folds; everything raises what writing one raised."""

    def __init__(
        self,
        follower: Follower,
        folder: Path,
        health: Health,
        *,
        options: Options,
        files: Files,
        archiver: Archiver | None,
    ) -> None:
        self._follower = follower
        self._folder = folder
        self._health = health
        self._kept = options.snapshots_kept
        self._files = files
        self._archiver = archiver
        self._thread = (
            ThreadPoolExecutor(1, "snapshot", initializer=_stand_back) if options.snapshot_thread else None
        )
        self._pending: Future[tuple[Path, float]] | None = None

    def work(self, sequence: int) -> None:
        """Finish the one on its way if it is written, and begin the next if it is due. The follower and the
        tables both stand at ``sequence``, so none is ever ahead of the tables."""
        if self._pending is not None and self._pending.done():
            self._end(sequence)
        if self._pending is None and self._health.is_snapshot_due(sequence):
            self._begin()

    def finish(self, sequence: int) -> None:
        """Write a last one if anything came since the one before."""
        self._end(sequence)
        if sequence > self._health.begun_sequence:
            self._begin()
            self._end(sequence)

    def close(self) -> None:
        """Wait for the one on its way."""
        if self._thread is not None:
            self._thread.shutdown()

    def _begin(self) -> None:
        started_s = time.thread_time()
        image = self._follower.image()
        imaged_s = time.thread_time() - started_s
        if self._thread is not None:
            self._pending = self._thread.submit(self._write, image, imaged_s)
        else:
            written = self._write(image, imaged_s)
            self._pending = Future()
            self._pending.set_result(written)
        self._health.snapshot_begun(image.sequence)

    def _write(self, image: Image, imaged_s: float) -> tuple[Path, float]:
        """The file and the processor time that both parts took."""
        started_s = time.thread_time()
        path = self._follower.write(image)
        return path, imaged_s + time.thread_time() - started_s

    def _end(self, sequence: int) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        path, took_s = pending.result()
        self._health.snapshot_written(took_s)
        prune_snapshots(self._folder, keep=self._kept, behind=sequence, files=self._files)
        logger.info("snapshot_written", snapshot=path.name)
        if self._archiver is not None:
            self._archiver.allow(min(unneeded_sequence(self._folder, files=self._files), sequence))


def _stand_back() -> None:
    """No snapshot is urgent: this thread takes the processor time that no other wants."""
    if sys.platform == "linux":
        # A thread has a priority of its own there.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
