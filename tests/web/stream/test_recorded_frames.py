"""The AsyncAPI document is what the WebSocket does: every frame of real connections is a message of it, and
every message of it is seen."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from exchange.engine import messages as m
from tests.web.stream.test_outages import database_away
from tests.web.stream.venue import Venue, free_port, run
from web.contracts.async_api import ENDINGS, document, pascal
from web.contracts.socket_contract import OPERATIONS, TOPICS
from web.live import socket_limits
from web.live.account_topics import PRIVATE_CHANNELS
from web.stream.connection import CONTROL_OPS
from web.stream.order_entry import OPERATIONS as DESK_OPERATIONS

ROOT = Path(__file__).resolve().parents[3]
SPECIFICATION = ROOT / "frontend" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
Frame = dict[str, Any]

#: A reader too slow has a test with limits of its own (``test_limits``).
ENDED_ELSEWHERE = {socket_limits.CLOSE_SLOW}
#: Of the plain server: soon met.
SHORT = {"ping_every_s": 0.5, "silence_closes_after_s": 2, "control_burst": 100, "message_bytes": 20_000}


# --- the document ----------------------------------------------------------------------------------------


def test_it_is_an_asyncapi_document() -> None:
    if not SPECIFICATION.exists():
        pytest.skip("no node packages here: `make setup` installs them")
    specification = json.loads(SPECIFICATION.read_text())
    validator = Draft7Validator(specification)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document())] == []
    assert list(validator.iter_errors({**document(), "asyncapi": "2.0.0"})), "it can fail"


def test_every_reference_leads_somewhere() -> None:
    made = document()
    for reference in _references(made):
        found: Any = made
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for schema in made["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_its_operations_and_topics_are_those_of_the_code() -> None:
    assert [operation.op for operation in OPERATIONS][: len(CONTROL_OPS)] == [
        "auth",
        "subscribe",
        "unsubscribe",
        "ping",
        "pong",
        "limits",
    ]
    assert {operation.op for operation in OPERATIONS} == {*CONTROL_OPS, *DESK_OPERATIONS}
    private = {topic.channels[0] for topic in TOPICS if topic.is_private}
    assert private == set(PRIVATE_CHANNELS)
    codes = {value for name, value in vars(socket_limits).items() if name.startswith("CLOSE_")}
    assert set(ENDINGS) == codes - {socket_limits.CLOSE_NORMAL, socket_limits.CLOSE_INTERNAL}


# --- frames ----------------------------------------------------------------------------------------------


class Record:
    """Frames of connections, each checked against the message it claims to be."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.endings: set[int] = set()
        self.channels: set[str] = set()
        self._schemas = _closed(document()["components"]["schemas"])

    def sent(self, frame: Frame) -> None:
        self._check(frame["op"], pascal(f"{frame['op']}.request"), frame)

    def received(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind != "reply":
            self._check(kind, pascal(f"{kind}.message"), frame)
            self.channels.add(frame.get("channel", ""))
        elif frame["ok"]:
            name = f"{frame['id']}.reply"
            self._check(name, pascal(name), frame)
        else:
            self._check("error.reply", "ErrorReply", frame)

    def _check(self, name: str, schema: str, frame: Frame) -> None:
        assert schema in self._schemas, f"no such message: {frame}"
        found = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": self._schemas}}
        errors = [
            f"{error.json_path}: {error.message}" for error in Draft202012Validator(found).iter_errors(frame)
        ]
        assert errors == [], f"{schema}: {frame}"
        self.seen[name] = self.seen.get(name, 0) + 1


def _closed(schema: Any) -> Any:
    """The same schemas without room for fields that they do not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _closed(item) for name, item in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        made.setdefault("additionalProperties", False)
    return made


class Line:
    """A connection whose frames are recorded."""

    def __init__(self, connection: ClientConnection, record: Record) -> None:
        self._connection = connection
        self._record = record
        self.pushes: list[Frame] = []

    async def ask(self, op: str, **fields: Any) -> Frame:
        """Send an operation, valid by the document, and return its reply."""
        self._record.sent({"op": op, "id": op, **fields})
        return await self.ask_anything({"op": op, "id": op, **fields})

    async def ask_anything(self, sent: Any) -> Frame:
        await self._connection.send(sent if isinstance(sent, str) else json.dumps(sent))
        while True:
            frame = await self.next()
            if frame["type"] == "reply":
                return frame

    async def pong(self) -> None:
        """The one operation without a reply."""
        self._record.sent({"op": "pong"})
        await self.say('{"op":"pong"}')

    async def say(self, text: str) -> None:
        await self._connection.send(text)

    async def next(self) -> Frame:
        frame: Frame = json.loads(await self._connection.recv())
        self._record.received(frame)
        self.pushes.append(frame)
        return frame

    async def wait_for(self, *kinds: str) -> None:
        """Until each of these has come since the last call."""
        while not set(kinds) <= {frame["type"] for frame in self.pushes}:
            await self.next()
        self.pushes.clear()

    async def ending(self) -> int | None:
        """Read to the end; its code."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            code = self._connection.close_code
            self._record.endings.add(code or 0)
            return code


@asynccontextmanager
async def line(url: str, record: Record, path: str = "/ws", **options: Any) -> Any:
    address = url.replace("http", "ws", 1) + path
    async with connect(address, proxy=None, compression=None, max_size=None, **options) as connection:
        yield Line(connection, record)


def test_a_frame_that_is_none_of_its_messages_is_found() -> None:
    record = Record()
    pong = {"type": "reply", "id": "ping", "ok": True, "server_time": 1}
    record.received(pong)
    for wrong in (
        {**pong, "stray": 1},
        {**pong, "server_time": "1"},
        {"type": "reply", "id": "ping", "ok": True},
    ):
        with pytest.raises(AssertionError):
            record.received(wrong)
    with pytest.raises(AssertionError):
        record.received({"type": "nothing"})


def test_every_frame_is_a_message_and_every_message_is_seen(venue: Venue) -> None:
    record = Record()
    marketdata = venue._start("manage.py", "runmarketdata")
    port = free_port()
    arguments = (
        "xtrader.asgi:application",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "warning",
    )
    before, venue.environment = venue.environment, {**venue.environment, "TEST_WEBSOCKET": json.dumps(SHORT)}
    # A server without the protocol of this project, as any other would be.
    plain = venue._start("-m", "uvicorn", *arguments, "--ws", "websockets")
    venue.environment = before
    try:
        run(_sessions(venue, record), timeout_s=300)
        cookie = venue.session_cookie("carol")
        run(_pages(venue, record, cookie), timeout_s=300)
        plain_url = f"http://127.0.0.1:{port}"
        shared, venue.url = venue.url, plain_url
        try:
            venue.wait_web()
        finally:
            venue.url = shared
        run(_endings(plain_url, record), timeout_s=300)
        run(_stopped(venue, record), timeout_s=300)
    finally:
        for process in (marketdata, plain):
            process.kill()
            process.wait()
    messages = set(document()["components"]["messages"])
    assert messages - set(record.seen) == set(), "messages that nobody has seen"
    assert set(record.seen) - messages == set()
    named = {channel for topic in TOPICS for channel in topic.channels}
    assert {channel for channel in named if not channel.startswith("klines:")} <= record.channels
    assert set(ENDINGS) - ENDED_ELSEWHERE == record.endings


async def _sessions(venue: Venue, record: Record) -> None:
    async with (
        line(venue.url, record) as alice,
        line(venue.url, record) as bob,
        line(venue.url, record) as mina,
        line(venue.url, record) as visitor,
    ):
        for each, name in ((alice, "alice"), (bob, "bob"), (mina, "mina")):
            assert (await each.ask("auth", token=await venue.token(name), cancel_on_disconnect=False))["ok"]
        await _make_market(bob, mina)
        await _read_topics(visitor, alice)
        await _send_examples(alice, mina)
        await alice.wait_for("order", "fill", "balance")
        await visitor.wait_for("book_delta", "trade", "statistics", "statistics_update", "kline")
        await _hold_auction(venue, visitor, bob)
        await _be_refused(visitor, alice)
        for channels in (["orders"], ["fills"], ["balances"]):
            assert (await alice.ask("unsubscribe", channels=channels))["ok"]


async def _make_market(bob: Line, mina: Line) -> None:
    """A last price, and something on both sides, around the prices of the examples."""
    order = {"symbol": "BTC-KRW", "order_type": "limit", "quantity": "1"}
    assert (await bob.ask("order.place", side="sell", price="95500000", **order))["ok"]
    assert (await bob.ask("order.place", side="buy", price="94000000", **order))["ok"]
    order["quantity"] = "0.001"
    assert (await mina.ask("order.place", side="buy", price="95500000", **order))["fills"]


async def _read_topics(visitor: Line, alice: Line) -> None:
    [subscribe] = [operation for operation in OPERATIONS if operation.op == "subscribe"]
    assert (await visitor.ask("subscribe", **subscribe.examples["Public"]))["ok"]
    assert (await alice.ask("subscribe", **subscribe.examples["Own"]))["ok"]
    public = [topic.channels[0] for topic in TOPICS if topic.takes_symbol and topic.channels[0] != "book"]
    assert (await visitor.ask("subscribe", channels=public, symbols=["BTC-KRW"], since=0))["ok"]
    await visitor.wait_for("book_snapshot", "trades_snapshot", "indicative", "symbol")
    while not (await visitor.ask("subscribe", channels=["statistics:all"]))["ok"]:
        pass
    await alice.wait_for("orders_snapshot", "fills_snapshot", "balances_snapshot")


async def _send_examples(alice: Line, mina: Line) -> None:
    """Every example as it stands."""
    first = {
        "symbol": "BTC-KRW",
        "side": "buy",
        "order_type": "limit",
        "price": "94800000",
        "quantity": "0.03",
    }
    for name in ("my-3", "my-4", "my-5"):
        assert (await alice.ask("order.place", client_order_id=name, **first))["ok"]
    # What cancels all comes last.
    for operation in sorted(OPERATIONS, key=lambda each: each.op.startswith("orders.")):
        if operation.op in ("auth", "subscribe", "unsubscribe", "pong"):
            continue
        sender = mina if operation.op.startswith("quotes.") else alice
        for title, fields in operation.examples.items():
            reply = await sender.ask(operation.op, **copy.deepcopy(fields))
            assert reply["ok"], (operation.op, title, reply)
    [unsubscribe] = [operation for operation in OPERATIONS if operation.op == "unsubscribe"]
    assert (await alice.ask("unsubscribe", **unsubscribe.examples["One"]))["ok"]
    await alice.pong()


async def _hold_auction(venue: Venue, visitor: Line, bob: Line) -> None:
    visitor.pushes.clear()
    await asyncio.to_thread(venue.submit, m.set_symbol_status(venue.next_id(), "BTC-KRW", m.PRE_OPEN))
    order = {"symbol": "BTC-KRW", "order_type": "limit", "price": "95500000", "quantity": "0.01"}
    assert (await bob.ask("order.place", side="buy", **order))["ok"]
    await visitor.wait_for("symbol", "indicative")
    trading = m.set_symbol_status(venue.next_id(), "BTC-KRW", m.TRADING, "goes on", direct=True)
    await asyncio.to_thread(venue.submit, trading)


async def _be_refused(visitor: Line, alice: Line) -> None:
    """Of every kind one."""
    assert (await visitor.ask("order.cancel", order_id="999999999999"))["error"] == "NOT_AUTHENTICATED"
    assert (await visitor.ask("subscribe", channels=["nothing"], symbols=["AAPL"]))[
        "error"
    ] == "CHANNEL_NOT_FOUND"
    assert (await alice.ask("order.cancel", order_id="999999999999"))["error"] == "ORDER_NOT_FOUND"
    assert (await alice.ask("quotes.cancel", symbol="NONE"))["error"] == "SYMBOL_NOT_FOUND"
    assert (await visitor.ask_anything({"op": "nothing", "id": 7}))["error"] == "UNKNOWN_OP"
    assert (await visitor.ask_anything("{"))["error"] == "INVALID_JSON"
    wrong = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "1", "quantity": "1"}
    reply = await alice.ask("order.batch", orders=[wrong, {**wrong, "price": "94000000"}])
    assert [("error" in result) for result in reply["results"]] == [True, False]
    switched = await alice.ask("order.cancel_replace", order_id="1", mode="allow_failure", order=wrong)
    assert switched["error"] == "PRICE_OUT_OF_BOUNDS"


async def _pages(venue: Venue, record: Record, cookie: str) -> None:
    """What a page of this site is answered, well and not."""
    headers = {"Cookie": cookie, "Origin": venue.url}
    async with line(venue.url, record, additional_headers=headers) as page:
        assert (await page.next())["account"] == "1003"
    async with line(venue.url, record, "/ws?account=1", additional_headers=headers) as page:
        assert await page.ending() == socket_limits.CLOSE_BAD_TOKEN
    with database_away(venue):
        async with line(venue.url, record, additional_headers=headers) as page:
            assert await page.ending() == socket_limits.CLOSE_TRY_LATER


async def _endings(url: str, record: Record) -> None:
    async with line(url, record) as silent:
        assert await silent.ending() == socket_limits.CLOSE_SILENT
    async with line(url, record) as stranger:
        assert (await stranger.ask("auth", token="bad"))["error"] == "INVALID_TOKEN"
        assert await stranger.ending() == socket_limits.CLOSE_BAD_TOKEN
    async with line(url, record) as wordy:
        await wordy.say("x" * (SHORT["message_bytes"] + 1))
        assert await wordy.ending() == socket_limits.CLOSE_TOO_LARGE
    async with line(url, record) as flood:
        for _ in range(SHORT["control_burst"] * 3):
            await flood.say('{"op":"ping","id":"ping"}')
        assert await flood.ending() == socket_limits.CLOSE_FLOOD


async def _stopped(venue: Venue, record: Record) -> None:
    async with line(venue.url, record) as last:
        assert (await last.ask("ping"))["ok"]
        venue.web.terminate()
        assert await last.ending() == socket_limits.CLOSE_RESTART
    await asyncio.to_thread(venue.web.wait, 60)
    await asyncio.to_thread(venue.start_web)
