"""Frames of the trading page under load: ``python -m bench.terminal_frames http://127.0.0.1:8000``.

Opens the page of a running exchange in headless Chromium and hands its WebSocket to a feed of this program:
1,000 messages/s of one symbol (trades, book deltas with their checksums, candles, statistics), in order and
complete, so that the page takes every one of them in. The browser's own trace says how long the page's main
thread was busy at a stretch; a task over 50 ms is a frame that a person sees missing. Before that it opens
the page some times without a cache, on the real feed, for its first paint, and weighs what is downloaded.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import random
import statistics
import tempfile
import threading
import time
import zlib
from itertools import count
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SYMBOL = "BTC-KRW"
TICK = 1_000
MIDDLE = 137_700_000
LEVELS = 400
LIMIT_MS = 50
FIRST_PAINTS = 7
ASSETS = Path(__file__).resolve().parents[1] / "frontend" / "dist" / "assets"
# One turn of the mix: 12 trades, 6 deltas, a candle, statistics.
MIX = ("trade", "delta", "trade") * 6 + ("kline", "statistics")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Feed:
    """What an exchange would push, made up of a seed; one connection."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.random = random.Random(6)
        self.sequences = {"book": 1, "trades": 1, "statistics": 1}
        self.trade_ids = count(1_000_000_000)
        self.bids = {MIDDLE - TICK * step: self._quantity() for step in range(1, LEVELS)}
        self.asks = {MIDDLE + TICK * step: self._quantity() for step in range(1, LEVELS)}
        # Levels never go, so that the best ones stay the same: best first.
        self.best_bids, self.best_asks = sorted(self.bids, reverse=True), sorted(self.asks)

    async def talk(self, connection: ServerConnection) -> None:
        """Answer subscriptions, and push until the page leaves."""
        await connection.send(json.dumps({"type": "connected", "client_id": "bench", "account": None}))
        pushing = asyncio.create_task(self._push(connection))
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                request = json.loads(text)
                await connection.send(json.dumps({"type": "reply", "id": request["id"], "ok": True}))
                if request["op"] == "subscribe":
                    for channel in set(request["channels"]) - {"symbols"}:
                        await connection.send(json.dumps(self._snapshot(channel)))
        pushing.cancel()

    async def _push(self, connection: ServerConnection) -> None:
        await asyncio.sleep(2)
        started, number = time.monotonic(), 0
        with contextlib.suppress(ConnectionClosed):
            while True:
                due = int((time.monotonic() - started) * self.rate)
                while number < due:
                    await connection.send(json.dumps(self._message(MIX[number % len(MIX)])))
                    number += 1
                await asyncio.sleep(0.002)

    def _message(self, kind: str) -> dict[str, Any]:
        return {
            "trade": self._trade,
            "delta": self._delta,
            "kline": self._kline,
            "statistics": self._statistics,
        }[kind]()

    def _head(self, channel: str, *, anew: bool = False) -> dict[str, Any]:
        last = self.sequences.setdefault(channel, 1)
        self.sequences[channel] = last + 1
        prev = None if anew else last
        now = int(time.time() * 1000)
        return {
            "channel": channel,
            "symbol": SYMBOL,
            "sequence": last + 1,
            "prev_sequence": prev,
            "timestamp": now,
        }

    def _snapshot(self, channel: str) -> dict[str, Any]:
        head = self._head(channel, anew=True)
        if channel == "book":
            bids, asks = self._sides()
            return {**head, "type": "book_snapshot", "bids": bids, "asks": asks, "checksum": self._checksum()}
        if channel == "trades":
            return {**head, "type": "trades_snapshot", "trades": []}
        self.interval = channel
        return {**head, **(self._statistics_body() if channel == "statistics" else self._kline_body())}

    def _delta(self) -> dict[str, Any]:
        changed: dict[str, list[list[str]]] = {"bids": [], "asks": []}
        for name, book, best in (("bids", self.bids, self.best_bids), ("asks", self.asks, self.best_asks)):
            for price in self.random.sample(best[:40], 3):
                book[price] = self._quantity()
                changed[name].append([str(price), book[price]])
        return {**self._head("book"), "type": "book_delta", **changed, "checksum": self._checksum()}

    def _trade(self) -> dict[str, Any]:
        side = self.random.choice(["buy", "sell"])
        body = {
            "execution_id": str(next(self.trade_ids)),
            "price": self._price(),
            "quantity": self._quantity(),
        }
        return {**self._head("trades"), "type": "trade", "side": side, **body}

    def _kline(self) -> dict[str, Any]:
        return {**self._head(self.interval), **self._kline_body()}

    def _statistics(self) -> dict[str, Any]:
        return {**self._head("statistics"), **self._statistics_body()}

    def _kline_body(self) -> dict[str, Any]:
        opened = int(time.time() // 900 * 900_000)
        price = self._price()
        candle = {"open_time": opened, "close_time": opened + 899_999, "open": str(MIDDLE), "close": price}
        bounds = {"high": str(MIDDLE + 40 * TICK), "low": str(MIDDLE - 40 * TICK)}
        sums = {"volume": "12.5", "quote_volume": "1721250000", "trade_count": 10**9, "closed": False}
        return {"type": "kline", "candle": candle | bounds | sums}

    def _statistics_body(self) -> dict[str, Any]:
        prices = ("open_price_24h", "high_price_24h", "low_price_24h", "last_price", "bid_price", "ask_price")
        change = {"price_change_24h": "1000", "price_change_percent_24h": "0.01", "trade_count_24h": 1}
        sums = {"volume_24h": "931.5", "quote_volume_24h": "128267550000", "vwap_24h": str(MIDDLE)}
        return {"type": "statistics", **dict.fromkeys(prices, self._price()), **change, **sums}

    def _price(self) -> str:
        return str(MIDDLE + TICK * self.random.randint(-20, 20))

    def _quantity(self) -> str:
        return f"0.{self.random.randint(1, 9999):04d}".rstrip("0")

    def _sides(self) -> tuple[list[list[str]], list[list[str]]]:
        bids = [[str(price), self.bids[price]] for price in self.best_bids]
        return bids, [[str(price), self.asks[price]] for price in self.best_asks]

    def _checksum(self) -> int:
        bids = [(price, self.bids[price]) for price in self.best_bids[:10]]
        asks = [(price, self.asks[price]) for price in self.best_asks[:10]]
        digits = (f"{price}{quantity.replace('.', '').lstrip('0')}" for price, quantity in asks + bids)
        return zlib.crc32("".join(digits).encode())


def run_feed(feed: Feed) -> int:
    """Serve the feed on a free port of this machine, in a thread; returns the port."""
    ready: list[int] = []
    started = threading.Event()

    async def main() -> None:
        # A page kept busy for long answers no pings; it is not gone.
        async with serve(feed.talk, "127.0.0.1", 0, ping_interval=None) as server:
            ready.append(server.sockets[0].getsockname()[1])
            started.set()
            await asyncio.get_running_loop().create_future()

    threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
    started.wait()
    return ready[0]


REDIRECT = """
const Real = WebSocket;
window.received = 0;
window.WebSocket = class extends Real {
  constructor() {
    super("ws://127.0.0.1:PORT");
    this.addEventListener("message", () => { window.received += 1; });
  }
};
"""

WATCH = """
window.frames_ms = [];
let last = performance.now();
const next = (now) => { window.frames_ms.push(now - last); last = now; requestAnimationFrame(next); };
requestAnimationFrame(next);
"""


def busy_tasks(trace: bytes) -> tuple[list[float], list[float], float]:
    """Milliseconds of each task of the page's main thread: on the clock, and on the processor; and how
    long the trace is."""
    events = json.loads(trace)["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event
        for event in events
        if event.get("name") == "ThreadControllerImpl::RunTask"
        and event.get("ph") == "X"
        and (event["pid"], event["tid"]) in threads
    ]
    span_us = max(task["ts"] + task["dur"] for task in tasks) - min(task["ts"] for task in tasks)
    clock = [task["dur"] / 1000 for task in tasks]
    return clock, [task.get("tdur", 0) / 1000 for task in tasks], span_us / 1000


def measure(browser: Browser, page: Page, seconds: int) -> dict[str, Any]:
    """Watch the page for some seconds under the feed."""
    before = page.evaluate("window.received")
    page.evaluate(WATCH)
    categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        browser.start_tracing(page=page, path=path, categories=categories)
        page.wait_for_timeout(seconds * 1000)
        # Fetching the trace takes long, and keeps the browser busy.
        frames, received = page.evaluate("[window.frames_ms, window.received]")
        browser.stop_tracing()
        clock, processor, traced_ms = busy_tasks(path.read_bytes())
    elapsed_s = sum(frames) / 1000
    frames.sort()
    return {
        "messages_per_s": round((received - before) / elapsed_s),
        "frames": len(frames),
        "frame_ms_p50": round(frames[len(frames) // 2], 1),
        "frame_ms_p99": round(frames[int(len(frames) * 0.99)], 1),
        "frames_over_50_ms": sum(frame > LIMIT_MS for frame in frames),
        "longest_task_ms": round(max(clock, default=0), 1),
        "longest_task_cpu_ms": round(max(processor, default=0), 1),
        "tasks_over_50_ms": sum(task > LIMIT_MS for task in clock),
        "tasks_over_50_ms_cpu": sum(task > LIMIT_MS for task in processor),
        "main_thread_busy": round(sum(processor) / traced_ms, 3),
    }


def first_paints(browser: Browser, address: str) -> dict[str, Any]:
    """First paint of the trading page in fresh contexts, milliseconds after the navigation began."""
    found: dict[str, list[float]] = {"first-paint": [], "first-contentful-paint": []}
    for _ in range(FIRST_PAINTS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(f"{address}/trade/{SYMBOL}")
        page.get_by_test_id("connection").and_(page.locator('[data-state="live"]')).wait_for()
        for name, start in page.evaluate(
            "performance.getEntriesByType('paint').map((e) => [e.name, e.startTime])"
        ):
            found[name].append(start)
        context.close()
    names = {name: name.replace("-", "_") for name in found}
    medians = {f"{names[name]}_ms": round(statistics.median(times)) for name, times in found.items() if times}
    return {**medians, "slowest_paint_ms": round(max(max(times) for times in found.values() if times))}


def bundle_kb() -> dict[str, float]:
    """Kilobytes of all scripts and styles, compressed as they travel."""
    sizes = [
        len(gzip.compress(path.read_bytes())) for path in ASSETS.glob("*.*") if path.suffix in (".js", ".css")
    ]
    return {"bundle_gzip_kb": round(sum(sizes) / 1000, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    port = run_feed(Feed(options.rate))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        load = f"{os.getloadavg()[0]:.1f}"
        paints = first_paints(browser, options.address)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(REDIRECT.replace("PORT", str(port)))
        page.goto(f"{options.address}/trade/{SYMBOL}")
        page.wait_for_timeout(6_000)
        frames = measure(browser, page, options.seconds)
        print(json.dumps({"load_before": load, **bundle_kb(), **paints, **frames}, indent=2))
        browser.close()


if __name__ == "__main__":
    main()
