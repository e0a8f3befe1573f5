"""Some days of trading before the first start, made by the engine itself under a backdated clock.

The commands are ordinary ones, sequenced and journaled like any other; only the clock they are
stamped by runs from three days ago until now. Each fold of the journal gives the same history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import Final

from demo.markets import MARKETS, SEED, Market
from demo.walk import Walk, size_lots
from exchange.engine.messages import BUY, EV_REJECTED, IOC, SELL, Command, Event, place_order

#: Length of the history in hours, unless asked for another.
HOURS: Final = 72
#: The history has fewer trades than the live market, each as much larger.
SIZE_FACTOR: Final = 20
_MINUTE_MS: Final = 60_000
_MINUTE_NS: Final = 60 * 10**9
#: Submits one batch at a time of the simulated clock, and returns the events of each command.
Submit = Callable[[Sequence[Command], int], list[list[Event]]]


@dataclass(slots=True)
class _Trading:
    """One symbol while its history is made."""

    market: Market
    walk: Walk
    rng: Random


def make_history(
    submit: Submit, makers: Sequence[int], takers: Sequence[int], now_ns: int, hours: int = HOURS
) -> int:
    """Trade every symbol from ``hours`` ago until ``now_ns``; returns the number of commands. Raises
    RuntimeError when the engine refuses one: the flow only asks for what the accounts can pay."""
    count = 0
    for time_ns, commands in batches(makers, takers, now_ns, hours):
        outcomes = submit(commands, time_ns)
        refused = next((events[0] for events in outcomes if events[0][0] == EV_REJECTED), None)
        if refused is not None:
            raise RuntimeError(f"demo history: the engine refused a command: {refused}")
        count += len(commands)
    return count


def batches(
    makers: Sequence[int], takers: Sequence[int], now_ns: int, hours: int
) -> Iterator[tuple[int, list[Command]]]:
    """Trade after trade: the time it is stamped at, and its two commands."""
    trading = [
        _Trading(market, Walk(market, rng), rng)
        for market in MARKETS
        for rng in (Random(f"{SEED}:history:{market.symbol}"),)
    ]
    first_ns = (now_ns // _MINUTE_NS - hours * 60) * _MINUTE_NS
    for minute in range(hours * 60):
        start_ns = first_ns + minute * _MINUTE_NS
        hour = start_ns // (60 * _MINUTE_NS) % 24
        trades = [trade for one in trading for trade in _one_minute(one, minute, hour, makers, takers)]
        for second, commands in sorted(trades, key=itemgetter(0)):
            yield start_ns + second * 10**9, commands


def _one_minute(
    one: _Trading, minute: int, hour: int, makers: Sequence[int], takers: Sequence[int]
) -> Iterator[tuple[int, list[Command]]]:
    """The trades of one symbol with the second of the minute each happens in."""
    market, walk, rng = one.market, one.walk, one.rng
    trades = trades_in_minute(market, rng, hour)
    for number, second in enumerate(sorted(rng.sample(range(60), trades))):
        before = walk.price_ticks
        after = walk.advance(_MINUTE_MS // trades)
        side = BUY if after + rng.randrange(-1, 2) > before else SELL
        name = f"h:{market.symbol}:{minute}:{number}"
        yield second, _one_trade(one, name, side, rng.choice(makers), rng.choice(takers))
    if trades == 0:
        walk.advance(_MINUTE_MS)


def trades_in_minute(market: Market, rng: Random, hour: int) -> int:
    """How many trades a minute of this hour has: its share of the day, give or take, sometimes none."""
    share_milli = 24_000 * market.activity_by_hour[hour] // sum(market.activity_by_hour)
    expected_milli = market.trades_per_minute * share_milli * rng.randrange(30, 171) // 100
    whole, rest = divmod(expected_milli, 1_000)
    return whole + (rng.randrange(1_000) < rest)


def _one_trade(one: _Trading, name: str, side: int, maker: int, taker: int) -> list[Command]:
    """A maker's quote and the taker who takes it: buys lift the offer a step above the reference."""
    symbol, step = one.market.symbol, one.market.step_ticks
    price = one.market.rounded(one.walk.price_ticks) + (step if side == BUY else 0)
    lots = SIZE_FACTOR * size_lots(one.market, one.rng)
    return [
        place_order(f"{name}:m", maker, symbol, 1 - side, price_ticks=price, quantity_lots=lots),
        place_order(
            f"{name}:t", taker, symbol, side, price_ticks=price, quantity_lots=lots, time_in_force=IOC
        ),
    ]
