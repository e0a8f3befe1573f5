"""What an account reads of its fees, and what everybody reads of the schedule."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.fee_models import FeeDay, FeeRun
from accounts.fees import default_schedule, overrides
from exchange.control.dispatcher import Dispatcher
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.models import Account, ChangeRequest
from tests.conftest import LiveEngine, Person

KRW = 10**8
DAY = dt.date(2026, 11, 1)


@pytest.fixture
def seeded(live_engine: LiveEngine, db: None) -> LiveEngine:
    default_schedule.ask({symbol.symbol: symbol.quote for symbol in catalog.SYMBOLS})
    Dispatcher(live_engine.client).run_until_empty()
    live_engine.project()
    return live_engine


def traded(account: int, value_minor: int, day: dt.date = DAY) -> None:
    fees = {"volume_minor": 0, "maker_fee_minor": 0, "taker_fee_minor": 0}
    FeeDay.objects.create(day=day, account=account, symbol="BTC-KRW", tier=0, value_minor=value_minor, **fees)


def run_of(day: dt.date) -> None:
    now = timezone.now()
    FeeRun.objects.create(day=day, stamp=1, last_fill_id=0, began_at=now, finished_at=now)


def test_the_schedule_is_public(seeded: LiveEngine, anyone: APIClient) -> None:
    reply = anyone.get("/api/v1/fees/schedule").json()
    assert (reply["currency"], reply["hour"]) == ("KRW", 1)
    assert [tier["tier"] for tier in reply["tiers"]] == [0, 1, 2, 3, 4]
    diamond = reply["tiers"][-1]
    assert (diamond["name"], Decimal(diamond["volume"])) == ("Diamond", 10**12)
    rates = {row["symbol"]: (row["maker_fee_rate"], row["taker_fee_rate"]) for row in diamond["rates"]}
    assert rates["BTC-KRW"] == ("0", "0.0003")
    base = {row["symbol"]: row for row in reply["tiers"][0]["rates"]}
    assert base["AAPL"]["taker_fee_rate"] == "0.0001"
    assert set(rates) == {symbol.symbol for symbol in catalog.SYMBOLS}


def test_a_new_account_is_in_the_lowest_tier(seeded: LiveEngine, alice: Person) -> None:
    reply = alice.get("/v1/fees").json()
    assert (reply["tier"], reply["tier_name"], reply["volume_day"]) == (0, "", None)
    assert Decimal(reply["volume_30d"]) == 0
    assert reply["next_tier"]["name"] == "Silver"
    assert reply["next_tier"]["missing"] == reply["next_tier"]["volume"]
    assert reply["overrides"] == []
    assert {row["symbol"] for row in reply["fees"]} == {symbol.symbol for symbol in catalog.SYMBOLS}


def test_the_accounts_of_an_owner_count_together(seeded: LiveEngine, alice: Person, bob: Person) -> None:
    Account.objects.create(number=1009, user=alice.user, name="second")
    traded(alice.account, 3 * 10**9 * KRW)
    traded(1009, 4 * 10**9 * KRW + 1)
    traded(1009, 10**12 * KRW, DAY - dt.timedelta(days=30))
    traded(bob.account, 10**12 * KRW)
    run_of(DAY)
    seeded.submit(m.set_account_plan(seeded.command_id(), alice.account, 1))
    seeded.project()
    reply = alice.get("/v1/fees").json()
    assert (reply["tier"], reply["tier_name"], reply["volume_day"]) == (1, "Silver", "2026-11-01")
    assert reply["volume_30d"] == "7000000000.00000001"
    assert (reply["next_tier"]["name"], reply["next_tier"]["missing"]) == ("Gold", "2999999999.99999999")
    rates = {row["symbol"]: row["maker_fee_rate"] for row in reply["fees"]}
    assert (rates["BTC-KRW"], rates["AAPL"]) == ("0.00045", "0")


def test_the_highest_tier_has_no_next(seeded: LiveEngine, alice: Person) -> None:
    traded(alice.account, 10**13 * KRW)
    run_of(DAY)
    seeded.submit(m.set_account_plan(seeded.command_id(), alice.account, 4))
    seeded.project()
    assert alice.get("/v1/fees").json()["next_tier"] is None


def test_rates_of_ones_own_with_their_end(seeded: LiveEngine, alice: Person, oscar: Person) -> None:
    until = timezone.now().replace(microsecond=0) + dt.timedelta(days=2)
    for symbol, end in (("", until), ("BTC-KRW", None)):
        payload = {"symbol": symbol, "account": alice.account, "maker_ppm": -100, "taker_ppm": 200}
        overrides.give(payload, end, oscar.user, "market maker")
    ChangeRequest.objects.filter(state=ChangeRequest.State.WAITING).update(state=ChangeRequest.State.PENDING)
    Dispatcher(seeded.client).run_until_empty()
    found = alice.get("/v1/fees").json()["overrides"]
    own = {"maker_fee_rate": "-0.0001", "taker_fee_rate": "0.0002"}
    assert found == [
        {"symbol": None, **own, "ends_at": int(until.timestamp()) * 1_000},
        {"symbol": "BTC-KRW", **own, "ends_at": None},
    ]


@pytest.mark.parametrize("path", ["/v1/fees", "/api/v1/fees/schedule"])
def test_unknown_parameters_are_refused(seeded: LiveEngine, alice: Person, path: str) -> None:
    reply: Any = alice.get(path, symbol="BTC-KRW")
    assert (reply.status_code, reply.json()["error"]) == (400, "UNKNOWN_FIELD")
