"""Whatever is sent to any call: an answer in the contract's shape, never a 5xx, and the books stay sound."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import LiveEngine, Person
from tests.exchange.orders.test_parsing import good_values, json_values, wild_orders

COMMANDS = [
    "/v1/order/cancel",
    "/v1/order/reduce",
    "/v1/order/replace",
    "/v1/orders/cancel-all",
    "/v1/orders",
]
READS = ["/v1/orders", "/v1/fills", "/v1/ledger", "/v1/fees", "/v1/balances", "/v1/order/1"]
PUBLIC = ["/api/v1/orderbook/BTC-KRW", "/api/v1/symbols", "/api/v1/time", "/api/v1/executions/AAPL"]

fields = st.fixed_dictionaries(
    {},
    optional={
        "order_id": st.integers(1, 20).map(str) | json_values,
        "client_order_id": st.sampled_from(["a", "b"]) | json_values,
        "price": good_values["price"] | json_values,
        "quantity": good_values["quantity"] | json_values,
        "symbol": good_values["symbol"] | json_values,
        "orders": st.lists(wild_orders, max_size=3) | json_values,
    },
)
parameters = st.dictionaries(
    st.sampled_from(["symbol", "status", "limit", "cursor", "start", "end", "depth", "before", "order_id"]),
    st.sampled_from(["BTC-KRW", "open", "1", "0", "-1", "", "9" * 30, "1e3", "NaN", "-", "5-7", "\x00"])
    | st.text(max_size=10),
    max_size=3,
)
within_a_test = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def check(response: Any) -> None:
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert set(response.json()) == {"error", "number", "retry", "message", "details"}


@within_a_test
@given(st.sampled_from(COMMANDS), fields)
def test_commands(alice: Person, live_engine: LiveEngine, path: str, body: Any) -> None:
    check(alice.post(path, json.dumps(body)))


@within_a_test
@given(wild_orders, st.booleans())
def test_orders(alice: Person, bob: Person, live_engine: LiveEngine, body: Any, by_alice: bool) -> None:
    check((alice if by_alice else bob).post("/v1/order", json.dumps(body)))
    available = live_engine.client.query("balances", alice.account).value
    assert all(free >= 0 and held >= 0 for _, free, held in available)


@within_a_test
@given(st.sampled_from(READS + PUBLIC), parameters)
def test_reads(alice: Person, live_engine: LiveEngine, path: str, query: dict[str, str]) -> None:
    check(alice.api.get(path, query))
