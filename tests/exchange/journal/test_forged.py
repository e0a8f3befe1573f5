"""Records whose checksums are right and whose contents cannot be: no engine wrote them here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exchange.journal.codec import encode_commands
from exchange.journal.errors import JournalDamaged
from exchange.journal.file_journal import FileJournal
from exchange.journal.reader import JournalReader
from exchange.journal.records import BATCH, SEAL, Record, encode_record
from exchange.journal.recovery import recover
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import NOW_NS, market, orders, take


def records(folder: Path) -> list[Record]:
    with JournalReader(folder) as reader:
        return list(iter(reader.next, None))


def journal_of_two_epochs(folders: Folders) -> Record:
    """A journal that a second engine has gone on with; its last record."""
    for commands in (market(), take(orders(), 4)):
        with folders.open() as sequencer:
            sequencer.submit(commands)
    return records(folders.journal)[-1]


def add(folders: Folders, after: Record, **fields: Any) -> None:
    """Write one more record, right in all but ``fields``."""
    first = after.first_sequence + after.command_count
    right = {
        "shard": 0,
        "epoch": after.epoch,
        "first_sequence": first,
        "command_count": 0,
        "now_ns": NOW_NS,
        "durable_sequence": first - 1,
        "event_hash": after.event_hash,
    }
    data = encode_record(fields.pop("kind", SEAL), **(right | fields))
    segment = folders.segments()[-1]
    content = bytearray(segment.read_bytes())
    assert not any(content[after.end :])
    content[after.end : after.end + len(data)] = data
    segment.write_bytes(content)


def batch(**fields: Any) -> dict[str, Any]:
    commands = take(orders(2), 3)
    return {"kind": BATCH, "command_count": 3, "payload": encode_commands(commands), **fields}


def test_a_record_right_in_everything_is_taken(folders: Folders) -> None:
    last = journal_of_two_epochs(folders)
    add(folders, last, **batch())
    assert recover(folders.journal, None)[1].sequence == last.first_sequence + 2


@pytest.mark.parametrize("too_far", [1, 2, 3, 1_000])
def test_no_record_states_itself_durable(folders: Folders, too_far: int) -> None:
    last = journal_of_two_epochs(folders)
    add(folders, last, **batch(durable_sequence=last.first_sequence - 1 + too_far))
    with pytest.raises(JournalDamaged, match="durable before it was written"):
        recover(folders.journal, None)


@pytest.mark.parametrize("kind", ["batch", "seal"])
def test_no_epoch_comes_after_a_later_one(folders: Folders, kind: str) -> None:
    last = journal_of_two_epochs(folders)
    add(folders, last, **({"epoch": 1} if kind == "seal" else batch(epoch=1)))
    with pytest.raises(JournalDamaged, match="epoch 1 after epoch 2"):
        recover(folders.journal, None)


@pytest.mark.parametrize("away", [-1, 1, 100])
def test_no_sequence_is_left_out_or_given_twice(folders: Folders, away: int) -> None:
    last = journal_of_two_epochs(folders)
    first = last.first_sequence + away
    add(folders, last, **batch(first_sequence=first, durable_sequence=last.first_sequence - 2))
    with pytest.raises(JournalDamaged, match="was due"):
        recover(folders.journal, None)


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("found", [b"\x01", b"xTjR", b"\xff" * 40])
def test_bytes_behind_the_last_record_of_an_older_segment_are_damage(
    folders: Folders, place: str, found: bytes
) -> None:
    """It was whole when the next one was begun: nothing unfinished can stand there."""
    with folders.open(segment_bytes=2_048) as sequencer:
        sequencer.submit(market())
        flow = orders()
        while len(folders.segments()) < 4:
            sequencer.submit(take(flow, 2))
    second = folders.segments()[1]
    ends = [record.end for record in _records_of(folders.journal, second)]
    content = bytearray(second.read_bytes())
    room = len(content) - ends[-1]
    assert room > len(found), "the segment was used up to its end"
    at = ends[-1] if place == "first" else len(content) - len(found)
    content[at : at + len(found)] = found
    second.write_bytes(content)
    with pytest.raises(JournalDamaged, match="follows"):
        recover(folders.journal, None)


def _records_of(folder: Path, segment: Path) -> list[Record]:
    found = []
    with JournalReader(folder) as reader:
        while (record := reader.next()) is not None:
            if reader.place[0] == segment:
                found.append(record)
    return found


def test_a_torn_batch_of_more_than_a_megabyte_leaves_nothing_behind(folders: Folders) -> None:
    """Cut from a segment that is left soon after: none of it may stand behind the segment's last record."""
    big = [("filler", "x" * 1_000)] * 1_600
    journal = FileJournal(folders.journal, segment_bytes=2 * 1024 * 1024)
    with JournalReader(folders.journal) as reader:
        journal.begin(reader.end(), bytes(16))
    journal.append(1, NOW_NS, [("small",)], bytes(16))
    torn = encode_record(
        BATCH,
        shard=0,
        epoch=1,
        first_sequence=2,
        command_count=len(big),
        now_ns=NOW_NS,
        durable_sequence=1,
        event_hash=bytes(16),
        payload=encode_commands(big),
    )
    journal.files.write(journal._file, torn[8:], journal._offset + 8)
    journal.close()
    again = FileJournal(folders.journal, segment_bytes=2 * 1024 * 1024)
    with JournalReader(folders.journal) as reader:
        assert [record.kind for record in iter(reader.next, None)][-1] == BATCH
        end = reader.end()
    assert end.torn_bytes > 1_500_000
    again.begin(end, bytes(16))
    again.append(2, NOW_NS, [("small",)], bytes(16))
    again.append(3, NOW_NS, big * 2, bytes(16))
    again.close()
    assert len(folders.segments()) == 2
    assert records(folders.journal)[-1].last_sequence == 2 + 2 * len(big)
