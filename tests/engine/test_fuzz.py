"""Differential fuzzing: seeded streams of commands through the core and the naive reference.

It tries far more commands a second than Hypothesis, and shrinks nothing: a failure names the seed and
the command. ``XTRADER_FUZZ_SEEDS`` asks for more seeds than the quick run's.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.engine.pair import Pair
from tests.engine.worlds import World

SEEDS = int(os.environ.get("XTRADER_FUZZ_SEEDS", "24"))
COMMANDS = 700
FIRST_SEED = int(os.environ.get("XTRADER_FUZZ_FIRST_SEED", "0"))

#: What a healthy run must have met, or it is not testing what it claims to.
MUST_SEE = (
    *("trade", "rebate", "recalled"),
    *("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND", "ORDER_NOT_FOUND", "ORDER_NOT_OPEN"),
    *("ACCOUNT_FROZEN", "SYMBOL_HALTED", "SYMBOL_CANCEL_ONLY", "CLIENT_ORDER_ID_IN_USE", "SCALE_FIXED"),
    *(
        "INVALID_ORDER",
        "INVALID_REDUCE",
        "INVALID_REPLACE",
        "INVALID_SYMBOL",
        "INVALID_FEES",
        "INVALID_AMOUNT",
    ),
    *(
        "PRICE_OUT_OF_BOUNDS",
        "PRICE_OFF_TICK",
        "QUANTITY_OUT_OF_BOUNDS",
        "QUANTITY_OFF_LOT",
        "BELOW_MIN_NOTIONAL",
    ),
    *("TOO_MANY_OPEN_ORDERS", "POST_ONLY_WOULD_TAKE", "INSUFFICIENT_BALANCE"),
    *(
        "new/",
        "partially_filled/",
        "filled/",
        "canceled/user",
        "canceled/ioc_remainder",
        "canceled/fok_unfillable",
    ),
    *("canceled/self_trade", "canceled/no_liquidity", "canceled/amount_below_lot"),
)


def run(seed: int, commands: int = COMMANDS) -> Counter[str]:
    """One stream through both; events compared at every step, the whole state at every few."""
    pair = Pair()
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
    seen: Counter[str] = Counter()
    for seed in range(12):
        seen += run(seed)
    assert [kind for kind in MUST_SEE if not seen[kind]] == []
