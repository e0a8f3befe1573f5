"""A million fills as one CSV file from a real web process: every row, in bounded memory, however slowly it is
read; others are served meanwhile. Prints what it took."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.web.stream.venue import PEOPLE, Venue

pytestmark = pytest.mark.proof

ROWS = 1_000_000
#: The file is some 100 MB long, and its rows as objects would take ten times as much.
MOST_GROWTH_BYTES = 48 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
#: How long a client that has begun to read stops.
PAUSE_S = 3.0

_FILLS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO exchange_fill
    (id, trade_id, order_id, account, symbol, side, is_taker, price_ticks, quantity_lots, notional_minor,
     fee_minor, base_delta_minor, quote_delta_minor, base_after, quote_after, time_ns, sequence, is_auction)
SELECT n * 2, n, n, ?, 'BTC-KRW', n % 2, 0, 95000000 + n % 1000, 1 + n % 100000, n * 1000 || '0000',
       n || '00', n || '', '-' || n || '0000', '5', '7', 1795334400000000000 + n * 1000000000, n, 0
FROM numbers
"""


class Memory:
    """Of a process: what it has now, and the most it had since ``reset``."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def reset(self) -> None:
        (self._folder / "clear_refs").write_text("5")

    def now_bytes(self) -> int:
        return self._read("VmRSS")

    def peak_bytes(self) -> int:
        return self._read("VmHWM")

    def _read(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(name)).split()[1]) * 1024


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    venue = Venue(RATE_LIMIT_PUBLIC="0", RATE_LIMIT_ADDRESS="0")
    with sqlite3.connect(venue.data / "xtrader.sqlite3", timeout=60) as database:
        database.execute(_FILLS, (ROWS, PEOPLE["alice"]))
    yield venue
    venue.close()


@pytest.fixture(scope="module")
def token(venue: Venue) -> str:
    return asyncio.run(venue.token("alice"))


def file(venue: Venue, token: str, query: str = "") -> HTTPResponse:
    """The answer of an export, its body unread."""
    connection = HTTPConnection("127.0.0.1", venue.port, timeout=120)
    connection.request("GET", f"/v1/export/fills{query}", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return answer


def lines_of(answer: HTTPResponse, pause: Callable[[int], None] = lambda _: None) -> tuple[int, int]:
    """Lines and bytes of a file. ``pause``: called before each piece with the bytes so far."""
    lines = length = 0
    while piece := answer.read(CHUNK_BYTES):
        lines += piece.count(b"\r\n")
        length += len(piece)
        pause(length)
    return lines, length


class Visitor:
    """Asks for the time of day over and over, and notes how long the slowest answer took."""

    def __init__(self, venue: Venue) -> None:
        self._url = f"{venue.url}/api/v1/time"
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.waits_ms: list[float] = []

    def __enter__(self) -> Visitor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._end.wait(0.02):
            began = time.perf_counter()
            urllib.request.urlopen(self._url, timeout=30).close()
            self.waits_ms.append((time.perf_counter() - began) * 1_000)


def test_a_million_rows_take_the_memory_of_some_thousands(venue: Venue, token: str) -> None:
    year = f"?start=1795334400000&end={1795334400000 + 5_000_000}"
    lines, _ = lines_of(file(venue, token, year))
    assert lines > 4_000, "what is loaded once is loaded"
    memory = Memory(venue.web.pid)
    before = memory.now_bytes()
    memory.reset()
    began = time.perf_counter()
    with Visitor(venue) as visitor:
        lines, length = lines_of(file(venue, token))
    seconds, growth = time.perf_counter() - began, memory.peak_bytes() - before
    waits = sorted(visitor.waits_ms)
    print(
        f"\n{ROWS:,} fills, {length / 1e6:.0f} MB: {seconds:.1f} s, {ROWS / seconds:,.0f} rows/s, peak "
        f"memory +{growth / 1e6:.1f} MB over {before / 1e6:.0f} MB; another reader's request took "
        f"{waits[len(waits) // 2]:.0f} ms in the middle, {waits[-1]:.0f} ms at most ({len(waits)} of them)"
    )
    assert lines == ROWS + 1
    assert growth < MOST_GROWTH_BYTES
    assert waits, "others were served meanwhile"


def test_a_client_that_stops_reading_holds_no_rows_in_memory(venue: Venue, token: str) -> None:
    memory = Memory(venue.web.pid)
    before = memory.now_bytes()
    memory.reset()
    stopped: list[int] = []

    def stop_once(length: int) -> None:
        if not stopped and length > 1_000_000:
            time.sleep(PAUSE_S)
            stopped.append(memory.peak_bytes() - before)

    lines, _ = lines_of(file(venue, token), stop_once)
    print(f"\nafter {PAUSE_S:.0f} s without reading: peak memory +{stopped[0] / 1e6:.1f} MB")
    assert lines == ROWS + 1
    assert stopped[0] < MOST_GROWTH_BYTES
