"""The engine as a process: options, signals, the collector, exit codes.

``manage.py runengine`` runs it with the project's settings. ``python -m exchange.worker`` runs it from
its options alone: without Django it is up again after a crash in a fraction of the time.
"""

from __future__ import annotations

import gc
import logging
import signal
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exchange import core
from exchange.journal.errors import JournalError
from exchange.journal.file_journal import DEFAULT_SEGMENT_BYTES
from exchange.worker.sequencer import open_sequencer
from exchange.worker.server import EngineServer, Limits

log = logging.getLogger(__name__)


def add_arguments(parser: ArgumentParser, *, required: bool) -> None:
    """Options of the engine process; the paths are ``required`` where no settings give them."""
    limits = Limits()
    parser.add_argument("--journal", type=Path, required=required, help="folder of the journal")
    parser.add_argument("--snapshots", type=Path, required=required, help="folder of snapshots")
    parser.add_argument("--socket", type=Path, required=required, help="Unix socket to serve")
    parser.add_argument("--segment-bytes", type=int, default=DEFAULT_SEGMENT_BYTES)
    parser.add_argument("--max-batch", type=int, default=limits.max_batch_commands)
    parser.add_argument("--max-waiting", type=int, default=limits.max_waiting_commands)
    parser.add_argument("--max-output-bytes", type=int, default=limits.max_output_bytes)


def run(options: Mapping[str, Any]) -> int:
    """Run the engine with parsed options; the exit code."""
    limits = Limits(
        max_batch_commands=options["max_batch"],
        max_waiting_commands=options["max_waiting"],
        max_output_bytes=options["max_output_bytes"],
    )
    try:
        _serve(options["journal"], options["snapshots"], options["socket"], limits, options["segment_bytes"])
    except (JournalError, OSError) as error:
        log.critical("the engine stops: %s", error)
        return 1
    return 0


def _serve(journal: Path, snapshots: Path, socket_path: Path, limits: Limits, segment_bytes: int) -> None:
    """Recover, serve until SIGTERM or SIGINT, seal. Raises JournalError."""
    # A full collection of a large book stalls for hundreds of milliseconds, and the core makes no
    # cycles that need one.
    gc.disable()
    sequencer = open_sequencer(journal, snapshots, segment_bytes=segment_bytes)
    gc.collect()
    gc.freeze()
    with sequencer:
        epoch, sequence = sequencer.journal.epoch, sequencer.position.sequence
        log.info("%s core, epoch %d, state at sequence %d", core.running(), epoch, sequence)
        server = EngineServer(sequencer, socket_path, limits)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        server.run()
