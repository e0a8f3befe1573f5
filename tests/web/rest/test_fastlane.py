"""The fast lane answers what the DRF view of the same address answers, or steps aside."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from accounts.identity.verified_tokens import verified_tokens
from accounts.models import User
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from tests.conftest import LiveEngine, Person
from tests.web.rest.test_bad_input import BAD_ORDERS, GOOD, but
from web.access.limiter import limiter
from web.lanes import OrderLane, renewals

#: What differs between two orders that are otherwise the same, and what the first one holds.
OWN = {"order_id", "trade_id", "created_at", "updated_at", "timestamp", "sequence", "available"}

BODIES: list[tuple[str, str, Any]] = [
    *((name, "/v1/order", body) for name, body, *_ in BAD_ORDERS if name != "oversized body"),
    ("a resting order", "/v1/order", GOOD),
    ("an order with numbers", "/v1/order", json.dumps(GOOD).replace('"0.01"', "0.010")),
    ("an order that takes", "/v1/order", but(side="sell", quantity="0.005", time_in_force="ioc")),
    (
        "a market buy by amount",
        "/v1/order",
        but(order_type="market", price=None, quantity=None, quote_amount="9000"),
    ),
    ("cancel of nothing", "/v1/order/cancel", {"order_id": "999"}),
    ("cancel by a bad id", "/v1/order/cancel", {"order_id": "x"}),
    ("cancel without an id", "/v1/order/cancel", {}),
    ("a batch", "/v1/orders", {"orders": [GOOD, but(price="1.5"), 7, but(quantity="999")]}),
    ("no batch", "/v1/orders", {"orders": []}),
    ("too large a batch", "/v1/orders", {"orders": [GOOD] * 101}),
]


def without_own(value: Any) -> Any:
    """A reply without what differs between two orders."""
    if isinstance(value, dict):
        return {name: without_own(item) for name, item in value.items() if name not in OWN}
    return [without_own(item) for item in value] if isinstance(value, list) else value


class Aside(Exception):
    """The lane handed the request to Django."""


async def _django(scope: Any, receive: Any, send: Any) -> None:
    raise Aside


Sent = tuple[int, dict[bytes, bytes], Any]


async def through_lane(path: str, body: Any, token: str, method: str = "POST", **headers: str) -> Sent:
    """Status, headers and JSON of the lane's answer. Raises Aside."""
    raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    given = {
        "host": "testserver",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "content-length": str(len(raw)),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": raw}

    async def send(message: Any) -> None:
        messages.append(message)

    await OrderLane(_django)(scope, receive, send)
    start, content = messages
    return start["status"], dict(start["headers"]), json.loads(content["body"])


@pytest.fixture
def run_live(live_engine: LiveEngine) -> Iterator[Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]]:
    """Runs a coroutine in a process that is connected and fed, as the ASGI server's is."""

    async def live(make: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        client = await engine_link.start()
        await client.wait_connected()
        symbols.load((await engine_link.aquery("assets")).value, (await engine_link.aquery("symbols")).value)
        symbols.set_live(True)
        try:
            return await make()
        finally:
            symbols.set_live(False)
            await engine_link.stop()

    yield lambda make: asyncio.run(live(make))
    symbols.set_live(False)


def token_of(person: Person) -> str:
    """The person's token, verified moments ago."""
    assert person.get("/v1/fees").status_code == 200
    return str(person.api._credentials["HTTP_AUTHORIZATION"].split()[1])


def holder(token: bytes) -> int | None:
    """The id of the user whose remembered token it is."""
    identity = verified_tokens.recall(token, "en")
    return None if identity is None else identity.user_id


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_lane_and_the_view_answer_the_same(
    alice: Person, bob: Person, run_live: Any, language: str
) -> None:
    token = token_of(alice)

    async def all_through_lane() -> list[Sent]:
        return [await through_lane(path, body, token, accept_language=language) for _, path, body in BODIES]

    lane = run_live(all_through_lane)
    alice.post("/v1/orders/cancel-all")
    alice.api.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    for (name, path, body), (status, _, reply) in zip(BODIES, lane, strict=True):
        response = alice.post(path, body)
        assert status == response.status_code, name
        assert without_own(reply) == without_own(response.json()), name


def test_a_body_at_the_bound_is_read_and_one_above_is_left_to_django(alice: Person, run_live: Any) -> None:
    token = token_of(alice)
    padded = json.dumps(GOOD).ljust(64 * 1024)

    async def both() -> int:
        status, _, _ = await through_lane("/v1/order", padded, token)
        with pytest.raises(Aside):
            await through_lane("/v1/order", padded + " ", token)
        return status

    assert run_live(both) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer not-seen-yet"},
        {"authorization": "Basic YTpi"},
        {"cookie": "sessionid=1"},
        {"content_type": "text/plain"},
        {"accept": "text/html"},
        {"transfer_encoding": "chunked"},
        {"content_encoding": "gzip"},
        {"content_length": "many"},
        {"host": "evil.example"},
    ],
)
def test_what_is_not_plain_is_left_to_django(alice: Person, run_live: Any, headers: dict[str, str]) -> None:
    token = token_of(alice)

    async def aside() -> None:
        with pytest.raises(Aside):
            await through_lane("/v1/order", GOOD, token, **headers)

    run_live(aside)
    assert alice.get("/v1/orders").json()["orders"] == []


@pytest.mark.attack("W3")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_s_name_counts_in_any_case(alice: Person, run_live: Any, scheme: str) -> None:
    token = token_of(alice)
    sent = {"HTTP_AUTHORIZATION": f"{scheme} {token}"}
    assert alice.api.get("/v1/balances", **sent).status_code == 200

    async def place() -> int:
        status, _, _ = await through_lane("/v1/order", GOOD, token, authorization=sent["HTTP_AUTHORIZATION"])
        return status

    assert run_live(place) == 200


def test_only_its_own_addresses_and_methods(alice: Person, run_live: Any) -> None:
    token = token_of(alice)

    async def aside() -> None:
        for method, path in (("GET", "/v1/orders"), ("POST", "/v1/order/replace"), ("PUT", "/v1/order")):
            with pytest.raises(Aside):
                await through_lane(path, GOOD, token, method=method)

    run_live(aside)


def test_a_token_is_remembered_only_for_a_moment(alice: Person, run_live: Any) -> None:
    token = token_of(alice)
    verified_tokens.forget()

    async def aside() -> None:
        with pytest.raises(Aside):
            await through_lane("/v1/order", GOOD, token)

    run_live(aside)


def test_a_token_in_use_is_verified_again_before_it_runs_out(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(alice).encode()
    start_s = time.time()

    def at(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: start_s + seconds)

    at(1)
    assert not verified_tokens.is_renewal_due(token)
    at(4)
    assert [verified_tokens.is_renewal_due(token), verified_tokens.is_renewal_due(token)] == [True, False], (
        "one caller renews"
    )
    verified_tokens.renew([token])
    at(8)
    assert holder(token) == alice.user.pk
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert verified_tokens.is_renewal_due(token)
    verified_tokens.renew([token])
    at(9.5)
    assert holder(token) is None, "a disabled user is out when the last verification is old"


def test_tokens_that_are_due_together_cost_one_query(
    alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    tokens = [token_of(alice).encode(), token_of(bob).encode()]
    start_s = time.time()
    monkeypatch.setattr(time, "time", lambda: start_s + 4)
    with django_assert_num_queries(1):
        verified_tokens.renew([*tokens, b"no.token.at-all"])
    monkeypatch.setattr(time, "time", lambda: start_s + 8)
    assert [holder(token) for token in tokens] == [alice.user.pk, bob.user.pk]


def test_tokens_that_come_while_others_are_verified_are_the_next_lot() -> None:
    lots: list[Sequence[bytes]] = []
    first_began, first_may_end = threading.Event(), threading.Event()

    def slow(tokens: Sequence[bytes]) -> None:
        lots.append(tokens)
        first_began.set()
        assert first_may_end.wait(10)

    async def three() -> None:
        due = renewals.Renewals(slow)
        due.add(b"a")
        while not first_began.is_set():
            await asyncio.sleep(0.001)
        due.add(b"b")
        due.add(b"c")
        first_may_end.set()
        assert due._work is not None
        await due._work

    asyncio.run(three())
    assert lots == [[b"a"], [b"b", b"c"]]


def test_limits_count_in_the_lane_as_in_the_view(alice: Person, run_live: Any, settings: Any) -> None:
    token = token_of(alice)
    rates = {**settings.XTRADER["RATE_LIMITS"], "orders": "3/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}
    limiter.reset()

    async def orders() -> list[Sent]:
        batch = {"orders": [GOOD, GOOD]}
        return [
            await through_lane(*request, token)
            for request in (("/v1/orders", batch), ("/v1/order", GOOD), ("/v1/order", GOOD))
        ]

    answers = run_live(orders)
    assert [status for status, _, _ in answers] == [200, 200, 429]
    _, headers, body = answers[-1]
    assert body["error"] == "RATE_LIMITED"
    assert headers[b"retry-after"] == str(body["details"]["retry_after_s"]).encode()
    assert alice.place().status_code == 429


def test_orders_at_once_each_get_their_own_reply(alice: Person, run_live: Any) -> None:
    token = token_of(alice)

    async def many() -> list[Sent]:
        placing = (
            through_lane("/v1/order", but(client_order_id=f"n{number}"), token) for number in range(50)
        )
        return await asyncio.gather(*placing)

    answers = run_live(many)
    assert [body["order"]["client_order_id"] for _, _, body in answers] == [f"n{n}" for n in range(50)]
    assert len({body["order"]["order_id"] for _, _, body in answers}) == 50
