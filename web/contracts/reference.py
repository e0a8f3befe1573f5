"""The AsyncAPI document as a page for people: ``docs/websocket-reference.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from web.contracts.async_api import ENDINGS, document, pascal
from web.contracts.socket_contract import NOTICES, OPERATIONS, TOPICS, Message, Operation, Topic

_HEAD: Final = """\
# Reference of the WebSocket

Every operation, topic and message of `/ws`, made of the AsyncAPI 3 document that the exchange serves at
`/api/asyncapi` (`make contracts`). [The WebSocket](websocket.md) is the guide: log-in, resuming, keeping a
book, limits.

Fields in *italics* may be absent. Every request may have an `id`, which its reply repeats. A long reply or
snapshot comes in parts, numbered `part` of `parts`.
"""
#: As many as are listed: codes of errors are in a table of their own.
_MOST_CHOICES: Final = 20
#: What is around the fields of each kind of message.
_OF_REQUESTS: Final = frozenset({"op", "id"})
_OF_REPLIES: Final = frozenset({"type", "id", "ok", "part", "parts"})
_OF_TOPICS: Final = frozenset({"type", "channel", "sequence", "prev_sequence", "timestamp", "part", "parts"})


def reference() -> str:
    """The page's text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## Operations\n"
    for operation in OPERATIONS:
        yield from _operation(operation)
    yield "A request that is refused is answered by `ok` false:\n"
    yield f"- {_fields('ErrorReply', _OF_REPLIES)}\n"
    yield "## Topics\n"
    yield "Every message has `type`, `channel`, `sequence`, `prev_sequence` and `timestamp`, and `symbol`"
    yield "where the channel takes one.\n"
    for topic in TOPICS:
        yield from _topic(topic)
    yield "## Other messages\n"
    for notice in NOTICES:
        yield _message(notice, frozenset({"type"}))
    yield "\n## Structures\n"
    for name in sorted(_named()):
        yield f"- **{name}**: {_fields(name, frozenset())}"
    yield "\n## How a connection ends\n"
    yield "| code | |\n|---|---|"
    for code, text in sorted(ENDINGS.items()):
        yield f"| {code} | {text} |"


def _operation(operation: Operation) -> Iterator[str]:
    yield f"### `{operation.op}`\n"
    yield f"{operation.summary}.\n"
    yield f"- request: {_fields(pascal(f'{operation.op}.request'), _OF_REQUESTS)}"
    if operation.reply is None:
        yield "- no reply\n"
    else:
        yield f"- reply: {_fields(pascal(f'{operation.op}.reply'), _OF_REPLIES)}\n"


def _topic(topic: Topic) -> Iterator[str]:
    yield f"### {', '.join(f'`{channel}`' for channel in topic.channels)}\n"
    is_private = " Private." if topic.is_private else ""
    yield f"{topic.summary}.{is_private}{'' if topic.takes_symbol else ' Takes no symbol.'}\n"
    left_out = _OF_TOPICS | {"symbol"} if topic.takes_symbol else _OF_TOPICS
    for message in topic.messages:
        yield _message(message, left_out)
    yield ""


def _message(message: Message, left_out: frozenset[str]) -> str:
    fields = _fields(pascal(f"{message.type}.message"), left_out)
    return f"- `{message.type}`: {message.summary}. {fields}"


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = document()["components"]["schemas"]
    return schemas


def _fields(name: str, left_out: frozenset[str]) -> str:
    """The fields of a structure on one line."""
    schema = _schemas()[name]
    if "oneOf" in schema:
        return " or ".join(_kind(each) for each in schema["oneOf"])
    required = set(schema.get("required", ()))
    shown = [
        f"`{field}` {_kind(kind)}" if field in required else f"*`{field}`* {_kind(kind)}"
        for field, kind in schema["properties"].items()
        if field not in left_out
    ]
    return ", ".join(shown) or "no fields"


def _kind(schema: dict[str, Any]) -> str:
    """The type of a field in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "allOf" in schema:
        return _kind(schema["allOf"][0])
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each) for each in schema["oneOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join("none" if kind == "null" else _plain(kind, schema) for kind in kinds)


def _plain(kind: str, schema: dict[str, Any]) -> str:
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    choices = [choice for choice in schema.get("enum", ()) if choice is not None]
    if choices:
        return " ".join(f"`{choice}`" for choice in choices) if len(choices) <= _MOST_CHOICES else "a code"
    if "const" in schema:
        return f"`{msgspec.json.encode(schema['const']).decode()}`"
    if schema.get("format") == "decimal":
        return "decimal"
    return {"string": "text", "integer": "integer", "boolean": "true or false"}.get(kind, kind)


def _named() -> set[str]:
    """Structures that fields name."""
    made = document()["components"]
    messages = {str(each["payload"]["$ref"]).rpartition("/")[2] for each in made["messages"].values()}
    return set(made["schemas"]) - messages
