"""Everything is delivered one to three times, in any order that is allowed: one effect, one reply.

The first delivery of a command takes its place in the sequence; every later one, whenever it comes, gets the
reply of the first. Retention: a day of sequenced time for traders' ids, for ever for the control plane's.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.journal.recovery import recover
from exchange.journal.snapshots import write_snapshot
from exchange.journal.tools import export
from exchange.link.follower import Follower, Position
from exchange.link.protocol import Outcome
from exchange.node.sequencer import Sequencer, open_sequencer
from marketdata.feed.board import Board
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import ProjectionError, Store
from tests.crash.every_type import EveryType
from tests.crash.script import SECOND, START_NS
from tests.marketdata.agreement import disagreements
from tests.marketdata.traffic import Traffic, opening

DAY = 24 * 3600 * SECOND


class Site:
    """A journal and a clock; ``restart`` is one of the ways an engine comes back."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.snapshots = folder / "journal", folder / "snapshots"
        self.now_ns = START_NS
        self.sequencer = self.open(self.snapshots)

    def open(self, snapshots: Path) -> Sequencer:
        return open_sequencer(self.journal, snapshots, clock=lambda: self.now_ns, segment_bytes=16_384)

    def restart(self, how: str) -> None:
        sequencer = self.sequencer
        if how == "snapshot":
            write_snapshot(self.snapshots, sequencer.engine, sequencer.position.event_hash)
        if how == "killed":
            sequencer.journal.close()
        else:
            sequencer.close()
        self.sequencer = self.open(self.snapshots.with_name("none") if how == "replay" else self.snapshots)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def reply(outcome: Outcome) -> tuple[int, list[m.Event]]:
    """What a client is told, first time or again: all but levels and balances."""
    kept = [event for event in outcome.events if event[0] not in (m.EV_LEVEL, m.EV_BALANCE)]
    return outcome.sequence, kept


def deliveries(commands: list[m.Command], luck: random.Random) -> list[m.Command]:
    """Each one to three times; the first ones within a few places of their order, the others anywhere
    after."""
    stream: list[tuple[float, m.Command]] = []
    for place, command in enumerate(commands):
        first = place + luck.uniform(0, 4)
        stream.append((first, command))
        for _ in range(luck.randrange(3)):
            stream.append((first + luck.expovariate(1 / 30), command))
    return [command for _, command in sorted(stream, key=lambda item: item[0])]


@pytest.mark.parametrize("seed", range(6))
def test_one_effect_and_one_reply_however_often_delivered(site: Site, seed: int) -> None:
    luck = random.Random(seed)
    times = count(START_NS, 2 * SECOND)
    stream = deliveries([*opening(), *EveryType(seed, lambda: next(times)).take(300)], luck)
    replies: dict[m.Command, tuple[int, list[m.Event]]] = {}
    firsts: list[m.Command] = []
    while stream:
        site.now_ns += luck.choice((1, SECOND, 25 * SECOND))
        batch = [stream.pop(0) for _ in range(min(len(stream), luck.randint(1, 12)))]
        for command, outcome in zip(batch, site.sequencer.submit(batch), strict=True):
            if command not in replies:
                firsts.append(command)
            assert replies.setdefault(command, reply(outcome)) == reply(outcome)
        if luck.random() < 0.1:
            site.restart(luck.choice(("clean", "killed", "snapshot", "replay")))
    journaled = [row["command"] for row in export(site.journal)]
    assert [command for command in journaled if command[0] not in (m.TICK, m.SET_RULES)] == firsts
    assert site.sequencer.engine.check() == []
    # Long after, over again, in any order: nothing moves.
    position = site.sequencer.position
    for command in luck.sample(firsts, len(firsts)):
        assert reply(site.sequencer.submit([command])[0]) == replies[command]
    assert site.sequencer.position == position
    assert recover(site.journal, None)[0].state_hash() == site.sequencer.engine.state_hash()


def order(command_id: str, lots: int = 10) -> m.Command:
    return m.place_order(command_id, 1001, "AAPL", m.BUY, price_ticks=20_000, quantity_lots=lots)


@pytest.mark.parametrize("how", ["none", "clean", "killed", "snapshot", "replay"])
def test_the_same_id_with_other_content_is_refused(site: Site, how: str) -> None:
    site.sequencer.submit([*opening(), order("a")])
    if how != "none":
        site.restart(how)
    position = site.sequencer.position
    (outcome,) = site.sequencer.submit([order("a", lots=11)])
    assert outcome.events[0][:4] == (m.EV_REJECTED, "a", 1001, "DUPLICATE_ID")
    assert (outcome.sequence, site.sequencer.position) == (0, position)
    # Ids are the account's own: another trader may use the same one.
    other = m.place_order("a", 1002, "AAPL", m.BUY, price_ticks=19_999, quantity_lots=10)
    assert site.sequencer.submit([other])[0].events[0][0] == m.EV_ORDER


@pytest.mark.parametrize("how", ["none", "killed", "snapshot", "replay"])
def test_retention_is_a_day_of_sequenced_time(site: Site, how: str) -> None:
    control = opening()[0]
    site.sequencer.submit([*opening(), order("a")])
    for after_ns, is_remembered in ((DAY - 60 * SECOND, True), (DAY + 60 * SECOND, False)):
        site.now_ns = START_NS + after_ns
        site.sequencer.tick()
        if how != "none":
            site.restart(how)
        before = site.sequencer.position.sequence
        (again, listed) = site.sequencer.submit([order("a"), control])
        assert (again.sequence <= before) == is_remembered, after_ns
        # The control plane's ids never expire.
        assert listed.sequence == 2


def test_many_connections_send_the_same_again(site: Site) -> None:
    """As after an engine restart: every web process resubmits what has no answer, together with new
    orders."""
    site.sequencer.submit(opening())
    traffic = [Traffic(seed).take(40) for seed in (1, 2, 3)]
    site.sequencer.submit([command for commands in traffic for command in commands[:20]])
    site.restart("killed")
    for commands in traffic:
        site.sequencer.submit(commands[10:])
    ids = [(row["command"][2], row["command"][1]) for row in export(site.journal) if len(row["command"]) > 2]
    # The rules come first of all.
    assert len(ids) == len(set(ids)) == 1 + len(opening()) + 120


@pytest.mark.django_db(transaction=True)
def test_every_batch_of_events_delivered_again_to_the_tables(site: Site) -> None:
    """A second write of the same batch, and a second projector, find that they are too late."""
    site.sequencer.submit(opening())
    for number in range(20):
        site.now_ns += SECOND
        site.sequencer.submit(Traffic(number).take(10))
    site.sequencer.seal()
    store = TwiceStore()
    projector, late = _projector(site, store), _projector(site, Store())
    while projector.step():
        pass
    assert store.refused > 5
    with pytest.raises(ProjectionError, match="another projector"):
        late.step()
    assert list(disagreements(site.journal, site.snapshots.with_name("none"))) == []


class TwiceStore(Store):
    """Delivers every write two or three times."""

    refused = 0

    def write(self, write):  # type: ignore[no-untyped-def]
        result = super().write(write)
        for _ in range(write.after.sequence % 2 + 1):
            with pytest.raises(ProjectionError, match="no longer stand"):
                super().write(write)
            self.refused += 1
        return result


def _projector(site: Site, store: Store) -> Projector:
    def follow(position: Position | None) -> Follower:
        return Follower(site.journal, site.snapshots, position=position)

    options = Options(pace_ms=0, min_commands=20, max_commands=20)
    return Projector(follow, store, Board(), snapshot_dir=site.snapshots, options=options)


@pytest.mark.parametrize("make", [Engine, lambda: Engine.load(Engine().dump())], ids=["new", "loaded"])
def test_recall_changes_nothing(make: Callable[[], Engine]) -> None:
    engine = make()
    for command in [*opening(), *Traffic(1).take(50)]:
        if engine.recall(command) is None:
            engine.apply(command, START_NS)
    before = engine.state_hash()
    for command in [*opening(), *Traffic(1).take(60)]:
        engine.recall(command)
    assert engine.state_hash() == before
