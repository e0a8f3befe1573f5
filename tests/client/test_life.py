"""A client that cannot log in leaves nothing behind, and spares the exchange it cannot reach."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.client.fake import Connection, FakeExchange, Json, left_tasks, run, silent_server
from xtrader_client import Client, ConnectionLost, NotAuthenticated, NotFound, RateLimited, RequestTimeout
from xtrader_client._pauses import FIRST_PAUSE_S, LAST_PAUSE_S, LAST_UNREACHABLE_PAUSE_S, Pauses

NAME = ("alice", "secret")


@pytest.fixture(autouse=True)
def no_pause_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports come back: what one test's exchange asked for is not for the next one's."""
    monkeypatch.setattr("xtrader_client._log_in._not_before", {})


# --- nothing is left -----------------------------------------------------------------------------------


@pytest.mark.attack("A10")
def test_no_task_is_left_of_clients_that_could_not_connect() -> None:
    """The reconnect storm: five attempts once left five tasks that went on connecting for ever."""

    async def scenario() -> None:
        async with silent_server() as url:
            for _ in range(5):
                with pytest.raises(ConnectionLost):
                    async with Client(url, *NAME, timeout_s=0.2):
                        pass
                assert left_tasks() == set()

    run(scenario())


@pytest.mark.attack("A10")
def test_no_task_is_left_of_clients_that_could_not_log_in() -> None:
    async def refuse(connection: Connection, request: Json) -> bool:
        await connection.refuse(request, "TOO_MANY_CONNECTIONS", 429)
        return False

    async def never(_connection: Connection, _request: Json) -> bool:
        return False

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            for on_auth in (refuse, never):
                exchange.on_auth = on_auth
                with pytest.raises(ConnectionLost):
                    async with Client(exchange.url, *NAME, timeout_s=0.3):
                        pass
                assert left_tasks() == set()
            exchange.on_token = lambda _body: (401, {"error": "INVALID_CREDENTIALS"}, {})
            with pytest.raises(NotAuthenticated):
                async with Client(exchange.url, *NAME):
                    pass
            assert left_tasks() == set()

    run(scenario())


def test_no_task_is_left_of_a_client_whose_start_was_given_up() -> None:
    async def scenario() -> None:
        async with silent_server() as url:
            client = Client(url, *NAME)
            starting = asyncio.create_task(client.start())
            await asyncio.sleep(0.05)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
            assert left_tasks() == set()
            with pytest.raises(ConnectionLost):
                await client.start()
            assert left_tasks() == set()

    run(scenario())


def test_close_ends_chores_too() -> None:
    """The last reader of a topic leaves: the exchange is told in the background."""

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            client = Client(exchange.url)
            await client.start()
            trades, updates = await client.trades("AAPL"), await client.tickers("AAPL")
            await trades.close()
            await client.close()
            await updates.close()
            assert left_tasks() == set()

    run(scenario())


def test_a_failed_start_names_its_reason() -> None:
    async def refuse(connection: Connection, request: Json) -> bool:
        await connection.refuse(request, "NO_ACCOUNT", 403)
        return False

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_auth = refuse
            with pytest.raises(ConnectionLost, match="NO_ACCOUNT"):
                async with Client(exchange.url, *NAME, timeout_s=0.3):
                    pass

    run(scenario())


# --- one log-in at a time ------------------------------------------------------------------------------


def test_clients_of_one_user_log_in_one_at_a_time() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.log_in_takes_s = 0.02
            clients = [Client(exchange.url, *NAME) for _ in range(8)]
            await asyncio.gather(*(client.start() for client in clients))
            assert (len(exchange.log_ins), exchange.most_at_once) == (8, 1)
            await asyncio.gather(*(client.close() for client in clients))

    run(scenario())


def test_callers_of_one_client_share_a_log_in_and_its_failure() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.log_in_takes_s = 0.1
            exchange.on_token = lambda _body: (500, {"error": "INTERNAL"}, {})
            client = Client(exchange.url, *NAME)
            outcomes = await asyncio.gather(
                *(client.get_balances() for _ in range(50)), return_exceptions=True
            )
            assert len(exchange.log_ins) == 1
            assert {getattr(outcome, "code", "") for outcome in outcomes} == {"INTERNAL"}
            await client.close()

    run(scenario())


def test_one_caller_who_gives_up_does_not_end_the_log_in() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.log_in_takes_s = 0.2
            client = Client(exchange.url, *NAME)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client._rest.token()
            assert await client._rest.token() in exchange.valid
            assert len(exchange.log_ins) == 1
            await client.close()

    run(scenario())


def test_many_calls_with_a_revoked_token_renew_it_once() -> None:
    async def balances(_method: str, _path: str, _body: Json) -> Any:
        return 200, {"balances": []}, {}

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_http = balances
            client = Client(exchange.url, *NAME)
            await client.get_balances()
            exchange.valid.clear()
            await asyncio.gather(*(client.get_balances() for _ in range(30)))
            assert len(exchange.log_ins) == 2
            await client.close()

    run(scenario())


# --- Retry-After ---------------------------------------------------------------------------------------


def test_no_client_of_the_process_logs_in_before_retry_after() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_token = lambda _body: (429, {"error": "RATE_LIMITED"}, {"Retry-After": "1"})
            for name in ("alice", "bob", "alice"):
                client = Client(exchange.url, name, "secret")
                with pytest.raises(RateLimited) as refused:
                    await client.get_balances()
                assert 0 < (refused.value.retry_after_s or 0) <= 1
                await client.close()
            assert len(exchange.log_ins) == 1
            exchange.on_token = lambda _body: None
            await asyncio.sleep(1)
            async with Client(exchange.url, *NAME):
                assert len(exchange.log_ins) == 2

    run(scenario())


def test_a_start_hands_on_the_pause_that_the_exchange_asked_for() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_token = lambda _body: (
                429,
                {"error": "RATE_LIMITED", "details": {"retry_after_s": 22}},
                {},
            )
            with pytest.raises(ConnectionLost) as lost:
                async with Client(exchange.url, *NAME, timeout_s=0.3):
                    pass
            assert 21 < (lost.value.retry_after_s or 0) <= 22
            assert (len(exchange.log_ins), exchange.handshakes) == (1, 1)

    run(scenario())


# --- pauses --------------------------------------------------------------------------------------------


def test_pauses_grow_until_a_log_in_succeeds() -> None:
    pauses = Pauses()
    made = [pauses.next_s(reached=True) for _ in range(14)]
    for number, pause_s in enumerate(made):
        least_s = min(FIRST_PAUSE_S * 2**number, LAST_PAUSE_S)
        assert least_s <= pause_s <= 1.5 * least_s
    assert made[-1] >= LAST_PAUSE_S
    assert pauses.next_s(reached=False) <= 1.5 * LAST_UNREACHABLE_PAUSE_S, "an open port costs little"
    assert pauses.next_s(reached=True, retry_after_s=100) >= 100
    pauses.reset()
    assert pauses.next_s(reached=True) <= 1.5 * FIRST_PAUSE_S


@pytest.mark.parametrize("code", [4001, 4008, 4029])
def test_a_connection_that_is_closed_for_a_limit_does_not_start_the_pauses_over(code: int) -> None:
    async def drop(connection: Connection, _request: Json) -> None:
        await connection.drop(code)

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_socket = drop
            async with Client(exchange.url, *NAME, timeout_s=5) as client:
                made = _recorded(client)
                for _ in range(4):
                    await asyncio.gather(client.cancel_orders(), return_exceptions=True)
                assert made == sorted(made)
                assert made[-1] >= 8 * FIRST_PAUSE_S

    run(scenario())


def test_a_stall_does_not_make_the_attempts_faster() -> None:
    """The exchange accepts and answers nothing: attempts get rarer, whatever succeeded before."""

    async def never(_connection: Connection, _request: Json) -> bool:
        return False

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            async with Client(exchange.url, *NAME, timeout_s=0.1) as client:
                made = _recorded(client)
                exchange.on_auth = never
                assert client._socket._connection is not None
                client._socket._connection.transport.abort()
                await asyncio.sleep(4)
                attempts = exchange.handshakes - 1
                assert made == sorted(made)
            assert 2 <= attempts <= 6
            assert len(exchange.log_ins) == 1, "the token it has is good"

    run(scenario())


def _recorded(client: Client) -> list[float]:
    """The pauses the client makes from now on."""
    made: list[float] = []
    next_s = client._socket._pauses.next_s

    def note(**about: Any) -> float:
        made.append(next_s(**about))
        return made[-1]

    client._socket._pauses.next_s = note  # type: ignore[method-assign]
    return made


# --- what else could leave a caller waiting ------------------------------------------------------------


def test_a_message_the_client_does_not_understand_costs_only_the_connection() -> None:
    async def garble(connection: Connection, request: Json) -> None:
        if request["op"] == "orders.cancel_all":
            await connection.push({"type": "reply", "id": 1})
        else:
            await connection.reply(request, cancel_at=5)

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_socket = garble
            async with Client(exchange.url, *NAME, timeout_s=5) as client:
                await asyncio.gather(client.cancel_orders(), return_exceptions=True)
                assert await client.cancel_after(1_000) == 5
                assert client.connections == 2

    run(scenario())


def test_a_topic_that_is_gone_does_not_keep_the_others_from_coming_back() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, timeout_s=5) as client:
            gone, kept = await client.trades("GONE"), await client.trades("AAPL")
            serve = client._socket._query

            async def refuse(op: str, fields: Json) -> Json:
                if op == "subscribe" and "GONE" in fields.get("symbols", ()):
                    raise NotFound("SYMBOL_NOT_FOUND", "", {}, 404)
                return await serve(op, fields)

            client._socket._query = refuse  # type: ignore[method-assign]
            assert client._socket._connection is not None
            client._socket._connection.transport.abort()
            with pytest.raises(Exception, match="SYMBOL_NOT_FOUND"):
                await anext(gone)
            await client._socket.wait_ready(5)
            assert client.connections == 2
            await kept.close()

    run(scenario())


def test_a_book_that_does_not_come_is_a_timeout() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, timeout_s=0.2) as client:
            with pytest.raises(RequestTimeout):
                await client.book("AAPL")

    run(scenario())


def test_closing_twice_is_closing_once() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            client = Client(exchange.url)
            await client.start()
            started = time.monotonic()
            await client.close()
            await client.close()
            assert time.monotonic() - started < 5
            assert left_tasks() == set()

    run(scenario())


def test_readers_who_join_at_once_each_learn_that_there_is_no_such_topic() -> None:
    """The second must not wait for messages of a subscription that the first did not get."""

    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, timeout_s=2) as client:

            async def refuse(_op: str, _fields: Json) -> Json:
                await asyncio.sleep(0.05)
                raise NotFound("SYMBOL_NOT_FOUND", "", {}, 404)

            client._socket._query = refuse  # type: ignore[method-assign]
            outcomes = await asyncio.gather(
                *(client.trades("GONE") for _ in range(3)), return_exceptions=True
            )
            assert [type(outcome) for outcome in outcomes] == [NotFound] * 3
            assert client._socket._topics == {}

    run(scenario())


def test_a_book_that_never_fits_is_fetched_less_and_less() -> None:
    """A checksum that is wrong for good once was a request for a snapshot after each snapshot."""
    asked = 0

    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, timeout_s=2) as client:
            serve = client._socket._query

            async def count(op: str, fields: Json) -> Json:
                nonlocal asked
                asked += op == "subscribe"
                reply = await serve(op, fields)
                message = {"type": "book_snapshot", "channel": "book", "symbol": "AAPL", "timestamp": 1}
                levels = {"bids": [["1", "1"]], "asks": [], "checksum": 5}
                client._socket._on_push({**message, **levels, "sequence": asked, "prev_sequence": None})
                return reply

            client._socket._query = count  # type: ignore[method-assign]
            with pytest.raises(RequestTimeout):
                await client.book("AAPL")
            assert 3 <= asked <= 7

    run(scenario())


def test_a_book_whose_snapshot_was_refused_is_asked_for_again() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange, Client(exchange.url, timeout_s=5) as client:
            trades = await client.trades("AAPL")
            serve, refusals = client._socket._query, 2
            topic = next(iter(client._socket._topics.values()))
            topic.in_step = True

            async def refuse(op: str, fields: Json) -> Json:
                nonlocal refusals
                refusals -= 1
                if refusals >= 0:
                    raise RateLimited("RATE_LIMITED", "", {}, 429)
                return await serve(op, fields)

            client._socket._query = refuse  # type: ignore[method-assign]
            client._socket._on_push(
                {"type": "trade", "channel": "trades", "symbol": "AAPL", "sequence": 9, "prev_sequence": 7}
            )
            async with asyncio.timeout(3):
                while refusals >= 0:
                    await asyncio.sleep(0.01)
            await trades.close()

    run(scenario())
