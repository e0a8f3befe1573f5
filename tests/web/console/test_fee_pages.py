"""Operators' pages about fees, as people use them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.fee_models import FeeGrant, FeeTier
from accounts.fees import fee_schedule
from accounts.identity import roles
from exchange.control.dispatcher import Dispatcher
from exchange.models import Account, ChangeRequest, FeeOverride
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import approvals_of

NEW = "/admin/accounts/feetier/new/"


@pytest.fixture
def operator(oscar: Person, client: Client) -> Client:
    client.force_login(oscar.user)
    return client


def carry_out(engine: LiveEngine) -> None:
    """Another operator has approved what waits."""
    waiting = ChangeRequest.objects.filter(state=ChangeRequest.State.WAITING)
    waiting.update(state=ChangeRequest.State.PENDING)
    Dispatcher(engine.client).run_until_empty()
    engine.project()


def tier(**changes: str) -> dict[str, str]:
    return {
        "number": "1",
        "name": "Gold",
        "volume": "1000000000.5",
        "rates": "*-KRW 0.04 0.05\nbtc-krw -0.01 0.0301\n",
        "why": "season",
        **changes,
    }


def test_a_tier_is_made_changed_and_retired(operator: Client, live_engine: LiveEngine) -> None:
    live_engine.project()
    assert operator.get(NEW).status_code == 200
    assert operator.post(NEW, tier()).status_code == 302
    row = FeeTier.objects.get()
    assert row.volume_minor == 100_000_000_050_000_000
    assert row.rates == [["*-KRW", 400, 500], ["BTC-KRW", -100, 301]]
    assert row.request.reason == "season"
    carry_out(live_engine)
    plan = (("BTC-KRW", -100, 301), ("ETH-KRW", 400, 500))
    assert dict(live_engine.client.query("fee_plans").value) == {1: plan}
    page = f"/admin/accounts/feetier/{row.pk}"
    shown = operator.get(f"{page}/change-tier/").content.decode()
    assert "1000000000.5" in shown and "BTC-KRW -0.01 0.0301" in shown
    assert operator.post(f"{page}/change-tier/", tier(name="Gold 2", rates="")).status_code == 302
    carry_out(live_engine)
    assert fee_schedule.tiers()[-1].name == "Gold 2"
    newest = FeeTier.objects.order_by("pk").last()
    assert operator.post(f"/admin/accounts/feetier/{newest.pk}/retire/", {"why": "over"}).status_code == 302
    carry_out(live_engine)
    assert fee_schedule.tiers() == [fee_schedule.BASE]
    listed = operator.get("/admin/accounts/feetier/").content.decode()
    assert "Gold 2" in listed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rates": "*-KRW 0.04"}, "rates"),
        ({"rates": "*-KRW 0.04 0.00001"}, "rates"),
        ({"rates": "*-KRW -0.05 0.04"}, "rates"),
        ({"rates": "* 0 0\n* 1 1"}, "rates"),
        ({"volume": "0"}, "volume"),
        ({"volume": "1.123456789"}, "volume"),
        ({"number": "1001"}, "number"),
        ({"name": ""}, "name"),
    ],
)
def test_a_tier_that_cannot_be_says_where(
    operator: Client, live_engine: LiveEngine, changes: dict[str, str], field: str
) -> None:
    live_engine.project()
    reply = operator.post(NEW, tier(**changes))
    assert reply.status_code == 200
    assert reply.context["form"].errors.keys() == {field}
    assert not FeeTier.objects.exists()


def test_an_accounts_own_fees_until_a_day(operator: Client, live_engine: LiveEngine, alice: Person) -> None:
    live_engine.project()
    roles.assign_role(alice.user, roles.MARKET_MAKER)
    page = f"/admin/exchange/account/{alice.account}"
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    fields = operator.get(f"{page}/fees/").context["form"].fields
    maker, taker = [name for name in fields if "maker" in name or "taker" in name]
    given = {"symbol": "", maker: "-0.01", taker: "0.03", "until": f"{until:%Y-%m-%d %H:%M}", "why": "mm"}
    assert operator.post(f"{page}/fees/", given).status_code == 302
    carry_out(live_engine)
    grant = FeeGrant.objects.get()
    assert (grant.symbol, grant.until) == ("", until.replace(second=0, microsecond=0))
    assert FeeOverride.objects.get(account=alice.account).maker_ppm == -100
    shown = operator.get(f"{page}/change/").content.decode()
    assert "all symbols" in shown and f"{until:%Y-%m-%d %H:%M}" in shown
    assert operator.post(f"{page}/clear-fees/", {"symbol": "", "why": "over"}).status_code == 302
    carry_out(live_engine)
    assert not FeeOverride.objects.filter(account=alice.account).exists()
    past = {**given, "until": "2020-01-01 00:00"}
    assert operator.post(f"{page}/fees/", past).context["form"].errors.keys() == {"until"}


def test_the_revenue_page_and_its_file(
    operator: Client, live_engine: LiveEngine, alice: Person, bob: Person
) -> None:
    alice.place()
    bob.place(side="sell")
    live_engine.project()
    shown = operator.get("/admin/fees/revenue/").content.decode()
    assert "fee account" in shown and "KRW" in shown
    file = operator.get("/admin/fees/revenue.csv?start=2026-01-01&end=2026-12-31&symbol=BTC-KRW")
    assert file["Content-Type"].startswith("text/csv")
    assert file.content.startswith(b"day,symbol,tier")
    assert operator.get("/admin/fees/revenue/?start=never&end=2026-12-31").status_code == 200


PAGES = (NEW, "/admin/accounts/feetier/", "/admin/fees/revenue/", "/admin/fees/revenue.csv")


@pytest.mark.parametrize("path", PAGES)
def test_traders_do_not_come_here(alice: Person, client: Client, path: str) -> None:
    client.force_login(alice.user)
    assert client.get(path).status_code in (302, 403)


def test_tiers_and_plans_wait_for_a_second_operator(
    operator: Client, live_engine: LiveEngine, settings: Any
) -> None:
    live_engine.project()
    approvals_of(settings)
    operator.post(NEW, tier())
    assert FeeTier.objects.get().request.state == ChangeRequest.State.WAITING
    Dispatcher(live_engine.client).run_until_empty()
    assert fee_schedule.tiers() == [fee_schedule.BASE]
    assert Account.objects.filter(fee_plan=1).count() == 0
