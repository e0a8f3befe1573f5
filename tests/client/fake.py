"""An exchange that misbehaves on demand: the client's HTTP and WebSocket, served inside the test's own event
loop.

FakeExchange        answers log-ins, and every other request by a function of the test
silent_server       accepts connections and never sends a byte
left_tasks          the tasks of the event loop beside the test's own
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import uvicorn

T = TypeVar("T")
Json = dict[str, Any]
#: Status, body, headers.
HttpReply = tuple[int, Json | str, dict[str, str]]

_real_time = time.time


def run(work: Coroutine[Any, Any, T], timeout_s: float = 30.0) -> T:
    """Run one test's coroutine to its end."""

    async def bounded() -> T:
        async with asyncio.timeout(timeout_s):
            return await work

    return asyncio.run(bounded())


def left_tasks() -> set[str]:
    """Names of the tasks that are not the test's own."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    return {task.get_name() for task in tasks if not task.get_name().startswith("server")}


class Connection:
    """The exchange's end of one WebSocket."""

    def __init__(self, send: Callable[[Json], Awaitable[None]]) -> None:
        self._send = send
        self.is_logged_in = False

    async def reply(self, request: Json, **fields: Any) -> None:
        """A reply that grants the request."""
        await self.push({"type": "reply", "id": request["id"], "ok": True, **fields})

    async def refuse(self, request: Json, error: str, status: int, **details: Any) -> None:
        """A reply that refuses it."""
        body = {"error": error, "message": error.lower(), "details": details, "status": status}
        await self.push({"type": "reply", "id": request["id"], "ok": False, **body})

    async def push(self, message: Json) -> None:
        """Any message."""
        await self._send({"type": "websocket.send", "text": json.dumps(message)})

    async def drop(self, code: int = 1011) -> None:
        """End the connection."""
        await self._send({"type": "websocket.close", "code": code})


class FakeExchange:
    """``async with FakeExchange() as exchange``: serves on ``exchange.url`` until the end of the block.

    ``on_socket(connection, request)`` answers what is no ``auth``, ``subscribe`` or ``unsubscribe``;
    ``on_auth`` answers those, too. ``on_http(method, path, body, headers)`` answers calls, ``on_token``
    log-ins.
    """

    def __init__(self) -> None:
        self.life_s = 1800
        self.gives_expires_in = True
        self.valid: set[str] = set()
        #: Bodies of the log-ins so far, and how many were on their way at once.
        self.log_ins: list[Json] = []
        self.most_at_once = 0
        self.log_in_takes_s = 0.0
        self.handshakes = 0
        self.on_token: Callable[[Json], HttpReply | None] = lambda _body: None
        self.on_http: Callable[[str, str, Json], Awaitable[HttpReply]] = _not_found
        self.on_auth: Callable[[Connection, Json], Awaitable[bool]] = _grant
        self.on_socket: Callable[[Connection, Json], Awaitable[None]] = _ignore
        self._at_once = 0
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app,
                port=0,
                interface="asgi3",
                lifespan="off",
                log_level="critical",
                ws="websockets-sansio",
                timeout_graceful_shutdown=0,
            )
        )

    async def __aenter__(self) -> Self:
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup()
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.force_exit = True
        await self._server.shutdown()

    def new_token(self) -> str:
        """An access token like the exchange's: its times are of the exchange's clock."""
        now = int(_real_time())
        claims = {"iat": now, "exp": now + self.life_s, "jti": len(self.log_ins)}
        token = f"x.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"
        self.valid.add(token)
        return token

    # --- ASGI ------------------------------------------------------------------------------------

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("server")
        if scope["type"] == "websocket":
            await self._serve_socket(receive, send)
        else:
            await self._serve_http(scope, receive, send)

    async def _serve_http(self, scope: Any, receive: Any, send: Any) -> None:
        raw = (await receive()).get("body", b"")
        body: Json = json.loads(raw) if raw else {}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path = scope["path"]
        if path.startswith("/api/v1/token"):
            status, reply, more = await self._log_in(body)
        elif path.startswith("/v1/") and headers.get("authorization", "")[7:] not in self.valid:
            status, reply, more = 401, {"error": "INVALID_TOKEN", "message": "", "details": {}}, {}
        else:
            status, reply, more = await self.on_http(scope["method"], path, body)
        text = reply if isinstance(reply, str) else json.dumps(reply)
        raw_headers = [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw_headers})
        await send({"type": "http.response.body", "body": text.encode()})

    async def _log_in(self, body: Json) -> HttpReply:
        self.log_ins.append(body)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.log_in_takes_s)
            refused = self.on_token(body)
            if refused is not None:
                return refused
            reply: Json = {"access": self.new_token(), "token_type": "Bearer"}
            if self.gives_expires_in:
                reply["expires_in"] = self.life_s
            if "password" in body:
                reply["refresh"] = "refresh"
            return 200, reply, {}
        finally:
            self._at_once -= 1

    async def _serve_socket(self, receive: Any, send: Any) -> None:
        self.handshakes += 1
        connection = Connection(send)
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            request = json.loads(event["text"])
            if request["op"] == "auth":
                connection.is_logged_in = await self.on_auth(connection, request)
            elif request["op"] in ("subscribe", "unsubscribe"):
                topics = [
                    {"channel": channel, "symbol": symbol, "resumed": False}
                    for channel in request["channels"]
                    for symbol in request.get("symbols", [None])
                ]
                await connection.reply(request, **{f"{request['op']}d": topics})
            else:
                await self.on_socket(connection, request)


async def _grant(connection: Connection, request: Json) -> bool:
    await connection.reply(request, account="1001")
    return True


async def _ignore(_connection: Connection, _request: Json) -> None:
    return None


async def _not_found(_method: str, _path: str, _body: Json) -> HttpReply:
    return 404, {"error": "NOT_FOUND", "message": "", "details": {}}, {}


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """The address of a server that accepts connections and never sends a byte."""
    ends: list[asyncio.StreamWriter] = []

    async def keep(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in ends:
            writer.transport.abort()


def order_of(request: Json, order_id: int, **changes: Any) -> Json:
    """The order that a placing request describes, as the exchange answers it."""
    order: Json = {
        "order_id": str(order_id),
        "client_order_id": request.get("client_order_id"),
        "symbol": request["symbol"],
        "side": request["side"],
        "order_type": request["order_type"],
        "time_in_force": request.get("time_in_force", "gtc"),
        "price": request.get("price"),
        "quantity": request.get("quantity"),
        "quote_amount": None,
        "filled_quantity": "0",
        "remaining_quantity": request.get("quantity"),
        "average_price": None,
        "fee": "0",
        "fee_asset": "USD",
        "status": "new",
        "reason": None,
        "created_at": 1,
        "updated_at": 1,
    }
    return {**order, **changes}
