"""``manage.py journal`` as an operator meets it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exchange.journal.snapshots import write_snapshot
from tests.beginning import BEGINNING
from tests.journal.conftest import Folders
from tests.journal.flow import market, opened_at, orders, take

#: Where the exchange of these tests stops.
LAST = opened_at() + 20 * 4


def journal(folders: Folders, action: str, *options: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    places = ("--journal", str(folders.journal), "--snapshots", str(folders.snapshots))
    call_command("journal", action, *places, *options, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def traded(folders: Folders) -> Folders:
    """A stopped exchange with a few segments and one snapshot."""
    flow = orders()
    with folders.open(segment_bytes=2_048) as sequencer:
        sequencer.submit(market())
        for number in range(20):
            sequencer.submit(take(flow, 4))
            if number == 15:
                write_snapshot(folders.snapshots, sequencer.engine, sequencer.position.event_hash)
    return folders


def test_verify_says_what_is_there(traded: Folders) -> None:
    text = journal(traded, "verify", "--fold")
    assert f"commands: {LAST}\n" in text and f"last_sequence: {LAST}\n" in text and "state_hash: " in text


def test_verify_of_a_damaged_journal_fails_and_names_it(traded: Folders) -> None:
    segment = traded.segments()[1]
    data = bytearray(segment.read_bytes())
    data[300] ^= 2
    segment.write_bytes(data)
    with pytest.raises(SystemExit):
        journal(traded, "verify")
    with pytest.raises(CommandError, match=segment.name):
        journal(traded, "repair")
    assert segment.name in journal(traded, "repair", "--force")
    assert "problems" not in journal(traded, "verify")


def test_export_is_one_command_a_line(traded: Folders) -> None:
    rows = [json.loads(line) for line in journal(traded, "export", "--after", str(LAST - 2)).splitlines()]
    assert [row["sequence"] for row in rows] == [LAST - 1, LAST]
    first = [json.loads(line) for line in journal(traded, "export").splitlines()]
    ids = [(command[0], command[1]) for command in (*BEGINNING, *market())]
    assert [tuple(row["command"][:2]) for row in first[: len(ids)]] == ids
    rich = next(row["command"] for row in first if row["command"][1] == "krw:1000")
    assert rich[4] == 10**23


def test_repair_waits_for_the_engine_to_stop(traded: Folders) -> None:
    with traded.open(), pytest.raises(CommandError, match="held by another engine"):
        journal(traded, "repair")
    assert "nothing to repair" in journal(traded, "repair")


def test_archive_keeps_what_recovery_needs(traded: Folders, tmp_path: Path) -> None:
    assert "moved" in journal(traded, "archive", "--to", str(tmp_path / "old"), "--behind", "1000")
    moved = list((tmp_path / "old").iterdir())
    assert moved
    with traded.open() as sequencer:
        assert sequencer.position.sequence == LAST
    for snapshot in traded.snapshots.iterdir():
        snapshot.unlink()
    with pytest.raises(CommandError, match="no snapshot"):
        journal(traded, "archive", "--to", str(tmp_path / "old"), "--behind", "1000")


def test_no_journal_is_said(folders: Folders) -> None:
    with pytest.raises(CommandError, match="no journal"):
        journal(folders, "verify")
