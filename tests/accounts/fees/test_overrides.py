"""Rates of single accounts: given, ended by the job, and taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.fee_models import FeeGrant
from accounts.fees import overrides
from accounts.models import User
from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.models import FeeOverride
from tests.accounts.fees.market import Died, FeeMarket
from tests.marketdata.traffic import ACCOUNTS

ALICE = ACCOUNTS[1]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def oscar(market: FeeMarket) -> User:
    return User.objects.create_user("oscar")


def give(
    market: FeeMarket, oscar: User, symbol: str, maker: int, taker: int, until: dt.datetime | None = None
) -> FeeGrant:
    payload = {"symbol": symbol, "account": ALICE, "maker_ppm": maker, "taker_ppm": taker}
    request = overrides.give(payload, until, oscar, "agreed")
    request.__class__.objects.filter(pk=request.pk, state="waiting").update(state="pending")
    market.carry_out_requests()
    return FeeGrant.objects.get(pk=request.pk)


def rates(market: FeeMarket, symbol: str = "BTC-KRW") -> tuple[int, int]:
    return market.sequencer.engine.fees(symbol, ALICE)


LISTED = (500, 500)


def later(market: FeeMarket) -> dt.datetime:
    """The market's clock stands elsewhere than the machine's."""
    return max(market.now, timezone.now()) + HOUR


def test_a_rebate_ends_when_its_time_is_up(market: FeeMarket, oscar: User) -> None:
    until = later(market)
    give(market, oscar, "", -100, 300, until)
    assert rates(market) == (-100, 300)
    assert FeeOverride.objects.get(account=ALICE).symbol == ""
    (found,) = overrides.in_force([ALICE])
    assert (found.symbol, found.maker_ppm, found.until) == ("", -100, until)
    market.job().run_once()
    assert rates(market) == (-100, 300), "not yet"
    market.now_ns = int((until + HOUR).timestamp()) * 10**9
    market.job().run_once()
    market.pass_time(0)
    assert rates(market) == LISTED
    assert overrides.in_force([ALICE]) == []
    assert not FeeOverride.objects.filter(account=ALICE).exists()
    sent = len(market.sent)
    market.job().run_once()
    assert len(market.sent) == sent, "ended once"


def test_the_end_of_one_that_was_replaced_ends_nothing(market: FeeMarket, oscar: User) -> None:
    until = later(market)
    first = give(market, oscar, "BTC-KRW", 1, 10, until)
    give(market, oscar, "BTC-KRW", 2, 20)
    give(market, oscar, "ETH-KRW", 3, 30, until + HOUR)
    market.now_ns = int(until.timestamp() + 1) * 10**9
    market.job().run_once()
    assert (rates(market), rates(market, "ETH-KRW")) == ((2, 20), (3, 30))
    first.refresh_from_db()
    assert first.ended_at is not None
    assert [one.symbol for one in overrides.in_force([ALICE])] == ["BTC-KRW", "ETH-KRW"]


def test_killed_before_it_is_written_down_the_end_is_sent_again(market: FeeMarket, oscar: User) -> None:
    until = later(market)
    grant = give(market, oscar, "BTC-KRW", 1, 10, until)
    market.now_ns = int(until.timestamp() + 1) * 10**9
    job = market.job()
    ended = overrides.end_command(grant)
    assert ended == m.clear_fees(f"fee-end:{grant.pk}", "BTC-KRW", ALICE)
    market.sequencer.submit([ended])
    before = market.sequencer.position.sequence
    market.dies_after = 0
    with pytest.raises(Died):
        job.run_once()
    market.dies_after = None
    job.run_once()
    assert market.sent[0] == ended
    assert rates(market) == LISTED
    assert overrides.due(market.now) == []
    assert market.sequencer.position.sequence == before, "it was known already"


def test_an_operator_takes_rates_back(market: FeeMarket, oscar: User) -> None:
    give(market, oscar, "BTC-KRW", 1, 10)
    overrides.take_back(ALICE, "BTC-KRW", oscar, "over")
    market.carry_out_requests()
    assert rates(market) == LISTED
    assert overrides.in_force([ALICE]) == []


def test_an_end_in_the_past_is_refused(market: FeeMarket, oscar: User) -> None:
    with pytest.raises(RequestError) as refused:
        give(market, oscar, "BTC-KRW", 1, 10, timezone.now() - HOUR)
    assert refused.value.details == {"field": "until"}
    assert not FeeGrant.objects.exists()
