"""The engine as a process: options, signals, the collector, exit codes.

``manage.py runengine`` runs it with the project's settings. ``python -m exchange.node`` runs it from
its options alone: without Django it is up again after a crash in a fraction of the time.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange import core
from exchange.journal.errors import JournalError
from exchange.journal.file_journal import DEFAULT_SEGMENT_BYTES
from exchange.node.clock import GuardedClock, check_start
from exchange.node.disk_room import DiskRoom, Reserve
from exchange.node.engine_health import EngineHealth
from exchange.node.sequencer import Sequencer, open_sequencer
from exchange.node.server import EngineServer, Limits
from exchange.telemetry.doors import open_side_door, read_addresses
from exchange.telemetry.logs import get_logger
from exchange.telemetry.process_health import health_pages

log = get_logger(__name__)

#: What an operator may say of the clock at a start: nothing, that a long gap is right, or that the journal
#: is.
CLOCKS = ("guarded", "accept", "journal")


def add_arguments(parser: ArgumentParser, *, required: bool) -> None:
    """Options of the engine process; the paths are ``required`` where no settings give them."""
    limits = Limits()
    parser.add_argument("--journal", type=Path, required=required, help="folder of the journal")
    parser.add_argument("--snapshots", type=Path, required=required, help="folder of snapshots")
    parser.add_argument("--socket", type=Path, required=required, help="Unix socket to serve")
    parser.add_argument("--side-door", type=Path, help="folder of its side door (default: the socket's)")
    parser.add_argument("--segment-bytes", type=int, default=DEFAULT_SEGMENT_BYTES)
    parser.add_argument("--max-batch", type=int, default=limits.max_batch_commands)
    parser.add_argument("--max-waiting", type=int, default=limits.max_waiting_commands)
    parser.add_argument("--max-output-bytes", type=int, default=limits.max_output_bytes)
    parser.add_argument(
        "--disk-reserve-mb",
        type=int,
        default=int(os.environ.get("DISK_RESERVE_MB", Reserve().floor_bytes >> 20)),
        help="free MiB below which the venue is cancel-only; 0 watches no disk",
    )
    parser.add_argument(
        "--watch-disk",
        type=Path,
        action="append",
        default=[],
        help="a folder beside journal and snapshots whose file system is watched, such as the database's",
    )
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default=os.environ.get("ENGINE_CLOCK", CLOCKS[0]),
        help="accept: take a time of day long after the journal's last record; journal: go on from its time",
    )


def run(options: Mapping[str, Any]) -> int:
    """Run the engine with parsed options; the exit code."""
    limits = Limits(
        max_batch_commands=options["max_batch"],
        max_waiting_commands=options["max_waiting"],
        max_output_bytes=options["max_output_bytes"],
    )
    folder = options["side_door"] or options["socket"].parent
    addresses = read_addresses(os.environ.get("SIDE_DOORS", ""))
    health = EngineHealth()
    pages = health_pages(health.readiness)
    try:
        with open_side_door("engine", folder, pages, addresses, core=core.running()):
            _serve(
                options["journal"],
                options["snapshots"],
                options["socket"],
                limits,
                options["segment_bytes"],
                options["clock"],
                disk_room(options),
                health,
            )
    except (JournalError, OSError) as error:
        log.critical("engine_stops", error=error)
        return 1
    return 0


def _serve(
    journal: Path,
    snapshots: Path,
    socket_path: Path,
    limits: Limits,
    segment_bytes: int,
    clock: str,
    disk: DiskRoom,
    health: EngineHealth,
) -> None:
    """Recover, serve until SIGTERM or SIGINT, seal. Raises JournalError, ClockRefused among them."""
    # A full collection of a large book stalls for hundreds of milliseconds, and the core makes no
    # cycles that need one.
    gc.disable()
    sequencer = open_sequencer(journal, snapshots, segment_bytes=segment_bytes)
    gc.collect()
    gc.freeze()
    with sequencer:
        _set_clock(sequencer, clock)
        epoch, sequence = sequencer.journal.epoch, sequencer.position.sequence
        log.info("engine_started", core=core.running(), epoch=epoch, sequence=sequence)
        server = EngineServer(sequencer, socket_path, limits, disk)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        health.server = server
        server.run()


def disk_room(options: Mapping[str, Any]) -> DiskRoom:
    """What watches the disks, by the options."""
    if not options["disk_reserve_mb"]:
        return DiskRoom()
    reserve = Reserve(options["disk_reserve_mb"] << 20, options["segment_bytes"])
    folders = [options["journal"], options["snapshots"], *options["watch_disk"]]
    return DiskRoom(folders, options["snapshots"], reserve)


def _set_clock(sequencer: Sequencer, clock: str) -> None:
    """Give the sequencer its clock. Raises ClockRefused where the time of day cannot be right."""
    journal_ns = sequencer.engine.now_ns
    if clock == "journal" and journal_ns:
        sequencer.clock = GuardedClock(start_ns=journal_ns)
        return
    check_start(journal_ns, time.time_ns(), accept_gap=clock == "accept")
    sequencer.clock = GuardedClock()
