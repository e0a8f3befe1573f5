"""The clients and the link: batching, time-outs, reconnects, threads and loops."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from exchange.engine import Engine
from exchange.engine.messages import cancel_order, deposit
from exchange.link.async_client import MAX_WAITING_PER_ACCOUNT, AsyncEngineClient
from exchange.link.blocking import BlockingEngineClient
from exchange.link.engine_link import EngineLink
from exchange.link.errors import EngineBusy, EngineError, EngineUnavailable, OutcomeUnknown
from exchange.link.protocol import (
    BUSY,
    LENGTH_BYTES,
    MALFORMED,
    OUTCOMES,
    REFUSED,
    FeedBatch,
    Hello,
    Outcome,
    frame,
)
from exchange.orders.parsing import MAX_BATCH
from tests.exchange.journal.flow import ALICE, BOB, market, opened_at, orders, take
from tests.exchange.node.conftest import EngineProcess, Service
from web.live.socket_limits import Limits


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        yield Path(folder)


def test_one_turn_of_the_loop_is_one_batch(service: Service) -> None:
    async def go() -> None:
        client = AsyncEngineClient(service.socket)
        await client.start()
        await client.wait_connected()
        before = (await client.query("status")).value
        outcomes = await asyncio.gather(*(client.submit(command) for command in take(orders(), 100)))
        after = (await client.query("status")).value
        assert [o.sequence for o in outcomes] == list(range(before["sequence"] + 1, after["sequence"] + 1))
        assert after["batches"] - before["batches"] == 1
        await client.close()

    asyncio.run(go())


def test_without_an_engine_nothing_was_sent(short: Path) -> None:
    with BlockingEngineClient(short / "none.sock", connect_grace_ms=200) as client:
        for _ in range(2):
            with pytest.raises(EngineUnavailable):
                client.submit(deposit("x", ALICE, "KRW", 1))
        with pytest.raises(EngineUnavailable):
            client.query("status")
        started = time.monotonic()
        with pytest.raises(EngineUnavailable):
            client.submit(deposit("x", ALICE, "KRW", 1))
        assert time.monotonic() - started < 0.15, "once known to be away it is told at once"


def test_an_engine_that_does_not_answer_leaves_the_outcome_unknown(short: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(short / "mute.sock"))
    listener.listen()
    with BlockingEngineClient(short / "mute.sock", timeout_ms=300) as client:
        with pytest.raises(OutcomeUnknown):
            client.submit(deposit("x", ALICE, "KRW", 1))
        with pytest.raises(EngineUnavailable):
            client.query("status")
    listener.close()


@pytest.mark.parametrize("code", [BUSY, MALFORMED])
@pytest.mark.parametrize("refusals", [1, 3])
def test_no_refusal_of_a_repetition_is_the_outcome_of_the_first(
    short: Path, code: str, refusals: int
) -> None:
    """The engine took the command and was killed before it answered. Whatever the next one says to the
    repetition but its outcome tells nothing of the first: the order may rest in the book."""

    async def go() -> None:
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            refused = 0
            while length := await reader.read(LENGTH_BYTES):
                [[_, first_id, commands, _]] = msgspec.msgpack.decode(
                    await reader.readexactly(int.from_bytes(length, "little"))
                )
                if connections == 1:
                    break  # killed before the reply
                if refused < refusals:
                    refused += 1
                    replies = [(REFUSED, first_id + number, code, "") for number in range(len(commands))]
                else:
                    rows = [(first_id + number, 7 + number, 5, []) for number in range(len(commands))]
                    replies = [(OUTCOMES, rows)]
                writer.write(frame(replies))
            writer.close()

        server = await asyncio.start_unix_server(serve, short / "engine.sock")
        client = AsyncEngineClient(short / "engine.sock", timeout_ms=3_000)
        await client.start()
        await client.wait_connected()
        first = [client.submit(deposit(name, ALICE, "KRW", 1)) for name in "xy"]
        assert [outcome.sequence for outcome in await asyncio.gather(*first)] == [7, 8]
        await client.close()
        server.close()

    asyncio.run(go())


def test_a_repetition_that_is_never_taken_leaves_the_outcome_unknown(short: Path) -> None:
    async def go() -> None:
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while length := await reader.read(LENGTH_BYTES):
                [[_, first_id, _, _]] = msgspec.msgpack.decode(
                    await reader.readexactly(int.from_bytes(length, "little"))
                )
                if connections == 1:
                    break
                writer.write(frame([(REFUSED, first_id, BUSY, "")]))
            writer.close()

        server = await asyncio.start_unix_server(serve, short / "engine.sock")
        client = AsyncEngineClient(short / "engine.sock", timeout_ms=700)
        await client.start()
        await client.wait_connected()
        with pytest.raises(OutcomeUnknown):
            await client.submit(deposit("x", ALICE, "KRW", 1))
        # One that was never sent before is refused at once, and truly.
        with pytest.raises(EngineBusy):
            await client.submit(deposit("y", ALICE, "KRW", 1))
        await client.close()
        server.close()

    asyncio.run(go())


def test_too_many_unanswered_commands_are_refused_here(short: Path) -> None:
    async def go() -> None:
        client = AsyncEngineClient(short / "none.sock", max_waiting=10, connect_grace_ms=100)
        await client.start()
        futures = client.submit_many(take(orders(), 12))
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert [type(result) for result in results] == [EngineUnavailable] * 10 + [EngineBusy] * 2
        await client.close()

    asyncio.run(go())


def test_one_account_does_not_fill_the_queue_of_all(service: Service) -> None:
    async def go() -> None:
        client = AsyncEngineClient(service.socket, max_waiting_per_account=5)
        await client.start()
        await client.wait_connected()
        for turn in range(2):  # what was answered makes room again
            futures = [client.submit(cancel_order(f"a{i}:{turn}", ALICE, order_id=1)) for i in range(8)]
            futures += [client.submit(cancel_order(f"b:{turn}", BOB, order_id=1))]
            futures += [client.submit(deposit(f"d{i}:{turn}", ALICE, "KRW", 1)) for i in range(8)]
            results = await asyncio.gather(*futures, return_exceptions=True)
            assert [type(result) for result in results] == [Outcome] * 5 + [EngineBusy] * 3 + [Outcome] * 9
        await client.close()

    asyncio.run(go())


def test_whatever_may_be_sent_again_is_still_remembered() -> None:
    """Two web processes resend all that one account may have unanswered: none of it is done twice."""
    engine = Engine()
    for now_ns, command in enumerate(market()):
        engine.apply(command, now_ns)
    commands = [
        cancel_order(f"x:{number}", ALICE, order_id=1) for number in range(2 * MAX_WAITING_PER_ACCOUNT)
    ]
    for command in commands:
        engine.apply(command, engine.now_ns)
    assert all(engine.recall(command) for command in commands)
    assert Limits().orders_in_flight + MAX_BATCH <= MAX_WAITING_PER_ACCOUNT, "one connection never meets it"


def test_an_answer_that_never_came_is_asked_for_again(engine: EngineProcess) -> None:
    client = engine.start().client()
    client.submit_many(market())
    engine.kill()
    outcomes: list[object] = []
    asker = threading.Thread(target=lambda: outcomes.append(client.submit(take(orders(), 1)[0])))
    asker.start()
    time.sleep(0.2)
    engine.start(wait=False)
    asker.join(20)
    assert outcomes and client.query("status").value["epoch"] == 2


def test_a_subscription_starts_again_with_a_hello_after_a_reconnect(engine: EngineProcess) -> None:
    submitter = engine.start().client()
    submitter.submit_many(market())
    heard: list[tuple[str, int]] = []

    async def go() -> None:
        client = AsyncEngineClient(engine.socket, timeout_ms=20_000, connect_grace_ms=20_000)
        await client.start()

        def on_hello(hello: Hello) -> None:
            heard.append((f"hello {hello.epoch}", hello.sequence))
            assert hello.symbols[0][6] == ((0, 1), (1_000_000, 1_000))

        def on_batch(batch: FeedBatch) -> None:
            heard.append(("batch", batch.first_sequence))

        client.subscribe(on_hello, on_batch, lambda: heard.append(("lost", 0)))
        while not heard:
            await asyncio.sleep(0.02)
        flow = orders()
        await asyncio.gather(*client.submit_many(take(flow, 5)))
        await asyncio.to_thread(engine.kill)
        await asyncio.to_thread(engine.start)
        while len(heard) < 4:
            await asyncio.sleep(0.02)
        await asyncio.gather(*client.submit_many(take(flow, 5)))
        await client.close()

    asyncio.run(go())
    first = opened_at()
    assert heard[:3] == [("hello 1", first), ("batch", first + 1), ("lost", 0)]
    assert heard[3] == ("hello 2", first + 5)
    assert heard[4][0] == "batch"


def test_a_failing_subscriber_gets_a_new_hello(service: Service) -> None:
    hellos: list[int] = []

    async def go() -> None:
        client = AsyncEngineClient(service.socket)
        await client.start()

        def on_batch(batch: FeedBatch) -> None:
            if len(hellos) == 1:
                raise KeyError("a bug in the subscriber")

        client.subscribe(lambda hello: hellos.append(hello.sequence), on_batch)
        while not hellos:
            await asyncio.sleep(0.02)
        (outcome,) = await asyncio.gather(*client.submit_many([deposit("x", ALICE, "KRW", 1)]))
        while len(hellos) < 2:
            await asyncio.sleep(0.02)
        assert hellos == [outcome.sequence - 1, outcome.sequence]
        await client.close()

    asyncio.run(go())


def test_the_link_from_threads_and_loops(service: Service) -> None:
    link = EngineLink()
    with pytest.raises(EngineUnavailable, match="configured"):
        link.submit(deposit("0", ALICE, "KRW", 1))
    link.configure(service.socket)

    async def before_start() -> int:
        return (await link.asubmit(deposit("a", ALICE, "KRW", 1))).sequence

    sequences = [link.submit(deposit("b", ALICE, "KRW", 1)).sequence, asyncio.run(before_start())]

    async def started() -> None:
        client = await link.start()
        assert await link.start() is client is link.client()
        await client.wait_connected()
        sequences.append((await link.asubmit(deposit("c", ALICE, "KRW", 1))).sequence)
        outcome = await asyncio.to_thread(link.submit, deposit("d", ALICE, "KRW", 1))
        sequences.append(outcome.sequence)
        # another loop, as async_to_sync makes one
        elsewhere = await asyncio.to_thread(asyncio.run, link.asubmit(deposit("e", ALICE, "KRW", 1)))
        sequences.append(elsewhere.sequence)
        assert (await link.aquery("account", ALICE)).value == 0
        assert (await asyncio.to_thread(link.query, "account", ALICE)).value == 0
        with pytest.raises(EngineError, match="own loop"):
            link.submit(deposit("f", ALICE, "KRW", 1))
        await link.stop()
        assert link.client() is None

    asyncio.run(started())
    assert sequences == list(range(sequences[0], sequences[0] + 5))
    link.configure("")
