"""The AsyncAPI document as a page for people: ``docs/websocket-reference.md``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from web.contracts.async_api import ENDINGS, document, pascal
from web.contracts.socket_contract import NOTICES, OPERATIONS, TOPICS

_HEAD: Final = """\
# Reference of the WebSocket

Every operation, topic and message of `/ws`, made of the AsyncAPI 3 document that the exchange serves at
`/api/asyncapi` (`make contracts`). [The WebSocket](websocket.md) is the guide: log-in, resuming, keeping a book, limits.

Fields in *italics* may be absent. Every request may have an `id`, which its reply repeats. A long reply or snapshot comes
in parts, numbered `part` of `parts`.
"""


def reference() -> str:
    """The page's text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield "## Operations\n"
    for operation in OPERATIONS:
        yield f"### `{operation.op}`\n"
        yield f"{operation.summary}.\n"
        yield f"- request: {_fields(pascal(operation.op + '.request'), {'op', 'id'})}"
        if operation.reply is None:
            yield "- no reply\n"
        else:
            yield f"- reply: {_fields(pascal(operation.op + '.reply'), {'type', 'id', 'ok', 'part', 'parts'})}\n"
    yield "A request that is refused is answered by `ok` false:\n"
    yield f"- {_fields('ErrorReply', {'type', 'id', 'ok'})}\n"
    yield "## Topics\n"
    yield "Every message has `type`, `channel`, `sequence`, `prev_sequence` and `timestamp`, and `symbol` where the channel"
    yield "takes one.\n"
    for topic in TOPICS:
        yield f"### {', '.join(f'`{channel}`' for channel in topic.channels)}\n"
        kinds = [
            word
            for word, holds in (("private", topic.is_private), ("no symbol", not topic.takes_symbol))
            if holds
        ]
        yield f"{topic.summary}{f' ({', '.join(kinds)})' if kinds else ''}.\n"
        around = {"type", "channel", "prev_sequence", "part", "parts"}
        around |= {"sequence", "timestamp"} | ({"symbol"} if topic.takes_symbol else set())
        for message in topic.messages:
            yield f"- `{message.type}`: {message.summary}. {_fields(pascal(message.type + '.message'), around)}"
        yield ""
    yield "## Other messages\n"
    for notice in NOTICES:
        yield f"- `{notice.type}`: {notice.summary}. {_fields(pascal(notice.type + '.message'), {'type'})}"
    yield "\n## Structures\n"
    for name in sorted(_named()):
        yield f"- **{name}**: {_fields(name, set())}"
    yield "\n## How a connection ends\n"
    yield "| code | |\n|---|---|"
    for code, text in sorted(ENDINGS.items()):
        yield f"| {code} | {text} |"


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = document()["components"]["schemas"]
    return schemas


def _fields(name: str, left_out: set[str]) -> str:
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
    if schema.get("format") == "decimal":
        return "decimal"
    return {"string": "text", "integer": "integer", "boolean": "true or false"}.get(kind, kind)


def _named() -> set[str]:
    """Structures that fields name."""
    made = document()["components"]
    messages = {str(each["payload"]["$ref"]).rpartition("/")[2] for each in made["messages"].values()}
    return set(made["schemas"]) - messages
