"""The daily job against a computation by hand, and killed anywhere."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from accounts.fee_models import FeeDay, FeeMove, FeeRun
from accounts.fees import job as fee_job
from accounts.fees.fee_schedule import BASE, Tier
from exchange.engine import messages as m
from exchange.models import Account, Fill
from marketdata.intervals import DAY
from tests.accounts.fees.market import HOUR_NS, KRW, QUOTES, Died, FeeMarket
from tests.marketdata.traffic import ACCOUNTS

_EPOCH = dt.date(1970, 1, 1)
RATES = (("*-KRW", 100, 300), ("ETH-KRW", -50, 200))
#: Around what six accounts trade in some days of a few batches.
TIERS = tuple(
    Tier(number, f"tier {number}", volume * 1_000_000 * KRW, RATES)
    for number, volume in ((3, 10), (1, 40), (2, 200))
)


def naive_tiers(day: dt.date, tiers: Sequence[Tier]) -> dict[int, int]:
    """The tier of every account after a day, from all fills there are, one by one."""
    traded: Counter[int] = Counter()
    for fill in Fill.objects.all():
        age = (day - _EPOCH).days - fill.time_ns // DAY
        if 0 <= age < 30 and QUOTES[fill.symbol] == "KRW":
            traded[fill.account] += fill.notional_minor
    owners = dict(Account.objects.values_list("number", "user_id"))
    found = {}
    for number, user in owners.items():
        own = [other for other, of in owners.items() if other == number or (user is not None and of == user)]
        total = sum(traded[other] for other in own)
        reached = [tier for tier in (BASE, *tiers) if tier.volume_minor <= total]
        found[number] = max(reached, key=lambda tier: tier.volume_minor).number
    return found


@pytest.mark.parametrize("seed", range(3))
def test_tiers_are_those_of_a_computation_by_hand(transactional_db: None, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    market = FeeMarket(tmp_path, seed)
    try:
        market.give("both", ACCOUNTS[:2])
        market.give("alone", ACCOUNTS[2:3])
        market.set_tiers(*TIERS)
        seen: set[int] = set()
        for _ in range(8):
            market.trade_for_a_day(rng.choice((0, 1, 4, 10)))
            if rng.random() < 0.3:
                market.pass_time(rng.choice((1, 2, 29)) * DAY)  # nobody was there
            assert market.job().run_once()
            market.pass_time(0)
            day = FeeRun.objects.first().day
            assert (day - _EPOCH).days == market.now_ns // DAY - 1
            assert market.plans() == naive_tiers(day, TIERS)
            assert dict(Account.objects.values_list("number", "fee_plan")) == market.plans()
            seen |= set(market.plans().values())
        assert len(seen) > 2, "the tiers fit the traffic"
        days = list(FeeRun.objects.order_by("day").values_list("day", flat=True))
        span = dt.timedelta(days=len(days) - 1)
        assert days[-1] - days[0] == span, "no day is left out"
        assert market.sequencer.engine.check() == []
    finally:
        market.close()


def test_every_fill_is_in_one_day(market: FeeMarket) -> None:
    for batches in (6, 0, 9, 3):
        market.trade_for_a_day(batches)
    market.job().run_once()
    by_hand: Counter[tuple[int, int, str]] = Counter()
    for fill in Fill.objects.all():
        by_hand[fill.time_ns // DAY, fill.account, fill.symbol] += fill.notional_minor
    rows = {
        ((row.day - _EPOCH).days, row.account, row.symbol): row.volume_minor for row in FeeDay.objects.all()
    }
    assert rows == dict(by_hand)


def test_the_job_waits_for_its_hour_and_for_the_tables(market: FeeMarket) -> None:
    market.trade_for_a_day(2)
    market.now_ns -= 2 * HOUR_NS
    if market.job().run_once():
        assert FeeRun.objects.first().day == market.now.date() - dt.timedelta(days=2)
    runs = FeeRun.objects.count()
    market.now_ns += DAY + 2 * HOUR_NS  # the tables have not heard of that day yet
    assert not market.job().run_once()
    assert FeeRun.objects.count() == runs
    market.pass_time(0)
    assert market.job().run_once()


def test_a_day_is_done_once(market: FeeMarket) -> None:
    market.set_tiers(*TIERS)
    market.trade_for_a_day(6)
    assert market.job().run_once()
    sent = len(market.sent)
    assert sent == FeeMove.objects.count() > 0
    assert not market.job().run_once()
    market.now_ns -= 3 * DAY  # a clock set back begins no older day
    assert not market.job().run_once()
    assert len(market.sent) == sent


def test_killed_between_any_two_commands_it_sends_the_same_ones(
    market: FeeMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fee_job, "BATCH", 2)
    tiers = (*TIERS, Tier(9, "any", 1, RATES))
    market.set_tiers(*tiers)
    market.trade_for_a_day(8)
    for life in range(100):
        market.dies_after = len(market.sent) + life % 4
        try:
            market.job().run_once()
            break
        except Died:
            continue
    assert FeeRun.objects.get().finished_at is not None
    by_id: dict[str, set[m.Command]] = {}
    for command in market.sent:
        by_id.setdefault(command[1], set()).add(command)
    assert all(len(commands) == 1 for commands in by_id.values()), "one id is one command"
    assert len(market.sent) > len(by_id), "some were sent again"
    assert len(by_id) == FeeMove.objects.count() > 2
    market.pass_time(0)
    assert market.plans() == naive_tiers(FeeRun.objects.get().day, tiers)


def test_killed_before_the_run_is_saved_nothing_is_there(
    market: FeeMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.set_tiers(*TIERS)
    market.trade_for_a_day(4)

    def die(run: FeeRun) -> list[FeeMove]:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(fee_job, "_moves", die)
        with pytest.raises(Died):
            market.job().run_once()
    assert not FeeRun.objects.exists() and not FeeDay.objects.exists()
    assert market.job().run_once()
    assert FeeRun.objects.get().moved == FeeMove.objects.count()


def test_a_symbol_listed_later_comes_into_the_tiers(market: FeeMarket) -> None:
    market.set_tiers(Tier(1, "one", 10**30, (("*", 7, 70),)))
    terms = m.SymbolEvent(*next(iter(market.sequencer.engine.symbols())))
    named = terms._asdict()
    wanted = {name: named[name] for name in m.SetSymbol._fields if name in named and name not in ("tag",)}
    listed = m.SetSymbol(m.SET_SYMBOL, "list", **{**wanted, "symbol": "NEW", "protection": None})
    market.sequencer.submit([tuple(listed[:-1])])
    market.trade_for_a_day(1)
    market.job().run_once()
    ((_, rates),) = market.query("fee_plans").value
    assert {symbol for symbol, *_ in rates} == {*QUOTES, "NEW"}
    assert len(market.sent) == 1, "a plan that is right is not sent again"
    market.trade_for_a_day(1)
    market.job().run_once()
    assert len(market.sent) == 1
