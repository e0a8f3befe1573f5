"""Where a range of the portfolio begins: movements at its first moment belong to the time before."""

from __future__ import annotations

import pytest

from accounts.portfolio.movements import movements_since
from exchange.engine.messages import BUY, DEPOSITED
from exchange.models import Fill, Transfer

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
    found = movements_since((ACCOUNT,), start_ns, 100, BASE_OF)
    assert [movement.time_ns for movement in found] == sorted(
        (time_ns for time_ns in rows * 2 if time_ns > start_ns), reverse=True
    )
    assert [movement.sequence for movement in found] == list(range(8, 8 - len(found), -1))
