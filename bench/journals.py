"""A journal made for a measurement, in process: the same sequencer and file journal the engine runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import flow
from exchange.engine import messages as m
from exchange.node.sequencer import open_sequencer

#: Commands of a record, as of a busy turn.
BATCH = 200


def write(folder: Path, opening: Sequence[m.Command], commands: Sequence[m.Command]) -> int:
    """Sequence both into a new journal under ``folder``; the last sequence. Time passes as if 50,000 commands
    came a second."""
    now_ns = flow.START_NS
    with open_sequencer(folder / "journal", folder / "snapshots", clock=lambda: now_ns) as sequencer:
        for part in (opening, commands):
            for at in range(0, len(part), BATCH):
                now_ns += BATCH * flow.STEP_NS
                sequencer.submit(part[at : at + BATCH])
        return sequencer.position.sequence
