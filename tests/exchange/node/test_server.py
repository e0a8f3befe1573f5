"""The server against clients that misbehave: floods, slow readers, malformed frames and commands."""

from __future__ import annotations

import errno
import socket
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.journal.codec import encode
from exchange.journal.errors import JournalWriteFailed
from exchange.journal.files import Files
from exchange.journal.recovery import recover
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import CommandMalformed, EngineBusy, OutcomeUnknown, QueryRefused
from exchange.link.protocol import FrameBuffer, FrameError, Hello, frame, reply_decoder
from exchange.node.command_shapes import command_problem
from exchange.node.server import Limits
from tests.exchange.journal.flow import ALICE, NOW_NS, market, opened_at, orders, take
from tests.exchange.node.conftest import Service


def closed_by_server(sock: socket.socket) -> bool:
    """Whether the server hangs up (after whatever it still sends)."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        (9 * 1024 * 1024).to_bytes(4, "little"),
        frame([])[:-1] + b"\xc1",
        frame([(99, 1)]),
        frame([(1, "one", [])]),
        frame([(1, 1, [1, 2])]),
        frame({"not": "a list"}),  # type: ignore[arg-type]
        (100_000).to_bytes(4, "little") + b"\x91" * 100_000,
        (5).to_bytes(4, "little") + b"\xdd\xff\xff\xff\xff",
        frame([(2, 1, "book")]),
    ],
    ids=["length", "too-long", "garbage", "tag", "type", "command", "map", "deep", "bomb", "arity"],
)
def test_a_malformed_frame_closes_that_client_only(service: Service, data: bytes) -> None:
    sock = service.connect()
    sock.sendall(data)
    assert closed_by_server(sock)
    assert service.client.submit_many(take(orders(), 2))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_leave_the_server_standing(service: Service, data: bytes) -> None:
    with service.connect() as sock:
        sock.sendall(len(data).to_bytes(4, "little") + data)
    assert service.client.query("status").value["sequence"] == opened_at()


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 6), anything, anything, anything), max_size=4), st.lists(anything))
def test_any_messages_leave_the_server_standing(
    service: Service, messages: list[Any], commands: list[Any]
) -> None:
    before = service.client.query("status").value["sequence"]
    with service.connect() as sock:
        sock.sendall(frame([(1, 1, commands)]))
    with service.connect() as sock:
        sock.sendall(frame(messages))
    with service.connect() as sock:
        sock.sendall(frame([(2, 1, "book", [argument]) for argument in commands]))
    assert service.client.query("status").value["sequence"] == before


@pytest.mark.parametrize("depth", [3, 9, 100, 400, 900, 970, 2_000])
@pytest.mark.parametrize("position", [0, 1, 7])
def test_a_deep_command_is_refused_or_hung_up_on(service: Service, depth: int, position: int) -> None:
    deep: bytes = b"\x91" * depth + b"\x01"
    command = [encode(item) for item in market()[2]]
    command[position] = deep
    body = b"\x91\x93\x01\x01\x91" + b"\xdc" + len(command).to_bytes(2, "big") + b"".join(command)
    sock = service.connect()
    sock.sendall(len(body).to_bytes(4, "little") + body)
    assert service.client.query("status").value["sequence"] == opened_at()


PLAIN = m.place_order("p", ALICE, "BTC-KRW", 0, price_ticks=95_000_000, quantity_lots=10_000)
MALFORMED: list[Any] = [
    (),
    (m.PLACE,),
    (m.TICK,),
    (99, "id"),
    (True, "id", ALICE, 1, None),
    (1.0, "id"),
    ("1", "id"),
    ([1], "id"),
    m.place_order("x", ALICE, "BTC-KRW", 0, price_ticks=1.5),  # type: ignore[arg-type]
    m.place_order("x", ALICE, "BTC-KRW", 0, price_ticks=True),
    m.place_order("x", ALICE, "BTC-KRW", 0, quantity_lots="1"),  # type: ignore[arg-type]
    m.place_order("x", ALICE, "BTC-KRW", None),  # type: ignore[arg-type]
    m.place_order("x" * 65, ALICE, "BTC-KRW", 0),
    m.place_order("", ALICE, "BTC-KRW", 0),
    m.place_order("x", ALICE, "B" * 65, 0),
    m.place_order("x", ALICE, "BTC-KRW", 0, client_order_id="c" * 37),
    (*m.place_order("x", ALICE, "BTC-KRW", 0), 1),
    m.cancel_order("x", "alice"),  # type: ignore[arg-type]
    m.deposit("x", ALICE, "KRW", {"amount": 1}),  # type: ignore[arg-type]
    (*market()[2][:7], ((0, 1, 2),), *market()[2][8:]),
    (*market()[2][:7], "bands", *market()[2][8:]),
    (*market()[2][:7], ((0, "1"),), *market()[2][8:]),
    (*market()[2], (1, 2, 3)),
    (*market()[2], (1, 2, 3, 4, 5, "C" * 17)),
    (*PLAIN, ()),
    (*PLAIN, (0,) * 10),
    (*PLAIN, tuple(m.OrderTerms(session="s" * 65))),
    (*PLAIN, tuple(m.OrderTerms(expire_ns="soon"))),  # type: ignore[arg-type]
    m.place_oco("x", ALICE, PLAIN, ()),
    m.place_oco("x", ALICE, PLAIN, PLAIN[:-1]),
    m.place_oco("x", ALICE, PLAIN, (*PLAIN, (1,))),
    m.place_oco("x", ALICE, PLAIN, m.cancel_order("c", ALICE, 1)),
    m.place_oco("x", ALICE + 1, PLAIN, PLAIN),
    m.place_oco("x", ALICE, ([1], *PLAIN[1:]), PLAIN),
    m.place_bracket("x", ALICE, m.place_oco("o", ALICE, PLAIN, PLAIN), 1, 1),
    m.cancel_replace("x", ALICE, PLAIN, mode="stop"),  # type: ignore[arg-type]
    m.cancel_replace("x", ALICE, None),  # type: ignore[arg-type]
    m.cancel_after("x", ALICE, None),  # type: ignore[arg-type]
    m.cancel_all("x", ALICE, None, "s" * 65),
]


@pytest.mark.parametrize("command", MALFORMED, ids=[str(number) for number in range(len(MALFORMED))])
def test_a_malformed_command_is_refused_before_the_core(service: Service, command: Any) -> None:
    before = service.client.query("status").value["sequence"]
    with pytest.raises(CommandMalformed):
        service.client.submit(command)
    assert service.client.query("status").value["sequence"] == before
    assert service.client.submit_many(take(orders(), 1))


number = st.one_of(st.integers(-3, 12), st.integers(-(10**38), 10**38), st.sampled_from([ALICE, 1, 2]))
text = st.one_of(st.text(max_size=12), st.sampled_from(["BTC-KRW", "KRW", "BTC", "a", "b"]))
bands = st.lists(st.tuples(number, number), max_size=3).map(tuple)


def anything_like(value: Any) -> st.SearchStrategy[Any]:
    """Values of the type of this one. What holds placements keeps its account, and they their tags."""
    if type(value) is tuple:
        if value and type(value[0]) is tuple:
            return bands
        has_terms = any(type(part) is tuple for part in value) or len(value) == len(PLAIN)
        kept = (0, 2) if has_terms else ()
        return st.tuples(
            *(st.just(part) if i in kept else anything_like(part) for i, part in enumerate(value))
        )
    if value is None:
        return st.one_of(st.none(), text)
    if type(value) is bool:
        return st.booleans()
    return number if type(value) is int else text


def commands_of_any_values() -> st.SearchStrategy[m.Command]:
    """Well-formed commands with any numbers and texts in them."""
    return st.one_of(anything_like(command).map(partial(_tagged, command[0])) for command in WELL_FORMED)


def _tagged(tag: int, command: m.Command) -> m.Command:
    return (tag, *command[1:])


WAITING = m.place_order(
    "p", ALICE, "BTC-KRW", 1, quantity_lots=10_000, terms=m.OrderTerms(trigger=m.STOP, session="w/1")
)
WELL_FORMED: list[m.Command] = [
    m.place_order("p", ALICE, "BTC-KRW", 0, price_ticks=95_000_000, quantity_lots=10_000),
    m.cancel_order("c", ALICE, 1),
    m.cancel_all("ca", ALICE),
    m.reduce_order("r", ALICE, 1, 5),
    m.replace_order("rp", ALICE, 1, 5, 5),
    *market()[:5],
    m.withdraw("w", ALICE, "KRW", 5),
    m.set_symbol_status("s", "BTC-KRW", 0, "why"),
    m.set_fees("f", "BTC-KRW", ALICE, 1, 2),
    m.set_rules("v", 1),
    WAITING,
    m.place_oco("o", ALICE, PLAIN, WAITING),
    m.place_bracket("b", ALICE, PLAIN, 99_000_000, 90_000_000),
    m.cancel_replace("cr", ALICE, WAITING, order_id=1),
    m.cancel_after("cf", ALICE, 5_000),
    m.cancel_all("ca", ALICE, None, "w/1"),
    m.replace_order("rp", ALICE, 1, 5, 5, 7),
    m.set_group("g", ALICE, 3),
    m.clear_fees("cl", m.EVERY_SYMBOL, ALICE),
    m.set_fee_plan("fp", 1, (("BTC-KRW", 1, 2), ("ETH-KRW", 0, 0))),
    m.set_account_plan("ap", ALICE, 1),
    m.move("mv", ALICE, ALICE + 1, "KRW", 5),
    m.move("mv", ALICE, ALICE + 1, "KRW", 5, "rent"),
    m.pay_from_fees("pf", ALICE, "KRW", 5, "share"),
    m.hold_withdrawal("hw", ALICE, "w", "KRW", 5, 1),
    m.settle_withdrawal("sw", ALICE, "w"),
    m.release_withdrawal("rw", ALICE, "w"),
    (*market()[2], tuple(m.Protection(calendar="X"))),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(commands_of_any_values(), min_size=1, max_size=12))
def test_what_passes_the_validator_never_crashes_the_core(commands: list[m.Command]) -> None:
    engine = Engine()
    for command in [*market(), *commands]:
        if command_problem(command) is None and engine.recall(command) is None:
            engine.apply(command, NOW_NS)
    assert engine.check() == []
    assert Engine.load(engine.dump()).state_hash() == engine.state_hash()


@pytest.mark.parametrize("service", [Limits(max_waiting_commands=50, max_batch_commands=10)], indirect=True)
def test_beyond_the_queue_commands_are_busy_and_nothing_happened(service: Service) -> None:
    sock = service.connect()
    commands = [m.deposit(f"flood:{i}", ALICE, "KRW", 1) for i in range(500)]
    sock.sendall(frame([(1, 1, commands)]))
    frames, answered, busy = FrameBuffer(1 << 24), 0, 0
    while answered + busy < 500:
        for body in frames.feed(sock.recv(65536)):
            for message in reply_decoder.decode(body):
                if hasattr(message, "rows"):
                    answered += len(message.rows)
                else:
                    assert message.code == "ENGINE_BUSY"
                    busy += 1
    assert answered == 50
    status = service.client.query("status").value
    assert status["sequence"] == opened_at() + 50 and status["busy"] == 450
    service.client.submit(m.deposit("after", ALICE, "KRW", 1))


@pytest.mark.parametrize("service", [Limits(max_waiting_commands=20)], indirect=True)
def test_the_client_raises_busy(service: Service) -> None:
    with pytest.raises(EngineBusy):
        service.client.submit_many(take(orders(), 21))


@pytest.mark.parametrize("service", [Limits(max_output_bytes=100_000)], indirect=True)
def test_a_client_that_does_not_read_is_disconnected_and_costs_others_nothing(service: Service) -> None:
    slow = service.connect()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(frame([(3,)]))
    flow = orders()
    deadline = time.monotonic() + 20
    while service.client.query("status").value["clients"] > 1:
        assert time.monotonic() < deadline
        service.client.submit_many(take(flow, 100))
    assert service.client.submit_many(take(flow, 10))


def test_unknown_queries_and_arguments_are_refused(service: Service) -> None:
    for question in (("nonsense",), ("book",), ("book", 1, 2, 3), ("balances", "x" * 9, 1), ("order", None)):
        with pytest.raises(QueryRefused):
            service.client.query(*question)
    assert service.client.query("status").value["core"] in ("python", "compiled")


def test_a_subscriber_gets_state_and_every_batch_after_it(service: Service) -> None:
    flow = orders()
    service.client.submit_many(take(flow, 30))
    sock = service.connect()
    sock.sendall(frame([(3,)]))
    for _ in range(5):
        service.client.submit_many(take(flow, 10))
    final = service.client.query("status").value["sequence"]
    frames, levels, sequence = FrameBuffer(1 << 24), {}, 0
    while sequence < final:
        for body in frames.feed(sock.recv(65536)):
            for message in reply_decoder.decode(body):
                if isinstance(message, Hello):
                    assert sequence == 0
                    sequence = message.sequence
                    for side, prices in enumerate(message.books["BTC-KRW"]):
                        levels.update({(side, price): quantity for price, quantity in prices})
                    continue
                assert message.first_sequence == sequence + 1
                sequence += len(message.events)
                for event in (event for events in message.events for event in events):
                    if event[0] == m.EV_LEVEL:
                        levels[(event[2], event[3])] = event[4]
    bids, asks = service.sequencer.engine.depth("BTC-KRW")
    book = {(0, price): quantity for price, quantity in bids} | {(1, p): q for p, q in asks}
    assert {key: quantity for key, quantity in levels.items() if quantity} == book


@given(st.lists(st.binary(max_size=40), max_size=8), st.lists(st.integers(1, 50), max_size=20))
def test_frames_come_out_however_the_stream_is_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(len(body).to_bytes(4, "little") + body for body in bodies)
    buffer, got, start = FrameBuffer(40), [], 0
    for cut in [*cuts, len(stream)]:
        got += buffer.feed(stream[start : start + cut])
        start += cut
    assert got == bodies
    with pytest.raises(FrameError):
        buffer.feed((41).to_bytes(4, "little"))


class FailingSync(Files):
    """A disk whose syncs fail from a moment on."""

    failing = False

    def sync_data(self, file: int) -> None:
        if self.failing:
            raise OSError(errno.EIO, "the disk failed")
        super().sync_data(file)


def test_a_failed_sync_stops_the_engine_without_an_answer() -> None:
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        files = FailingSync()
        service = Service(Path(folder), Limits(), files=files)
        errors: list[BaseException] = []
        threading.excepthook = lambda args: errors.append(args.exc_value or args.exc_type())
        try:
            files.failing = True
            client = BlockingEngineClient(service.socket, timeout_ms=400)
            with pytest.raises(OutcomeUnknown):
                client.submit(m.deposit("lost?", ALICE, "KRW", 1))
            client.close()
            service.thread.join(10)
            assert isinstance(errors[0], JournalWriteFailed) and "the disk failed" in str(errors[0])
        finally:
            threading.excepthook = threading.__excepthook__
            files.failing = False
            service.end()
        core, _ = recover(service.journal, service.snapshots)
        assert core.sequence in (opened_at(), opened_at() + 1)
