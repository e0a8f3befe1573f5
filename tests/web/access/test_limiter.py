"""One limiter counts for every way in, in bounded memory, and forgets the oldest first."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.identity.identities import Identity
from accounts.identity.scopes import ALL_SCOPES
from web.access.addresses import client_address
from web.access.limiter import Bucket, Counters, Limiter, rates_of

MINUTE, SECOND = 60, 1
START_S = 1_200_000.0

ALICE = Identity(1, "alice", 1001, frozenset({"trader"}), ALL_SCOPES, "en", "token", None, None, None)


def set_rates(settings: Any, **rates: str) -> None:
    unlimited = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0")
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**unlimited, **rates}}


# --- what is counted ---------------------------------------------------------------------------------------


def test_a_user_is_one_requester_however_he_proves_it(settings: Any) -> None:
    set_rates(settings, orders="3/h", reads="1/h")
    limiter = Limiter()
    by_session = ALICE._replace(proof="session", session_key="k", language="ko")
    assert limiter.charge("orders", ALICE, 2) is None
    assert limiter.charge("orders", by_session) is None
    assert limiter.charge("orders", ALICE) is not None
    assert limiter.charge("reads", ALICE) is None, "another scope is counted for itself"
    assert limiter.charge("orders", ALICE._replace(user_id=2, account=1002)) is None


def test_a_request_is_counted_for_its_address_too(settings: Any) -> None:
    set_rates(settings, address="2/h", orders="1000/h")
    limiter = Limiter()
    waits = [
        limiter.charge_request("192.0.2.1", "orders", ALICE._replace(user_id=n, account=n)) for n in range(3)
    ]
    assert waits[:2] == [None, None]
    assert waits[2] is not None and 0 < waits[2] <= 3600


def test_networks_of_one_provider_share_ten_times_the_limit(settings: Any) -> None:
    set_rates(settings, public="2/h")
    limiter = Limiter()

    def charge(address: str) -> bool:
        return limiter.charge("public", client_address(address, "")) is None

    assert [charge("2001:db8:1::7") for _ in range(50)] == [True] * 2 + [False] * 48
    others = [charge(f"2001:db8:1:{number:x}::1") for number in range(1, 40)]
    assert others == [True] * 18 + [False] * 21, "what the /64 was refused does not count for its neighbours"
    assert charge("2001:db8:2::1"), "another /48"
    assert [charge(f"192.0.2.{number}") for number in range(40)] == [True] * 40, "IPv4 has no wider network"
    assert [charge(f"::ffff:198.51.100.{number}") for number in range(40)] == [True] * 40


def test_a_bucket_of_one_s_own_stands_in_place_of_the_rate(settings: Any) -> None:
    set_rates(settings, orders="1/h")
    now = 0.0
    limiter = Limiter()
    limiter.grant("orders", ALICE, Bucket(2, 4, lambda: now))
    assert [limiter.charge("orders", ALICE, 2) for _ in range(3)] == [None, None, 1]
    assert limiter.charge("orders", ALICE, 100) == 50, "the seconds until there would be as many"
    now = 1.0
    assert limiter.charge("orders", ALICE, 2) is None
    limiter.release("orders", ALICE)
    assert [limiter.charge("orders", ALICE) is None for _ in range(2)] == [True, False]


def test_every_setting_is_a_rate(settings: Any) -> None:
    for scope in settings.XTRADER["RATE_LIMITS"]:
        assert {rate.span_s for rate in rates_of(scope)} <= {1, 10, 60, 3600, 86_400}


# --- memory ------------------------------------------------------------------------------------------------


@pytest.mark.attack("A17")
def test_a_flood_of_new_names_does_not_free_one_over_its_limit() -> None:
    counters = Counters(maximum=1_000)
    assert counters.add("guesser", 121, MINUTE, START_S) == 121
    for number in range(5_000):
        counters.add(f"other {number}", 1, MINUTE, START_S + 1)
        assert len(counters) <= 1_000
    assert counters.add("guesser", 1, MINUTE, START_S + 2) == 122


def test_windows_that_have_ended_go_before_those_that_run() -> None:
    counters = Counters(maximum=100)
    for number in range(60):
        counters.add(f"past {number}", 1, SECOND, START_S)
    for number in range(40):
        counters.add(f"now {number}", 1, MINUTE, START_S)
    counters.add("new", 1, MINUTE, START_S + 1)
    assert len(counters) == 41
    assert [counters.add(f"now {number}", 1, MINUTE, START_S + 1) for number in range(40)] == [2] * 40


def test_of_running_windows_the_shortest_go_first() -> None:
    counters = Counters(maximum=100)
    for number in range(50):
        counters.add(f"minute {number}", 1, MINUTE, START_S)
        counters.add(f"second {number}", 1, SECOND, START_S)
    for number in range(50):
        counters.add(f"new {number}", 1, MINUTE, START_S)
    assert len(counters) == 100
    assert [counters.add(f"minute {number}", 1, MINUTE, START_S) for number in range(50)] == [2] * 50


def test_a_counter_starts_again_in_each_window() -> None:
    counters = Counters(maximum=10)
    assert [counters.add("a", 1, SECOND, START_S + at) for at in (0, 0.5, 1, 1.9, 2)] == [1, 2, 1, 2, 1]
    assert len(counters) == 1
    counters.clear()
    assert len(counters) == 0


@pytest.mark.attack("A17")
@pytest.mark.django_db
def test_a_network_of_ipv6_addresses_is_one_guesser(anyone: APIClient, settings: Any) -> None:
    set_rates(settings, login="3/h")

    def guess(address: str) -> int:
        body = {"username": "alice", "password": "guess"}
        answer = anyone.post("/api/v1/token", body, format="json", REMOTE_ADDR=address)
        return int(answer.status_code)

    assert [guess(f"2001:db8:1:2::{n:x}") for n in range(5)] == [401, 401, 401, 429, 429]
    assert guess("2001:db8:1:3::1") == 401, "the next network counts for itself"
    assert [guess("192.0.2.1"), guess("::ffff:192.0.2.1"), guess("192.0.2.1"), guess("::ffff:c000:201")] == [
        *(401, 401, 401, 429)
    ]
