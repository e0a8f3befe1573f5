"""The pieces by themselves: frames, topics, books, replay, rates, and the client's proofs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from exchange import catalog
from exchange.engine import Engine
from exchange.engine.messages import BUY, EV_ASSET, EV_BALANCE, SELL
from exchange.errors import InputError
from exchange.feeds.accounts import AccountFeeds
from exchange.feeds.book import BookTopic
from exchange.feeds.floods import Bucket
from exchange.feeds.limits import Limits
from exchange.feeds.outbox import Outbox
from exchange.feeds.packet import Packet, encode
from exchange.feeds.registry import Publish, Snapshot
from exchange.feeds.relay import Relays
from exchange.feeds.requests import read_request
from exchange.feeds.topic import Topic
from exchange.jsontext import read_object
from exchange.symbols import SymbolSpec, SymbolTable
from exchange.worker.protocol import Answer
from xtrader_client import OrderBook, SequenceGap
from xtrader_client._topics import HistoryParser, Reader, TopicKey
from xtrader_client._topics import Topic as ClientTopic


class Inbox:
    """A reader that keeps what it gets, decoded."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def push(self, packet: Packet) -> None:
        self.messages.append(json.loads(packet.text))

    send = push


@pytest.fixture(scope="module")
def spec() -> SymbolSpec:
    engine = Engine()
    for command in catalog.setup_commands():
        engine.apply(command, 1)
    table = SymbolTable()
    table.load(engine.assets(), engine.symbols())
    return table.get("AAPL")


# --- frames --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "length", [0, 1, 100, 108, 109, 110, 125, 126, 127, 1000, 65_500, 65_535, 65_536, 70_000]
)
def test_frames_are_what_a_websocket_reader_expects(length: int) -> None:
    packet = Packet({"text": "é" * (length // 2) + "x" * (length % 2)})
    stream = StreamReader()
    stream.feed_data(packet.frame)
    stream.feed_eof()
    with pytest.raises(StopIteration) as parsed:
        next(Frame.parse(stream.read_exact, mask=False))
    frame = parsed.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data).decode()) == (Opcode.TEXT, True, packet.text)
    assert not stream.buffer


def test_text_that_is_not_unicode_is_escaped() -> None:
    assert json.loads(encode({"a": "\ud800"})) == {"a": "\ud800"}


# --- requests ------------------------------------------------------------------------------------------

_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.builds(json.dumps, st.dictionaries(st.text(max_size=3), _json_values, max_size=4))
    | st.text(max_size=30)
    | st.text(alphabet='{}[]":,01.eE-a \\u', max_size=30)
    | st.builds(
        "".join,
        st.lists(
            st.sampled_from(['{"a":1', ',"a":2', ',"b" :3', '"b":"x:y"', "}", ",", "[1e5]", '{"orders":[']),
            max_size=6,
        ),
    )
)
def test_the_fast_reader_agrees_with_the_strict_one(text: str) -> None:
    assert _outcome(read_request, text) == _outcome(read_object, text)


def _outcome(read: Any, text: str) -> Any:
    try:
        return repr(read(text))
    except InputError as error:
        return error.code, error.details


# --- topics --------------------------------------------------------------------------------------------


def test_messages_of_one_command_say_which_part_they_are() -> None:
    topic, inbox = Topic("fills", None, 7, remember=10), Inbox()
    topic.readers[inbox] = None
    topic.publish(9, 1, [{"type": "fill", "n": 1}, {"type": "fill", "n": 2}])
    topic.publish(12, 2, [{"type": "fill", "n": 3}])
    links = [(m["prev_sequence"], m["sequence"], m.get("part"), m.get("parts")) for m in inbox.messages]
    assert links == [(7, 9, 1, 2), (9, 9, 2, 2), (9, 12, None, None)]


def test_what_is_forgotten_cannot_be_resumed() -> None:
    topic = Topic("trades", "AAPL", 0, remember=3)
    for sequence in (5, 8, 9, 20):
        topic.publish(sequence, sequence, [{"type": "trade"}])
    assert not topic.can_resume(4)
    assert topic.can_resume(5)
    assert [kept.sequence for kept in topic.after(5)] == [8, 9, 20]
    assert [kept.sequence for kept in topic.after(8)] == [9, 20]
    assert topic.after(20) == []
    topic.restart(30, 30)
    assert not topic.can_resume(29)
    assert topic.can_resume(30)


@given(
    commands=st.lists(st.integers(1, 4), max_size=30),
    remember=st.integers(1, 12),
    since=st.integers(0, 40),
)
def test_a_resumed_reader_has_what_an_unbroken_one_has(
    commands: list[int], remember: int, since: int
) -> None:
    topic, unbroken = Topic("trades", "AAPL", 0, remember), Inbox()
    topic.readers[unbroken] = None
    for sequence, parts in enumerate(commands, start=1):
        topic.publish(sequence, 0, [{"type": "trade", "n": part} for part in range(parts)])
    if topic.can_resume(since):
        replayed = [json.loads(kept.packet.text) for kept in topic.after(since)]
        assert replayed == [message for message in unbroken.messages if message["sequence"] > since]


# --- books ---------------------------------------------------------------------------------------------

_levels = st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 30), st.integers(0, 5))


@given(st.lists(st.lists(_levels, max_size=6), max_size=12), st.integers(0, 11))
def test_snapshot_and_deltas_make_the_book(
    spec: SymbolSpec, turns: list[list[tuple[int, int, int]]], join_at: int
) -> None:
    """Whenever a reader joins, in the middle of unpublished changes too, its book is the true one."""
    book, early, late = BookTopic(spec, 0, 100), Inbox(), Inbox()
    book.load((), (), 0, 0)
    book.join(early)
    true: tuple[dict[int, int], dict[int, int]] = ({}, {})
    sequence = 0
    for number, turn in enumerate(turns):
        for side, price, lots in turn:
            sequence += 1
            book.set_level(side, price, lots, sequence, sequence)
            true[0 if side == BUY else 1][price] = lots
            if number == join_at:
                book.join(late)
                book.leave(late)
        if number == join_at:
            book.join(late)
        book.flush()
    for inbox in (early, late):
        if inbox.messages:
            client = _client_book(inbox.messages)
            expected = [
                sorted(((p, q) for p, q in side.items() if q), reverse=is_bid)
                for side, is_bid in zip(true, (True, False), strict=True)
            ]
            assert [
                [(int(p * 100), int(q)) for p, q in side] for side in (client.bids(), client.asks())
            ] == expected


def _client_book(messages: list[dict[str, Any]]) -> OrderBook:
    book = OrderBook("AAPL")
    for message in messages:
        if message["prev_sequence"] is None:
            book.apply_snapshot(message)
        else:
            book.apply_delta(message)
    return book


def test_deltas_are_conflated_and_absolute(spec: SymbolSpec) -> None:
    book, inbox = BookTopic(spec, 0, 100), Inbox()
    book.load([(100, 5)], [], 3, 3)
    book.join(inbox)
    book.set_level(BUY, 100, 7, 4, 4)
    book.set_level(BUY, 100, 9, 5, 5)
    book.set_level(SELL, 110, 1, 6, 6)
    book.set_level(SELL, 110, 0, 7, 7)
    book.flush()
    book.flush()
    _, delta = inbox.messages
    assert (delta["bids"], delta["asks"]) == ([["1", "9"]], [["1.1", "0"]])
    assert (delta["prev_sequence"], delta["sequence"]) == (3, 7)


# --- outboxes ------------------------------------------------------------------------------------------


class EmptySource:
    """An upstream that has nothing yet."""

    topics = ("klines:1m",)

    async def run(self, publish: Publish) -> None:
        await asyncio.Event().wait()

    def snapshot(self, topic: str, symbol: str) -> Snapshot | None:
        return None


def test_who_came_before_there_was_anything_starts_with_the_first_message() -> None:
    relays = Relays([EmptySource()])
    inbox = Inbox()
    relays.join(relays.topic("klines:1m", "AAPL"), inbox)
    assert inbox.messages == []
    for sequence in (7, 9):
        relays.publish("klines:1m", "AAPL", sequence, 0, {"type": "kline", "candle": {}})
    chain = [(message["prev_sequence"], message["sequence"]) for message in inbox.messages]
    assert chain == [(None, 7), (7, 9)]


class Pipe:
    """A link that takes what it is given while it is open."""

    pings_by_frame = True

    def __init__(self) -> None:
        self.is_open = True
        self.taken: list[str] = []

    def can_write(self) -> bool:
        return self.is_open

    def write(self, packets: list[Packet]) -> None:
        assert self.is_open
        self.taken += [packet.text for packet in packets]

    async def wait_writable(self) -> None:
        while not self.is_open:
            await asyncio.sleep(0.001)


def test_pushes_are_bounded_and_nothing_else_is_cut_short() -> None:
    async def scenario() -> None:
        pipe, slow = Pipe(), []
        outbox = Outbox(pipe, Limits(waiting_messages=5), lambda: slow.append(True))  # type: ignore[arg-type]
        packets = [Packet({"n": number}) for number in range(100)]
        for packet in packets:
            outbox.push(packet)
        await asyncio.sleep(0.01)
        # A reader that takes everything is never slow, however much comes in one turn.
        assert (pipe.taken, slow) == ([packet.text for packet in packets], [])
        pipe.is_open = False
        for packet in packets:
            outbox.send(packet)
        outbox.push(packets[0])
        await asyncio.sleep(0.01)
        pipe.is_open = True
        await outbox.drained()
        assert pipe.taken[100:] == [packet.text for packet in [*packets, packets[0]]]
        pipe.is_open = False
        for packet in packets:
            outbox.push(packet)
        assert slow == [True]
        assert not outbox.has_waiting

    asyncio.run(scenario())


# --- private topics ------------------------------------------------------------------------------------


class SlowEngine:
    """Answers the balances as of ``sequence``, after a while."""

    sequence = 5

    async def query(self, kind: str, account: int) -> Answer:
        await asyncio.sleep(0.02)
        return Answer(self.sequence, (("USD", 100, 0),))


def test_an_account_forgotten_while_a_reader_is_on_its_way_is_still_heard() -> None:
    """The last reader left, and the time for which its topics are kept ends just as the next one joins."""

    async def scenario() -> None:
        async def at_once(sequence: int) -> None:
            pass

        engine, table = SlowEngine(), SymbolTable()
        table.put_asset((EV_ASSET, "USD", 8))
        feeds = AccountFeeds(engine, table, Limits(account_linger_s=0.05), at_once)  # type: ignore[arg-type]
        feeds.commit(5, 1)
        send = await feeds.snapshot(1000, "balances")
        await asyncio.sleep(0.1)
        inbox = Inbox()
        send(inbox)
        feeds.on_balance((EV_BALANCE, 1000, "USD", 200, 0))
        feeds.commit(6, 2)
        assert [message["sequence"] for message in inbox.messages] == [5, 6]

        feeds.leave(1000, "balances", inbox)
        await asyncio.sleep(0.1)
        engine.sequence = 7
        feeds.commit(7, 3)
        late = Inbox()
        feeds.resume(1000, "balances", 6, late)
        await asyncio.sleep(0.05)
        # Whether anything happened at 7 is not known any more: it starts over.
        assert [(m["type"], m["sequence"]) for m in late.messages] == [("balances_snapshot", 7)]
        feeds.stop()

    asyncio.run(scenario())


# --- rates ---------------------------------------------------------------------------------------------


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = 0.0
    bucket = Bucket(10, 5, lambda: now)
    assert [bucket.take() for _ in range(6)] == [True] * 5 + [False]
    now = 0.25
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 100.0
    assert not bucket.take(6)
    assert bucket.take(5)


# --- the client's proofs -------------------------------------------------------------------------------


class Collector(Reader):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_message(self, message: Any, *, is_snapshot: bool, resumed: bool) -> None:
        self.seen.append((message["sequence"], is_snapshot, resumed))


def _followed() -> tuple[ClientTopic, Collector]:
    topic, collector = ClientTopic(TopicKey("trades", "AAPL")), Collector()
    topic.readers.append(collector)
    topic.subscribed(resumed=False)
    topic.accept({"sequence": 5, "prev_sequence": None})
    return topic, collector


@pytest.mark.parametrize(
    "messages",
    [
        [(7, 6, 1, 1)],
        [(7, 4, 1, 1)],
        [(7, 5, 2, 2)],
        [(7, 5, 1, 3), (7, 7, 3, 3)],
        [(7, 5, 1, 2), (9, 7, 1, 1)],
        [(7, 5, 1, 2), (7, 7, 2, 2), (7, 7, 2, 2)],
        [(7, 5, 1, 1), (7, 5, 1, 1)],
    ],
)
def test_every_kind_of_gap_is_seen(messages: list[tuple[int, int, int, int]]) -> None:
    topic, _ = _followed()
    with pytest.raises(SequenceGap):
        for sequence, previous, part, parts in messages:
            topic.accept({"sequence": sequence, "prev_sequence": previous, "part": part, "parts": parts})


def test_only_whole_groups_count_for_resumption() -> None:
    topic, collector = _followed()
    topic.accept({"sequence": 7, "prev_sequence": 5, "part": 1, "parts": 2})
    assert topic.complete_sequence == 5
    topic.lose()
    topic.accept({"sequence": 8, "prev_sequence": 7})
    topic.subscribed(resumed=True)
    topic.accept({"sequence": 7, "prev_sequence": 5, "part": 1, "parts": 2})
    topic.accept({"sequence": 7, "prev_sequence": 7, "part": 2, "parts": 2})
    assert topic.complete_sequence == 7
    assert [sequence for sequence, _, _ in collector.seen] == [5, 7, 7, 7]


def test_a_history_knows_when_it_has_a_hole() -> None:
    parser: HistoryParser[int] = HistoryParser(lambda row: int(row["id"]), "trades", "id")
    assert parser({"trades": [{"id": "1"}, {"id": "2"}]}, True) == []
    assert parser({"id": "3"}, False) == [3]
    assert parser({"trades": [{"id": "3"}, {"id": "4"}]}, True) == [4]
    assert parser({"id": "4"}, False) == []
    assert parser.gaps == 0
    assert parser({"trades": [{"id": "8"}]}, True) == [8]
    assert parser.gaps == 1
    assert parser({"trades": []}, True) == []
    assert parser.gaps == 2
