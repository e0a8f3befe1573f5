"""Whatever changes and joins in between: each message of a book is the book at the sequence it states."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.messages import BUY, SELL
from exchange.listing.symbol_table import SymbolSpec
from exchange.wire.checksum import DEPTH, book_checksum
from web.live.book_topic import BookTopic
from web.live.packet import Packet

SPEC = SymbolSpec(
    symbol="ABC-KRW",
    base="ABC",
    quote="KRW",
    base_scale=0,
    quote_scale=0,
    price_scale=0,
    quantity_scale=0,
    tick_bands=((0, 1),),
    lot_step=1,
    min_quantity_lots=1,
    max_quantity_lots=10**6,
    min_price_ticks=1,
    max_price_ticks=10**6,
    min_notional_minor=0,
    maker_ppm=0,
    taker_ppm=0,
    max_open_orders=10,
    status=0,
    status_reason="",
    multiplier=1,
)
Sides = tuple[dict[str, str], dict[str, str]]

#: (side, price, lots) of a level event; "flush": the clock's turn; "join": one more reader; "load": a Hello.
steps = st.lists(
    st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 12), st.integers(0, 3))
    | st.sampled_from(("flush", "flush", "join", "load")),
    max_size=40,
)


class Reader:
    """Folds what it is sent, as a client does."""

    def __init__(self) -> None:
        self.sides: Sides = ({}, {})
        self.sequence: int | None = None
        self.seen: list[dict[str, Any]] = []

    def send(self, packet: Packet) -> None:
        message = json.loads(packet.text)
        assert message["type"] == "book_snapshot"
        self.sides = ({}, {})
        self._take(message)

    def push(self, packet: Packet) -> None:
        message = json.loads(packet.text)
        assert message["type"] == "book_delta"
        assert message["prev_sequence"] == self.sequence, "a hole"
        self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        for side, name in zip(self.sides, ("bids", "asks"), strict=True):
            for price, lots in message[name]:
                side[price] = lots
                if lots == "0":
                    del side[price]
        self.sequence = message["sequence"]
        self.seen.append(message)


class Story:
    """A topic, and beside it every book there has been, by sequence."""

    def __init__(self) -> None:
        self.sequence = 100
        self.now: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.books: dict[int, Sides] = {}
        self.times = {self.sequence: 0}
        self.topic = BookTopic(SPEC, self.sequence, remember=100)
        self.readers: list[Reader] = []
        self._note(0)

    def do(self, step: Any) -> None:
        if step == "flush":
            self.topic.flush()
        elif step == "join":
            self.readers.append(Reader())
            self.topic.join(self.readers[-1])
        elif step == "load":
            self.sequence += 1
            self._note(self.sequence * 1_000)
            bids, asks = (list(side.items()) for side in self.now)
            self.topic.load(bids, asks, self.sequence, self.times[self.sequence])
        else:
            side, price, lots = step
            self.sequence += 1
            levels = self.now[side == SELL]
            levels[price] = lots
            if not lots:
                del levels[price]
            self._note(self.sequence * 1_000)
            self.topic.set_level(side, price, lots, self.sequence, self.times[self.sequence])

    def _note(self, time_ms: int) -> None:
        bids, asks = ({str(price): str(lots) for price, lots in side.items()} for side in self.now)
        self.books[self.sequence] = (bids, asks)
        self.times[self.sequence] = time_ms


def best_first(side: dict[str, str], *, is_bid: bool) -> list[list[str]]:
    return [[price, side[price]] for price in sorted(side, key=int, reverse=is_bid)]


@given(steps)
def test_every_message_is_the_book_at_its_sequence(plan: list[Any]) -> None:
    story = Story()
    for step in plan:
        story.do(step)
        for reader in story.readers:
            if not reader.seen:
                continue
            message = reader.seen[-1]
            sequence = message["sequence"]
            assert reader.sides == story.books[sequence]
            assert message["timestamp"] == story.times[sequence]
            bids, asks = reader.sides
            top = (best_first(asks, is_bid=False)[:DEPTH], best_first(bids, is_bid=True)[:DEPTH])
            assert message["checksum"] == book_checksum(*top)
    story.do("flush")
    for reader in story.readers:
        assert reader.sides == story.books[story.sequence]


def test_who_joins_while_changes_wait_gets_no_snapshot_from_between() -> None:
    story = Story()
    story.do((BUY, 10, 1))
    story.do("join")
    assert story.readers[0].seen == []
    story.do((BUY, 10, 2))
    story.do("flush")
    (snapshot,) = story.readers[0].seen
    assert (snapshot["sequence"], snapshot["bids"]) == (story.sequence, [["10", "2"]])
