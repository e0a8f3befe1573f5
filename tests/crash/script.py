"""What the harness submits, and what must come of it: an independent sequencer in forty lines.

A script is a list of batches made from one seed. ``Script.expected(k)`` is what batch k must bring about:
its place, its replies, and the state and event hash after it, from a fold that knows no file at all.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from exchange.engine import FIRST_RULES, RULES_VERSION, Engine
from exchange.engine.messages import Command, Event, place_order, set_rules, tick
from exchange.journal.codec import GENESIS_HASH, chain_hash, encode
from exchange.journal.records import START, Position
from tests.crash.every_type import EveryType
from tests.marketdata.traffic import opening

SECOND = 1_000_000_000
#: A quarter of a minute before a full minute, so that ticks fall due early in every script.
START_NS = 1_795_305_045 * SECOND


class Batch(NamedTuple):
    """One turn's input."""

    now_ns: int
    commands: list[Command]


class Expected(NamedTuple):
    """What a batch must bring about."""

    #: As journaled: without repeated commands, with a tick where one was due, the rules before all else.
    journaled: list[Command]
    #: (sequence, events) of each command
    outcomes: list[tuple[int, list[Event]]]
    position: Position
    state_hash: str


class Script:
    """Batches of small, crossing, sometimes repeated commands; the first opens the venue."""

    def __init__(self, seed: int, batches: int) -> None:
        self._luck = random.Random(f"script:{seed}")
        self._traffic = EveryType(seed, lambda: self.batches[-1].now_ns)
        self._expected: list[Expected] = []
        now_ns = START_NS
        self.batches = [Batch(now_ns, opening())]
        while len(self.batches) < batches:
            now_ns += self._luck.choice((1, SECOND // 1_000, SECOND, 20 * SECOND))
            self.batches.append(Batch(now_ns, self._commands()))
        self._fold_from(0)

    def expected(self, index: int) -> Expected:
        return self._expected[index]

    def position_after(self, batches: int) -> Position:
        """Where the journal stands after so many batches."""
        return self._expected[batches - 1].position if batches else START

    def state_hash_after(self, batches: int) -> str:
        return (
            self._expected[batches - 1].state_hash
            if batches
            else Engine(rules_version=FIRST_RULES).state_hash()
        )

    def copy(self) -> Script:
        """One to ``swap`` in without changing this."""
        copy = object.__new__(Script)
        copy.__dict__.update(self.__dict__)
        copy._luck = random.Random(0)
        copy.batches, copy._expected = list(self.batches), list(self._expected)
        return copy

    def swap(self, index: int) -> None:
        """The client gave up batch ``index``: something else comes in its place, ids of its own and all."""
        now_ns = self.batches[index].now_ns
        if index == 0:
            return
        orders = [
            place_order(f"swap:{index}:{n}", 1000 + n, "AAPL", n % 2, price_ticks=20_000 + n, quantity_lots=7)
            for n in range(self._luck.randint(1, 4))
        ]
        self.batches[index] = Batch(now_ns, orders)
        self._fold_from(index)

    def _commands(self) -> list[Command]:
        commands = self._traffic.take(self._luck.randint(1, 6))
        earlier = self._luck.choice(self.batches).commands
        if self._luck.random() < 0.3:
            commands.insert(self._luck.randrange(len(commands)), self._luck.choice(earlier))
        if self._luck.random() < 0.2:
            commands.append(commands[0])
        return commands

    def _fold_from(self, index: int) -> None:
        """Work out what is expected from batch ``index`` on."""
        del self._expected[index:]
        engine, event_hash = Engine(rules_version=FIRST_RULES), GENESIS_HASH
        for number, batch in enumerate(self.batches):
            journaled, outcomes, encoded = _sequence(engine, batch)
            event_hash = chain_hash(event_hash, encoded) if journaled else event_hash
            position = Position(engine.sequence, event_hash.hex())
            if number >= index:
                self._expected.append(Expected(journaled, outcomes, position, engine.state_hash()))


def _sequence(
    engine: Engine, batch: Batch
) -> tuple[list[Command], list[tuple[int, list[Event]]], list[bytes]]:
    journaled: list[Command] = []
    outcomes: list[tuple[int, list[Event]]] = []
    encoded: list[bytes] = []
    preceding = []
    if engine.rules_version < RULES_VERSION:
        preceding.append(set_rules(f"rules:{RULES_VERSION}", RULES_VERSION))
    due_ns = engine.next_due_ns()
    if due_ns is not None and due_ns <= batch.now_ns:
        preceding.append(tick())
    for command in preceding:
        journaled.append(command)
        encoded.append(encode(engine.apply(command, batch.now_ns)))
    for command in batch.commands:
        recalled = engine.recall(command)
        if recalled is not None:
            outcomes.append((recalled.sequence, recalled.events))
            continue
        events = engine.apply(command, batch.now_ns)
        journaled.append(command)
        encoded.append(encode(events))
        outcomes.append((engine.sequence, events))
    return journaled, outcomes, encoded
