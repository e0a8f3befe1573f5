"""The clients and the gateway: batching, time-outs, reconnects, threads and loops."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.engine.messages import cancel_order, deposit
from exchange.feeds.limits import Limits
from exchange.validation import MAX_BATCH
from exchange.worker.async_client import MAX_WAITING_PER_ACCOUNT
from exchange.worker.client import AsyncEngineClient, BlockingEngineClient
from exchange.worker.errors import EngineBusy, EngineError, EngineUnavailable, OutcomeUnknown
from exchange.worker.gateway import Gateway
from exchange.worker.protocol import FeedBatch, Hello, Outcome
from tests.journal.flow import ALICE, BOB, market, opened_at, orders, take
from tests.worker.conftest import EngineProcess, Service


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


def test_the_gateway_from_threads_and_loops(service: Service) -> None:
    gateway = Gateway()
    with pytest.raises(EngineUnavailable, match="configured"):
        gateway.submit(deposit("0", ALICE, "KRW", 1))
    gateway.configure(service.socket)

    async def before_start() -> int:
        return (await gateway.asubmit(deposit("a", ALICE, "KRW", 1))).sequence

    sequences = [gateway.submit(deposit("b", ALICE, "KRW", 1)).sequence, asyncio.run(before_start())]

    async def started() -> None:
        client = await gateway.start()
        assert await gateway.start() is client is gateway.client()
        await client.wait_connected()
        sequences.append((await gateway.asubmit(deposit("c", ALICE, "KRW", 1))).sequence)
        outcome = await asyncio.to_thread(gateway.submit, deposit("d", ALICE, "KRW", 1))
        sequences.append(outcome.sequence)
        # another loop, as async_to_sync makes one
        elsewhere = await asyncio.to_thread(asyncio.run, gateway.asubmit(deposit("e", ALICE, "KRW", 1)))
        sequences.append(elsewhere.sequence)
        assert (await gateway.aquery("account", ALICE)).value == 0
        assert (await asyncio.to_thread(gateway.query, "account", ALICE)).value == 0
        with pytest.raises(EngineError, match="own loop"):
            gateway.submit(deposit("f", ALICE, "KRW", 1))
        await gateway.stop()
        assert gateway.client() is None

    asyncio.run(started())
    assert sequences == list(range(sequences[0], sequences[0] + 5))
    gateway.configure("")
