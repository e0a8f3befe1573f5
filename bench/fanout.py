"""Book and trades to many sockets: how many messages a second one web process delivers, and whether every
client's book is right.

The sockets only keep what they receive. Afterwards the first one's messages are checked as a client has to
(the chain of sequences, the checksum of each book, the book against the engine's), and every other socket
must have received the very same messages of each channel.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
import urllib.request
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from bench import targets
from bench.cpu import CpuMeter
from bench.driving import Shape, connect_websocket
from bench.instance import Instance, Server, floor_server, running_instance
from bench.load import WebSocketConnection, ws_frame
from bench.measure import Plan, Result, result
from bench.orders import order
from exchange.wire.checksum import book_checksum

SOCKETS = 1_000
SECONDS = 8.0
#: Sockets of one address; the exchange takes no more than 2,000 of one.
PER_ADDRESS = 1_500
#: Sockets being opened at once, and sockets whose times of arrival are kept.
OPENING, TIMED = 50, 20
#: Few orders at a time: the process that fans out also takes the orders, so it takes as many as it can carry.
DRIVER = Shape(4)
FLOOR_BYTES = 300


def run(plan: Plan) -> Iterator[Result]:
    sockets = plan.count(SOCKETS)
    with floor_server() as server:
        floor = asyncio.run(_bare(server, sockets, plan.seconds(4.0)))
    yield floor
    with running_instance() as instance:
        row = asyncio.run(fan_out(instance, sockets, plan.seconds(SECONDS), plan.seed))
    row.name = targets.FAN_OUT
    yield row.against(floor)


class Listener(WebSocketConnection):
    """Keeps what comes, and on request when."""

    def __init__(self, is_timed: bool = False) -> None:
        super().__init__()
        self.received = bytearray()
        self._times: list[tuple[int, int]] | None = [] if is_timed else None
        self.is_closed = False

    def data_received(self, data: bytes) -> None:
        if not self._is_open.is_set():
            super().data_received(data)
            return
        self.received += data
        if self._times is not None:
            self._times.append((len(self.received), time.time_ns()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True

    def payloads(self) -> list[bytes]:
        """Everything received since the handshake, whole messages, in order."""
        return self._messages(self._rest + bytes(self.received))

    def arrivals(self) -> Sequence[tuple[int, int]]:
        """(bytes received so far, nanoseconds since the epoch) of every read."""
        return self._times or ()


async def fan_out(instance: Instance, sockets: int, seconds: float, seed: int) -> Result:
    """Trade while so many listen; the row of what was delivered, with what was wrong in its figures."""
    listeners = await _open(instance, sockets, "/ws")
    for listener in listeners:
        listener.send({"op": "subscribe", "id": -1, "channels": ["book", "trades"], "symbols": ["BTC-KRW"]})
    await _quiet(listeners)
    before = sum(len(listener.received) for listener in listeners)
    meter = CpuMeter({"web": instance.processes["web"], "load": os.getpid()})
    began = time.perf_counter()
    await _trade(instance, seconds, seed)
    took_s = time.perf_counter() - began
    spent = meter.seconds()
    await _quiet(listeners)
    delivered = sum(len(listener.received) for listener in listeners) - before
    for listener in listeners:
        listener.close()
    checked = _Check(listeners, _book_of(instance))
    count = checked.messages * len(listeners)
    row = result("", checked.latencies_ns, took_s, unit="deliveries/s")
    row.count, row.value = count, count / took_s
    row.cpu_us = {name: value * 1e6 / max(1, count) for name, value in spent.items()}
    row.figures = {
        "books_wrong": checked.wrong,
        "closed": sum(listener.is_closed for listener in listeners),
        "books_per_s": checked.books / took_s,
        "trades_per_s": checked.trades / took_s,
        "MB_per_s": delivered / took_s / 1e6,
    }
    row.notes["said"] = "; ".join(checked.problems[:3])
    return row


async def _trade(instance: Instance, seconds: float, seed: int) -> None:
    rng = random.Random(seed)
    loads, requests = [], []
    for index in range(DRIVER.connections):
        loads.append(await connect_websocket(instance, instance, index))
        bodies = [{"op": "order.place", "id": number, **order(rng)} for number in range(2_000)]
        requests.append([ws_frame(json.dumps(body).encode()) for body in bodies])
    await asyncio.gather(
        *(load.run(own, DRIVER.in_flight, seconds) for load, own in zip(loads, requests, strict=True))
    )
    for load in loads:
        load.close()


async def _open(server: Instance | Server, count: int, path: str) -> list[Listener]:
    """Connect, some at a time, from as many loopback addresses as it takes."""
    room = asyncio.Semaphore(OPENING)

    async def one(index: int) -> Listener:
        async with room:
            address = f"127.0.0.{2 + index // PER_ADDRESS}"
            _, listener = await asyncio.get_running_loop().create_connection(
                lambda: Listener(index < TIMED), server.host, server.port, local_addr=(address, 0)
            )
            await listener.open(server.host, server.port, path=path)
            return listener

    return list(await asyncio.gather(*map(one, range(count))))


async def _quiet(listeners: Sequence[Listener]) -> None:
    """Until nothing has come for half a second."""
    seen = -1
    while seen != (seen := sum(len(listener.received) for listener in listeners)):
        await asyncio.sleep(0.5)


class _Check:
    """What the sockets have received: the same, complete, and a book that is the engine's."""

    def __init__(self, listeners: Sequence[Listener], book: Any) -> None:
        self.problems: list[str] = []
        self.latencies_ns = array("q")
        first = _by_channel(listeners[0].payloads())
        self.books, self.trades = len(first["book"]), len(first["trades"])
        self.messages = self.books + self.trades
        self._first(first, book)
        self.wrong = len(listeners) if self.problems else 0
        for index, listener in enumerate(listeners[1:], 1):
            if _by_channel(listener.payloads()) != first:
                self.wrong += 1
                self.problems.append(f"socket {index} received other messages than the first")
        for listener in listeners[:TIMED]:
            self._time(listener)

    def _first(self, channels: dict[str, list[bytes]], book: Any) -> None:
        last, bids, asks = None, {}, {}
        for payload in channels["book"]:
            message = json.loads(payload)
            if message["prev_sequence"] not in (None, last):
                self.problems.append(f"a gap before {message['sequence']}")
            if message["prev_sequence"] is None:
                bids, asks = {}, {}
            last = message["sequence"]
            for side, name in ((bids, "bids"), (asks, "asks")):
                side.update(dict(message[name]))
                for price, quantity in message[name]:
                    if quantity == "0":
                        del side[price]
            if book_checksum(*_sorted(asks, bids)) != message["checksum"]:
                self.problems.append(f"a wrong checksum at {message['sequence']}")
        shown = [list(map(list, side[:20])) for side in _sorted(asks, bids)]
        if shown != [book["asks"], book["bids"]]:
            self.problems.append("the book is not the engine's")

    def _time(self, listener: Listener) -> None:
        """How old a trade is when it arrives, by the engine's stamp."""
        arrivals = iter(listener.arrivals())
        end, now_ns = next(arrivals)
        at = 0
        for length, payload in _frames(listener.received):
            at += length
            while end < at:
                end, now_ns = next(arrivals)
            if b'"type":"trade"' in payload:
                stamp_ms = json.loads(payload)["timestamp"]
                self.latencies_ns.append(max(0, now_ns - stamp_ms * 1_000_000))


def _frames(received: bytearray) -> Iterator[tuple[int, bytes]]:
    """(length with its head, payload) of each frame."""
    at = 0
    while at < len(received):
        length, start = received[at + 1], at + 2
        if length >= 126:
            start = at + (4 if length == 126 else 10)
            length = int.from_bytes(received[at + 2 : start])
        yield start + length - at, bytes(received[start : start + length])
        at = start + length


def _by_channel(payloads: list[bytes]) -> dict[str, list[bytes]]:
    return {
        "book": [payload for payload in payloads if payload.startswith(b'{"type":"book_')],
        "trades": [payload for payload in payloads if payload.startswith(b'{"type":"trade')],
    }


def _sorted(
    asks: dict[str, str], bids: dict[str, str]
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    return sorted(asks.items(), key=_price), sorted(bids.items(), key=_price, reverse=True)


def _price(level: tuple[str, str]) -> int:
    return int(level[0])


def _book_of(instance: Instance) -> Any:
    url = f"http://{instance.host}:{instance.port}/api/v1/orderbook/BTC-KRW?depth=20"
    with urllib.request.urlopen(url, timeout=30) as reply:
        return json.load(reply)


async def _bare(server: Server, sockets: int, seconds: float) -> Result:
    """A message as long as a delta to as many sockets, one after the other, by a bare ASGI application."""
    listeners = await _open(server, sockets, "/fan")
    _, driver = await asyncio.get_running_loop().create_connection(
        WebSocketConnection, server.host, server.port
    )
    await driver.open(server.host, server.port, path="/fan")
    frame = json.loads(json.dumps({"type": "reply", "id": 0, "pad": "x" * FLOOR_BYTES}))
    requests = [ws_frame(json.dumps(frame | {"id": number}).encode()) for number in range(10)]
    meter = CpuMeter({"server": server.pid, "load": os.getpid()})
    began = time.perf_counter()
    await driver.run(requests, 1, seconds)
    took_s = time.perf_counter() - began
    spent = meter.seconds()
    await _quiet(listeners)
    driver.close()
    for listener in listeners:
        listener.close()
    count = len(driver.latencies_ns) * sockets
    row = Result(f"bare fan-out, {sockets:,} sockets", count / took_s, "deliveries/s", count)
    row.cpu_us = {name: value * 1e6 / max(1, count) for name, value in spent.items()}
    return row
