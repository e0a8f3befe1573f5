"""Labels of requests in the journal: beside the commands, never in them; no state or hash has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.engine import messages
from exchange.journal import tools
from exchange.journal.archive import Archiver
from exchange.journal.codec import decode_commands, encode, encode_commands
from exchange.journal.reader import JournalReader
from exchange.journal.records import (
    FORMAT_VERSION,
    LABELED_VERSION,
    RECORD_BYTES,
    decode_record,
    encode_record,
    labeled_payload,
)
from exchange.journal.recovery import recover
from exchange.link.follower import Follower
from exchange.management.commands import journal as journal_command
from exchange.node.command_shapes import _VIEWS
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import market, orders, take
from tests.exchange.journal.test_command import journal


def labels_in(folders: Folders) -> list[tuple[int, list[str]]]:
    """Format version and labels of each record with commands."""
    reader = JournalReader(folders.journal, 0)
    found = []
    while (record := reader.next()) is not None:
        if record.command_count:
            found.append((record.format_version, record.labels()))
    return found


def labels_by_command(folders: Folders) -> dict[str, str]:
    """Command id → request id, of those that have one."""
    rows = tools.export(folders.journal)
    return {row["command"][1]: row["request_id"] for row in rows if "request_id" in row}


def test_a_labeled_batch_folds_as_one_without(tmp_path: Path) -> None:
    plain, labeled = Folders(tmp_path / "plain"), Folders(tmp_path / "labeled")
    batches = [market(), *(take(orders(), 30)[start : start + 5] for start in range(0, 30, 5))]
    for folders in (plain, labeled):
        with folders.open(segment_bytes=4_096) as sequencer:
            for number, batch in enumerate(batches):
                names = [f"r{number}.{index}" for index in range(len(batch))]
                sequencer.run(batch, None, names if folders is labeled and number % 2 else ())
    engines = [recover(folders.journal, None) for folders in (plain, labeled)]
    assert engines[0][1] == engines[1][1], "the rolling hash of the events"
    assert engines[0][0].state_hash() == engines[1][0].state_hash()
    assert {version for version, _ in labels_in(plain)} == {FORMAT_VERSION}
    assert {version for version, _ in labels_in(labeled)} == {FORMAT_VERSION, LABELED_VERSION}
    assert not tools.verify(labeled.journal).problems


def test_repeated_commands_and_the_sequencers_own_do_not_shift_labels(folders: Folders) -> None:
    flow = take(orders(), 6)
    with folders.open() as sequencer:
        first = market()
        # The first batch is preceded by the rules.
        sequencer.run(first, None, [f"m{index}" for index in range(len(first))])
        sequencer.run(flow[:3], None, ["a", "", "c"])
        # Known from before, twice in one batch, and new.
        again = [flow[1], flow[3], flow[3], flow[0], flow[4]]
        sequencer.run(again, None, ["no", "d", "no", "no", "e"])
        sequencer.run([flow[5]])
    found = labels_by_command(folders)
    assert found[market()[0][1]] == "m0"
    assert {flow[index][1]: found.get(flow[index][1]) for index in range(6)} == {
        flow[0][1]: "a",
        flow[1][1]: None,
        flow[2][1]: "c",
        flow[3][1]: "d",
        flow[4][1]: "e",
        flow[5][1]: None,
    }


def test_a_follower_hands_them_out_and_the_archive_keeps_them(folders: Folders) -> None:
    flow = orders()
    with folders.open(segment_bytes=2_048) as sequencer:
        sequencer.submit(market())
        for number in range(20):
            batch = take(flow, 4)
            sequencer.run(batch, None, [f"request-{number}"] * 4)
        last = sequencer.position.sequence
    with Follower(folders.journal, folders.snapshots) as follower:
        batches = follower.poll(0.0)
    assert [batch.labels for batch in batches if batch.labels] == [[f"request-{n}"] * 4 for n in range(20)]
    archiver = Archiver(folders.journal, keep=1)
    archiver.allow(last)
    assert archiver.run() > 2
    rows = [json.loads(line) for line in journal(folders, "find", "request-1").splitlines()]
    assert len(rows) == 4 and {row["request_id"] for row in rows} == {"request-1"}, "not of request-10"
    assert all(row["kind"] and row["time"].startswith("2026-") for row in rows)
    with pytest.raises(CommandError, match="no command of the request nobody"):
        call_command("journal", "find", "nobody", "--journal", str(folders.journal))


@given(st.lists(st.text(alphabet="abc. -0", max_size=12), min_size=1, max_size=8), st.integers(0, 4_000))
@settings(max_examples=200, deadline=None)
def test_every_damaged_bit_of_a_labeled_record_is_seen(labels: list[str], place: int) -> None:
    commands = take(orders(), len(labels))
    payload = labeled_payload(encode_commands(commands), encode(labels))
    data = encode_record(
        1, shard=0, epoch=1, first_sequence=1, command_count=len(commands), now_ns=1, durable_sequence=0,
        event_hash=bytes(16), payload=payload, format_version=LABELED_VERSION,
    )  # fmt: skip
    record = decode_record(data, 0, 0)
    assert record is not None and record.commands() == commands and record.labels() == labels
    damaged = bytearray(data)
    damaged[place % len(data)] ^= 1 << (place % 8)
    assert decode_record(bytes(damaged), 0, 0) is None
    assert decode_commands(data[RECORD_BYTES + 4 : RECORD_BYTES + 4 + len(encode_commands(commands))])


def test_every_command_has_a_word() -> None:
    assert set(journal_command._KINDS) == {*_VIEWS, messages.TICK}
