"""Real processes under load, killed at random; clients that write down every acknowledgement; the reckoning.

Traders use the reference client over WebSocket and REST, a cashier the engine's own client; watchers follow
books and fills. When the killing is over, journal, engine, database and what the clients wrote down must be
one story.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from exchange.engine import messages as m
from exchange.journal.segments import ARCHIVE_NAME
from exchange.journal.tools import verify
from exchange.worker.client import BlockingEngineClient
from exchange.worker.errors import EngineBusy, EngineError, EngineUnavailable
from exchange.worker.protocol import FrameBuffer, Outcome, frame
from marketdata.feed.frames import MAX_FRAME_BYTES, decode_frame
from tests.marketdata.agreement import Truth
from tests.ws.test_books import MARKETS, agree
from tests.ws.venue import FUNDS, PEOPLE, ROOT, Venue
from xtrader_client import (
    ApiError,
    Client,
    Fill,
    OrderResult,
    OutcomeUnknown,
    RateLimited,
    Subscription,
    Unavailable,
    XTraderError,
)

log = logging.getLogger(__name__)

#: Orders each trader has on their way at once.
_LANES = 4
_RECOVERY_S = 240
#: Some hundred commands: segments come and go while processes are killed.
_SEGMENT_BYTES = 16 * 1024


class Site(Venue):
    """A venue with its projector, whose processes can be named."""

    def __init__(self, canary: str = "", *, snapshot_commands: int = 200, **environment: str) -> None:
        self._canary = canary
        self._snapshot_commands = snapshot_commands
        super().__init__(JOURNAL_KEEP_SEGMENTS="1", **environment)
        self.market = self.start_market()

    def start_engine(self) -> subprocess.Popen[bytes]:
        command = ("manage.py", "runengine")
        if self._canary:
            command = ("-m", "tests.crash.canary_engine", self._canary)
        self.engine = self._start(*command, f"--segment-bytes={_SEGMENT_BYTES}")
        return self.engine

    def start_market(self) -> subprocess.Popen[bytes]:
        self.market = self._start(
            *("manage.py", "runmarketdata", "--check-seconds=1"),
            f"--snapshot-commands={self._snapshot_commands}",
        )
        return self.market

    def market_status(self) -> dict[str, Any]:
        """What marketdata says of itself; empty while it does not answer."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.data / "marketdata.sock"))
                connection.sendall(frame([["status"]]))
                buffer = FrameBuffer(MAX_FRAME_BYTES)
                while data := connection.recv(65536):
                    for body in buffer.feed(data):
                        return dict(decode_frame(body)[0][1])
        except OSError:
            pass
        return {}

    def wait_for_market(self, sequence: int, timeout_s: float = _RECOVERY_S) -> None:
        """Until the tables hold ``sequence``."""
        deadline = time.monotonic() + timeout_s
        while (status := self.market_status()).get("sequence", -1) < sequence:
            if time.monotonic() > deadline or self.market.poll() is not None:
                raise AssertionError(f"marketdata does not reach {sequence}: {status}\n{self.log_tail()}")
            time.sleep(0.05)

    def wait_serving(self) -> None:
        """Until the engine answers, and the web process answers from it."""
        deadline = time.monotonic() + _RECOVERY_S
        while True:
            assert self.engine.poll() is None, f"the engine does not start\n{self.log_tail()}"
            try:
                self.admin.wait_connected(1)
                break
            except EngineUnavailable:
                assert time.monotonic() < deadline, self.log_tail()
        while httpx.get(f"{self.url}/api/v1/orderbook/AAPL", timeout=_RECOVERY_S).status_code != 200:
            assert time.monotonic() < deadline, self.log_tail()
            time.sleep(0.1)

    def disagreements(self) -> str:
        """How tables and journal differ, as a process of its own sees it; empty is well."""
        code = "import django; django.setup(); from tests.marketdata.agreement import main; raise SystemExit(main())"
        result = subprocess.run(
            [sys.executable, "-c", code, str(self.data / "journal"), str(self.data / "nowhere")],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if result.returncode == 0 else result.stdout + result.stderr


@dataclass
class Notes:
    """What the clients wrote down."""

    #: (account, client order id) → what the exchange answered
    placed: dict[tuple[int, str], OrderResult] = field(default_factory=dict)
    #: answered with an error that says that nothing happened
    refused: dict[tuple[int, str], str] = field(default_factory=dict)
    #: no answer that tells
    unknown: set[tuple[int, str]] = field(default_factory=set)
    canceled: set[str] = field(default_factory=set)
    #: command id → outcome of a transfer
    transfers: dict[str, Outcome] = field(default_factory=dict)


class Trader:
    """Places and cancels orders, by WebSocket and now and then by REST, and writes down what it is told."""

    def __init__(self, site: Site, name: str, seed: int, notes: Notes) -> None:
        self.name, self.account = name, PEOPLE[name]
        self.client = site.client(name, timeout_s=30)
        self._luck = random.Random(f"{seed}:{name}")
        self._notes = notes
        self._count = 0
        self._resting: list[str] = []
        self.fills: Subscription[Fill] | None = None
        self.seen: list[Fill] = []

    async def trade(self, stop: asyncio.Event) -> None:
        self.fills = await self.client.fills(max_waiting=1_000_000)
        listening = asyncio.create_task(self._listen())
        await asyncio.gather(*(self._lane(stop) for _ in range(_LANES)))
        await asyncio.sleep(0.5)
        listening.cancel()

    async def _listen(self) -> None:
        assert self.fills is not None, "subscribed first"
        async for fill in self.fills:
            self.seen.append(fill)

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._resting and self._luck.random() < 0.3:
                await self._cancel(self._resting.pop(self._luck.randrange(len(self._resting))))
            else:
                await self._place()
            await asyncio.sleep(self._luck.random() * 0.02)

    async def _place(self) -> None:
        self._count += 1
        key = (self.account, f"{self.name}-{self._count}")
        order = self._terms()
        try:
            if self._luck.random() < 0.2:
                result = await self._place_by_rest({**order, "client_order_id": key[1]})
            else:
                result = await self.client.place_order(**order, client_order_id=key[1])
        except OutcomeUnknown:
            self._notes.unknown.add(key)
        except (RateLimited, Unavailable) as error:
            self._notes.refused[key] = error.code
        except ApiError as error:
            if error.status >= 500:
                self._notes.unknown.add(key)
            else:
                self._notes.refused[key] = error.code
        except XTraderError:
            self._notes.unknown.add(key)
        else:
            self._notes.placed[key] = result
            if result.order.is_open:
                self._resting.append(result.order.order_id)

    async def _place_by_rest(self, order: dict[str, Any]) -> OrderResult:
        body = {name: value if isinstance(value, str) else str(value) for name, value in order.items()}
        body.setdefault("order_type", "limit")
        return OrderResult.from_wire(await self.client.call("POST", "/v1/order", body=body))

    def _terms(self) -> dict[str, Any]:
        symbol = self._luck.choice(list(MARKETS))
        middle, step = MARKETS[symbol]["middle"], MARKETS[symbol]["step"]
        side = self._luck.choice(("buy", "sell"))
        away = self._luck.randint(-3, 12) * (-1 if side == "buy" else 1)
        terms = {
            "symbol": symbol,
            "side": side,
            "price": str(middle + away * step),
            "quantity": str(self._luck.randint(1, 20)),
            "stp": self._luck.choice(("cancel_newest", "cancel_oldest", "cancel_both", "decrement")),
        }
        if self._luck.random() < 0.15:
            terms["time_in_force"] = "ioc"
        return terms

    async def _cancel(self, order_id: str) -> None:
        try:
            order = await self.client.cancel_order(order_id)
        except XTraderError:
            return
        assert order.status == "canceled", order
        self._notes.canceled.add(order_id)


class Cashier:
    """Deposits and withdrawals over the engine's own socket."""

    def __init__(self, site: Site, seed: int, notes: Notes) -> None:
        self._client = BlockingEngineClient(site.data / "engine.sock", timeout_ms=10_000)
        self._luck = random.Random(f"{seed}:cashier")
        self._notes = notes
        self.maybe: set[str] = set()

    def work(self, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            account, asset = self._luck.choice(list(PEOPLE.values())), self._luck.choice(list(FUNDS))
            make = self._luck.choice((m.deposit, m.withdraw))
            command = make(f"cash:{number}", account, asset, self._luck.randrange(1, 10**12))
            try:
                self._notes.transfers[command[1]] = self._client.submit(command)
            except (EngineUnavailable, EngineBusy):
                pass
            except EngineError:
                self.maybe.add(command[1])
            time.sleep(0.01)
        self._client.close()


class Killer:
    """Ends one process after another and starts it again, every other time before it was up."""

    def __init__(self, site: Site, seed: int, notes: Notes) -> None:
        self._site = site
        self._notes = notes
        self._luck = random.Random(f"{seed}:killer")
        self.killed = {"engine": 0, "market": 0, "web": 0}

    def kill(self, times: int) -> None:
        for _ in range(times):
            if self._luck.random() < 0.5:
                self._wait_for_trade()
            time.sleep(self._luck.uniform(0.05, 0.9))
            name = self._luck.choice(("engine", "engine", "market", "market", "web"))
            process: subprocess.Popen[bytes] = getattr(self._site, name)
            if name != "web" and process.poll() is not None:
                raise AssertionError(f"{name} ended by itself: {process.returncode}\n{self._site.log_tail()}")
            self._site.kill(process, signal.SIGKILL)
            self.killed[name] += 1
            getattr(self._site, f"start_{name}")()

    def _wait_for_trade(self) -> None:
        """Until some more orders have been acknowledged, however slow the machine."""
        site, wanted = self._site, len(self._notes.placed) + 5
        deadline = time.monotonic() + _RECOVERY_S
        while len(self._notes.placed) < wanted and site.engine.poll() is None and site.market.poll() is None:
            assert time.monotonic() < deadline, f"nothing is traded any more\n{site.log_tail()}"
            time.sleep(0.05)


def kill_under_load(seed: int, kills: int) -> int:
    """One session; returns how many processes were killed. Raises AssertionError for anything amiss."""
    site = Site(os.environ.get("CRASH_CANARY", ""))
    try:
        return asyncio.run(_session(site, seed, kills))
    except BaseException:
        print(site.log_tail(6_000), file=sys.stderr)
        raise
    finally:
        site.close()


async def _session(site: Site, seed: int, kills: int) -> int:
    notes, stop = Notes(), asyncio.Event()
    traders = [Trader(site, name, seed, notes) for name in PEOPLE]
    watcher, killer, cashier = (
        site.client(timeout_s=30),
        Killer(site, seed, notes),
        Cashier(site, seed, notes),
    )
    clients: list[Client] = [watcher, *(trader.client for trader in traders)]
    await asyncio.gather(*(client.start() for client in clients))
    books = [await watcher.book(symbol) for symbol in MARKETS]
    trading = [asyncio.create_task(trader.trade(stop)) for trader in traders]
    cash = asyncio.create_task(asyncio.to_thread(cashier.work, stop))
    try:
        await asyncio.to_thread(killer.kill, kills)
        await asyncio.sleep(0.5)
    except BaseException:
        for task in trading:
            task.cancel()
        raise
    finally:
        stop.set()
    await asyncio.gather(*trading, cash)
    await asyncio.to_thread(site.wait_serving)
    for book in books:
        await agree(site, book, timeout_s=_RECOVERY_S)
    await asyncio.gather(*(client.close() for client in clients))
    await asyncio.to_thread(_reckon, site, notes, traders, cashier)
    log.info("killed %s; %d orders acknowledged", killer.killed, len(notes.placed))
    return sum(killer.killed.values())


def _reckon(site: Site, notes: Notes, traders: list[Trader], cashier: Cashier) -> None:
    """Everybody's story, compared."""
    status = site.admin.query("status").value
    site.wait_for_market(status["sequence"])
    breaches = site.market_status()["breaches"]
    balances = {account: site.admin.query("balances", account).value for account in PEOPLE.values()}
    opened = {account: site.admin.query("open_orders", account, None).value for account in PEOPLE.values()}
    # The engine first: a tick may come at any moment, and the tables are to have all of the journal.
    assert site.kill(site.engine, signal.SIGTERM) == 0, site.log_tail()
    site.wait_for_market(verify(site.data / "journal").last_sequence)
    assert site.kill(site.market, signal.SIGTERM) == 0, site.log_tail()
    truth = Truth(site.data / "journal", site.data / "nowhere")
    problems = [*breaches, *truth.engine.check()]
    # A minute may have passed since the engine was asked: ticks move nothing but the clock.
    for account in PEOPLE.values():
        if tuple(truth.engine.balances(account)) != tuple(map(tuple, balances[account])):
            problems.append(f"balances of {account} differ between engine and journal")
        if truth.engine.open_orders(account) != [tuple(event) for event in opened[account]]:
            problems.append(f"open orders of {account} differ between engine and journal")
    problems += _orders(notes, truth)
    problems += _transfers(notes, cashier, truth)
    for trader in traders:
        problems += _fills(trader, truth)
    if tables := site.disagreements():
        problems.append(tables)
    assert not problems, "\n".join(problems[:20])
    log.info("%d segments archived", len(list((site.data / "journal" / ARCHIVE_NAME).glob("*.gz"))))
    assert len(notes.placed) > 20, "hardly anything was traded: this proves nothing"


def _orders(notes: Notes, truth: Truth) -> Iterator[str]:
    found: dict[tuple[int, str], list[int]] = {}
    for order_id, order in truth.orders.items():
        found.setdefault((order[1], order[2]), []).append(order_id)
    for key, ids in found.items():
        if len(ids) > 1:
            yield f"{key} was placed {len(ids)} times: {ids}"
    trades = {trade.trade_id: (sequence, trade) for sequence, _, trade in truth.trades}
    for key, result in notes.placed.items():
        if found.get(key) != [int(result.order.order_id)]:
            yield f"{key} was acknowledged as {result.order.order_id}, the journal has {found.get(key)}"
        for fill in result.fills:
            sequence, trade = trades.get(int(fill.trade_id), (0, None))
            if trade is None or (result.sequence, int(result.order.order_id)) != (
                sequence,
                trade.taker_order_id,
            ):
                yield f"{key} was told of trade {fill.trade_id} at {result.sequence}; the journal: {trade}"
    for key, code in notes.refused.items():
        if key in found:
            yield f"{key} was refused ({code}) and is order {found[key]}"
    for order_id in notes.canceled:
        if truth.orders[int(order_id)][15] != m.CANCELED:
            yield f"order {order_id} was acknowledged as canceled: {truth.orders[int(order_id)]}"
    strangers = set(found) - set(notes.placed) - notes.unknown
    if strangers:
        yield f"orders nobody placed: {sorted(strangers)[:5]}"


def _transfers(notes: Notes, cashier: Cashier, truth: Truth) -> Iterator[str]:
    found: dict[str, list[int]] = {}
    for sequence, _, event in truth.transfers:
        found.setdefault(event.command_id, []).append(sequence)
    for command_id, outcome in notes.transfers.items():
        is_applied = outcome.events[0][0] == m.EV_TRANSFER
        if found.get(command_id, []) != ([outcome.sequence] if is_applied else []):
            yield f"{command_id} was answered {outcome}, the journal has it at {found.get(command_id)}"
    for command_id, sequences in found.items():
        is_ours = command_id.startswith("cash:")
        if len(sequences) > 1 or (is_ours and command_id not in cashier.maybe | set(notes.transfers)):
            yield f"{command_id} was applied at {sequences}"


def _fills(trader: Trader, truth: Truth) -> Iterator[str]:
    """A subscriber sees its fills in order, none twice; and all of them, unless it is told of a gap."""
    seen = [int(fill.trade_id) for fill in trader.seen]
    if seen != sorted(set(seen)):
        yield f"{trader.name} saw fills twice or out of order"
    own = [t.trade_id for _, _, t in truth.trades if trader.account in (t.taker_account, t.maker_account)]
    if not set(seen) <= set(own):
        yield f"{trader.name} saw fills that never were: {set(seen) - set(own)}"
    assert trader.fills is not None, "subscribed first"
    if not trader.fills.gaps and own != seen:
        yield f"{trader.name} was told of no gap, but missed {sorted(set(own) - set(seen))[:5]}"
