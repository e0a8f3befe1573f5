"""Folders and open sequencers for the journal tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.node.sequencer import Sequencer, open_sequencer
from tests.exchange.journal.flow import NOW_NS


class Folders:
    """Where one test's exchange lives."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = root / "journal"
        self.snapshots = root / "snapshots"

    def open(self, **options: object) -> Sequencer:
        options.setdefault("clock", lambda: NOW_NS)
        options.setdefault("segment_bytes", 64 * 1024)
        return open_sequencer(self.journal, self.snapshots, **options)  # type: ignore[arg-type]

    def segments(self) -> list[Path]:
        return sorted(self.journal.glob("*.segment"))


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)
