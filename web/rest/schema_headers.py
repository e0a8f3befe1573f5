"""The fields of the rate limit in the OpenAPI schema: described once, and named by every answer."""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = {"type": "string"}
#: As the document names them -> what they are.
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "RateLimit": {
        "description": "Where the requester stands in each of its limits after this request: `r` is what "
        "remains, `t` the seconds until all of it is there again. Missing where nothing limits it.",
        "schema": _TEXT,
        "example": '"orders";r=1990;t=1',
    },
    "RateLimit-Policy": {
        "description": "These limits: `q` in `w` seconds.",
        "schema": _TEXT,
        "example": '"orders";q=2000;w=1',
    },
}
_RETRY_AFTER: Final[dict[str, Any]] = {
    "description": "Seconds until it is worth trying again.",
    "schema": {"type": "integer", "minimum": 1},
    "example": 1,
}


def rate_limit_headers(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """A hook of drf-spectacular, after the document is made."""
    headers = result.setdefault("components", {}).setdefault("headers", {})
    headers.update({**HEADERS, "Retry-After": _RETRY_AFTER})
    fields = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    retry = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    for methods in result["paths"].values():
        for call in methods.values():
            if not isinstance(call, dict):
                continue
            for status, answer in call.get("responses", {}).items():
                more = retry if status == "429" else {}
                answer["headers"] = {**fields, **more, **answer.get("headers", {})}
    return result
