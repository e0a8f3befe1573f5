"""Nothing is said to have failed that may have happened: a command that may have reached the engine ends with
its outcome or with OutcomeUnknown."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.client.fake import Connection, FakeExchange, HttpReply, Json, left_tasks, order_of, run
from xtrader_client import (
    ApiError,
    BadRequest,
    Client,
    Conflict,
    ConnectionLost,
    NewOrder,
    NotAuthenticated,
    OrderResult,
    OutcomeUnknown,
    RateLimited,
    Refused,
    RequestTimeout,
    ServerError,
    Unavailable,
    XTraderError,
)
from xtrader_client._pending import Pending

NAME = ("alice", "secret")


class Book:
    """An exchange's memory of orders by their client id, and what goes wrong on the way to it and back.

    ``steps`` are taken one a request: ``lose`` drops the connection before the order is placed,
    ``lose_reply`` after; ``unknown`` places it and answers 504; a code refuses it without looking for the id,
    as a web process does whose engine is away or busy; ``serve`` answers as it should. When the steps are
    over it serves.
    """

    STATUSES = {
        "ENGINE_BUSY": 503,
        "ENGINE_UNAVAILABLE": 503,
        "RATE_LIMITED": 429,
        "NOT_AUTHENTICATED": 401,
        "PERMISSION_DENIED": 403,
        "SYMBOL_NOT_FOUND": 404,
        "PRICE_OFF_TICK": 400,
        "INTERNAL": 500,
        "INSUFFICIENT_BALANCE": 422,
    }

    def __init__(self, *steps: str) -> None:
        self.steps = list(steps)
        self.placed: dict[str, Json] = {}
        self.requests: list[Json] = []

    async def answer(self, connection: Connection, request: Json) -> None:
        self.requests.append(request)
        step = self.steps.pop(0) if self.steps else "serve"
        if step == "silence":
            return
        if step == "lose":
            await connection.drop()
        elif step in self.STATUSES:
            await connection.refuse(request, step, self.STATUSES[step])
        else:
            reply = self._place(request)
            if step == "lose_reply":
                await connection.drop()
            elif step == "unknown":
                await connection.refuse(request, "OUTCOME_UNKNOWN", 504)
            else:
                await connection.reply(request, **reply)

    def _place(self, request: Json) -> Json:
        if request["op"] == "order.batch":
            return {"results": [self._place_one(order) for order in request["orders"]]}
        if request["op"] == "order.place":
            return self._place_one(request)
        return {"order": order_of({"symbol": "AAPL", "side": "buy", "order_type": "limit"}, 1), "sequence": 1}

    def _place_one(self, order: Json) -> Json:
        known = self.placed.setdefault(order["client_order_id"], order_of(order, len(self.placed) + 1))
        return {"order": known, "fills": [], "sequence": int(known["order_id"])}


def with_book(book: Book, work: Callable[[Client], Awaitable[None]], *, timeout_s: float = 3.0) -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_socket = book.answer
            async with Client(exchange.url, *NAME, timeout_s=timeout_s) as client:
                await work(client)
            assert left_tasks() == set()

    run(scenario())


async def place(client: Client, name: str = "once") -> OrderResult:
    return await client.place_order("AAPL", "buy", price="150", quantity="1", client_order_id=name)


# --- one order -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        ("lose",),
        ("lose_reply",),
        ("unknown",),
        ("lose_reply", "ENGINE_BUSY"),
        ("lose_reply", "ENGINE_UNAVAILABLE", "RATE_LIMITED", "ENGINE_BUSY"),
        ("unknown", "ENGINE_BUSY"),
        ("unknown", "unknown"),
        ("lose", "lose_reply", "lose", "ENGINE_BUSY"),
    ],
    ids=" ".join,
)
def test_an_order_asked_again_ends_with_its_first_outcome(steps: tuple[str, ...]) -> None:
    book = Book(*steps)

    async def work(client: Client) -> None:
        result = await place(client)
        assert book.placed == {"once": order_of(book.requests[0], 1)}
        assert (result.order.order_id, result.order.client_order_id) == ("1", "once")
        assert len(book.requests) == len(steps) + 1

    with_book(book, work, timeout_s=8)


@pytest.mark.parametrize(
    "refusal",
    [
        "ENGINE_BUSY",
        "NOT_AUTHENTICATED",
        "PERMISSION_DENIED",
        "SYMBOL_NOT_FOUND",
        "PRICE_OFF_TICK",
        "INTERNAL",
    ],
)
@pytest.mark.parametrize("first", ["lose_reply", "unknown"])
def test_a_refusal_without_the_engine_says_nothing_of_an_order_sent_before(first: str, refusal: str) -> None:
    """The order is in the book: no web process that refuses the repetition makes that undone."""
    book = Book(first, *[refusal] * 50)

    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown) as unknown:
            await place(client)
        assert unknown.value.details["client_order_ids"] == ["once"]
        assert (unknown.value.code, unknown.value.status) == ("OUTCOME_UNKNOWN", 504)
        assert "once" in book.placed
        book.steps.clear()
        assert (await place(client)).order.order_id == "1", "the same id gives the outcome later"

    with_book(book, work, timeout_s=0.8)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ENGINE_BUSY", Unavailable),
        ("RATE_LIMITED", RateLimited),
        ("PRICE_OFF_TICK", BadRequest),
        ("INTERNAL", ServerError),
        ("INSUFFICIENT_BALANCE", Refused),
    ],
)
def test_an_order_sent_once_and_refused_is_refused(code: str, kind: type[ApiError]) -> None:
    book = Book(code)

    async def work(client: Client) -> None:
        with pytest.raises(kind):
            await place(client)
        assert len(book.requests) == 1

    with_book(book, work)


def test_the_engines_own_refusal_counts_the_second_time_too() -> None:
    """It looks for the id before it refuses: the first sending did not happen either."""
    book = Book("lose", "INSUFFICIENT_BALANCE")

    async def work(client: Client) -> None:
        with pytest.raises(Refused):
            await place(client)

    with_book(book, work)


def test_an_order_without_a_reply_is_unknown_when_its_time_is_up() -> None:
    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown) as unknown:
            await place(client)
        assert isinstance(unknown.value.__cause__, RequestTimeout)

    with_book(Book("silence"), work, timeout_s=0.3)


def test_an_order_that_was_never_sent_did_not_happen() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, *NAME, timeout_s=0.4) as client:
            await exchange.__aexit__()
            while client._socket._connection is not None:
                await asyncio.sleep(0.01)
            for attempt in (place(client), client.cancel_order("1"), client.cancel_orders()):
                with pytest.raises(ConnectionLost):
                    await attempt

    run(scenario())


@pytest.mark.parametrize("step", ["silence", "lose", "lose_reply", "unknown"])
def test_a_cancel_that_was_sent_and_not_answered_is_unknown(step: str) -> None:
    """It has no id by which it could be asked again."""
    book = Book(step)

    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown):
            await client.cancel_order("1")
        assert len(book.requests) == 1

    with_book(book, work, timeout_s=0.5)


def test_closing_the_client_makes_what_was_sent_unknown() -> None:
    book = Book("silence", "silence")

    async def work(client: Client) -> None:
        sent = [asyncio.create_task(place(client)), asyncio.create_task(client.cancel_order("1"))]
        while len(book.requests) < 2:
            await asyncio.sleep(0.01)
        await client.close()
        for outcome in await asyncio.gather(*sent, return_exceptions=True):
            assert isinstance(outcome, OutcomeUnknown)
        with pytest.raises(ConnectionLost):
            await place(client)

    with_book(book, work)


def test_a_log_in_that_fails_for_good_makes_what_was_sent_unknown() -> None:
    async def scenario() -> None:
        book = Book("lose_reply")
        async with FakeExchange() as exchange, Client(exchange.url, *NAME, timeout_s=5) as client:
            exchange.on_socket = book.answer

            async def refuse(connection: Connection, request: Json) -> bool:
                await connection.refuse(request, "INVALID_TOKEN", 401)
                return False

            exchange.on_auth = refuse
            exchange.on_token = lambda _body: (401, {"error": "INVALID_CREDENTIALS"}, {})
            with pytest.raises(OutcomeUnknown) as unknown:
                await place(client)
            assert isinstance(unknown.value.__cause__, NotAuthenticated)
            with pytest.raises(NotAuthenticated):
                await place(client)

    run(scenario())


def test_an_order_in_doubt_is_sent_once_over_a_new_connection() -> None:
    """It waits to be sent again, and its connection breaks: the new one sends it, and the wait sends
    nothing."""
    book = Book("unknown", "silence", "silence")

    async def work(client: Client) -> None:
        placing = asyncio.create_task(place(client))
        while not book.requests:
            await asyncio.sleep(0.01)
        assert client._socket._connection is not None
        client._socket._connection.transport.abort()
        with pytest.raises(OutcomeUnknown):
            await placing
        assert len(book.requests) == 2

    with_book(book, work, timeout_s=1.5)


# --- batches -------------------------------------------------------------------------------------------


def rows_of(*codes: str) -> Callable[[Connection, Json], Awaitable[None]]:
    """Answers the orders of a batch: "ok", or the code that refuses one."""

    async def answer(connection: Connection, request: Json) -> None:
        rows = []
        for number, (order, code) in enumerate(zip(request["orders"], codes, strict=True), 1):
            if code == "ok":
                rows.append({"order": order_of(order, number), "fills": [], "sequence": number})
            else:
                status = {"OUTCOME_UNKNOWN": 504, **Book.STATUSES}[code]
                rows.append({"error": code, "message": "", "details": {}, "status": status})
        await connection.reply(request, results=rows)

    return answer


def test_only_the_orders_in_doubt_of_a_batch_are_asked_again() -> None:
    """One that was refused as busy is refused: to send it again would place what the caller was told is
    not."""
    seen: list[list[str]] = []
    answers = [
        rows_of("ok", "OUTCOME_UNKNOWN", "ENGINE_BUSY", "OUTCOME_UNKNOWN"),
        rows_of("ENGINE_BUSY", "ok"),
        rows_of("ok"),
    ]

    async def answer(connection: Connection, request: Json) -> None:
        seen.append([order["client_order_id"] for order in request["orders"]])
        await answers.pop(0)(connection, request)

    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, *NAME, timeout_s=5) as client:
            exchange.on_socket = answer
            results = await client.place_orders(
                [NewOrder("AAPL", "buy", 1, 1, client_order_id=name) for name in "abcd"]
            )
            assert seen == [["a", "b", "c", "d"], ["b", "d"], ["b"]]
            assert [type(result) for result in results] == [
                OrderResult,
                OrderResult,
                Unavailable,
                OrderResult,
            ]

    run(scenario())


def test_a_batch_whose_time_is_up_has_what_is_known_of_it() -> None:
    answers = [rows_of("ok", "OUTCOME_UNKNOWN", "INSUFFICIENT_BALANCE"), *[rows_of("ENGINE_BUSY")] * 9]

    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, *NAME, timeout_s=0.5) as client:
            exchange.on_socket = lambda connection, request: answers.pop(0)(connection, request)
            results = await client.place_orders(
                [NewOrder("AAPL", "buy", 1, 1, client_order_id=name) for name in "abc"]
            )
            assert [type(result) for result in results] == [OrderResult, OutcomeUnknown, Refused]
            assert results[1].details == {"client_order_ids": ["b"]}  # type: ignore[union-attr]

    run(scenario())


def test_a_batch_that_is_refused_whole_raises() -> None:
    async def work(client: Client) -> None:
        with pytest.raises(RateLimited):
            await client.place_orders([NewOrder("AAPL", "buy", 1, 1)] * 3)

    with_book(Book("RATE_LIMITED"), work)


def test_a_batch_without_a_reply_is_unknown_whole() -> None:
    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown) as unknown:
            await client.place_orders([NewOrder("AAPL", "buy", 1, 1, client_order_id=name) for name in "ab"])
        assert unknown.value.details == {"client_order_ids": ["a", "b"]}

    with_book(Book("silence"), work, timeout_s=0.3)


# --- any mishaps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_no_caller_is_told_wrong(seed: int) -> None:
    """Orders and batches through random mishaps. An order reported as placed is in the book, one reported as
    refused or not sent is not."""
    luck = random.Random(seed)
    # The engine refuses nothing that it has placed.
    refusals = set(Book.STATUSES) - {"INSUFFICIENT_BALANCE"}
    mishaps = [*sorted(refusals), "lose", "lose_reply", "lose_reply", "unknown", "unknown", "serve", "serve"]
    book = Book(*(luck.choice(mishaps) for _ in range(400)))

    async def work(client: Client) -> None:
        told: dict[str, object] = {}

        async def one(name: str) -> None:
            try:
                told[name] = await place(client, name)
            except XTraderError as error:
                told[name] = error

        async def batch(names: list[str]) -> None:
            orders = [NewOrder("AAPL", "buy", 1, 1, client_order_id=name) for name in names]
            try:
                told.update(zip(names, await client.place_orders(orders), strict=True))
            except XTraderError as error:
                told.update(dict.fromkeys(names, error))

        for turn in range(8):
            work = [one(f"{turn}-{number}") for number in range(4)]
            work.append(batch([f"{turn}-b{number}" for number in range(3)]))
            await asyncio.gather(*work)
        for name, outcome in told.items():
            if isinstance(outcome, OrderResult):
                assert book.placed[name]["order_id"] == outcome.order.order_id
            elif not isinstance(outcome, OutcomeUnknown):
                assert name not in book.placed, f"{name} is in the book and was reported as {outcome!r}"
        assert any(isinstance(outcome, OrderResult) for outcome in told.values())

    with_book(book, work, timeout_s=0.6)


def test_a_reply_that_comes_too_late_is_passed_over() -> None:
    async def scenario() -> None:
        pending = Pending(1, "order.place", {"side": "buy", "client_order_id": "x"}, "repeatable")
        pending.sendings = 1
        pending.expire(1.0)
        assert pending.take({"id": 1, "ok": True, "order": {}}) is False
        with pytest.raises(OutcomeUnknown):
            pending.reply.result()

    asyncio.run(scenario())


# --- over HTTP -----------------------------------------------------------------------------------------


def by_http(
    answer: Callable[[str, str, Json], Awaitable[HttpReply]],
    work: Callable[[Client], Awaitable[None]],
) -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_http = answer
            client = Client(exchange.url, *NAME, timeout_s=0.5)
            await work(client)
            await client.close()

    run(scenario())


ORDER = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "client_order_id": "mine"}


def test_a_call_that_may_have_been_carried_out_is_unknown() -> None:
    async def never(_method: str, _path: str, _body: Json) -> HttpReply:
        await asyncio.sleep(1.5)
        return 200, {}, {}

    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown) as unknown:
            await client.call("POST", "/v1/order", body=ORDER)
        assert unknown.value.details == {"client_order_ids": ["mine"]}
        with pytest.raises(OutcomeUnknown) as unknown:
            await client.call("POST", "/v1/orders", body={"orders": [ORDER, ORDER]})
        assert unknown.value.details == {"client_order_ids": ["mine", "mine"]}
        with pytest.raises(OutcomeUnknown):
            await client.demo_deposit("KRW", 1)
        with pytest.raises(RequestTimeout):
            await client.get_balances()

    by_http(never, work)


@pytest.mark.parametrize("status", [200, 500, 502, 503, 504])
def test_what_a_proxy_answers_does_not_say_that_nothing_happened(status: int) -> None:
    async def page(_method: str, _path: str, _body: Json) -> HttpReply:
        return status, "<html>", {}

    async def work(client: Client) -> None:
        with pytest.raises(OutcomeUnknown):
            await client.call("POST", "/v1/order", body=ORDER)
        with pytest.raises(ApiError):
            await client.get_balances()

    by_http(page, work)


def test_a_call_that_was_not_sent_did_not_happen() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            client = Client(exchange.url, *NAME, timeout_s=0.5)
            await client._rest.token()
        with pytest.raises(ConnectionLost):
            await client.call("POST", "/v1/order", body=ORDER)
        await client.close()

    run(scenario())


def test_a_log_in_that_fails_before_an_order_is_not_the_orders_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The order was never sent."""

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.log_in_takes_s = 1.5
            client = Client(exchange.url, *NAME, timeout_s=0.3)
            with pytest.raises(RequestTimeout):
                await client.call("POST", "/v1/order", body=ORDER)
            await client.close()

    run(scenario())


def test_the_exchanges_own_refusal_counts() -> None:
    async def busy(_method: str, _path: str, _body: Json) -> HttpReply:
        return 503, {"error": "ENGINE_BUSY", "message": "", "details": {}}, {"Retry-After": "2"}

    async def work(client: Client) -> None:
        with pytest.raises(Unavailable) as refused:
            await client.call("POST", "/v1/order", body=ORDER)
        assert refused.value.retry_after_s == 2

    by_http(busy, work)


def test_every_error_of_http_that_comes_after_sending_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kind of httpx's must not slip in as "not sent"."""
    unsent = {httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError}
    kinds = [
        kind
        for kind in vars(httpx).values()
        if isinstance(kind, type) and issubclass(kind, httpx.RequestError) and kind not in unsent
    ]
    assert len(kinds) > 10

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            client = Client(exchange.url, *NAME)
            await client._rest.token()
            for kind in kinds:

                async def fail(*_args: Any, kind: Any = kind, **_options: Any) -> Any:
                    raise kind("")

                monkeypatch.setattr(client._rest._http, "send", fail)
                with pytest.raises(OutcomeUnknown):
                    await client.call("POST", "/v1/order", body=ORDER)
            await client.close()

    run(scenario())


def test_an_id_of_another_payload_is_a_conflict() -> None:
    async def refuse(connection: Connection, request: Json) -> None:
        await connection.refuse(request, "DUPLICATE_ID", 409)

    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, *NAME, timeout_s=1) as client:
            exchange.on_socket = refuse
            with pytest.raises(Conflict):
                await place(client)

    run(scenario())
