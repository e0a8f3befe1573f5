"""The least a server can do for a request, on the same server: ``uvicorn bench.floor_app:application``.

HTTP: reads the body and answers with as many bytes as an order's reply has. WebSocket ``/echo``: sends back
what it gets. ``/fan``: everything that comes on one connection goes to all the others of that address.
"""

from __future__ import annotations

from typing import Any

#: The length of a usual reply to ``POST /v1/order``; ``/padded/N`` answers with N bytes.
REPLY_BYTES = 520

_readers: set[Any] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await _respond(scope, receive, send)
    elif scope["type"] == "websocket":
        await (_fan if scope["path"] == "/fan" else _echo)(receive, send)
    else:
        await _lifespan(receive, send)


async def _respond(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    path = scope["path"]
    length = int(path.rpartition("/")[2]) if path.startswith("/padded/") else REPLY_BYTES
    headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b" " * length})


async def _echo(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            return


async def _fan(receive: Any, send: Any) -> None:
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.accept"})
                _readers.add(send)
            elif message["type"] == "websocket.receive":
                for reader in list(_readers):
                    await reader({"type": "websocket.send", "text": message["text"]})
            else:
                return
    finally:
        _readers.discard(send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
