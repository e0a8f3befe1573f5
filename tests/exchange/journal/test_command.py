"""``manage.py journal`` as an operator meets it."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from exchange.engine import RULES_VERSION
from exchange.journal.snapshots import write_snapshot
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import market, orders, take


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
    assert "commands: 93" in text and "last_sequence: 93" in text and "state_hash: " in text


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
    rows = [json.loads(line) for line in journal(traded, "export", "--after", "91").splitlines()]
    assert [row["sequence"] for row in rows] == [92, 93]
    first = [json.loads(line) for line in journal(traded, "export").splitlines()]
    assert [tuple(row["command"][:2]) for row in first[:3]] == [
        (27, f"rules:{RULES_VERSION}"),
        (20, "asset:KRW"),
        (20, "asset:BTC"),
    ]
    rich = next(row["command"] for row in first if row["command"][1] == "krw:1000")
    assert rich[4] == 10**23


def test_repair_waits_for_the_engine_to_stop(traded: Folders) -> None:
    with traded.open(), pytest.raises(CommandError, match="held by another engine"):
        journal(traded, "repair")
    assert "nothing to repair" in journal(traded, "repair")


def test_archive_keeps_what_recovery_needs(traded: Folders) -> None:
    before = traded.segments()
    with pytest.raises(CommandError, match="1 or more"):
        journal(traded, "archive", "--keep", "0")
    assert "archived 0 segments" in journal(traded, "archive", "--keep", "100")
    assert "archived" in journal(traded, "archive")
    assert len(traded.segments()) < len(before)
    text = journal(traded, "verify", "--fold")
    assert f"segments: {len(before)}\n" in text and "last_sequence: 93" in text
    for snapshot in traded.snapshots.iterdir():
        snapshot.unlink()
    with traded.open() as sequencer:
        assert sequencer.position.sequence == 93
    with pytest.raises(CommandError, match="no whole snapshot"):
        journal(traded, "archive")


def test_no_journal_is_said(folders: Folders) -> None:
    with pytest.raises(CommandError, match="no journal"):
        journal(folders, "verify")
