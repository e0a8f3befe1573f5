"""Referrals: who may be tied to whom, and shares that are paid once, to the last unit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.fee_models import FeeRun, FeeShare, Referral
from accounts.fees import job as fee_job
from accounts.fees import referrals, revenue
from accounts.models import User
from exchange.errors import ApiError
from exchange.models import Fill, Transfer
from tests.accounts.fees.market import QUOTES, Died, FeeMarket
from tests.conftest import Person
from tests.marketdata.traffic import ACCOUNTS

NOW = dt.datetime.now(dt.UTC)


def tie(user: User, referrer: User) -> str:
    """The reason why not; empty: done."""
    try:
        referrals.tie(user.pk, user.date_joined, referrals.code_of(referrer.pk))
    except ApiError as error:
        return str(error.details["reason"])
    return ""


def people(*names: str) -> list[User]:
    return [User.objects.create_user(name) for name in names]


def test_a_user_is_tied_once_and_soon(db: None) -> None:
    ann, ben, cat = people("ann", "ben", "cat")
    assert tie(ann, ben) == ""
    assert tie(ann, cat) == "tied"
    assert Referral.objects.get(user=ann).referrer == ben
    cat.date_joined = NOW - dt.timedelta(days=31)
    assert tie(cat, ben) == "late"


def test_no_circles(db: None) -> None:
    users = people(*"abcde")
    assert tie(users[0], users[0]) == "own"
    for one, other in pairwise(users):
        assert tie(one, other) == ""
    assert [tie(users[-1], other) for other in users] == ["circle"] * 4 + ["own"]


def test_a_code_stays_and_is_read_as_people_write_it(db: None) -> None:
    ann, ben = people("ann", "ben")
    code = referrals.code_of(ben.pk)
    assert referrals.code_of(ben.pk) == code and len(code) == referrals.CODE_LENGTH
    referrals.tie(ann.pk, ann.date_joined, f" {code.lower()} ")
    with pytest.raises(ApiError) as unknown:
        referrals.tie(ben.pk, ben.date_joined, "NOBODYS1")
    assert unknown.value.details == {"field": "code"}


@given(st.integers(-(10**30), 10**30))
def test_a_share_is_rounded_down_and_never_below_zero(fees_minor: int) -> None:
    share = referrals.share_of(fees_minor)
    assert 5 * share <= max(0, fees_minor) < 5 * (share + 1)


def tied_market(market: FeeMarket) -> User:
    """The owner of accounts 0 and 1 was brought by that of 2, the owner of 3 by that of 4."""
    two = market.give("two", ACCOUNTS[:2])
    referrer = market.give("referrer", ACCOUNTS[2:3])
    three, four = market.give("three", ACCOUNTS[3:4]), market.give("four", ACCOUNTS[4:5])
    assert (tie(two, referrer), tie(three, four)) == ("", "")
    Referral.objects.update(tied_at=market.now - dt.timedelta(days=1))
    return referrer


def by_hand() -> Counter[tuple[int, str]]:
    """The fees of each referrer's people by day and asset, from the fills."""
    of = {ACCOUNTS[0]: ACCOUNTS[2], ACCOUNTS[1]: ACCOUNTS[2], ACCOUNTS[3]: ACCOUNTS[4]}
    fees: Counter[tuple[Any, ...]] = Counter()
    for fill in Fill.objects.filter(account__in=of):
        fees[fill.time_ns // (86_400 * 10**9), of[fill.account], QUOTES[fill.symbol]] += fill.fee_minor
    paid: Counter[tuple[int, str]] = Counter()
    for (_, account, asset), fee_minor in fees.items():
        paid[account, asset] += max(0, fee_minor) // 5
    return paid


def paid_out() -> Counter[tuple[int, str]]:
    found: Counter[tuple[int, str]] = Counter()
    for transfer in Transfer.objects.filter(command_id__startswith="referral:"):
        found[transfer.account, transfer.asset] += transfer.amount_minor
    return found


def test_shares_are_paid_once_and_the_report_still_agrees(
    market: FeeMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fee_job, "BATCH", 1)
    referrer = tied_market(market)
    for batches in (8, 9, 7):
        market.trade_for_a_day(batches)
        for life in range(20):
            market.dies_after = len(market.sent) + life % 3
            try:
                market.job().run_once()
            except Died:
                continue
            market.dies_after = None
            break
        market.pass_time(0)
    assert paid_out() == +by_hand()
    assert len({account for account, _ in paid_out()}) == 2
    transfers = Transfer.objects.filter(command_id__startswith="referral:")
    ids = list(transfers.values_list("command_id", flat=True))
    assert len(ids) == len(set(ids)) == FeeShare.objects.count()
    assert not FeeShare.objects.exclude(is_sent=True, refusal_code="").exists()
    _, found = revenue.compare(market.query)
    assert [one.difference_minor for one in found] == [0] * len(found)
    assert any(one.paid_minor for one in found)
    earned = referrals.standing(referrer.pk, timezone.now())["earned"]
    own = {asset for account, asset in paid_out() if account == ACCOUNTS[2]}
    assert {row["asset"] for row in earned} == own


def test_after_a_restore_nothing_is_paid_twice(market: FeeMarket) -> None:
    tied_market(market)
    market.trade_for_a_day(9)
    market.job().run_once()
    market.pass_time(0)
    paid = paid_out()
    FeeShare.objects.update(is_sent=False)
    FeeRun.objects.update(finished_at=None)
    market.job().run_once()
    market.pass_time(0)
    assert paid_out() == paid and paid


def test_what_the_fee_account_cannot_pay_is_written_down(market: FeeMarket) -> None:
    referrer = tied_market(market)
    run = {"day": dt.date(2020, 1, 1), "referrer": referrer, "asset": "KRW", "account": ACCOUNTS[2]}
    share = FeeShare.objects.create(**run, fees_minor=1, amount_minor=10**30)
    market.trade_for_a_day(1)
    market.job().run_once()
    share.refresh_from_db()
    assert (share.is_sent, share.refusal_code) == (True, "INSUFFICIENT_BALANCE")


def test_over_the_api(alice: Person, bob: Person) -> None:
    mine = alice.get("/v1/referral").json()
    assert (mine["referred_count"], mine["earned"], mine["is_tied"]) == (0, [], False)
    assert mine["share"] == "0.2" and mine["closes_at"] is not None
    tied = bob.post("/v1/referral", {"code": mine["code"]})
    assert tied.status_code == 200 and tied.json()["is_tied"] and tied.json()["closes_at"] is None
    again = bob.post("/v1/referral", {"code": mine["code"]})
    assert (again.status_code, again.json()["error"]) == (409, "REFERRAL_REFUSED")
    assert again.json()["details"] == {"reason": "tied"}
    circle = alice.post("/v1/referral", {"code": tied.json()["code"]})
    assert circle.json()["details"] == {"reason": "circle"}
    assert alice.post("/v1/referral", {"code": "NONE"}).json()["error"] == "INVALID_FIELD"
    assert alice.post("/v1/referral", {}).json()["error"] == "MISSING_FIELD"
    assert alice.get("/v1/referral").json()["referred_count"] == 1
