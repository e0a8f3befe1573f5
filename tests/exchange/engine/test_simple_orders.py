"""Simple orders take a shorter way through the core. It may be taken only where the long one leads to the
same."""

from __future__ import annotations

from collections import Counter

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.rules import checks
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World

COMMANDS = 700
SEEDS = range(100, 120)


def test_an_order_taken_for_plain_would_be_refused_by_nothing_and_hold_the_same() -> None:
    ways: Counter[str] = Counter()
    for seed in SEEDS:
        ways += run(seed)
    # Both are met, or this proves nothing.
    assert ways["plain"] > 100
    assert ways["long"] > 100


def run(seed: int) -> Counter[str]:
    engine, world, now_ns = Engine(), World(seed, COMMANDS), START_NS
    ways: Counter[str] = Counter()
    for command in world:
        now_ns += world.pause_ns
        if engine.recall(command) is not None:
            continue
        if command[0] == m.PLACE:
            ways[look_ahead(engine, command)] += 1
        world.observe(engine.apply(command, now_ns))
    return ways


def look_ahead(engine: Engine, command: m.Command) -> str:
    """Which way an order would take, having checked that the short one is right where it is open."""
    state = engine._state
    account, book = state.trader(command[2]), state.books.get(command[3])
    if account is None or book is None:
        return "nowhere"
    value = checks.simple_value(command, account, book, state.orders_per_account)
    if not value:
        return "long"
    assert checks.entry_code(account, book) == ""
    assert checks.place_code(command, account, book, state) == ""
    order = engine._trading.market.new_order(command, account, book)
    assert order.options is None
    assert value == order.price_ticks * order.quantity_lots * book.symbol.multiplier
    if order.side == m.BUY:
        assert order.need_minor() == value + -(-value * max(order.maker_ppm, order.taker_ppm) // 1_000_000)
    return "plain"
