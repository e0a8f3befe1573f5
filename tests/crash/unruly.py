"""``manage.py runengine`` as a harness wants it: with a journal broken on purpose, a clock that can be set
wrong, and a queue that is soon full.

``CRASH_CANARY``   a canary of the engine's, or empty
``CRASH_CLOCK``    a file that states by how many seconds the time of day is wrong; none: it is right
``CRASH_SLOW_MS``  how long the engine takes from a sync to its replies: a kill finds something there
``CRASH_KEPT``     the folder where what is synced is kept, for a power cut (``tests.crash.power``), or empty
"""

from __future__ import annotations

import os
import selectors
import sys
import threading
import time
from pathlib import Path
from typing import Any

from exchange.journal.files import OS_FILES, Files
from tests.crash.canaries import CANARIES, Through
from tests.crash.power import SELDOM_S, Kept, NotingFiles

_honest_time_ns = time.time_ns


def set_wrong(path: Path) -> None:
    """Let the time of day be wrong by what the file says. To be called before anything takes the clock."""

    def time_ns() -> int:
        try:
            offset_s = float(path.read_text() or 0)
        except (OSError, ValueError):
            offset_s = 0.0
        return _honest_time_ns() + int(offset_s * 1e9)

    time.time_ns = time_ns


class AcknowledgesEarly(Through):
    """Syncs once a second, all that was acknowledged meanwhile."""

    _last: threading.Timer | None = None

    def sync_data(self, file: int) -> None:
        if self._last is None or not self._last.is_alive():
            self._last = threading.Timer(SELDOM_S, self._files.sync_data, (file,))
            self._last.start()


class EldestFirst(selectors.DefaultSelector):
    """Serves whoever came last after all others, as a kernel may: who comes back finds a queue full that is
    being filled."""

    def select(self, timeout: float | None = None) -> Any:
        return sorted(super().select(timeout), key=lambda ready: ready[0].fd)


def files_of(canary: str) -> Files:
    """The engine's files: watched for a power cut where one may come, broken where a canary says so."""
    kept = os.environ.get("CRASH_KEPT", "")
    files = NotingFiles(OS_FILES, Kept(Path(kept))) if kept else OS_FILES
    if canary == "acknowledge-early":
        return AcknowledgesEarly(files)
    return CANARIES[canary]["canary"](files) if canary in CANARIES else files


def main() -> None:
    if clock := os.environ.get("CRASH_CLOCK", ""):
        set_wrong(Path(clock))
    # Only now: the engine's clock is taken when its module is read.
    from exchange.node import clock as node_clock
    from exchange.node import engine_process, listener, sequencer, server

    canary = os.environ.get("CRASH_CANARY", "")
    if canary == "believe-the-clock":
        node_clock.GuardedClock.__call__ = lambda self: self._day_ns()  # type: ignore[method-assign]
    if canary == "deaf":
        listener.Listener._listen_anew = lambda self: None  # type: ignore[method-assign]
    files = files_of(canary)
    honest = sequencer.open_sequencer
    publish = server.EngineServer._publish
    slow_s = int(os.environ.get("CRASH_SLOW_MS", "0")) / 1_000

    def open_broken(*args: Any, **options: Any) -> sequencer.Sequencer:
        return honest(*args, **options, files=files)

    def publish_late(self: server.EngineServer, turn: Any) -> None:
        time.sleep(slow_s)
        publish(self, turn)

    engine_process.open_sequencer = open_broken  # type: ignore[attr-defined]
    server.EngineServer._publish = publish_late  # type: ignore[method-assign]
    server.selectors.DefaultSelector = EldestFirst  # type: ignore[misc]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    from django.core.management import execute_from_command_line

    busy = ("--max-waiting=40", "--max-batch=20") if slow_s else ()
    execute_from_command_line(["manage.py", "runengine", *busy, *sys.argv[1:]])


if __name__ == "__main__":
    main()
