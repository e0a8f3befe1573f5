"""The demo market's own rules: whole numbers, one seed, quotes that make sense, an exchange that balances."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.history import batches, make_history
from demo.markets import AAPL, BTC_KRW, MARKETS, Market, decimal_text
from demo.quotes import Style, changes, ladder
from demo.runner import STYLES
from demo.walk import Walk, size_lots
from exchange.engine import Engine
from exchange.engine.messages import EV_TRADE, Command, Event, deposit, set_account
from exchange.listing.catalog import ASSETS, SYMBOLS, setup_commands
from exchange.node.sequencer import open_sequencer

NOW_NS = 1_795_334_675 * 10**9
MAKERS, TAKERS = (1000, 1001), (1002, 1003)
LISTINGS = {listing.symbol: listing for listing in SYMBOLS}


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.symbol)
class TestMarkets:
    def test_it_trades_the_symbol_that_ships(self, market: Market) -> None:
        listing = LISTINGS[market.symbol]
        assert (market.price_scale, market.quantity_scale) == (listing.price_scale, listing.quantity_scale)
        assert market.lot % listing.lot_step == 0
        tick = max(step for start, step in listing.tick_bands if start <= market.reference_ticks)
        assert market.step_ticks % tick == 0

    def test_the_walk_wanders_but_stays_in_the_neighbourhood(self, market: Market) -> None:
        walk = Walk(market, Random("ten days"))
        prices = [walk.advance(60_000) for _ in range(10 * 24 * 60)]
        assert market.reference_ticks // 2 < min(prices) <= max(prices) < market.reference_ticks * 2
        assert len(set(prices)) > 100
        assert all(isinstance(price, int) for price in prices)

    def test_calm_and_stormy_spells_come_in_clusters(self, market: Market) -> None:
        walk = Walk(market, Random("storms"))
        sizes = []
        for _ in range(10_000):
            before = walk.price_ticks
            sizes.append(abs(walk.advance(10_000) - before))
        blocks = [sum(sizes[i : i + 100]) for i in range(0, len(sizes), 100)]
        # With one volatility throughout, sums over a hundred moves would hardly differ.
        assert max(blocks) > 2 * min(blocks)

    def test_orders_are_worth_more_than_the_smallest_allowed(self, market: Market) -> None:
        listing, rng = LISTINGS[market.symbol], Random("sizes")
        scale = {asset.asset: asset.scale for asset in ASSETS}[listing.quote]
        multiplier = 10 ** (scale - listing.price_scale - listing.quantity_scale)
        smallest = min(size_lots(market, rng) for _ in range(5_000))
        assert market.reference_ticks // 2 * smallest * multiplier >= listing.min_notional_minor


@given(st.integers(0, 10**12), st.integers(0, 9))
def test_decimal_text_is_exact(units: int, scale: int) -> None:
    text = decimal_text(units, scale)
    whole, _, fraction = text.partition(".")
    assert int(whole + fraction.ljust(scale, "0")) == units
    assert not fraction.endswith("0")


@given(st.integers(1_000_000, 200_000_000), st.sampled_from(STYLES))
def test_a_ladder_never_crosses_itself_and_lies_on_the_step(price_ticks: int, style: Style) -> None:
    slots = ladder(BTC_KRW, style, price_ticks)
    bids = [price for side, price in slots if side == "buy"]
    asks = [price for side, price in slots if side == "sell"]
    assert len(bids) == len(asks) == style.levels
    assert max(bids) <= price_ticks < min(asks)
    assert all(price % BTC_KRW.step_ticks == 0 for price in bids + asks)
    assert all(b - a == style.spacing * BTC_KRW.step_ticks for a, b in pairwise(asks))


@given(st.integers(10_000, 30_000), st.integers(-40, 40), st.sampled_from(STYLES))
def test_changes_lead_from_one_ladder_to_the_next(price_ticks: int, move: int, style: Style) -> None:
    old, new = ladder(AAPL, style, price_ticks), ladder(AAPL, style, price_ticks + move)
    quoted = {str(number): slot for number, slot in enumerate(old)}
    change = changes(new, quoted, AAPL, Random(1), most=100)
    left = [slot for order_id, slot in quoted.items() if order_id not in change.cancel]
    assert sorted(left + [(side, price) for side, price, _ in change.place]) == sorted(new)


def test_a_doubled_quote_is_taken_off() -> None:
    slots = ladder(AAPL, STYLES[0], 23_000)
    quoted = {"1": slots[0], "2": slots[0]}
    assert changes(slots, quoted, AAPL, Random(1), most=0).cancel == ["2"]


def test_the_history_is_the_same_every_time_and_another_for_no_seed() -> None:
    first = list(batches(MAKERS, TAKERS, NOW_NS, 3))
    assert first == list(batches(MAKERS, TAKERS, NOW_NS, 3))
    times = [time_ns for time_ns, _ in first]
    assert times == sorted(times)
    assert times[-1] <= NOW_NS
    assert times[0] >= NOW_NS - (3 * 60 + 1) * 60 * 10**9


def test_the_engine_makes_the_history_and_every_asset_sums_to_zero(tmp_path: Path) -> None:
    with open_sequencer(tmp_path / "journal", tmp_path / "snapshots") as sequencer:

        def submit(commands: Sequence[Command], at_ns: int) -> list[list[Event]]:
            return [outcome.events for outcome in sequencer.submit(commands, at_ns)]

        start_ns = NOW_NS - 7 * 3_600 * 10**9
        submit(funded_accounts(), start_ns)
        count = make_history(submit, MAKERS, TAKERS, NOW_NS, hours=6)
        engine = sequencer.engine
        assert engine.check() == []
        assert engine.now_ns <= NOW_NS
        # Every order of a maker is taken whole: nothing of the past is left on the books.
        assert all(engine.depth(market.symbol, None) == ([], []) for market in MARKETS)
        assert count > 500
        hash_before = engine.state_hash()
    with open_sequencer(tmp_path / "journal", tmp_path / "snapshots") as sequencer:
        assert sequencer.engine.state_hash() == hash_before


def test_each_pair_of_commands_is_one_trade() -> None:
    engine = Engine()
    for command in funded_accounts():
        engine.apply(command, 1)
    for time_ns, commands in batches(MAKERS, TAKERS, NOW_NS, 2):
        events = [event for command in commands for event in engine.apply(command, time_ns)]
        assert sum(event[0] == EV_TRADE for event in events) == 1


def funded_accounts() -> list[Command]:
    commands = setup_commands()
    for account in MAKERS + TAKERS:
        commands.append(set_account(f"open:{account}", account))
        commands.extend(
            deposit(f"fund:{account}:{asset.asset}", account, asset.asset, 10**13 * 10**asset.scale)
            for asset in ASSETS
        )
    return commands
