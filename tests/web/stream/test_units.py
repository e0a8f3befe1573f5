"""The pieces by themselves: frames, topics, books, replay, rates, and the client's proofs."""

from __future__ import annotations

import asyncio
import itertools
import json
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from exchange.engine import Engine
from exchange.engine.messages import BUY, EV_ASSET, EV_BALANCE, SELL
from exchange.errors import RequestError
from exchange.link.protocol import Answer
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolSpec, SymbolTable
from exchange.orders.known import KnownOrders
from exchange.wire.rendering import render_balance
from exchange.wire.strict_json import read_object
from exchange.wire.topic_protocol import Publish, Snapshot
from web.access.limiter import Bucket
from web.live.account_topics import AccountFeeds
from web.live.book_topic import BookTopic
from web.live.packet import Packet, encode
from web.live.relay import Relays
from web.live.socket_limits import Limits
from web.live.topics import Topic
from web.server import deflate
from web.server.frames import FrameReader
from web.stream.outbox import Outbox
from web.stream.requests import read_request, read_simple_request
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
    except RequestError as error:
        return error.code, error.details


PLACE = {
    "op": "order.place",
    "id": 7,
    "symbol": "AAPL",
    "side": "buy",
    "order_type": "limit",
    "price": "1",
    "quantity": "2",
}
ORDER = {name: value for name, value in PLACE.items() if name not in ("op", "id")}
USUAL = [
    PLACE,
    {**PLACE, "id": "x" * 64, "post_only": True, "client_order_id": "mine", "cancel_on_disconnect": False},
    {"op": "order.batch", "orders": [ORDER, {**ORDER, "stp": "cancel_oldest", "time_in_force": "ioc"}]},
    {"op": "order.cancel", "id": 1, "order_id": "5"},
]
UNUSUAL: list[Any] = [
    {"op": "ping"},
    {**PLACE, "id": 1.5},
    {**PLACE, "id": None},
    {**PLACE, "id": True},
    {**PLACE, "id": "x" * 65},
    {**PLACE, "id": 2**53 + 1},
    {**PLACE, "price": 1},
    {**PLACE, "more": "1"},
    {**PLACE, "client_order_id": "a:b"},
    {"op": "order.batch", "orders": []},
    {"op": "order.batch", "orders": [ORDER] * 101},
    {"op": "order.batch", "orders": [ORDER, 1]},
    {"op": "order.batch", "orders": [{**ORDER, "op": "order.place"}]},
    {"op": "order.cancel", "order_id": 5},
    {"op": "order.cancel", "order_id": "5", "client_order_id": "mine"},
    [],
    "order.place",
]


@pytest.mark.parametrize("message", USUAL, ids=str)
def test_usual_requests_are_read_as_they_are(message: dict[str, Any]) -> None:
    read = read_simple_request(json.dumps(message))
    assert read is not None
    assert msgspec.to_builtins(read) == message


@pytest.mark.parametrize("message", UNUSUAL, ids=lambda message: str(message)[:60])
def test_unusual_requests_are_left_to_the_reader_of_all(message: Any) -> None:
    assert read_simple_request(json.dumps(message)) is None


@given(st.sampled_from(USUAL), st.data())
def test_a_request_that_says_something_twice_is_not_believed(
    message: dict[str, Any], data: st.DataObject
) -> None:
    """Wherever the repeated member stands and whatever it says, of the request or of an order in it."""
    text = json.dumps(message)
    places = [at for at, sign in enumerate(text) if sign == "{"]
    at = data.draw(st.sampled_from(places)) + 1
    inside = ORDER if at > 1 else message
    name = data.draw(st.sampled_from(sorted(inside)))
    again = json.dumps({name: data.draw(st.sampled_from([inside[name], "1"]))})[1:-1]
    assert read_simple_request(f"{text[:at]}{again},{text[at:]}") is None


# --- frames of the client ------------------------------------------------------------------------------


class Reading:
    """A FrameReader, what it delivered and what it passed on, in the order of the stream."""

    def __init__(self, message_bytes: int = 1_000, *, is_deflated: bool = False) -> None:
        self.seen: list[str | bytes] = []
        self.reader = FrameReader(message_bytes, self.seen.extend, self.seen.append, is_deflated=is_deflated)

    def feed(self, stream: bytes, cuts: list[int]) -> list[str | bytes]:
        bounds = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
        for start, end in itertools.pairwise(bounds):
            self.reader.received(stream[start:end])
        return self.seen


def client_frame(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=mask)


texts = st.text(max_size=20) | st.sampled_from(["x" * 125, "y" * 126, "é" * 300])
cuts = st.lists(st.integers(0, 10_000), max_size=8)
controls = st.builds(
    client_frame, st.sampled_from([Opcode.PING, Opcode.PONG, Opcode.CLOSE]), st.binary(max_size=125)
)


@given(st.lists(texts | controls, max_size=12), cuts)
def test_frames_are_cut_out_however_the_stream_is_cut(items: list[str | bytes], cuts: list[int]) -> None:
    stream = b"".join(
        item if isinstance(item, bytes) else client_frame(Opcode.TEXT, item.encode()) for item in items
    )
    assert Reading().feed(stream, cuts) == items


@pytest.mark.parametrize(
    "odd",
    [
        client_frame(Opcode.BINARY, b"{}"),
        client_frame(Opcode.TEXT, b"half", fin=False),
        client_frame(Opcode.CONT, b"half"),
        client_frame(Opcode.TEXT, b"{}", mask=False),
        client_frame(Opcode.TEXT, b"\xff"),
        client_frame(Opcode.TEXT, b"x" * 1_001),
        client_frame(Opcode.TEXT, b"x" * 70_000),
        b"\xc1" + client_frame(Opcode.TEXT, b"compressed")[1:],
    ],
    ids=["binary", "fragment", "rest", "unmasked", "not-utf-8", "too-long", "far-too-long", "compressed"],
)
@given(st.lists(texts, max_size=3), st.lists(texts, max_size=3), cuts)
def test_with_anything_else_the_stream_is_given_back_whole(
    odd: bytes, before: list[str], after: list[str], cuts: list[int]
) -> None:
    first, rest = (
        b"".join(client_frame(Opcode.TEXT, text.encode()) for text in some) for some in (before, after)
    )
    seen = Reading().feed(first + odd + rest, cuts)
    assert seen[: len(before)] == before
    passed_on = seen[len(before) :]
    assert all(isinstance(data, bytes) for data in passed_on)
    assert b"".join(data for data in passed_on if isinstance(data, bytes)) == odd + rest


# --- compression ---------------------------------------------------------------------------------------


def agreed() -> PerMessageDeflate:
    """The compression of a stock client and this server, as negotiated; the client's end."""
    client = ClientPerMessageDeflateFactory(client_max_window_bits=True)
    server = ServerProtocol()
    deflate.offer(server)
    assert server.available_extensions is not None
    params, _ = server.available_extensions[0].process_request_params(
        [(name, value) for name, value in client.get_request_params()], []
    )
    extension = client.process_response_params(params, [])
    assert isinstance(extension, PerMessageDeflate)
    assert extension.local_no_context_takeover and extension.remote_no_context_takeover
    return extension


@given(st.lists(texts | st.text(min_size=300, max_size=900) | controls, max_size=12), cuts)
def test_compressed_frames_are_cut_out_too(items: list[str | bytes], cuts: list[int]) -> None:
    client, stream = agreed(), b""
    for number, item in enumerate(items):
        if isinstance(item, bytes):
            stream += item
        else:
            sent = Frame(Opcode.TEXT, item.encode())
            # A client need not compress every message.
            stream += sent.serialize(mask=True, extensions=[client] if number % 3 else [])
    assert Reading(4_000, is_deflated=True).feed(stream, cuts) == items


def test_what_would_inflate_beyond_a_message_is_given_back() -> None:
    bomb = Frame(Opcode.TEXT, b"x" * 2_000_000).serialize(mask=True, extensions=[agreed()])
    assert len(bomb) < 10_000
    assert Reading(128 * 1024, is_deflated=True).feed(bomb, []) == [bomb]
    damaged = b"\xc1" + client_frame(Opcode.TEXT, b"not deflated")[1:]
    assert Reading(is_deflated=True).feed(damaged, []) == [damaged]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=200), max_size=40))
def test_a_packet_is_the_same_compressed(message: dict[str, str]) -> None:
    packet, client = Packet(message), agreed()
    assert len(packet.deflated_frame) <= len(packet.frame)
    data, start = packet.deflated_frame, {126: 4, 127: 10}.get(packet.deflated_frame[1], 2)
    frame = Frame(Opcode.TEXT, data[start:], rsv1=bool(data[0] & 0x40))
    assert bytes(client.decode(frame).data).decode() == packet.text
    assert packet.deflated_frame is packet.deflated_frame, "made once, for every socket"


# --- known orders --------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 40), max_size=200), st.integers(2, 12))
def test_the_newest_orders_are_known_and_no_more_than_allowed(ids: list[int], maximum: int) -> None:
    orders = KnownOrders(maximum)
    for number, order_id in enumerate(ids):
        orders.keep(1, order_id, ("AAPL", number))
        assert len(orders) <= maximum
    newest = list(dict.fromkeys(reversed(ids)))[: maximum // 2]
    for order_id in newest:
        last = len(ids) - 1 - ids[::-1].index(order_id)
        assert orders.find(1, order_id) == ("AAPL", last)
        assert orders.find(2, order_id) is None


# --- topics --------------------------------------------------------------------------------------------


def test_messages_of_one_command_say_which_part_they_are() -> None:
    topic, inbox = Topic("fills", None, 7, remember=10), Inbox()
    topic.readers[inbox] = None
    topic.publish(9, 1, [{"type": "fill", "n": 1}, {"type": "fill", "n": 2}])
    topic.publish(12, 2, [{"type": "fill", "n": 3}])
    links = [(m["prev_sequence"], m["sequence"], m.get("part"), m.get("parts")) for m in inbox.messages]
    assert links == [(7, 9, 1, 2), (9, 9, 2, 2), (9, 12, None, None)]


def test_what_nobody_reads_is_written_when_somebody_asks() -> None:
    made: list[int] = []

    def body(number: int) -> dict[str, Any]:
        made.append(number)
        return {"type": "trade", "n": number}

    topic, inbox = Topic("trades", "AAPL", 0, remember=2), Inbox()
    for number in (1, 2, 3):
        topic.publish(number, number, [partial(body, number)])
    assert made == []
    assert [json.loads(kept.packet.text)["n"] for kept in topic.after(1)] == [2, 3]
    topic.readers[inbox] = None
    topic.publish(4, 4, [partial(body, 4)])
    assert [kept.packet.text for kept in topic.after(3)] == [
        json.dumps(inbox.messages[0], separators=(",", ":"))
    ]
    assert made == [2, 3, 4], "each is written once"


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
        feeds.add(
            1000, "balances", {"type": "balance", **render_balance((EV_BALANCE, 1000, "USD", 200, 0), 8)}
        )
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
