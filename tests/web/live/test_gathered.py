"""The figures of a thousand symbols by one topic, as the reference client takes them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from web.live import gathered
from web.live.gathered import Gathered
from web.live.packet import Packet
from web.live.parts import PART_BYTES
from web.live.relay import Relays
from xtrader_client._topics import Message, Reader, Topic, TopicKey

SYMBOLS = [f"S{number}-KRW" for number in range(1_000)]
EVERY_S = 0.02


class Mirror(Reader):
    """What a client knows: the newest row of each symbol. Every frame goes through its proof of sequence."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.rows: dict[str, str] = {}
        self._topic = Topic(TopicKey("statistics:all", None))
        self._topic.readers.append(self)

    def send(self, packet: Packet) -> None:
        assert len(packet) <= PART_BYTES
        self.frames.append(json.loads(packet.text))
        self._topic.accept(self.frames[-1])

    push = send

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        rows = {row["symbol"]: row["last_price"] for row in message["statistics"]}
        self.rows = rows if is_snapshot else {**self.rows, **rows}


def body(price: int) -> dict[str, Any]:
    return {"type": "statistics", "last_price": str(price), "volume_24h": "1" * 400}


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(EVERY_S / 4)


def test_a_thousand_symbols_are_one_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    written = 0

    def counted(row: Any) -> Any:
        nonlocal written
        written += 1
        return raw_of(row)

    raw_of = gathered.raw_of
    monkeypatch.setattr(gathered, "raw_of", counted)

    async def scenario() -> None:
        everything = Gathered("statistics", EVERY_S)
        relays, mirrors = Relays([], [everything]), [Mirror() for _ in range(20)]
        for number, symbol in enumerate(SYMBOLS):
            relays.publish("statistics", symbol, 5, 1, body(number))
        assert written == 0, "nothing is written without a reader"
        for mirror in mirrors[:10]:
            everything.join(mirror)
        assert written == len(SYMBOLS)
        for sequence in range(6, 26):
            for number, symbol in enumerate(SYMBOLS):
                relays.publish("statistics", symbol, sequence, 1, body(sequence * 1_000 + number))
        wanted = {symbol: str(25_000 + number) for number, symbol in enumerate(SYMBOLS)}
        await until(lambda: mirrors[0].rows == wanted)
        for mirror in mirrors[10:]:
            everything.join(mirror)
        relays.publish("statistics", SYMBOLS[0], 30, 1, body(7))
        await until(lambda: mirrors[-1].rows[SYMBOLS[0]] == "7")
        for mirror in mirrors:
            assert mirror.rows == {**wanted, SYMBOLS[0]: "7"}
        # The snapshot, what changed twenty times at once, and the last change.
        assert written == 2 * len(SYMBOLS) + 1
        assert [len(frame["statistics"]) for frame in mirrors[0].frames[-1:]] == [1]
        everything.stop()

    asyncio.run(scenario())


def test_readers_begin_anew_when_sequences_start_over() -> None:
    async def scenario() -> None:
        everything = Gathered("statistics", EVERY_S)
        relays, mirror, early = Relays([], [everything]), Mirror(), Mirror()
        everything.join(early)
        assert early.frames[-1]["statistics"] == []
        relays.publish("statistics", "GONE-KRW", 900, 1, body(1))
        await until(lambda: early.rows == {"GONE-KRW": "1"})
        everything.join(mirror)
        relays.restart()
        relays.publish("statistics", "NEW-KRW", 3, 1, body(2))
        await until(lambda: mirror.rows == early.rows == {"NEW-KRW": "2"})
        assert mirror.frames[-1]["prev_sequence"] is None

    asyncio.run(scenario())


def test_one_who_left_gets_nothing_more() -> None:
    async def scenario() -> None:
        everything = Gathered("statistics", EVERY_S)
        relays, stays, leaves = Relays([], [everything]), Mirror(), Mirror()
        for mirror in (stays, leaves):
            everything.join(mirror)
        del everything.topic.readers[leaves]
        relays.publish("statistics", "AAPL", 4, 1, body(3))
        await until(lambda: stays.rows == {"AAPL": "3"})
        assert leaves.rows == {}

    asyncio.run(scenario())
