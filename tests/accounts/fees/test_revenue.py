"""What fees earned is what the engine's fee account has, to the last unit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.fee_models import FeeDay
from accounts.fees import days, revenue
from accounts.fees.fee_schedule import Tier
from exchange.models import Fill
from exchange.models.sums import ExactSum
from tests.accounts.fees.market import KRW, QUOTES, FeeMarket
from tests.conftest import LiveEngine, Person

ALWAYS = dt.date(2000, 1, 1), dt.date(2100, 1, 1)
#: Rebates that the fee account often cannot pay, and fees.
ODD = (Tier(1, "one", KRW, (("*", -77, 333),)), Tier(2, "two", 10**8 * KRW, (("*-KRW", -1_001, 1_001),)))


@pytest.mark.parametrize("seed", range(3))
def test_the_report_agrees_with_the_engine_whatever_is_traded(
    transactional_db: None, tmp_path: Path, seed: int
) -> None:
    market = FeeMarket(tmp_path, seed)
    try:
        market.set_tiers(*ODD)
        for batches in (5, 9, 0, 7):
            market.trade_for_a_day(batches)
            market.job().run_once()
            market.sequencer.submit(market.traffic.take(60))
            market.pass_time(0)
            sequence, found = revenue.compare(market.query)
            assert sequence == market.sequencer.position.sequence
            assert {one.asset for one in found} >= {"KRW", "USD"}
            assert [one for one in found if one.difference_minor] == []
        assert any(one.reported_minor and one.since_minor for one in found)
        assert Fill.objects.count() > 100
    finally:
        market.close()


def test_a_unit_too_much_or_too_little_is_noticed(market: FeeMarket) -> None:
    market.trade_for_a_day(6)
    market.job().run_once()
    row = FeeDay.objects.exclude(taker_fee_minor=0).filter(symbol="BTC-KRW").first()
    row.taker_fee_minor += 1
    row.save()
    _, found = revenue.compare(market.query)
    assert [(one.asset, one.difference_minor) for one in found if one.difference_minor] == [("KRW", -1)]


def test_tables_that_do_not_follow_are_not_compared(market: FeeMarket) -> None:
    market.sequencer.submit(market.traffic.take(1))
    with pytest.raises(revenue.NotComparableError):
        revenue.compare(market.query, 0.0)


def test_the_report_has_every_fill_by_day_symbol_and_tier(market: FeeMarket) -> None:
    market.set_tiers(*ODD)
    for batches in (6, 6):
        market.trade_for_a_day(batches)
        market.job().run_once()
    fees: Counter[tuple[str, str]] = Counter()
    for fill in Fill.objects.all():
        fees[days.day_of(fill.time_ns).isoformat(), fill.symbol] += fill.fee_minor
    reported: Counter[tuple[str, str]] = Counter()
    rows = list(revenue.report(*ALWAYS))
    for row in rows:
        reported[row.day.isoformat(), row.symbol] += row.total_minor
        assert row.asset == QUOTES[row.symbol]
    assert reported == fees
    assert len({row.tier for row in rows}) > 1
    only = list(revenue.report(*ALWAYS, "BTC-KRW"))
    assert only == [row for row in rows if row.symbol == "BTC-KRW"]
    headers, *lines = revenue.table(*ALWAYS)
    assert headers == revenue.HEADERS and len(lines) == len(rows)


def test_the_command_fails_loudly(alice: Person, bob: Person, live_engine: LiveEngine, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "ENGINE_SOCKET": live_engine.socket_path}
    alice.place()
    assert bob.place(side="sell").status_code == 200
    live_engine.project()
    out, err = StringIO(), StringIO()
    call_command("feereport", stdout=out, stderr=err)
    assert out.getvalue().startswith(",".join(revenue.HEADERS))
    assert "to the last unit" in err.getvalue()
    fill = Fill.objects.filter(is_taker=True).get()
    Fill.objects.filter(pk=fill.pk).update(fee_minor=fill.fee_minor + 1)
    out = StringIO()
    with pytest.raises(CommandError, match="differs in KRW"):
        call_command("feereport", "--check", stdout=out, stderr=err)
    assert out.getvalue() == ""


def test_sums_beyond_64_bits_are_exact(db: None) -> None:
    amounts = [2**63 - 1, 2**63 - 1, -5, 10**35]
    for number, amount in enumerate(amounts):
        FeeDay.objects.create(
            day=ALWAYS[0],
            account=number,
            symbol="BTC-KRW",
            tier=0,
            volume_minor=amount,
            value_minor=0,
            maker_fee_minor=0,
            taker_fee_minor=0,
        )
    assert FeeDay.objects.aggregate(total=ExactSum("volume_minor"))["total"] == sum(amounts)
