"""One session through every operation of the schema, in an order in which each can succeed.

``RECORD_EXAMPLES=1`` writes requests and replies to ``web/rest/schema_examples.json``; else each request
example of the schema is sent as it stands, but for what only exists at run time.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from jsonschema import Draft202012Validator

from web.rest.schema_examples import PATH

Json = dict[str, Any]

IS_RECORDING: Final = os.environ.get("RECORD_EXAMPLES") == "1"
#: Secrets and pictures of replies.
_MASKED: Final = {
    "access": "<access token>",
    "refresh": "<refresh token>",
    "secret": "<secret>",
    "url": "otpauth://totp/<name>?secret=<secret>",
    "image": "<svg>…</svg>",
}
_MOST_ROWS: Final = 2


class Session:
    """``send`` carries out an operation; ``missing`` names those that were not."""

    def __init__(self, schema: Json) -> None:
        self._schema = schema
        self._done: dict[str, Json] = {}
        self._operations: dict[str, tuple[str, str, Json]] = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        }

    @property
    def missing(self) -> set[str]:
        return set(self._operations) - set(self._done)

    def send(
        self,
        name: str,
        caller: Any,
        *,
        path: Json | None = None,
        query: Json | None = None,
        body: Any = None,
        fills: Json | None = None,
    ) -> Any:
        """Send every request example; ``fills`` has the values of run time by the names of fields. The last
        reply."""
        method, pattern, operation = self._operations[name]
        example: Json = {"path": path, "query": query, "request": body}
        bodies = [body] if IS_RECORDING and not _own_examples(operation) else list(_requests(operation, body))
        if not IS_RECORDING:
            self._is_shown(name, operation, example)
        replies = []
        for each in bodies:
            sent = _filled(each, fills or {})
            address = pattern.format(**_filled(path or {}, fills or {}))
            if query:
                address += "?" + urlencode(_filled(query, fills or {}))
            response = _sent(caller, method, address, sent)
            assert response.status_code < 300, (name, response.status_code, response.content)
            replies.append((response.status_code, _body_of(response)))
        status, reply = replies[0]
        self._check(name, operation, status, replies)
        kept = {key: value for key, value in example.items() if value is not None}
        self._done[name] = {**kept, "status": status, "reply": _masked(reply)}
        return replies[-1][1]

    def save(self) -> None:
        """What was sent and answered, for the schema."""
        PATH.write_text(json.dumps(self._done, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

    # --- inside --------------------------------------------------------------------------------------------

    def _is_shown(self, name: str, operation: Json, example: Json) -> None:
        """The schema shows what is about to be sent."""
        given = {**(example["path"] or {}), **(example["query"] or {})}
        shown = {
            each["name"]: each["example"] for each in operation.get("parameters", ()) if "example" in each
        }
        assert shown == given, name
        if example["request"] is not None and not _own_examples(operation):
            assert list(_requests(operation, None)) == [example["request"]], name

    def _check(self, name: str, operation: Json, status: int, replies: list[tuple[int, Any]]) -> None:
        for each, reply in replies:
            for kind, content in operation["responses"][str(each)].get("content", {}).items():
                if kind == "application/json":
                    found = {**content["schema"], "components": self._schema["components"]}
                    Draft202012Validator(found).validate(reply)
        if IS_RECORDING:
            return
        [content] = operation["responses"][str(status)]["content"].values()
        shown = next(iter(content["examples"].values()))["value"]
        assert list(_differences(shown, replies[0][1])) == [], name


def _own_examples(operation: Json) -> bool:
    """Whether the view itself has examples of its requests."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return any(title != "Example" for title in content.get("examples", {}))


def _requests(operation: Json, otherwise: Any) -> Iterator[Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "examples" not in content:
        yield otherwise
    for example in content.get("examples", {}).values():
        yield example["value"]


def _filled(value: Any, fills: Json) -> Any:
    """With what only exists at run time in place of what stands between angle brackets."""
    if isinstance(value, list):
        return [_filled(item, fills) for item in value]
    if not isinstance(value, dict):
        return value
    made = copy.copy(value)
    for field, item in value.items():
        is_open = str(next(iter(item.values()), "") if isinstance(item, dict) else item).startswith("<")
        assert is_open or field not in fills, f"{field} can be sent as it stands"
        made[field] = fills[field] if is_open else _filled(item, {} if field in fills else fills)
    return made


def _sent(caller: Any, method: str, address: str, body: Any) -> Any:
    if hasattr(caller, "send"):
        return caller.send(method, address, body)
    api = getattr(caller, "api", caller)
    content = b"" if body is None else json.dumps(body).encode()
    return api.generic(method, address, content, content_type="application/json", secure=True)


def _body_of(response: Any) -> Any:
    if response.headers["Content-Type"].startswith("application/json"):
        return response.json()
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return "\n".join(content.decode().splitlines()[: _MOST_ROWS + 1]) + "\n"


def _masked(value: Any, field: str = "") -> Any:
    if isinstance(value, str) and field in _MASKED:
        return _MASKED[field]
    if isinstance(value, str) and field == "recovery_codes":
        return "<code>"
    if isinstance(value, list):
        return [_masked(item, field) for item in value[:_MOST_ROWS]]
    if isinstance(value, dict):
        return {name: _masked(item, name) for name, item in value.items()}
    return value


def _differences(shown: Any, got: Any, where: str = "") -> Iterator[str]:
    """Where two answers have different fields, or values of different kinds."""
    if isinstance(shown, dict) and isinstance(got, dict):
        for field in shown.keys() ^ got.keys():
            yield f"{where}.{field}"
        for field in shown.keys() & got.keys():
            yield from _differences(shown[field], got[field], f"{where}.{field}")
    elif isinstance(shown, list) and isinstance(got, list):
        if bool(shown) != bool(got):
            yield f"{where}[]: {len(shown)} rows, not {len(got)}"
        for one, other in zip(shown, got, strict=False):
            yield from _differences(one, other, f"{where}[]")
    elif type(shown) is not type(got):
        yield f"{where}: {shown!r}, not {got!r}"
