"""Ten times what it can carry: bounded memory, ENGINE_BUSY and 429 instead of time-outs, and normal again at
once.

The flood comes over the engine's own socket, ready-made frames as fast as they are taken; beside it somebody
trades by REST and WebSocket. ``OVERLOAD_SECONDS`` makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineBusy
from exchange.link.protocol import COMMANDS, SUBSCRIBE, frame
from exchange.node.sequencer import Turn, open_sequencer
from exchange.node.server import EngineServer, Limits
from tests.crash.site import Site
from tests.marketdata.traffic import Traffic, opening
from tests.web.stream.venue import PEOPLE, run
from xtrader_client import ApiError

SECONDS = float(os.environ.get("OVERLOAD_SECONDS", "4"))
_FRAME_COMMANDS = 4_000
_FLOODERS = 3
#: Ready-made frames of each flooder, sent over and over: nearly all are refused, so hardly any is a
#: repetition.
_FRAMES = min(150, int(10 * SECONDS))


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"process {pid} has no memory")


class Flooder(threading.Thread):
    """Sends orders as fast as the engine reads them; reads replies away without looking."""

    def __init__(self, site: Site, number: int) -> None:
        super().__init__(daemon=True)
        self._path = str(site.data / "engine.sock")
        self._stop_at = 0.0
        self.offered = 0
        self._frames = [self._frame(number, index) for index in range(_FRAMES)]

    def _frame(self, number: int, index: int) -> bytes:
        commands = [
            m.place_order(
                f"flood:{number}:{index}:{n}",
                PEOPLE["bob"],
                "AAPL",
                m.BUY,
                time_in_force=m.IOC,
                price_ticks=1_000,
                quantity_lots=1,
            )
            for n in range(_FRAME_COMMANDS)
        ]
        return frame([(COMMANDS, index * _FRAME_COMMANDS, commands)])

    def flood(self, seconds: float) -> None:
        self._stop_at = time.monotonic() + seconds
        self.start()

    def run(self) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._path)
            reading = threading.Thread(target=self._read, args=(connection,), daemon=True)
            reading.start()
            index = 0
            while time.monotonic() < self._stop_at:
                connection.sendall(self._frames[index % len(self._frames)])
                self.offered += _FRAME_COMMANDS
                index += 1
            connection.shutdown(socket.SHUT_RDWR)
            reading.join(5)

    @staticmethod
    def _read(connection: socket.socket) -> None:
        while True:
            try:
                if not connection.recv(1 << 20):
                    return
            except OSError:
                return


class Deaf:
    """Subscribes to everything and never reads."""

    def __init__(self, site: Site) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(site.data / "engine.sock"))
        self._connection.sendall(frame([(SUBSCRIBE,)]))

    def close(self) -> None:
        self._connection.close()


async def trade_for(site: Site, seconds: float) -> tuple[list[float], Counter[str]]:
    """Orders by WebSocket, one after another: seconds each took, and how they ended."""
    took: list[float] = []
    ends: Counter[str] = Counter()
    stop_at = time.monotonic() + seconds
    async with site.client("alice", timeout_s=20) as alice:
        while time.monotonic() < stop_at:
            begun = time.monotonic()
            try:
                await alice.place_order("AAPL", "sell", price="900", quantity="1", time_in_force="ioc")
                ends["ok"] += 1
            except ApiError as error:
                ends[error.code] += 1
            took.append(time.monotonic() - begun)
            await asyncio.sleep(0.03)
    return took, ends


def test_ten_times_the_load_and_normal_again_within_seconds(site: Site) -> None:
    before, ends = run(trade_for(site, 2))
    assert set(ends) <= {"ok", "RATE_LIMITED"}
    calm = statistics.median(before)
    memory_before = {name: memory_mb(getattr(site, name).pid) for name in ("engine", "web")}
    flooders = [Flooder(site, number) for number in range(_FLOODERS)]
    deaf = Deaf(site)
    start = site.admin.query("status").value
    begun = time.monotonic()
    for flooder in flooders:
        flooder.flood(SECONDS)
    during, ends = run(trade_for(site, SECONDS), SECONDS + 60)
    for flooder in flooders:
        flooder.join(SECONDS + 30)
    lasted = time.monotonic() - begun
    end = site.admin.query("status").value
    offered = sum(flooder.offered for flooder in flooders)
    carried, busy = end["commands"] - start["commands"], end["busy"] - start["busy"]
    print(
        f"offered {offered / lasted:,.0f}/s, carried {carried / lasted:,.0f}/s, {busy:,} told ENGINE_BUSY; "
        f"a trader: {dict(ends)}, median {statistics.median(during) * 1000:.0f} ms, "
        f"worst {max(during) * 1000:.0f} ms, calm {calm * 1000:.0f} ms"
    )
    assert busy > carried / 2, "this was no overload"
    # Busy is an answer: nobody ran into a time-out, everything in flight was answered within its queue.
    assert set(ends) <= {"ok", "ENGINE_BUSY", "RATE_LIMITED"}, ends
    assert max(during) < 5
    # Seconds later it is as if nothing had been.
    time.sleep(2)
    after, ends = run(trade_for(site, 2))
    assert set(ends) <= {"ok", "RATE_LIMITED"}
    assert statistics.median(after) < max(0.1, 5 * calm), (calm, statistics.median(after))
    for name, memory in memory_before.items():
        grown = memory_mb(getattr(site, name).pid) - memory
        # Command ids are remembered (10,000 an account), queues are bounded; a deaf subscriber costs 64 MB.
        assert grown < 250, f"{name} has grown by {grown:.0f} MB"
    deaf.close()
    # The tables may be far behind: trading did not wait for them.
    site.wait_for_market(site.admin.query("status").value["sequence"], 240 + 20 * SECONDS)
    assert site.market_status()["breaches"] == []


def test_too_many_requests_are_told_when_to_come_back(site: Site) -> None:
    """REST beyond the limit: 429 and 503 both carry Retry-After, and an order after that pause is taken."""
    token = run(site.token("carol"))
    order = {
        "symbol": "AAPL",
        "side": "buy",
        "order_type": "limit",
        "price": "100",
        "quantity": "1",
        "time_in_force": "ioc",
    }
    statuses: Counter[int] = Counter()
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {token}"}, timeout=20) as client:
        pauses = []
        for _ in range(12):
            reply = client.post("/v1/orders", json={"orders": [order] * 50})
            statuses[reply.status_code] += 1
            if reply.status_code in (429, 503):
                pauses.append(int(reply.headers["Retry-After"]))
        assert statuses[429] > 0, statuses
        assert set(statuses) <= {200, 201, 429, 503}
        time.sleep(max(pauses) + 0.1)
        assert client.post("/v1/order", json=order).status_code in (200, 201)


def test_a_slow_engine_lets_no_more_wait_than_it_carries_in_time(tmp_path: Path) -> None:
    """On a starved machine a full queue would outlast everybody's patience: the bound follows what is
    carried."""
    folder = Path(tempfile.mkdtemp(prefix="xt-"))
    sequencer = open_sequencer(tmp_path / "journal", tmp_path / "snapshots", segment_bytes=1 << 20)
    sequencer.submit(opening())
    carry = sequencer.run

    def carry_slowly(commands: Sequence[m.Command], *more: Any) -> Turn:
        time.sleep(0.04 if commands else 0)
        return carry(commands, *more)

    sequencer.run = carry_slowly  # type: ignore[method-assign]
    limits = Limits(max_batch_commands=20, max_waiting_commands=10_000, max_wait_s=0.5)
    server = EngineServer(sequencer, folder / "engine.sock", limits)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with BlockingEngineClient(folder / "engine.sock", timeout_ms=20_000) as client:
            client.wait_connected()
            client.submit_many(Traffic(1).take(200))
            begun = time.monotonic()
            with pytest.raises(EngineBusy):
                client.submit_many(Traffic(2).take(3_000))
            # At 500 a second, 3,000 would have been 6 s of waiting.
            assert time.monotonic() - begun < 3
            client.submit_many(Traffic(3).take(10))
    finally:
        server.stop()
        thread.join(10)
        sequencer.close()
        shutil.rmtree(folder)
