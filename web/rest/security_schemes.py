"""What each way of proving who one is takes, in the schema: a key is nothing without its signature, and the
cookie of a browser changes nothing without the token against forged requests."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]


def _header(name: str, description: str) -> Json:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_BESIDE: Final[dict[str, Json]] = {
    "timestamp": _header("X-Timestamp", "Beside a key: your clock, milliseconds UTC."),
    "signature": _header(
        "X-Signature",
        "Beside a key: over timestamp, method, path with query, and body. docs/rest.md shows how to sign.",
    ),
    "csrf": _header(
        "X-CSRFToken", "Beside the cookie, for all but GET: the value of the cookie `csrftoken`."
    ),
}
_CHANGES_NOTHING: Final = ("get", "head", "options")


def complete_security(result: Json, **_: Any) -> Json:
    """A hook of drf-spectacular: name what has to come together."""
    result["components"]["securitySchemes"].update(_BESIDE)
    for methods in result["paths"].values():
        for method, operation in methods.items():
            if "security" in operation:
                operation["security"] = [_whole(each, method) for each in operation["security"]]
    return result


def _whole(scheme: Json, method: str) -> Json:
    if "key" in scheme:
        return {**scheme, "timestamp": [], "signature": []}
    if "cookieAuth" in scheme and method not in _CHANGES_NOTHING:
        return {**scheme, "csrf": []}
    return scheme
