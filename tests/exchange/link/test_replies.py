"""What a client is told of its commands, however it comes to it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import messages as m
from exchange.journal.codec import DECODE_ERRORS, encode
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import CommandMalformed, EngineBusy, EngineError, OutcomeUnknown
from exchange.link.pending import Asked, Pending
from exchange.link.protocol import (
    FEED_BATCH,
    OUTCOMES,
    FeedBatch,
    Outcome,
    Outcomes,
    decode_replies,
)
from exchange.node.server import Limits
from tests.exchange.journal.flow import ALICE, BOB, orders, take
from tests.exchange.node.conftest import Service

# --- frames ----------------------------------------------------------------------------------------------

plain = st.none() | st.booleans() | st.text(max_size=5) | st.integers(-(2**63), 2**64 - 1)
wide = st.integers(-(10**38), 10**38)


def events_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[tuple[Any, ...]]]]:
    """Events as the core makes them: something nested stands last, but in a symbol's."""
    row = st.lists(values, max_size=4).map(tuple)
    nested = st.tuples(st.just(m.EV_ORDER), values, st.lists(values | row, max_size=3).map(tuple))
    symbol = st.tuples(st.just(m.EV_SYMBOL), values, st.lists(row, max_size=3).map(tuple), values)
    event = st.tuples(st.just(m.EV_LEVEL), values, values) | nested | symbol
    return st.lists(st.lists(event, max_size=4), max_size=4)


@given(events_of(plain) | events_of(plain | wide))
def test_events_cross_the_socket_unchanged(batches: list[list[tuple[Any, ...]]]) -> None:
    """Amounts beyond 64 bits too, which are read another way."""
    rows = [(number, number, 7, events) for number, events in enumerate(batches)]
    batch, outcomes = decode_replies(encode([(FEED_BATCH, 1, 7, batches), (OUTCOMES, rows)]))
    assert isinstance(batch, FeedBatch) and isinstance(outcomes, Outcomes)
    assert batch.events == batches
    assert outcomes.rows == rows


@given(st.binary(max_size=40))
def test_what_is_no_frame_raises_one_of_the_named_errors(data: bytes) -> None:
    try:
        decode_replies(data)
    except DECODE_ERRORS:
        pass


# --- subscribers -----------------------------------------------------------------------------------------


@pytest.fixture
def twins() -> Iterator[list[Service]]:
    """Two engines that are told the same."""
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        services = []
        for name in ("a", "b"):
            (Path(folder) / name).mkdir()
            services.append(Service(Path(folder) / name, Limits(max_batch_commands=7)))
        try:
            yield services
        finally:
            for service in services:
                service.end()


def flow() -> list[m.Command]:
    """Orders of one account, some of them asked again at once or later, and a refusal."""
    commands = [command for command in take(orders(), 60) if command[2] == ALICE]
    refused = m.cancel_order("nothing", ALICE, order_id=10**6)
    return [*commands[:9], commands[3], commands[8], refused, *commands[9:], commands[0], refused]


async def told(service: Service, *, subscribes: bool) -> list[Any]:
    """What becomes of the flow, sent as a batch and again one by one."""
    client = AsyncEngineClient(service.socket)
    await client.start()
    await client.wait_connected()
    hello = asyncio.Event()
    if subscribes:
        client.subscribe(lambda _: hello.set(), lambda _: None)
        await hello.wait()
    results = [*await client.submit_all(flow())]
    results += await asyncio.gather(*client.submit_many(take(orders(), 20)))
    await client.close()
    return results


def test_a_subscriber_is_told_what_everybody_is(twins: list[Service]) -> None:
    """Though the events of its outcomes come by the feed, and those of repeated commands do not."""
    plainly = asyncio.run(told(twins[0], subscribes=False))
    by_feed = asyncio.run(told(twins[1], subscribes=True))
    assert len(plainly) == len(by_feed)
    for one, other in zip(plainly, by_feed, strict=True):
        assert one[:2] == other[:2]
        assert own(one.events) == own(other.events)


def own(events: Sequence[Sequence[Any]]) -> list[Any]:
    """What a reply is made of: a command repeated in one batch has its levels and balances by feed."""
    return [event for event in events if event[0] not in (m.EV_LEVEL, m.EV_BALANCE)]


# --- what was asked together -----------------------------------------------------------------------------


def test_each_command_of_a_batch_stands_for_itself(service: Service) -> None:
    async def go() -> Sequence[Outcome | EngineError]:
        client = AsyncEngineClient(service.socket)
        await client.start()
        await client.wait_connected()
        bad: Any = ("not", "a", "command")
        results = await client.submit_all([m.cancel_order("a", ALICE, 1), bad, m.cancel_order("b", ALICE, 1)])
        await client.close()
        return results

    assert [type(result) for result in asyncio.run(go())] == [Outcome, CommandMalformed, Outcome]


def test_who_fails_on_an_answer_fails_alone(service: Service) -> None:
    def fail(_: Sequence[Any]) -> None:
        raise KeyError("a bug of the asker")

    async def go() -> Outcome:
        client = AsyncEngineClient(service.socket)
        await client.start()
        await client.wait_connected()
        client.send((m.cancel_order("a", ALICE, 1),), fail)
        outcome = await client.submit(m.cancel_order("b", ALICE, 1))
        await client.close()
        return outcome

    assert asyncio.run(go()).sequence


def test_a_batch_that_does_not_fit_is_refused_whole_and_leaves_room_for_others() -> None:
    pending, told = Pending(10, 4), []
    whole = Asked(("a", "b", "c"), told.append, 1.0, ALICE, False)
    assert pending.refusal(ALICE, 5) and not pending.refusal(ALICE, 3)
    pending.add(whole)
    assert pending.refusal(ALICE, 2) and not pending.refusal(ALICE, 1)
    assert isinstance(pending.refusal(BOB, 8), EngineBusy) and not pending.refusal(BOB, 4)
    first = whole.first_id
    assert pending.answer(first + 1, OutcomeUnknown("b")) is None
    assert [message for _, message in whole.unanswered()] == ["a", "c"]
    assert pending.answer(first, Outcome(1, 1, [])) is None
    assert pending.answer(first, Outcome(9, 9, [])) is None, "the second answer to one is nobody's"
    assert list(pending) == [whole]
    assert pending.answer(first + 2, Outcome(3, 3, [])) is whole
    assert [type(result) for result in whole.results] == [Outcome, OutcomeUnknown, Outcome]
    assert list(pending) == [] and not pending.refusal(ALICE, 4)
