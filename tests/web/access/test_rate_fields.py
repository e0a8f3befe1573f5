"""Every answer tells where the requester stands in its limits, so that a bot can pace itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from accounts.identity import roles
from accounts.identity.identities import Identity, identify_user
from accounts.identity.rate_tiers import rate_tiers
from accounts.models import RateTier
from tests.conftest import Person
from tests.web.access.test_limiter import set_rates
from tests.web.rest.asgi import Asked, Told, ask
from web.access.limiter import Charged, Standing, limiter, rates_of
from web.access.rate_fields import fields_of

ORDER = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "90000000", "quantity": "0.001"}
ITEM = re.compile(r'"([a-z0-9-]+)";([rq])=(\d+);([tw])=(\d+)')


def items(line: str) -> dict[str, tuple[int, int]]:
    """A field as name -> its two numbers; refuses what is no list of such items (RFC 9651)."""
    matches = [ITEM.fullmatch(part) for part in line.split(", ")]
    assert all(matches), line
    return {match[1]: (int(match[3]), int(match[5])) for match in matches if match}


def test_fields_as_the_draft_writes_them() -> None:
    (rate,) = rates_of("login")
    fields = dict(fields_of([Standing("login", rate, 19, 7)]))
    assert fields == {b"ratelimit": b'"login";r=19;t=7', b"ratelimit-policy": b'"login";q=20;w=60'}
    assert fields_of(()) == ()


@pytest.mark.django_db(transaction=True)
def test_a_view_counts_down_to_its_refusal(alice: Person, settings: Any) -> None:
    set_rates(settings, orders="3/h 5/day")
    seen = []
    for _ in range(4):
        answer = alice.post("/v1/order", ORDER)
        seen.append(items(answer.headers["RateLimit"]))
        assert items(answer.headers["RateLimit-Policy"]).items() >= {"orders": (3, 3600)}.items()
    assert [each["orders"][0] for each in seen] == [2, 1, 0, 0]
    assert answer.status_code == 429
    assert [each["orders-day"][0] for each in seen[:3]] == [4, 3, 2]
    assert "orders-day" not in seen[3], "what an hour refuses costs nothing of the day"
    assert int(answer.headers["Retry-After"]) in range(1, 3601)
    assert abs(int(answer.headers["Retry-After"]) - seen[3]["orders"][1]) <= 1


@pytest.mark.django_db(transaction=True)
def test_a_lane_has_them_too(live_engine: Any, settings: Any) -> None:
    from xtrader.asgi import application

    set_rates(settings, public="2/h")
    told: list[Told] = [async_to_sync(ask)(application, Asked("/api/v1/symbols")) for _ in range(3)]
    assert [each.status for each in told] == [200, 200, 429]
    lines = [(each.header(b"ratelimit") or b"").decode() for each in told]
    assert [items(line)["public"][0] for line in lines] == [1, 0, 0]
    for each in told:
        assert [name for name, _ in each.headers].count(b"ratelimit-policy") == 1
    assert told[2].header(b"retry-after") is not None


@pytest.mark.django_db(transaction=True)
def test_without_a_limit_there_is_nothing_to_tell(alice: Person, settings: Any) -> None:
    set_rates(settings)
    assert "RateLimit" not in alice.get("/v1/balances").headers


# --- weights -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("rate", "left"), [("100/h", 90), ("4/h", 0)])
def test_canceling_all_weighs_more_and_is_always_possible(
    alice: Person, settings: Any, rate: str, left: int
) -> None:
    set_rates(settings, orders=rate)
    answer = alice.post("/v1/orders/cancel-all", {})
    assert answer.status_code == 200, answer.json()
    assert items(answer.headers["RateLimit"])["orders"][0] == left


# --- tiers -------------------------------------------------------------------------------------------------


def charge_as(person: Person, scope: str = "orders") -> Charged:
    return limiter.charged(scope, identity_of(person))


def identity_of(person: Person) -> Identity:
    identity = identify_user(person.user, "session", "en")
    assert identity is not None
    return identity


@pytest.mark.django_db(transaction=True)
def test_a_user_s_tier_decides(alice: Person, bob: Person, settings: Any) -> None:
    set_rates(settings, orders="3/h", reads="8/h")
    tier = RateTier.objects.create(name="fast", orders="50/h 70/day")
    alice.user.rate_tier = tier
    alice.user.save()
    rate_tiers.look()
    assert [each.remaining for each in charge_as(alice).standings] == [49, 69]
    assert [each.remaining for each in charge_as(bob).standings] == [2]
    assert [each.remaining for each in charge_as(alice, "reads").standings] == [7], "as the settings have it"
    RateTier.objects.update(orders="0")
    rate_tiers.look()
    assert charge_as(alice).standings == ()


@pytest.mark.django_db(transaction=True)
def test_market_makers_have_a_tier_of_their_own(settings: Any) -> None:
    set_rates(settings, orders="3/h")
    makers = frozenset({roles.MARKET_MAKER})
    rate_tiers.look()
    assert [rate.maximum for rate in rates_of("orders", 1001, makers)] == [10_000], "as the settings have it"
    RateTier.objects.update_or_create(name="market makers", defaults={"orders": "77/s"})
    rate_tiers.look()
    assert [rate.maximum for rate in rates_of("orders", 1001, makers)] == [77]
    assert [rate.maximum for rate in rates_of("orders", 1001, frozenset({"trader"}))] == [3]
    settings.XTRADER = {**settings.XTRADER, "ORDER_RATES": {"1001": "5/s"}}
    assert [rate.maximum for rate in rates_of("orders", 1001, makers)] == [5]


@pytest.mark.django_db(transaction=True)
def test_a_meter_learns_of_a_new_rate(alice: Person, settings: Any) -> None:
    """An open connection must not go on with what it was given at its log-in."""
    set_rates(settings, orders="3/h")
    tier = RateTier.objects.create(name="slow", orders="100/h")
    alice.user.rate_tier = tier
    alice.user.save()
    rate_tiers.look()
    meter = limiter.meter("orders", identity_of(alice))
    assert [meter.charge() for _ in range(5)] == [None] * 5
    RateTier.objects.update(orders="2/h")
    rate_tiers.look()
    assert meter.charge() is not None
    assert [(each.rate.maximum, each.remaining) for each in meter.standings()] == [(2, 0)]
