"""Play money: on a demo exchange only, bounded, and through a change request like any deposit."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.models import ChangeRequest
from tests.conftest import LiveEngine, Person


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": True}


def test_a_deposit_is_there_at_once(alice: Person) -> None:
    reply = alice.post("/v1/demo/deposit", {"asset": "KRW", "amount": "1000.5"}).json()
    assert reply["balance"] == {"asset": "KRW", "available": "1000001000.5", "held": "0"}
    request = ChangeRequest.objects.get()
    assert (request.state, request.requested_by) == ("applied", alice.user)


def test_the_dispatcher_would_not_do_it_twice(alice: Person, live_engine: LiveEngine) -> None:
    from exchange.control.dispatcher import Dispatcher

    alice.post("/v1/demo/deposit", {"asset": "AAPL", "amount": 5})
    ChangeRequest.objects.update(state="submitted")
    assert Dispatcher(live_engine.client).run_once() == 1
    balances = {row["asset"]: row["available"] for row in alice.get("/v1/balances").json()["balances"]}
    assert balances["AAPL"] == "10005"


@pytest.mark.parametrize(
    "body, status, code",
    [
        ({"asset": "KRW", "amount": "1000000000.1"}, 400, "INVALID_AMOUNT"),
        ({"asset": "KRW", "amount": "0"}, 400, "INVALID_AMOUNT"),
        ({"asset": "KRW", "amount": "-1"}, 400, "INVALID_AMOUNT"),
        ({"asset": "AAPL", "amount": "0.5"}, 400, "INVALID_AMOUNT"),
        ({"asset": "KRW", "amount": "1e3"}, 400, "INVALID_NUMBER"),
        ({"asset": "KRW", "amount": True}, 400, "INVALID_FIELD"),
        ({"asset": "DOGE", "amount": "1"}, 404, "ASSET_NOT_FOUND"),
        ({"asset": "KRW"}, 400, "MISSING_FIELD"),
        ({"asset": "KRW", "amount": "1", "account": 1002}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_bad_deposits_are_refused(alice: Person, body: Any, status: int, code: str) -> None:
    response = alice.post("/v1/demo/deposit", body)
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert not ChangeRequest.objects.exists()


def test_not_outside_a_demo(alice: Person, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": False}
    response = alice.post("/v1/demo/deposit", {"asset": "KRW", "amount": "1"})
    assert (response.status_code, response.json()["error"]) == (403, "DEMO_ONLY")
