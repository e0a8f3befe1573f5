"""From the board over a real socket into a web process' copy, and what that copy answers reads with."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.engine.messages import EV_ASSET, EV_SYMBOL
from exchange.link.protocol import frame
from exchange.listing.catalog import ASSETS, BTC_KRW
from marketdata.candles import Candle, Chart
from marketdata.feed.board import Board, SymbolUpdate, Update
from marketdata.feed.cache import MarketData
from marketdata.feed.feed_messages import Subscribe, frame_of
from marketdata.feed.feed_server import FLUSH_S, FeedServer
from marketdata.feed.rings import CAPACITY
from marketdata.intervals import INTERVALS, MINUTE, SECOND, WEEK
from marketdata.statistics import Statistics, Ticker
from marketdata.trades import PublicTrade

START = 1_795_305_000 * SECOND
_ASSET_EVENTS = [(EV_ASSET, listing.asset, listing.scale) for listing in ASSETS]
_SYMBOL_EVENT = (EV_SYMBOL, *BTC_KRW.payload().values(), 0, "")


class Source:
    """Stands where the projector stands: trades go in, updates come out on a board."""

    def __init__(self) -> None:
        self.board = Board()
        self.board.define(_ASSET_EVENTS, [_SYMBOL_EVENT])
        self.chart = Chart()
        self.sequence = 0

    def trade(self, time_ns: int, price: int, quantity: int) -> None:
        self.sequence += 1
        notional = price * quantity
        closed = self.chart.trade(time_ns, price, quantity, notional)
        trade = PublicTrade(self.sequence, "BTC-KRW", price, quantity, 0, time_ns, self.sequence)
        self._show(time_ns, [trade], closed)

    def tick(self, now_ns: int) -> None:
        self.sequence += 1
        self._show(now_ns, [], self.chart.advance(now_ns))

    def _show(self, now_ns: int, trades: list[PublicTrade], closed: list[Any]) -> None:
        update = Update(self.sequence, now_ns, trades, [("BTC-KRW", item) for item in closed])
        last = self.chart.last_price or 0
        ticker = Ticker(Statistics(last, last, last, last, 10**30, 10**38, 1), last - 1, None)
        currents = {length: self.chart.current(length) for length in INTERVALS.values()}
        candles = {length: candle for length, candle in currents.items() if candle is not None}
        update.symbols["BTC-KRW"] = SymbolUpdate(ticker, candles)
        self.board.apply(update)


@pytest.fixture
def socket_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        yield Path(folder) / "md.sock"


Published = list[tuple[str, str, int, int, dict[str, Any]]]


async def until(condition: Any, timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def follow(path: Path, script: Any) -> Published:
    """Run a web process' copy against the socket while ``script(copy)`` plays; what was published."""
    published: Published = []

    async def play() -> None:
        copy = MarketData(path)
        task = asyncio.create_task(copy.run(lambda *message: published.append(message)))
        try:
            await script(copy)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(play())
    return published


def test_rings_are_greeted_and_followed(socket_path: Path) -> None:
    """A copy that comes late has what one has that was there from the beginning."""
    source = Source()
    server = FeedServer(socket_path, source.board)
    server.start()

    async def script(copy: MarketData) -> None:
        for second in range(0, 600, 20):
            source.trade(START + second * SECOND, 95_000_000 + second, 7)
        await until(lambda: copy.is_live)
        late = MarketData(socket_path)
        for second in range(600, 900, 20):
            source.trade(START + second * SECOND, 95_000_000 - second, 7)
            await asyncio.sleep(0.02)
        task = asyncio.create_task(late.run(lambda *_: None))
        await until(lambda: late.is_live and late.ring("BTC-KRW").trades)
        await until(lambda: copy.ring("BTC-KRW").trades[-1].trade_id == source.sequence)
        for interval_ns in INTERVALS.values():
            kept = copy.ring("BTC-KRW").candles[interval_ns]
            assert kept.traded() == late.ring("BTC-KRW").candles[interval_ns].traded()
        assert list(copy.ring("BTC-KRW").trades) == list(late.ring("BTC-KRW").trades)
        assert [trade.trade_id for trade in copy.ring("BTC-KRW").trades] == list(
            range(1, source.sequence + 1)
        )
        task.cancel()

    try:
        published = follow(socket_path, script)
    finally:
        server.stop()
    topics = {topic for topic, *_ in published}
    assert topics == {"statistics", *(f"klines:{name}" for name in INTERVALS)}
    for topic in topics:
        sequences = [message[2] for message in published if message[0] == topic]
        assert sequences == sorted(sequences)
        assert sequences[0] > 0


def test_closed_candles_are_told_before_the_next(socket_path: Path) -> None:
    source = Source()
    source.trade(START, 95_000_000, 5)
    server = FeedServer(socket_path, source.board)
    server.start()

    async def script(copy: MarketData) -> None:
        await until(lambda: copy.is_live)
        source.tick(START + MINUTE)
        await until(lambda: copy.now_ns == START + MINUTE)
        snapshot = copy.snapshot("klines:1m", "BTC-KRW")
        assert snapshot is not None
        assert snapshot[2]["candle"]["open_time"] == (START + MINUTE) // 10**6

    try:
        published = follow(socket_path, script)
    finally:
        server.stop()
    minutes = [body["candle"] for topic, _, _, _, body in published if topic == "klines:1m"]
    assert [(candle["open_time"] * 10**6, candle["closed"]) for candle in minutes] == [
        (START, False),
        (START, True),
        (START + MINUTE, False),
    ]
    assert minutes[1]["volume"] == "0.00000005"
    assert minutes[2]["volume"] == "0"
    assert minutes[2]["open"] == minutes[2]["close"] == "95000000"


def test_a_copy_comes_back_after_the_server_did(socket_path: Path) -> None:
    source = Source()
    source.trade(START, 95_000_000, 5)
    server = FeedServer(socket_path, source.board)
    server.start()
    again = FeedServer(socket_path, source.board)

    async def script(copy: MarketData) -> None:
        await until(lambda: copy.is_live)
        await asyncio.to_thread(server.stop)
        source.trade(START + MINUTE, 95_001_000, 5)
        await asyncio.to_thread(again.start)
        await until(lambda: copy.ring("BTC-KRW").trades[-1].price_ticks == 95_001_000)

    try:
        published = follow(socket_path, script)
    finally:
        server.stop()
        again.stop()
    minutes = [body["candle"] for topic, _, _, _, body in published if topic == "klines:1m"]
    # The candle that closed meanwhile is told too.
    assert [candle["closed"] for candle in minutes] == [False, True, False]


def test_unbounded_numbers_cross_exactly(socket_path: Path) -> None:
    """Volumes beyond 64 bits arrive to the last digit."""
    source = Source()
    source.trade(START, 95_000_000, 5)
    server = FeedServer(socket_path, source.board)
    server.start()

    async def script(copy: MarketData) -> None:
        await until(lambda: copy.is_live)
        ticker = copy.ring("BTC-KRW").ticker
        assert ticker is not None
        assert ticker.statistics.volume_lots == 10**30
        assert ticker.statistics.quote_volume_minor == 10**38

    try:
        follow(socket_path, script)
    finally:
        server.stop()


def test_memory_is_bounded() -> None:
    source = Source()
    for number in range(CAPACITY + 200):
        source.trade(START + number * WEEK, 95_000_000, 1)
        source.board.take()
    ring = source.board.ring("BTC-KRW")
    assert len(ring.trades) == CAPACITY
    for candles in ring.candles.values():
        assert len(candles.closed) == CAPACITY
        assert not candles.reaches_the_start


def test_an_unreadable_request_ends_the_connection(socket_path: Path) -> None:
    source = Source()
    server = FeedServer(socket_path, source.board)
    server.start()

    async def talk(data: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(socket_path))
        writer.write(data)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer

    try:
        for data in (
            b"\xff\xff\xff\xff",
            b"\x03\x00\x00\x00abc",
            b"\x01\x00\x00\x00\x90",
            b"\x02\x00\x00\x00\x91\x90",
            frame([(1, "more")]),
            frame([(3,)]),
        ):
            assert asyncio.run(talk(data)) == b""
        source.trade(START, 95_000_000, 1)
        assert (socket_path.stat().st_mode & 0o777) == 0o600
    finally:
        server.stop()
    assert not socket_path.exists()


def test_a_candle_is_not_counted_twice_between_closing_and_the_next() -> None:
    """A reader in another thread may see the closed candle in the ring and still as the current one."""
    source = Source()
    source.trade(START, 95_000_000, 1)
    candles = source.board.ring("BTC-KRW").candles[MINUTE]
    current = candles.current
    assert isinstance(current, Candle)
    candles.close(current)
    assert candles.traded() == [current]


def test_a_subscriber_that_does_not_read_is_disconnected(
    socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketdata.feed.feed_server.MAX_UNREAD_BYTES", 100_000)
    source = Source()
    server = FeedServer(socket_path, source.board)
    server.start()

    async def stall() -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(socket_path), limit=1)
        writer.write(frame_of([Subscribe()]))
        await until(lambda: server._subscribers)
        for number in range(60_000):
            source.trade(START + number, 95_000_000, 1)
        await until(lambda: not server._subscribers)
        writer.close()
        return await reader.read()

    try:
        asyncio.run(stall())
    finally:
        server.stop()


def replace_file(path: Path, text: str) -> None:
    """Remove it; with a text, put a file of somebody else in its place."""
    path.unlink()
    if text:
        path.write_text(text)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def put_back(aside: Path, socket_path: Path) -> None:
    """The folder again, without the socket."""
    aside.rename(socket_path.parent)
    socket_path.unlink(missing_ok=True)


def test_a_removed_socket_comes_back_and_who_is_connected_notices_nothing(socket_path: Path) -> None:
    source = Source()
    source.trade(START, 95_000_000, 5)
    server = FeedServer(socket_path, source.board)
    server.start()

    async def script(copy: MarketData) -> None:
        await until(lambda: copy.is_live)
        for put_in_its_place in (False, True):
            replace_file(socket_path, "another's" if put_in_its_place else "")
            await until(socket_path.is_socket)
            await asyncio.sleep(FLUSH_S)
            assert mode_of(socket_path) == 0o600
            # Old connections live, and new ones find the way.
            assert copy.is_live
            late = MarketData(socket_path)
            following = asyncio.create_task(late.run(lambda *_: None))
            await until(lambda: late.is_live)  # noqa: B023
            following.cancel()

    try:
        follow(socket_path, script)
    finally:
        server.stop()
    assert not socket_path.exists()


def test_a_folder_that_is_gone_is_waited_for(socket_path: Path) -> None:
    """Long data paths put the socket in a folder of /tmp, and cleaners take those too."""
    server = FeedServer(socket_path, Source().board)
    server.start()
    try:
        aside = socket_path.parent.rename(socket_path.parent.with_name(socket_path.parent.name + "-aside"))

        async def script() -> None:
            await asyncio.sleep(3 * FLUSH_S)
            put_back(aside, socket_path)
            await until(socket_path.is_socket)

        asyncio.run(script())
    finally:
        server.stop()
