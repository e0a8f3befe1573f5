"""What the engine measures: its stages by batch, and what its status says, read at each scrape.

Nothing here is done for each command.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.telemetry.instruments import Durations
from exchange.telemetry.measures import own

_NS: Final = 1_000_000_000
#: Entry of the status -> metric; the rest of a name is its kind's.
_COUNTED: Final = ("commands", "batches", "turns", "busy", "malformed", "duplicates")
_GAUGES: Final = ("clients", "subscribers", "followers", "sequence", "epoch", "rules_version")
_DISK: Final = ("free_bytes", "reserve_bytes", "hours_left")
_SIZES: Final = ("symbols", "accounts", "open_orders", "finished_orders", "command_ids", "control_ids")


class EngineFigures:
    """Of one server. ``came``, ``taken`` and ``answered`` are called once a turn at most."""

    def __init__(self, status: Callable[[], Mapping[str, Any]]) -> None:
        figures = own()
        self._queue: Durations = figures.durations("xtrader_engine_queue_seconds")
        self._reply: Durations = figures.durations("xtrader_engine_reply_seconds")
        self._sizes = figures.sizes("xtrader_engine_batch_commands")
        #: How many commands had ever come by the end of a turn's reading, and when it was read.
        self._arrivals: deque[tuple[int, int]] = deque()
        self._came = self._taken = 0
        self._synced_ns = 0
        self._show(status)

    def came(self, waiting: int) -> None:
        """A turn has read what was there; so many commands wait now."""
        came = self._taken + waiting
        if came > self._came:
            self._came = came
            self._arrivals.append((came, time.perf_counter_ns()))

    def taken(self, count: int) -> None:
        """A batch of so many is begun. Those that came first are taken to go first, as they do unless one
        account has sent too much."""
        now_ns, arrivals, before = time.perf_counter_ns(), self._arrivals, self._taken
        self._taken = after = before + count
        self._sizes.observe(count)
        while before < after and arrivals:
            last, read_ns = arrivals[0]
            until = min(last, after)
            self._queue.observe(now_ns - read_ns, until - before)
            before = until
            if last <= after:
                arrivals.popleft()

    def synced(self) -> None:
        """The batch is on the disk, and its answers may go."""
        self._synced_ns = time.perf_counter_ns()

    def answered(self) -> None:
        """The turn has sent what it had to send."""
        if self._synced_ns:
            self._reply.observe(time.perf_counter_ns() - self._synced_ns)
            self._synced_ns = 0

    def _show(self, status: Callable[[], Mapping[str, Any]]) -> None:
        read = own().read
        for name in _COUNTED:
            read(f"xtrader_engine_{name}_total", lambda name=name: status()[name])  # type: ignore[misc]
        for name in _GAUGES:
            read(f"xtrader_engine_{name}", lambda name=name: status()[name])  # type: ignore[misc]
        for name in _SIZES:
            read(f"xtrader_engine_{name}", lambda name=name: status()["counts"][name])  # type: ignore[misc]
        for name in _DISK:
            read(f"xtrader_disk_{name}", lambda name=name: _of_disk(status(), name))  # type: ignore[misc]
        read("xtrader_engine_crashes_total", lambda: status()["quarantined"])
        read("xtrader_engine_trades_total", lambda: status()["counts"]["trades"])
        read("xtrader_engine_cancel_only", lambda: int(status()["cancel_only"]))
        read("xtrader_engine_queue_commands", lambda: status()["queue"])
        read("xtrader_engine_durable_sequence", lambda: status()["durable"])
        read("xtrader_engine_clock_believed", lambda: status()["clock_believed"])
        read("xtrader_engine_clock_difference_seconds", lambda: status()["clock_difference_ns"] / _NS)


def _of_disk(status: Mapping[str, Any], name: str) -> dict[str, float]:
    """By folder; empty where nothing is watched."""
    disk = status.get("disk") or {}
    return {disk["folder"]: disk[name]} if name in disk else {}
