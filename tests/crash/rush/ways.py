"""The ways in: REST and the WebSocket of each web process, by an access token or signed by a key.

Nothing is repeated here and nothing is smoothed over: one sending, one Answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any, Final

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.crash.rush.acts import LOST, NOT_SENT, Act, Answer, Json, What
from xtrader_client._keys import KeySigner

#: Longer than a web process waits for its engine.
_TIMEOUT_S: Final = 60.0
_HANDSHAKE_S: Final = 20.0
#: A hundred requests at once wait for one another longer than the usual window on a starved machine.
_WINDOW_MS: Final = 60_000

_REST: Final = {
    What.ORDER: ("POST", "/v1/order"),
    What.CANCEL: ("POST", "/v1/order/cancel"),
    What.TRANSFER: ("POST", "/v1/transfer"),
    What.READ: ("GET", "/v1/balances"),
    What.WITHDRAWAL: ("POST", "/v1/withdrawals"),
}
_OPERATIONS: Final = {What.ORDER: "order.place", What.CANCEL: "order.cancel"}


def address_of(act: Act) -> tuple[str, str]:
    """Method and path of an act over REST."""
    if act.what is What.REVOKE:
        return "DELETE", f"/api/v1/keys/{act.name}"
    if act.what is What.CANCEL_WITHDRAWAL:
        return "POST", f"/v1/withdrawals/{act.name}/cancel"
    return _REST[act.what]


class Nobody:
    """Whoever has yet to log in."""

    key = ""

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        return {}

    def auth(self) -> Json:
        return {}


class Token:
    """A log-in by access token, for one account."""

    key = ""

    def __init__(self, access: str, account: int) -> None:
        self._access = access
        self._account = account

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access}", "X-Account": str(self._account)}

    def auth(self) -> Json:
        return {"token": self._access, "account": str(self._account)}


class Key:
    """An API key with its secret or private key."""

    def __init__(self, key: str, **secret: Any) -> None:
        self.key = key
        self._signer = KeySigner(key, **{"secret": None, "private_key": None, **secret})

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        signed = self._signer.headers(method, path.encode(), body)
        return {**signed, "X-Recv-Window": str(_WINDOW_MS)}

    def auth(self) -> Json:
        return {**self._signer.auth(), "recv_window": _WINDOW_MS}


Proof = Nobody | Token | Key


class RestWay:
    """Requests to one web process."""

    def __init__(self, name: str, client: httpx.AsyncClient, url: str, proof: Proof) -> None:
        self.name = name
        self.proof = proof
        self._client = client
        self._url = url

    async def send(self, act: Act) -> Answer:
        return await self.ask(*address_of(act), act.body)

    async def ask(self, method: str, path: str, body: Json) -> Answer:
        content = json.dumps(body).encode() if method == "POST" else b""
        headers = {"Content-Type": "application/json", **self.proof.headers(method, path, content)}
        sent_at = time.monotonic()
        try:
            reply = await self._client.request(method, self._url + path, content=content, headers=headers)
            status, told = reply.status_code, reply.json()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            status, told = NOT_SENT, {}
        except httpx.HTTPError as error:
            status, told = LOST, {"lost": repr(error)}
        return Answer(self.name, self.proof.key, sent_at, time.monotonic(), status, told)

    async def close(self) -> None:
        """The client is everybody's."""


class SocketWay:
    """Operations over one WebSocket, made when it is first needed, and anew after its end."""

    def __init__(self, name: str, url: str, proof: Proof) -> None:
        self.name = name
        self.proof = proof
        self._url = url.replace("http", "ws", 1) + "/ws"
        self._connection: ClientConnection | None = None
        self._lock = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Json]] = {}
        self._count = 0

    async def send(self, act: Act) -> Answer:
        sent_at = time.monotonic()

        def answer(status: int, told: Json) -> Answer:
            return Answer(self.name, self.proof.key, sent_at, time.monotonic(), status, told)

        try:
            async with self._lock:
                connection = await self._connected()
        except (OSError, WebSocketException, TimeoutError, ValueError):
            return answer(NOT_SENT, {})
        if isinstance(connection, dict):
            return answer(int(connection["status"]), connection)
        sent_at = time.monotonic()
        reply = await self._ask(connection, {"op": _OPERATIONS[act.what], **act.body})
        if reply is None:
            return answer(LOST, {})
        return answer(200 if reply["ok"] else int(reply["status"]), reply)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _connected(self) -> ClientConnection | Json:
        """A connection that is logged in; the refusal if the log-in was refused."""
        if self._connection is not None:
            return self._connection
        async with asyncio.timeout(_HANDSHAKE_S):
            connection = await connect(self._url, proxy=None, compression=None, max_size=None)
            await connection.recv()
            await connection.send(json.dumps({"op": "auth", "id": 0, **self.proof.auth()}))
            reply: Json = {}
            # What the venue says of itself may come between.
            while reply.get("type") != "reply":
                reply = json.loads(await connection.recv())
        if not reply["ok"]:
            await connection.close()
            return reply
        self._connection = connection
        self._reading = asyncio.create_task(self._read(connection))
        return connection

    async def _ask(self, connection: ClientConnection, message: Json) -> Json | None:
        """The reply; None if the connection ended before it, or it took too long."""
        self._count += 1
        number = self._count
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await connection.send(json.dumps({"id": number, **message}))
            async with asyncio.timeout(_TIMEOUT_S):
                return await future
        except (WebSocketException, TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(number, None)

    async def _read(self, connection: ClientConnection) -> None:
        with contextlib.suppress(WebSocketException, ConnectionError):
            async for text in connection:
                message = json.loads(text)
                future = self._waiting.get(message.get("id") or 0)
                if future is not None and not future.done():
                    future.set_result(message)
        if self._connection is connection:
            self._connection = None
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(ConnectionError("closed"))


Way = RestWay | SocketWay


def new_client() -> httpx.AsyncClient:
    """A client without bounds of its own: everything is to be on its way at once."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    return httpx.AsyncClient(timeout=_TIMEOUT_S, limits=limits, trust_env=False)
