"""Followers fold the same state, never know more than the disk, and resume exactly where they stood."""

from __future__ import annotations

import time
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine.messages import EV_REJECTED
from exchange.journal.errors import JournalDamaged
from exchange.journal.records import START, Position
from exchange.journal.recovery import recover
from exchange.link.errors import FollowerDisagrees, PositionUnknown
from exchange.link.follower import Batch, Follower
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import market, opened_at, orders, take
from tests.exchange.node.conftest import EngineProcess, Service


@pytest.fixture
def folders(tmp_path: Any) -> Folders:
    return Folders(tmp_path)


def drain(follower: Follower) -> list[Batch]:
    """All that is durable now."""
    batches: list[Batch] = []
    while got := follower.poll(0.0):
        batches += got
    return batches


def until(follower: Follower, sequence: int) -> list[Batch]:
    """Poll until the follower stands at ``sequence``."""
    batches, deadline = [], time.monotonic() + 20
    while follower.position.sequence < sequence:
        assert time.monotonic() < deadline
        batches += follower.poll(0.2)
    return batches


def test_without_an_engine_it_goes_as_far_as_the_journal_vouches(folders: Folders) -> None:
    flow = orders()
    sequencer = folders.open(segment_bytes=2_048)
    with Follower(folders.journal, folders.snapshots) as follower:
        assert drain(follower) == []
        positions = []
        for batch in [market(), *(take(flow, 4) for _ in range(20))]:
            before = sequencer.position
            sequencer.submit(batch)
            positions.append(sequencer.position)
            drain(follower)
            assert follower.position == before, "the batch just written is vouched for by nothing"
        sequencer.seal()
        last = drain(follower)
        assert follower.position == sequencer.position == last[-1].position
        assert follower.engine.state_hash() == sequencer.engine.state_hash()
        assert follower.durable_sequence == follower.position.sequence
    sequencer.close()


def test_the_events_are_the_engines_own(service: Service) -> None:
    flow = orders()
    with Follower(service.journal, service.snapshots, socket_path=service.socket) as follower:
        until(follower, opened_at())
        outcomes = [outcome for _ in range(10) for outcome in service.client.submit_many(take(flow, 25))]
        batches = until(follower, outcomes[-1].sequence)
    by_sequence = {
        batch.first_sequence + place: (batch.now_ns, events)
        for batch in batches
        for place, events in enumerate(batch.events)
    }
    for outcome in outcomes:
        assert by_sequence[outcome.sequence] == (outcome.now_ns, outcome.events)


def test_it_resumes_at_a_stored_position_from_a_snapshot(folders: Folders) -> None:
    flow = orders()
    with folders.open(segment_bytes=2_048) as sequencer:
        for batch in [market(), *(take(flow, 4) for _ in range(30))]:
            sequencer.submit(batch)
    with Follower(folders.journal, folders.snapshots) as follower:
        batches = drain(follower)
    for stored in (START, *(batch.position for batch in batches)):
        with Follower(folders.journal, folders.snapshots, position=stored) as follower:
            assert follower.position == stored
            rest = drain(follower)
            assert rest == [batch for batch in batches if batch.first_sequence > stored.sequence]
            if stored.sequence % 5 == 0 and stored.sequence:
                follower.write(follower.image())
    assert len(list(folders.snapshots.iterdir())) >= 1


def test_a_position_of_another_journal_is_refused(folders: Folders) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market())
        position = sequencer.position
    with pytest.raises(FollowerDisagrees, match="stored position"):
        Follower(folders.journal, folders.snapshots, position=Position(position.sequence, "0" * 32))
    with pytest.raises(PositionUnknown, match="lost records"):
        Follower(folders.journal, folders.snapshots, position=Position(99, position.event_hash))
    with pytest.raises(FollowerDisagrees):
        Follower(folders.journal, folders.snapshots, position=Position(3, position.event_hash))


@pytest.mark.python_core
def test_a_fold_that_disagrees_is_found_at_the_next_batch(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Different(Engine):
        def apply(self, command: tuple[Any, ...], now_ns: int) -> list[tuple[Any, ...]]:
            events = super().apply(command, now_ns)
            return [(EV_REJECTED, "x", 0, "X", ())] if command[1] == "1:1" else events

    with folders.open() as sequencer:
        sequencer.submit(market())
        sequencer.submit(take(orders(), 3))
    monkeypatch.setattr("exchange.journal.recovery.Engine", Different)
    with Follower(folders.journal, folders.snapshots) as follower, pytest.raises(FollowerDisagrees):
        drain(follower)


def test_durable_but_unreadable_is_damage(service: Service) -> None:
    with Follower(service.journal, service.snapshots, socket_path=service.socket) as follower:
        until(follower, opened_at())
        service.client.submit_many(take(orders(), 3))
        (segment,) = service.journal.glob("*.segment")
        data = bytearray(segment.read_bytes())
        damaged = follower._reader.place[1] + 80
        with open(segment, "r+b") as file:
            file.seek(damaged)
            file.write(bytes([data[damaged] ^ 1]))
        with pytest.raises(JournalDamaged):
            until(follower, opened_at() + 3)


def test_it_follows_an_engine_through_kill_9(engine: EngineProcess) -> None:
    engine.start("--segment-bytes", "30000")
    client = engine.client()
    client.submit_many(market())
    flow = orders()
    seen: list[Batch] = []
    with Follower(engine.journal, engine.snapshots, socket_path=engine.socket) as follower:
        for _ in range(3):
            for _ in range(5):
                last = client.submit_many(take(flow, 20))[-1].sequence
                seen += follower.poll(0.05)
            engine.kill()
            seen += until(follower, last - 20)
            engine.start("--segment-bytes", "30000")
        last = client.submit_many(take(flow, 20))[-1].sequence
        seen += until(follower, last)
        assert engine.stop() == 0
        core, position = recover(engine.journal, engine.snapshots)
        seen += drain(follower)
        assert follower.position == position and follower.engine.state_hash() == core.state_hash()
    assert [b.first_sequence for b in seen[1:]] == [b.position.sequence + 1 for b in seen[:-1]]
