"""Trouble as it really comes: an engine whose disk hangs, one that is full, log-ins that queue up; and
refusals that no other test meets."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.identity import roles
from accounts.identity.hashing import WAITING_EACH, hashing
from exchange.link import engine_link
from tests.conftest import PASSWORD, LiveEngine, Person, make_person

pytestmark = pytest.mark.django_db


@contextmanager
def disk_that_hangs(live_engine: LiveEngine) -> Iterator[None]:
    """Meanwhile the engine's journal does not come to the end of a write."""
    goes_on, journal = threading.Event(), live_engine.worker._sequencer.journal
    append = journal.append

    def hang(*arguments: Any, **options: Any) -> Any:
        goes_on.wait()
        return append(*arguments, **options)

    journal.append = hang  # type: ignore[method-assign]
    try:
        yield
    finally:
        journal.append = append  # type: ignore[method-assign]
        goes_on.set()


def test_an_engine_that_hangs_leaves_the_outcome_open(alice: Person, live_engine: LiveEngine) -> None:
    assert alice.place().status_code == 200
    engine_link.configure(live_engine.socket_path, timeout_ms=300)
    with disk_that_hangs(live_engine):
        reply = alice.place(client_order_id="a-1")
    assert (reply.status_code, reply.json()["error"], reply.json()["retry"]) == (
        504,
        "OUTCOME_UNKNOWN",
        "same_id",
    )
    engine_link.configure(live_engine.socket_path)
    again = alice.place(client_order_id="a-1")
    assert (again.status_code, again.json()["order"]["client_order_id"]) == (200, "a-1")


def test_a_full_engine_takes_no_more(alice: Person, live_engine: LiveEngine) -> None:
    alice.get("/api/v1/symbols")
    live_engine.worker._server._room = 0
    reply = alice.place()
    assert (reply.status_code, reply.json()["error"], reply["Retry-After"]) == (503, "ENGINE_BUSY", "1")


def test_log_ins_queue_up_and_the_next_is_sent_away(alice: Person, anyone: APIClient) -> None:
    full, goes_on = hashing.at_once * (1 + WAITING_EACH), threading.Event()
    with ThreadPoolExecutor(full) as pool:
        waiting = [pool.submit(hashing.run, goes_on.wait) for _ in range(full)]
        try:
            while hashing._inside < full:
                assert not [each for each in waiting if each.done()]
                time.sleep(0.001)
            reply = anyone.post("/api/v1/token", {"username": "alice", "password": PASSWORD}, format="json")
        finally:
            goes_on.set()
    assert (reply.status_code, reply.json()["error"], reply["Retry-After"]) == (503, "LOGIN_BUSY", "2")


def test_quotes_that_were_protected_stay_away(live_engine: LiveEngine, bob: Person) -> None:
    mina = make_person("mina", roles.MARKET_MAKER, 1010)
    live_engine.open_account(1010, {"KRW": 1_000_000_000, "BTC": 10})
    quote = {"symbol": "BTC-KRW", "bid_price": "99000000", "bid_quantity": "0.01"}
    guard = {"window_ms": 60_000, "max_fills": 1}
    assert mina.post("/v1/quotes/protection", guard).status_code == 200
    assert mina.post("/v1/quotes", {"quotes": [quote]}).status_code == 200
    assert bob.place(side="sell", price="99000000").status_code == 200
    reply = mina.post("/v1/quotes", {"quotes": [quote]})
    assert (reply.status_code, reply.json()["error"]) == (409, "QUOTES_PROTECTED")


def test_a_transfer_goes_to_another_account(alice: Person) -> None:
    body = {"from": "main", "to": "main", "asset": "KRW", "amount": "1"}
    reply = alice.post("/v1/transfer", body)
    assert (reply.status_code, reply.json()["error"]) == (422, "SAME_ACCOUNT")
    assert reply.json()["details"] == {"field": "to"}


def test_there_is_no_proof_of_what_was_not_published(alice: Person) -> None:
    reply = alice.get("/v1/solvency/proof", sequence=4711)
    assert (reply.status_code, reply.json()["error"]) == (404, "PUBLICATION_NOT_FOUND")


def test_a_name_of_two_scripts_is_not_allowed(anyone: APIClient, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "open"}
    body = {"username": "аlice", "email": "a@example.com", "password": PASSWORD, "terms": 1}
    reply = anyone.post("/api/v1/signup", body, format="json")
    assert (reply.status_code, reply.json()["error"]) == (400, "USERNAME_NOT_ALLOWED")
    assert reply.json()["details"]["reason"] == "scripts"
