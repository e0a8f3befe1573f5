"""The short way changes the state and answers exactly as the long one does: batches of records against the
same commands as tuples, event by event, state by state."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable, Iterator

import pytest

from bench import flow, plainflow
from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.engine.records import read_answers, write_commands
from tests.exchange.engine.flows import SmallTrader, small_venue
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World


class Both:
    """One engine by tuples, one by records. ``step`` compares what a batch led to."""

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008  an immutable tuple
        rules_version: int = 4,
        *,
        is_short: bool = False,
    ) -> None:
        """``is_short``: tuples of plain orders go the short way too."""
        self.tuples = Engine(limits, rules_version)
        self.tuples.shortens_tuples = is_short
        self.records = Engine(limits, rules_version)
        self.now_ns = START_NS

    def step(self, batch: list[m.Command], after_ns: int = 1_000) -> list[m.Event]:
        """All commands of a batch at one stamp; the events of the last."""
        self.now_ns += after_ns
        answers = read_answers(self.records.apply_batch(write_commands(batch), self.now_ns))
        events: list[m.Event] = []
        for command, answer in zip(batch, answers, strict=True):
            recalled = self.tuples.recall(command)
            if recalled is None:
                events = self.tuples.apply(command, self.now_ns)
                recalled = (self.tuples.sequence, self.now_ns, events)  # type: ignore[assignment]
            assert repr(tuple(answer)) == repr(tuple(recalled)), command
        return events

    def compare(self) -> None:
        assert self.records.state_hash() == self.tuples.state_hash()
        assert self.records.check() == []

    def went_the_short_way(self) -> int:
        """How many of the remembered commands did."""
        return self.records._short_way.carried


def batches(commands: Iterable[m.Command], rng: random.Random) -> Iterator[list[m.Command]]:
    """The commands in batches of one to twenty."""
    batch: list[m.Command] = []
    for command in commands:
        batch.append(command)
        if rng.random() < 0.1 or len(batch) == 20:
            yield batch
            batch = []
    yield batch


@pytest.mark.parametrize("seed", range(10))
def test_simple_flows_lead_to_the_same(seed: int) -> None:
    """Rebates and fees, poor and very rich accounts, small bounds, ids that return."""
    wide = seed % 3 == 2
    limits = Limits(
        ids_per_account=(10_000, 9)[seed % 2],
        ids_total=(1_000_000, 60)[seed % 2],
        finished_orders=(200_000, 20)[seed % 2],
        finished_per_account=(5_000, 4)[seed % 2],
        trades_per_command=(1_000, 3, 1)[seed % 3],
        reply_events=(1_024, 2, 5, 1, 0)[seed % 5],
    )
    rates = ((-300, 700), (500, 500), (0, 0))[seed % 3]
    both = Both(limits, rules_version=(4, 4, 3, 2)[seed % 4], is_short=seed % 3 == 0)
    trader = SmallTrader(seed, 10**17 if wide else 1)
    both.step(small_venue(wide, rates))
    commands = [trader.draw() for _ in range(1_500)]
    for count, batch in enumerate(batches(commands, trader.rng)):
        both.step(batch)
        if count % 20 == 0:
            both.compare()
    both.compare()
    if limits.reply_events > 2:
        assert both.went_the_short_way() > (5 if seed % 2 else 200)


@pytest.mark.parametrize("seed", range(4))
def test_streams_of_everything_lead_to_the_same(seed: int) -> None:
    both, world = Both(), World(seed + 40, 600)
    for command in world:
        world.observe(both.step([command], world.pause_ns))
    both.compare()


def test_the_flow_that_is_measured_goes_the_short_way() -> None:
    both, rng = Both(), random.Random(1)
    both.step(plainflow.opening())
    operations = plainflow.operations(5, 3_000)
    for batch in batches(map(plainflow.command_of, operations, range(3_000)), rng):
        both.step(batch, flow.STEP_NS)
    both.compare()
    assert both.went_the_short_way() == 3_000


def test_names_of_one_length_are_told_apart() -> None:
    both = Both(is_short=True)
    symbols = {"DOGECOIN-KRW": ("DOGECOIN", "KRW"), "LITECOIN-KRW": ("LITECOIN", "KRW")}
    both.step(small_venue(False, (0, 0), symbols))
    for number in range(6):
        name = ("DOGECOIN-KRW", "LITECOIN-KRW", "SOMECOIN-KRW")[number % 3]
        both.step([m.place_order(f"{number}", 1_000, name, m.BUY, price_ticks=10, quantity_lots=1)])
    both.compare()
    assert both.went_the_short_way() == 4


def test_what_is_refused_goes_the_long_way() -> None:
    """Bounds of price, quantity and notional, off the tick, more than the account has, an account that is not
    there."""
    both = Both()
    both.step(plainflow.opening())
    for number, (price, lots) in enumerate(
        (
            (0, 10**6),
            (10**13, 10**6),
            (95_000_500, 10**6),
            (95_000_000, 0),
            (95_000_000, 10**13),
            (95_000_000, 1),
            (95_000_000, 10**12),
        )
    ):
        both.step(
            [m.place_order(f"{number}", 10_000, flow.SYMBOL, m.BUY, price_ticks=price, quantity_lots=lots)]
        )
    both.step([m.place_order("x", 9, flow.SYMBOL, m.BUY, price_ticks=95_000_000, quantity_lots=10**6)])
    both.compare()
    assert both.went_the_short_way() == 0


def test_a_batch_beyond_midnight_begins_the_day() -> None:
    both = Both()
    both.step(small_venue(False, (0, 0)))
    day_ns = 24 * 3600 * 10**9
    for number in range(3):
        both.step([m.place_order(f"b{number}", 1_000, "A-B", m.BUY, price_ticks=9, quantity_lots=1)], day_ns)
        both.step([m.place_order(f"s{number}", 1_001, "A-B", m.SELL, price_ticks=9, quantity_lots=1)])
    both.compare()
    with pytest.raises(ValueError, match="backwards"):
        both.records.apply_batch(write_commands([m.cancel_order("x", 1_000, 1)]), START_NS)


def test_it_makes_no_garbage_cycles() -> None:
    """The worker runs with the collector off. Small bounds: much is forgotten."""
    engine = Engine(Limits(ids_per_account=9, ids_total=60, finished_orders=20, finished_per_account=4))
    trader = SmallTrader(11, 1)
    engine.apply_batch(write_commands(small_venue(False, (0, 500))), START_NS)
    gc.collect()
    gc.disable()
    try:
        for count, batch in enumerate(batches([trader.draw() for _ in range(1_500)], trader.rng)):
            engine.apply_batch(write_commands(batch), START_NS + count)
        assert engine.counts()["trades"] > 100
        assert gc.collect() == 0
    finally:
        gc.enable()
