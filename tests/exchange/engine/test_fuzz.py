"""Differential fuzzing: seeded streams of commands through the core and the naive reference.

It tries far more commands a second than Hypothesis, and shrinks nothing: a failure names the seed and
the command. ``XTRADER_FUZZ_SEEDS`` asks for more seeds than the quick run's.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.exchange.engine.pair import Pair
from tests.exchange.engine.seen import MUST_SEE
from tests.exchange.engine.worlds import World

SEEDS = int(os.environ.get("XTRADER_FUZZ_SEEDS", "24"))
COMMANDS = 700
#: So many streams meet everything.
MANY = 36
#: Bounds of a command's trades: the venue's, and some that small books reach.
TRADES = (1_000, 2, 1_000, 7)
#: Bounds of what ends at once, the venue's and small ones (rule X6), and of open orders (rule B7).
ENDS = (2_000, 1, 3)
ORDERS = (10_000, 10_000, 10_000, 9)
#: Bounds of open withdrawals (rule F6).
WITHDRAWALS = (100, 2, 1)
#: Bounds of the pegged orders of an account in a symbol (rule PG6).
PEGS = (10, 10, 10, 10, 2)
FIRST_SEED = int(os.environ.get("XTRADER_FUZZ_FIRST_SEED", "0"))


def run(seed: int, commands: int = COMMANDS) -> Counter[str]:
    """One stream through both; events compared at every step, the whole state at every few."""
    limits = {
        "ends_per_command": ENDS[seed % len(ENDS)],
        "orders_per_account": ORDERS[seed % len(ORDERS)],
        "withdrawals_per_account": WITHDRAWALS[seed % len(WITHDRAWALS)],
        "pegs_per_account": PEGS[seed % len(PEGS)],
    }
    pair = Pair(TRADES[seed % len(TRADES)], **limits)
    world = World(seed, commands)
    for step, command in enumerate(world):
        world.observe(pair.submit(command, world.pause_ns))
        if step % 5 == 0:
            pair.check_state()
        if step % 100 == 99:
            pair.check_invariants()
            pair.round_trip()
    pair.check_state()
    pair.check_invariants()
    return pair.seen


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_core_and_naive_agree(seed: int) -> None:
    run(seed)


def test_streams_meet_every_kind_of_outcome() -> None:
    """The streams are wide enough: a fuzz that never got there proves nothing about it."""
    seen: Counter[str] = Counter()
    for seed in range(MANY):
        seen += run(seed)
    assert [kind for kind in MUST_SEE if not seen[kind]] == []
