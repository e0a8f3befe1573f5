"""The AsyncAPI document of the WebSocket, made of ``socket_contract`` and of the structures it names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import msgspec

from web.contracts.socket_contract import NOTICES, OPERATIONS, TOPICS, Message, Operation, Topic
from web.contracts.socket_shapes import RequestId, SocketError
from web.live import socket_limits as limits
from web.rest.struct_schema import StructSchemas

Schema = dict[str, Any]

#: Why the server closes a connection, and what its client does then.
ENDINGS: Final[dict[int, str]] = {
    limits.CLOSE_SILENT: "The client sent nothing for 60 s, not even a pong: reconnect.",
    limits.CLOSE_BAD_TOKEN: "A bad or expired token or key, an account that is not the user's, or the user "
    "was logged out, disabled, or given another password or role: log in anew.",
    limits.CLOSE_SLOW: "The client reads too slowly: read faster, or subscribe to less.",
    limits.CLOSE_FLOOD: "Too many requests, or too many connections of the account: slow down.",
    limits.CLOSE_TOO_LARGE: "A message over the limit: send smaller ones.",
    limits.CLOSE_RESTART: "The server stops, after a `shutdown`: reconnect, and resume with `since`.",
    limits.CLOSE_TRY_LATER: "The database does not answer, after an `error`: reconnect after "
    "`details.retry_after_s`.",
}

_DESCRIPTION: Final = """\
Live market data, an account's own orders, fills and balances, and order entry, over one WebSocket. Each
message is one JSON object. Decimals and ids are strings, times milliseconds UTC. docs/websocket.md is the
guide: how to prove that nothing is missing, to resume, and to keep a book.

A client sends operations (`op`), each perhaps with an `id`, which its reply repeats. The fields of requests
are all there are: an unknown one is refused. Messages of the server may get more fields with time."""
_SECURITY: Final[dict[str, Schema]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access` token of POST /api/v1/token, as `token` of the operation `auth`.",
    },
    "key": {
        "type": "apiKey",
        "in": "user",
        "description": "The `key_id` of POST /api/v1/keys, as `key` of the operation `auth`, with "
        "`timestamp` and `signature`.",
    },
    "cookie": {
        "type": "httpApiKey",
        "name": "sessionid",
        "in": "cookie",
        "description": "Pages of this site, which send an `Origin`, are logged in by the session's cookie.",
    },
}
_SEQUENCES: Final[Schema] = {
    "sequence": {"type": "integer", "description": "The engine's sequence that the message reflects."},
    "prev_sequence": {
        "type": ["integer", "null"],
        "description": "The sequence of the topic's message before it; null: a new start.",
    },
    "timestamp": {"type": "integer", "format": "int64", "description": "Milliseconds UTC."},
}
_PARTS: Final[Schema] = {
    "part": {"type": "integer", "minimum": 1, "description": "Of what comes in parts: which one this is."},
    "parts": {"type": "integer", "minimum": 2, "description": "How many there are."},
}


class SocketSchemas(StructSchemas):
    """Keeps every structure that a message names as a component."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def reference(self, shape: type[msgspec.Struct]) -> Schema:
        name = shape.__name__
        if name not in self.components:
            self.components[name] = {}
            self.components[name] = self.object_schema(shape)
        return {"$ref": f"#/components/schemas/{name}"}

    def alternatives(self, name: str, shapes: tuple[type[msgspec.Struct], ...]) -> Schema:
        self.components[name] = {"oneOf": [self.reference(shape) for shape in shapes]}
        return {"$ref": f"#/components/schemas/{name}"}

    def message(
        self, name: str, shape: type[msgspec.Struct], around: Schema, optional: Iterable[str]
    ) -> None:
        """Keep the payload of a message: what it has around its structure, then the structure's fields."""
        inner = self.object_schema(shape)
        required = [field for field in around if field not in set(optional)]
        self.components[name] = {
            "type": "object",
            "properties": {**around, **inner["properties"]},
            "required": list(dict.fromkeys([*required, *inner.get("required", ())])),
        }


@cache
def document() -> dict[str, Any]:
    """The whole document, in the order of the contract."""
    schemas = SocketSchemas()
    request_id = schemas.object_schema(msgspec.defstruct("Named", [("id", RequestId | None)]))["properties"][
        "id"
    ]
    messages: dict[str, Schema] = {}
    for operation in OPERATIONS:
        messages.update(_operation_messages(schemas, operation, request_id))
    schemas.message("ErrorReply", SocketError, _reply_fields(request_id, ok=False), ())
    messages["error.reply"] = _message("ErrorReply", "A request is refused; it changed nothing")
    for topic in TOPICS:
        for message in topic.messages:
            name = pascal(f"{message.type}.message")
            schemas.message(name, message.shape, _topic_fields(topic, message), _PARTS)
            messages[message.type] = _message(name, message.summary)
    for notice in NOTICES:
        name = pascal(f"{notice.type}.message")
        schemas.message(name, notice.shape, {"type": _just(notice.type)}, ())
        messages[notice.type] = _message(name, notice.summary)
    made: dict[str, Any] = _clean(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "xTrader WebSocket",
                "version": "1.0.0",
                "description": _DESCRIPTION,
                "license": {"name": "Apache-2.0"},
            },
            "defaultContentType": "application/json",
            "servers": {
                "plain": _server("ws", "localhost:8000", "Without TLS, on the exchange's own machine."),
                "tls": _server("wss", "exchange.example", "Behind TLS."),
            },
            "channels": {"socket": _channel(messages)},
            "operations": _operations(),
            "components": {
                "messages": messages,
                "schemas": schemas.components,
                "securitySchemes": _SECURITY,
            },
        }
    )
    return made


def pascal(name: str) -> str:
    """``order.place.reply`` as the name of a schema: ``OrderPlaceReply``."""
    return "".join(word.capitalize() for word in name.replace(":", ".").replace("_", ".").split("."))


def _operation_messages(
    schemas: SocketSchemas, operation: Operation, request_id: Schema
) -> dict[str, Schema]:
    name = pascal(f"{operation.op}.request")
    schemas.message(name, operation.request, {"op": _just(operation.op), "id": request_id}, ("id",))
    # The server refuses what it does not know.
    schemas.components[name]["additionalProperties"] = False
    examples = [
        {"name": title, "payload": {"op": operation.op, "id": 1, **fields}}
        for title, fields in operation.examples.items()
    ]
    messages = {operation.op: {**_message(name, operation.summary), "examples": examples}}
    if operation.reply is not None:
        name = pascal(f"{operation.op}.reply")
        schemas.message(name, operation.reply, _reply_fields(request_id, ok=True), _PARTS)
        messages[f"{operation.op}.reply"] = _message(name, f"The reply to {operation.op}")
    return messages


def _reply_fields(request_id: Schema, *, ok: bool) -> Schema:
    return {"type": _just("reply"), "id": request_id, "ok": _just(ok), **(_PARTS if ok else {})}


def _topic_fields(topic: Topic, message: Message) -> Schema:
    channel: Schema = {"type": "string", "enum": list(topic.channels)}
    symbol: Schema = {"symbol": {"type": "string"}} if topic.takes_symbol else {}
    return {"type": _just(message.type), "channel": channel, **symbol, **_SEQUENCES, **_PARTS}


def _just(value: Any) -> Schema:
    kind = "boolean" if isinstance(value, bool) else "string"
    return {"type": kind, "const": value}


def _message(schema: str, summary: str) -> Schema:
    return {"summary": summary, "payload": {"$ref": f"#/components/schemas/{schema}"}}


def _server(protocol: str, host: str, description: str) -> Schema:
    variables = {"host": {"default": host, "description": "Where the exchange is."}}
    return {"host": "{host}", "protocol": protocol, "description": description, "variables": variables}


def _channel(messages: Iterable[str]) -> Schema:
    account = {"type": "string", "description": "The account of yours that the connection is for."}
    return {
        "address": "/ws",
        "description": "One connection, for one account of one user or for nobody.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {"type": "object", "properties": {"account": account}},
                "bindingVersion": "0.1.0",
            }
        },
        "x-close-codes": {str(code): text for code, text in ENDINGS.items()},
    }


def _operations() -> dict[str, Schema]:
    """What the server takes, then what it sends: AsyncAPI calls operations by the server's side."""
    made = {operation.op: _received(operation) for operation in OPERATIONS}
    for topic in TOPICS:
        name = topic.channels[0].partition(":")[0] if len(topic.channels) > 1 else topic.channels[0]
        made[f"topic.{name.replace(':', '.')}"] = {
            "action": "send",
            "channel": {"$ref": "#/channels/socket"},
            "summary": topic.summary,
            "messages": _named(message.type for message in topic.messages),
            **({"security": _schemes()} if topic.is_private else {}),
            "x-channels": list(topic.channels),
            "x-takes-symbol": topic.takes_symbol,
        }
    for notice in NOTICES:
        made[f"notice.{notice.type}"] = {
            "action": "send",
            "channel": {"$ref": "#/channels/socket"},
            "summary": notice.summary,
            "messages": _named([notice.type]),
        }
    return made


def _received(operation: Operation) -> Schema:
    is_of_orders = operation.op.startswith(("order", "quotes"))
    # What has no reply of its own is still refused by one.
    replies = ["error.reply"] if operation.reply is None else [f"{operation.op}.reply", "error.reply"]
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/socket"},
        "summary": operation.summary,
        "messages": _named([operation.op]),
        "reply": {"channel": {"$ref": "#/channels/socket"}, "messages": _named(replies)},
        **({"security": _schemes()} if is_of_orders else {}),
    }


def _schemes() -> list[Schema]:
    return [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY]


def _named(messages: Iterable[str]) -> list[Schema]:
    return [{"$ref": f"#/channels/socket/messages/{name}"} for name in messages]


def _clean(value: Any) -> Any:
    """Without what only drf-spectacular reads: marks of choices, and their list in words."""
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _clean(item) for name, item in value.items() if name != "x-spec-enum-id"}
    if "enum" in kept and isinstance(kept.get("description"), str):
        description = kept.pop("description").partition("* `")[0].strip()
        if description:
            kept["description"] = description
    return kept
