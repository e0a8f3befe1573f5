"""Reading a JSON request strictly: numbers kept as written, repeated keys and NaN refused.

The standard parser is used rather than a faster one because it alone shows repeated keys. (Two readers
that disagree on which of two ``quantity`` keys counts are a way to smuggle an order past a check.)
"""

from __future__ import annotations

import json
from typing import Any, Final

from exchange.errors import RequestError, shown
from exchange.units.decimals import MAX_DIGITS, NumberText


def read_object(body: bytes | str) -> dict[str, Any]:
    """The JSON object in ``body``. Numbers with a fraction or exponent arrive as ``NumberText``.

    Raises INVALID_JSON for everything that is not exactly one JSON object in UTF-8.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        value = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise RequestError("INVALID_JSON", {"reason": "not UTF-8", "position": error.start}) from None
    except json.JSONDecodeError as error:
        raise RequestError("INVALID_JSON", {"reason": error.msg, "position": error.pos}) from None
    except RecursionError:
        raise RequestError("INVALID_JSON", {"reason": "nested too deeply"}) from None
    if not isinstance(value, dict):
        raise RequestError("INVALID_JSON", {"reason": "not an object"})
    return value


def _read_integer(text: str) -> int | NumberText:
    """Integers as ``int``; longer than any amount stays text (and is refused where a number is read)."""
    return int(text) if len(text) <= MAX_DIGITS else NumberText(text)


def _refuse_constant(name: str) -> Any:
    raise RequestError("INVALID_NUMBER", {"value": name})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise RequestError("INVALID_JSON", {"reason": "repeated key", "field": shown(repeated)})
    return members


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_float=NumberText,
    parse_int=_read_integer,
    parse_constant=_refuse_constant,
)
