"""The second line of defence for what no log may have: secrets, tokens, mail addresses, amounts of a person.

The first is that no line is written with them. This one takes out what a library, or the text of an
exception, brings along: fields by their name, and what looks like a secret in any text.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from typing import Any, Final

REDACTED: Final = "[redacted]"

#: Names of fields, in whole or as a part between underscores.
_SECRET_PARTS: Final = frozenset(
    {
        *("password", "passwd", "secret", "token", "cookie", "authorization", "signature", "otp", "totp"),
        *("email", "mail", "recipient", "csrf", "sessionid", "credential", "credentials"),
        *("amount", "quantity", "price", "balance", "available", "held", "quote", "command"),
    }
)
_LONGEST: Final = 16_384

_PATTERNS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Rows of the database in the texts of its errors.
        (r"(?s)(DETAIL:|Failing row contains).*?(?=\n\S|\Z)", rf"\1 {REDACTED}"),
        (r"eyJ[\w-]{6,}\.[\w-]+\.[\w-]*", REDACTED),
        (r"(?i)\b(bearer|basic|digest)\s+[^\s,;'\"]{6,}", rf"\1 {REDACTED}"),
        (r"(://)[^/\s@'\"]+@", rf"\1{REDACTED}@"),
        # A link: its host and the names in its path stay, what may be a token does not.
        (r"(?i)(https?://[^\s'\"?#]*/)[\w.~%-]{20,}", rf"\1{REDACTED}"),
        (r"(?i)(https?://[^\s'\"?#]*)[?#][^\s'\"]+", rf"\1?{REDACTED}"),
        (r"[\w.+%-]+(@|%40)[\w-]+(\.[\w-]+)+", REDACTED),
        (
            r"(?i)\b((?:new_|old_|access_|refresh_|api_|client_)?(?:password|passwd|secret|token|otp|totp|cookie|"
            r"sessionid|csrftoken|signature|authorization))(['\"]?\s*[:=]\s*['\"]?)[^\s'\",;&)]{3,}",
            rf"\1\2{REDACTED}",
        ),
        # uid-time-hash of a link that sets a password.
        (r"\b[0-9a-z]{1,13}-[0-9a-z]{6}-[0-9a-f]{32,64}\b", REDACTED),
    )
)

#: A piece of a path that is a name of ours rather than an id or a token.
_NAME: Final = re.compile(r"[a-z_.-]{0,24}|v\d{1,2}", re.IGNORECASE)
_LONGEST_PATH: Final = 200


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog: the line without what no log may have."""
    for name, value in event.items():
        if name in ("timestamp", "level", "logger", "pid", "process", "request_id"):
            continue
        if _is_secret(name):
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = redacted(value)
        elif not isinstance(value, int | float | bool | None):
            event[name] = _inside(value)
    return event


def redacted(text: str) -> str:
    """A text without what looks like a secret or a mail address."""
    text = text[:_LONGEST]
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def shown_path(path: str) -> str:
    """The path of a request as a log may have it: ids and tokens in it are stars."""
    pieces = path[:_LONGEST_PATH].split("/")
    return "/".join(piece if _NAME.fullmatch(piece) else "*" for piece in pieces)


def _is_secret(name: str) -> bool:
    return not _SECRET_PARTS.isdisjoint(name.lower().split("_"))


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: REDACTED if _is_secret(str(key)) else _inside(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_inside(each) for each in value]
    return value if isinstance(value, int | float | bool | None) else redacted(str(value))
