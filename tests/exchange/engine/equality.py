"""The present core against the one before records (``reference_core``), command by command: its events in
their order, its place in the sequence, and its state as a snapshot. Tuples and records both.

``make equal COMMANDS=10000000`` runs as many commands; the tests run some of each stream."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any

from exchange.engine import RULES_VERSION, Engine, Limits
from exchange.engine import messages as m
from exchange.engine.records import read_answers, write_commands
from tests.exchange.engine import flows
from tests.exchange.engine.reference_core import Engine as ReferenceEngine
from tests.exchange.engine.reference_core import Limits as ReferenceLimits

START_NS = 1_700_000_000_000_000_000
STREAMS: dict[str, Callable[[], flows.Stream]] = {
    "plain": flows.Plain,
    "mixed": flows.Mixed,
    "poor accounts": lambda: flows.Small(wide=False),
    "amounts beyond a word": lambda: flows.Small(wide=True),
    "a hundred symbols": lambda: flows.ManySymbols(100),
    "a thousand symbols": lambda: flows.ManySymbols(1_000),
    "everything": flows.Everything,
}
#: Bounds that are never met, and some that are met all the time.
LIMITS = (
    Limits(),
    Limits(ids_per_account=9, ids_total=60, finished_orders=20, finished_per_account=4),
    Limits(trades_per_command=3, reply_events=5, orders_per_account=25),
)
#: How many commands come at one moment in a batch of records, at most; how many of them lie between two
#: comparisons of the state, and how many make up a stream of a long run.
_BATCH = 20
_BETWEEN = 2_000
_STREAM = 50_000


class Cores:
    """The reference, the present core by tuples and the present core by records, at one state."""

    def __init__(self, limits: Limits = Limits(), rules_version: int = RULES_VERSION) -> None:  # noqa: B008
        self.reference = ReferenceEngine(ReferenceLimits(*limits), rules_version)
        self.tuples = Engine(limits, rules_version)
        self.records = Engine(limits, rules_version)
        self.tuples.shortens_tuples = True
        self.now_ns = START_NS
        self.applied = 0
        self._batch: list[tuple[m.Command, Any]] = []

    def apply(self, command: m.Command, pause_ns: int) -> list[m.Event]:
        """One command into the two that take tuples; its events. It goes to the records with its batch: what
        comes at one moment, or alone what the reference remembers already."""
        if pause_ns or len(self._batch) >= _BATCH:
            self.flush()
        self.now_ns += pause_ns
        expected = outcome(self.reference, command, self.now_ns)
        found = outcome(self.tuples, command, self.now_ns)
        assert found == expected, (command, found, expected)
        self._batch.append((command, expected))
        self.applied += 1
        events: list[m.Event] = expected[2]
        return events

    def flush(self) -> None:
        """The batch as records."""
        batch, self._batch = self._batch, []
        data = write_commands([command for command, _ in batch])
        answers = read_answers(self.records.apply_batch(data, self.now_ns))
        for (command, expected), answer in zip(batch, answers, strict=True):
            assert tuple(answer) == expected, (command, answer, expected)

    def compare(self) -> None:
        """All of the state, as bytes, and what the invariants say of it."""
        self.flush()
        expected = self.reference.dump()
        assert self.tuples.dump() == expected
        assert self.records.dump() == expected
        assert self.records.check() == self.tuples.check() == []


def outcome(engine: Any, command: m.Command, now_ns: int) -> tuple[int, int, list[m.Event]]:
    """What a command leads to: a repeated one to what it did first."""
    recalled = engine.recall(command)
    if recalled is not None:
        return tuple(recalled)  # type: ignore[return-value]
    events = engine.apply(command, now_ns)
    return engine.sequence, now_ns, events


def run(
    stream: flows.Stream, seed: int, length: int, limits: Limits, rules_version: int = RULES_VERSION
) -> Cores:
    """A stream through all; raises AssertionError at the first difference."""
    cores = Cores(limits, rules_version)
    for number, (command, pause_ns) in enumerate(stream.commands(seed, length)):
        stream.observe(cores.apply(command, pause_ns))
        if number % _BETWEEN == 0:
            cores.compare()
    cores.compare()
    return cores


def main(count: int) -> None:
    """So many commands, stream after stream, seed after seed."""
    done, seed, began = 0, random.randrange(10**6), time.monotonic()
    while done < count:
        for name, stream in STREAMS.items():
            length = min(_STREAM, count - done)
            if length <= 0:
                break
            # Where bounds bite snapshots are small, where they do not they grow with the stream.
            cores = run(stream(), seed, length, LIMITS[seed % len(LIMITS)])
            done += cores.applied
            print(f"{done:,} commands: seed {seed}, {name}, {time.monotonic() - began:.0f} s", flush=True)
        seed += 1
    print(f"{done:,} commands, 0 differences")


if __name__ == "__main__":
    main(int(sys.argv[1]))
