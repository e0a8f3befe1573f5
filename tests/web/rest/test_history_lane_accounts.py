"""The fast lane of own histories answers for the account that a request names, by token and by key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.identity.verified_tokens import verified_tokens
from exchange.models import Account
from tests.conftest import LiveEngine, Person
from tests.web.rest.asgi import Asked, Told
from tests.web.rest.test_history_lane import Run, both, trader  # noqa: F401 - fixtures
from tests.web.rest.test_keys import Signer, own_files  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

BOT = 1050
ROWS = {"/v1/orders": "orders", "/v1/fills": "fills", "/v1/ledger": "entries"}


@pytest.fixture
def owner(trader: Person, bob: Person, live_engine: LiveEngine) -> Person:  # noqa: F811
    """The trader, with a sub-account that has a history of its own."""
    Account.objects.create(number=BOT, user=trader.user, name="bot")
    # As the change of a user's accounts is heard.
    verified_tokens.forget_user(trader.user.pk)
    live_engine.open_account(BOT, {"KRW": 10_000_000})
    for person in (trader, bob):
        person.post("/v1/orders/cancel-all")
    sold = bob.place(side="sell", quantity="0.0123")
    assert sold.status_code == 200, sold.json()
    bought = trader.api.post(
        "/v1/order",
        {
            "symbol": "BTC-KRW",
            "side": "buy",
            "order_type": "limit",
            "price": "100000000",
            "quantity": "0.0123",
        },
        format="json",
        headers={"X-Account": "bot"},
    )
    assert bought.status_code == 200, bought.json()
    assert bought.json()["order"]["status"] == "filled"
    live_engine.project()
    return trader


def rows_of(told: Told | None, path: str) -> list[dict[str, Any]]:
    assert told is not None and told.status == 200
    rows: list[dict[str, Any]] = json.loads(told.body)[ROWS[path]]
    assert rows
    return rows


def stored(owner: Person, path: str, wanted: str) -> Any:
    """What the view has of an account."""
    return owner.api.get(path, headers={"X-Account": wanted}).json()[ROWS[path]]


def test_by_token(both: Run, owner: Person) -> None:  # noqa: F811
    names = (b"bot", b"1050", b"main", b"1001", b"1002", b"nobody", b"")
    asked = [Asked(path, headers=((b"x-account", name),)) for path in ROWS for name in names]
    answers = both(asked)
    for one, (lane, view) in zip(asked, answers, strict=True):
        assert lane is not None and lane == view, one
    told = {(one.path, one.headers[0][1]): lane for one, (lane, _) in zip(asked, answers, strict=True)}
    for path in ROWS:
        own = rows_of(told[path, b"bot"], path)
        assert rows_of(told[path, b"1050"], path) == own == stored(owner, path, "bot")
        main = rows_of(told[path, b"main"], path)
        assert rows_of(told[path, b"1001"], path) == main == stored(owner, path, "main")
        assert not [row for row in own if row in main]
        for stranger in (b"1002", b"nobody", b""):
            refused = told[path, stranger]
            assert refused is not None
            assert (refused.status, json.loads(refused.body)["error"]) == (404, "ACCOUNT_NOT_FOUND")


def test_by_key(both: Run, owner: Person) -> None:  # noqa: F811
    """A key is for its own account, whether the request names it or not, and for no other."""
    signer = Signer(owner, scopes=["read"], account="bot")
    assert signer.get("/v1/fees").status_code == 200
    names = (None, b"bot", b"1050", b"main", b"1001", b"1002")

    def signed(path: str, name: bytes | None) -> Asked:
        proof = signer.headers("GET", path)
        sent = [(key.lower().encode(), value.encode()) for key, value in proof.items()]
        return Asked(path, headers=[*sent, *([] if name is None else [(b"x-account", name)])])

    cases = [(path, name) for path in ROWS for name in names]
    # A signature counts once: the lane takes it, and the second asker is told so.
    answers = both([signed(path, name) for path, name in cases])
    for (path, name), (lane, _) in zip(cases, answers, strict=True):
        if name in (None, b"bot", b"1050"):
            assert rows_of(lane, path) == stored(owner, path, "bot"), name
        else:
            assert lane is not None
            assert (lane.status, json.loads(lane.body)["error"]) == (404, "ACCOUNT_NOT_FOUND"), name
