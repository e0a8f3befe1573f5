"""How many database queries a call costs: order entry none, reads a fixed few."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import LiveEngine, Person


@pytest.mark.parametrize(
    "path, queries",
    [
        ("/v1/order/1", 0),
        ("/v1/orders?status=open", 0),
        ("/v1/orders?status=closed", 2),
        ("/v1/orders", 3),
        ("/v1/balances", 0),
        # The tier, what leads to the next, an own rate: as many however long the history is.
        ("/v1/fees", 6),
        ("/v1/fills", 2),
        ("/v1/ledger", 4),
        ("/api/v1/orderbook/BTC-KRW", 0),
        ("/api/v1/symbols", 0),
    ],
)
def test_reads(
    alice: Person, live_engine: LiveEngine, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    alice.place()
    live_engine.project()
    with django_assert_num_queries(queries):
        assert alice.api.get(path).status_code == 200


@pytest.mark.parametrize("path, queries", [("/v1/orders", 2), ("/v1/ledger", 3)])
def test_rows_that_are_kept_are_not_read_again(
    alice: Person, live_engine: LiveEngine, django_assert_num_queries: Any, path: str, queries: int
) -> None:
    alice.place()
    live_engine.project()
    first = alice.get(path).json()
    with django_assert_num_queries(queries):
        assert alice.get(path).json() == first


def test_order_entry_asks_the_database_nothing(alice: Person, django_assert_num_queries: Any) -> None:
    alice.place()
    with django_assert_num_queries(0):
        order_id = alice.place().json()["order"]["order_id"]
        alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.005"})
        alice.post("/v1/order/cancel", {"order_id": order_id})


def test_a_token_is_looked_up_once(alice: Person, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        alice.place()
        alice.place()
