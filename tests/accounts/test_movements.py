"""Where a range of the portfolio begins: movements at its first moment belong to the time before."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from accounts.portfolio.history import interval_for, point_times, value_history
from accounts.portfolio.movements import movements_since
from exchange.engine.messages import BUY, DEPOSITED
from exchange.models import Fill, Transfer
from marketdata.intervals import DAY, MINUTE
from tests.accounts.test_portfolio import QUOTES, constant

ACCOUNT = 1000
BASE_OF = {"ABC-KRW": "ABC"}


@pytest.fixture
def rows(db: None) -> list[int]:
    """A deposit and a fill every 100 ns, at sequences 1, 2, 3 …; their times."""
    times = [100, 200, 300, 400]
    for number, time_ns in enumerate(times):
        Transfer.objects.create(
            id=2 * (2 * number + 1),
            sequence=2 * number + 1,
            kind=DEPOSITED,
            account=ACCOUNT,
            asset="KRW",
            amount_minor=5,
            balance_after_minor=5,
            time_ns=time_ns,
            command_id=f"d{number}",
        )
        Fill.objects.create(
            id=2 * number,
            trade_id=number,
            order_id=number,
            account=ACCOUNT,
            symbol="ABC-KRW",
            side=BUY,
            is_taker=False,
            price_ticks=1,
            quantity_lots=1,
            notional_minor=1,
            fee_minor=0,
            base_delta_minor=1,
            quote_delta_minor=-1,
            base_after=1,
            quote_after=1,
            time_ns=time_ns,
            sequence=2 * number + 2,
        )
    return times


@pytest.mark.parametrize("start_ns", range(50, 451, 50))
def test_a_range_has_what_moved_after_its_start(rows: list[int], start_ns: int) -> None:
    found = movements_since((ACCOUNT,), start_ns, 100, BASE_OF, interval_ns=1)
    assert [movement.time_ns for movement in found] == sorted(
        (time_ns for time_ns in rows * 2 if time_ns > start_ns), reverse=True
    )
    assert [movement.sequence for movement in found] == list(range(8, 8 - len(found), -1))


START_NS = 1_795_334_400_000_000_000
LENGTHS = (MINUTE, DAY, 300 * DAY, 2_900 * DAY)


@pytest.mark.parametrize("length_ns", LENGTHS)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_the_database_adds_up_draws_the_same_line(db: None, seed: int, length_ns: int) -> None:
    """Of fills one by one and of their sums over each interval the points are equal, also at the boundaries
    themselves and with two accounts."""
    source, interval_ns = random.Random(seed), interval_for(length_ns)
    times = point_times(START_NS, START_NS + length_ns, interval_ns)
    at_boundaries = [source.choice(times) + source.choice((-1, 0, 1)) for _ in range(150)]
    anywhere = [source.randint(START_NS - 10, times[-1]) for _ in range(150)]
    moments = [min(time_ns, times[-1]) for time_ns in at_boundaries + anywhere]
    fills = [_random_fill(source, *numbered) for numbered in enumerate(sorted(moments), start=1)]
    Fill.objects.bulk_create(fills)
    accounts, bases = (ACCOUNT, ACCOUNT + 1), {"BTC-KRW": "BTC", "ETH-BTC": "ETH"}
    held: dict[str, int] = defaultdict(int)
    for fill in fills:
        if fill.account in accounts:
            held[bases[fill.symbol]] += fill.base_delta_minor
            held[QUOTES[fill.symbol]] += fill.quote_delta_minor
    each, summed = (movements_since(accounts, START_NS, len(fills), bases, step) for step in (1, interval_ns))
    valuer = constant({"BTC-KRW": 3, "ETH-BTC": 2})
    points = value_history(held, each, times, valuer, QUOTES)
    assert value_history(held, summed, times, valuer, QUOTES) == points
    assert len({point.value_minor for point in points["KRW"]}) > 1
    assert len(summed) < len(each)


def _random_fill(source: random.Random, number: int, time_ns: int) -> Fill:
    amounts = [source.randint(-(10**20), 10**20) for _ in range(2)]
    return Fill(
        id=2 * number, trade_id=number, order_id=number, account=ACCOUNT + source.randint(0, 2),
        symbol=source.choice(("BTC-KRW", "ETH-BTC")), side=BUY, is_taker=False, price_ticks=1,
        quantity_lots=1, notional_minor=1, fee_minor=0, base_delta_minor=amounts[0],
        quote_delta_minor=amounts[1], base_after=1, quote_after=1, time_ns=time_ns, sequence=number,
    )  # fmt: skip
