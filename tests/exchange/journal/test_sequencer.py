"""The sequencer: order, time, duplicates, epochs, ticks, quarantine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine.messages import EV_REJECTED, EV_TICK, RejectedEvent, deposit, place_order
from exchange.journal.errors import JournalDisagrees, JournalLocked
from exchange.journal.recovery import recover
from exchange.journal.tools import export
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import ALICE, NOW_NS, SYMBOL, market, orders, take

MINUTE_NS = 60 * 10**9


def test_outcomes_come_in_order_with_consecutive_sequences(folders: Folders) -> None:
    with folders.open() as sequencer:
        outcomes = sequencer.submit(market())
        assert [outcome.sequence for outcome in outcomes] == list(range(2, len(market()) + 2))
        assert {outcome.now_ns for outcome in outcomes} == {NOW_NS}
        assert all(outcome.events for outcome in outcomes)


def test_time_never_goes_back(folders: Folders) -> None:
    times = iter([NOW_NS, NOW_NS - 10**9, NOW_NS + 5])
    with folders.open(clock=lambda: next(times)) as sequencer:
        flow = orders()
        stamps = [sequencer.submit(batch)[0].now_ns for batch in (market(), take(flow, 1), take(flow, 1))]
    assert stamps == [NOW_NS, NOW_NS, NOW_NS + 5]


def test_a_tick_is_journaled_when_a_minute_has_passed(folders: Folders) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market(), NOW_NS)
        before = sequencer.position.sequence
        sequencer.tick(NOW_NS + 1)
        assert sequencer.position.sequence == before
        turn = sequencer.tick(NOW_NS + MINUTE_NS)
        assert sequencer.position.sequence == before + 1 and turn.outcomes == []
        (outcome,) = sequencer.submit([deposit("late", ALICE, "KRW", 5)], NOW_NS + 3 * MINUTE_NS)
        assert outcome.sequence == before + 3
    rows = list(export(folders.journal, after_sequence=before))
    assert [row["command"][0] for row in rows] == [EV_TICK - 1, EV_TICK - 1, 25]


def test_a_repeated_command_has_one_effect_and_one_reply_across_restart(folders: Folders) -> None:
    commands = take(orders(), 20)
    with folders.open() as sequencer:
        sequencer.submit(market())
        first = sequencer.submit(commands)
        state = sequencer.engine.state_hash()
        position = sequencer.position
        again = sequencer.submit(commands)
        assert [outcome.sequence for outcome in again] == [outcome.sequence for outcome in first]
        assert sequencer.duplicates == len(commands)
    with folders.open() as sequencer:
        after = sequencer.submit(commands)
        assert after == again
        assert sequencer.position == position and sequencer.engine.state_hash() == state


def test_a_repeat_inside_one_batch(folders: Folders) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market())
        command = deposit("once", ALICE, "KRW", 7)
        one, two = sequencer.submit([command, command])
        assert one.sequence == two.sequence


def test_each_start_is_a_new_epoch_and_only_one_engine_runs(folders: Folders) -> None:
    for epoch in (1, 2, 3):
        with folders.open() as sequencer:
            assert sequencer.journal.epoch == epoch
            with pytest.raises(JournalLocked, match="another engine"):
                folders.open()


class Poisoned(Engine):
    """A core with a bug: an order for this quantity breaks it half way."""

    POISON = 66_666

    def apply(self, command: tuple[Any, ...], now_ns: int) -> list[tuple[Any, ...]]:
        if command[0] == 1 and command[9] == self.POISON:
            super().apply(deposit("half-way", ALICE, "KRW", 1), now_ns)
            raise ZeroDivisionError("a bug in the core")
        return super().apply(command, now_ns)


@pytest.fixture
def poisoned_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.journal.recovery.Engine", Poisoned)


def poison(command_id: str) -> tuple[Any, ...]:
    return place_order(command_id, ALICE, SYMBOL, 0, price_ticks=95_000_000, quantity_lots=Poisoned.POISON)


@pytest.mark.usefixtures("poisoned_core")
@pytest.mark.python_core
def test_a_command_that_crashes_the_core_is_set_aside(folders: Folders) -> None:
    before, after = take(orders(1), 5), take(orders(2), 5)
    with folders.open() as sequencer:
        sequencer.submit(market())
        outcomes = sequencer.submit([*before, poison("bad-1"), *after, poison("bad-2")])
        codes = [RejectedEvent(*outcomes[place].events[0]).code for place in (5, 11)]
        assert codes == ["INTERNAL", "INTERNAL"]
        assert [outcomes[place].sequence for place in (5, 11)] == [0, 0]
        assert [o.sequence for o in outcomes if o.sequence] == list(range(14, 24))
        assert sequencer.crashes == 2
        # A repeated one is answered without another crash.
        sequencer.submit([poison("bad-1")])
        assert sequencer.crashes == 2
        state, position = sequencer.engine.state_hash(), sequencer.position
    files = sorted((folders.root / "quarantine").iterdir())
    assert len(files) == 2
    content = json.loads(files[0].read_text())
    assert "bad-1" in content["command"] and "ZeroDivisionError" in content["traceback"]
    engine, recovered = recover(folders.journal, folders.snapshots)
    assert (engine.state_hash(), recovered) == (state, position)
    assert all("bad" not in str(row["command"]) for row in export(folders.journal))


@pytest.mark.python_core
def test_code_that_folds_differently_is_found_out(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market())
        sequencer.submit(take(orders(), 3))

    class Different(Engine):
        def apply(self, command: tuple[Any, ...], now_ns: int) -> list[tuple[Any, ...]]:
            events = super().apply(command, now_ns)
            return [(EV_REJECTED, "x", 0, "X", ())] if command[1] == "1:1" else events

    monkeypatch.setattr("exchange.journal.recovery.Engine", Different)
    with pytest.raises(JournalDisagrees, match="run the version that wrote it"):
        recover(folders.journal, folders.snapshots)
