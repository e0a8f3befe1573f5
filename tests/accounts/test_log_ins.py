"""Guessing is slow, costs little, is seen, and keeps no owner out for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.identity import log_ins
from accounts.identity.hashing import HashingPool
from accounts.identity.log_ins import LogIns
from accounts.models import LogInCount, User
from exchange.errors import RefusedError
from tests.conftest import PASSWORD
from tests.marketdata.processes import Processes
from web.access.addresses import network_of
from web.server.web_figures import web_figures

HOME, OFFICE = "192.0.2.0/24", "198.51.100.0/24"


class Guesses:
    """Counts kept by a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.log_ins = LogIns(lambda: self.now)

    def fail(self, name: str, network: str, *, is_operator_page: bool = False) -> int:
        """A wrong password; the seconds it was told to wait, 0 when it was looked at."""
        return self.log_ins.begin(name, network, is_operator_page) or 0

    def succeed(self, name: str, network: str) -> int:
        wait_s = self.log_ins.begin(name, network)
        if wait_s is None:
            self.log_ins.succeeded(name, network)
        return wait_s or 0


@pytest.fixture
def guesses(db: None) -> Guesses:
    return Guesses()


@pytest.mark.attack("A3")
def test_ten_are_free_and_then_each_waits_longer(guesses: Guesses) -> None:
    assert [guesses.fail("alice", HOME) for _ in range(12)] == [0] * 10 + [60, 60]
    waits = []
    for _ in range(6):
        waits.append(guesses.fail("alice", HOME))
        guesses.now += waits[-1]
        assert guesses.fail("alice", HOME) == 0
    assert waits == [60, 120, 180, 240, 300, 300]
    guesses.now += 3_601
    assert [guesses.fail("alice", HOME) for _ in range(10)] == [0] * 10, (
        "an hour of quiet, and it is forgotten"
    )


def test_the_operator_pages_are_stricter(guesses: Guesses) -> None:
    waits = [guesses.fail("oscar", HOME, is_operator_page=True) for _ in range(6)]
    assert waits == [0] * 5 + [60]
    assert guesses.fail("oscar", HOME) == 0, "elsewhere ten are free, and the same failures count"
    waits = []
    for _ in range(80):
        waits.append(guesses.fail("oscar", HOME, is_operator_page=True))
        guesses.now += waits[-1]
    assert max(waits) == 900


def test_strangers_do_not_keep_an_owner_out_where_he_is_known(guesses: Guesses) -> None:
    assert guesses.succeed("alice", HOME) == 0
    for number in range(200):
        guesses.fail("alice", f"stranger {number}")
    assert guesses.succeed("alice", HOME) == 0
    assert guesses.fail("alice", "one more stranger") == 60, (
        "all strangers together have one attempt a minute"
    )
    assert guesses.succeed("alice", OFFICE) == 60, "a new place waits its turn, a minute at most"
    guesses.now += 60
    assert guesses.succeed("alice", OFFICE) == 0
    assert guesses.succeed("bob", HOME) == 0, "nobody else is concerned"


def test_who_shares_the_owner_s_network_delays_him_by_a_bound(guesses: Guesses) -> None:
    guesses.succeed("alice", HOME)
    for _ in range(100):
        guesses.now += guesses.fail("alice", HOME)
    assert 0 < guesses.succeed("alice", HOME) <= 300


def test_many_names_from_one_network_are_one_guesser(guesses: Guesses) -> None:
    guesses.succeed("bob", OFFICE)
    waits = [guesses.fail(f"name {number}", OFFICE) for number in range(32)]
    assert waits == [0] * 30 + [60, 60]
    assert guesses.succeed("bob", OFFICE) == 0, "he is known there"


@pytest.mark.attack("A3")
def test_a_hundred_at_once_are_not_a_hundred_guesses(guesses: Guesses) -> None:
    begun = [guesses.log_ins.begin("alice", HOME) for _ in range(100)]
    assert begun.count(None) == 10
    for _ in range(10):
        guesses.log_ins.gave_up("alice", HOME)
    assert guesses.log_ins.begin("alice", HOME) is None, "what was not tried does not count"


def test_another_spelling_is_no_other_name(guesses: Guesses) -> None:
    assert [guesses.fail(name, HOME) for name in ("alice", "ａｌｉｃｅ") * 6] == [0] * 10 + [60, 60]


def test_networks() -> None:
    addresses = ("192.0.2.77", "2001:db8:1:2::/64", "local")
    assert [network_of(address) for address in addresses] == ["192.0.2.0/24", "2001:db8:1::/48", "local"]


def test_a_clock_that_is_set_back_makes_no_wait_longer(guesses: Guesses) -> None:
    for _ in range(10):
        guesses.fail("alice", HOME)
    guesses.now -= 86_400
    assert guesses.fail("alice", HOME) == 60


def test_what_means_nothing_any_more_is_removed(guesses: Guesses, monkeypatch: pytest.MonkeyPatch) -> None:
    guesses.succeed("alice", HOME)
    guesses.fail("bob", OFFICE)
    guesses.now += 3_601
    guesses.fail("carol", "elsewhere")
    assert LogInCount.objects.count() == 1 + 3, "where alice is known, and the three of carol"
    monkeypatch.setattr(log_ins, "MAX_KEPT", 2)
    guesses.now += 61
    guesses.fail("carol", "elsewhere")
    assert LogInCount.objects.count() <= 2 + 1


def test_no_name_is_kept(guesses: Guesses) -> None:
    guesses.fail("hunter2", HOME)
    assert not any("hunter2" in str(row) for row in LogInCount.objects.values_list())


# --- hashing -----------------------------------------------------------------------------------------------


@pytest.mark.attack("A3")
def test_few_hash_at_once_a_short_queue_waits_and_the_rest_is_refused() -> None:
    pool, running, most, refused = HashingPool(at_once=2), [0], [0], [0]
    lock, release = threading.Lock(), threading.Event()

    def work() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        release.wait(10)
        with lock:
            running[0] -= 1

    def log_in() -> None:
        try:
            pool.run(work)
        except RefusedError as error:
            assert (error.code, error.status, error.details["retry_after_s"]) == ("LOGIN_BUSY", 503, 2)
            with lock:
                refused[0] += 1

    threads = [threading.Thread(target=log_in) for _ in range(50)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while refused[0] < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    release.set()
    for thread in threads:
        thread.join()
    assert (most[0], refused[0]) == (2, 40)


def test_one_that_waits_too_long_is_refused() -> None:
    pool, release = HashingPool(at_once=1, patience_s=0.05), threading.Event()
    thread = threading.Thread(target=lambda: pool.run(lambda: release.wait(10)))
    thread.start()
    time.sleep(0.05)
    with pytest.raises(RefusedError):
        pool.run(lambda: None)
    release.set()
    thread.join()
    assert pool.run(lambda: "free again") == "free again"


# --- by the ways in ----------------------------------------------------------------------------------------


@pytest.fixture
def owner(db: None, settings: Any) -> User:
    rates = {**settings.XTRADER["RATE_LIMITS"], "login": "0"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}
    return User.objects.create_user("alice", password=PASSWORD)


def guess(client: APIClient, password: str, address: str = "203.0.113.9") -> Any:
    body = {"username": "alice", "password": password}
    return client.post("/api/v1/token", body, format="json", REMOTE_ADDR=address)


@pytest.mark.attack("A3")
def test_failures_count_over_all_ways_in(owner: User, anyone: APIClient) -> None:
    browser, here = Client(), {"REMOTE_ADDR": "203.0.113.9"}
    form = {"username": "alice", "password": "wrong"}
    assert [guess(anyone, "wrong").status_code for _ in range(5)] == [401] * 5
    assert browser.post("/admin/login/", form, **here).context["form"].errors.as_data()["__all__"][
        0
    ].code == ("throttled")
    assert [browser.post("/accounts/login/", form, **here).status_code for _ in range(5)] == [200] * 5
    page = browser.post("/accounts/login/", {**form, "password": PASSWORD}, **here)
    assert (page.status_code, page["Retry-After"]) == (429, "60")
    refused = guess(anyone, PASSWORD)
    assert (refused.status_code, refused.json()["error"], refused["Retry-After"]) == (
        429,
        "RATE_LIMITED",
        "60",
    )
    assert guess(anyone, PASSWORD, "192.0.2.1").status_code == 200


def test_every_way_in_says_when_it_is_too_busy(
    owner: User, anyone: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(pool: HashingPool, work: Any) -> None:
        raise RefusedError("LOGIN_BUSY", {"retry_after_s": 2})

    monkeypatch.setattr(HashingPool, "run", busy)
    for _ in range(15):
        refused = guess(anyone, PASSWORD)
        assert (refused.status_code, refused.json()["error"], refused["Retry-After"]) == (
            503,
            "LOGIN_BUSY",
            "2",
        )
    page = Client().post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    assert (page.status_code, page["Retry-After"]) == (503, "2")


class Cost(NamedTuple):
    """Of an attempt: passwords hashed, and statements sent to the database."""

    hashed: int
    statements: int


@pytest.fixture
def cost_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], tuple[Any, Cost]]:
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    def run(attempt: Callable[[], Any]) -> tuple[Any, Cost]:
        hashed.clear()
        with CaptureQueriesContext(connection) as statements:
            answer = attempt()
        return answer, Cost(len(hashed), len(statements))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return run


def attempt_at(way: str, name: str) -> Any:
    """What an attempt with a wrong password is answered, without the name that was typed."""
    form = {"username": name, "password": "wrong"}
    if way == "/api/v1/token":
        reply = APIClient().post(way, form, format="json")
        return reply.status_code, reply.json()
    page = Client().post(way, form)
    return page.status_code, page.context["form"].errors


@pytest.mark.parametrize("way", ["/api/v1/token", "/accounts/login/", "/admin/login/"])
def test_one_answer_and_one_cost_for_an_unknown_name_and_a_wrong_password(
    way: str, owner: User, cost_of: Callable[[Callable[[], Any]], tuple[Any, Cost]]
) -> None:
    """Time is not measured: it would be the time of this machine. What takes it is counted."""
    users = {name: User.objects.create_user(name, f"{name}@example.com", "x") for name in ("bob", "carol")}
    User.objects.filter(pk=users["bob"].pk).update(is_active=False)
    users["carol"].set_unusable_password()
    users["carol"].save()
    attempt_at(way, "first")  # which also tidies the counts
    names = ("alice", "ALICE", "bob", "carol", "carol@example.com", "nobody", "nobody@example.com")
    found = [cost_of(partial(attempt_at, way, name)) for name in names]
    answers, costs = [answer for answer, _ in found], [cost for _, cost in found]
    assert answers == answers[:1] * len(names)
    assert costs[0].hashed == 1 and costs[0].statements > 3
    assert costs == costs[:1] * len(names)


@pytest.mark.attack("A15")
def test_log_ins_that_were_to_wait_are_a_metric(owner: User, anyone: APIClient) -> None:
    before = web_figures.log_ins.values().get(("delayed",), 0)
    for _ in range(12):
        guess(anyone, "wrong")
    assert web_figures.log_ins.values()[("delayed",)] == before + 2


def test_two_web_processes_count_together(tmp_path: Path) -> None:
    """Guesses at two processes in turn are as many as at one."""
    processes = Processes(tmp_path)
    try:
        addresses = [processes.web() for _ in range(2)]
        with httpx.Client(timeout=60) as client:
            answers = []
            for number in range(14):
                url = f"{addresses[number % 2]}/api/v1/token"
                answers.append(client.post(url, json={"username": "alice", "password": "x"}).status_code)
    finally:
        processes.close()
    assert answers == [401] * 10 + [429] * 4
