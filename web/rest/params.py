"""Query parameters: checked like a body, so a misspelt filter is an error and not an unfiltered list."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from django.http import QueryDict

from exchange.errors import RequestError, shown
from exchange.listing.symbol_table import symbols
from exchange.selectors import Window
from exchange.wire.field_readers import MAX_TIME_MS

#: Rows of a page when the request does not say, and at most.
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 500
_NS_PER_MS: Final = 1_000_000
#: ``format`` picks the renderer in the browser.
_ALWAYS_KNOWN: Final = frozenset({"format"})
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)

Query = Mapping[str, str]

#: Parameters of every paged history.
PAGE_PARAMS: Final = frozenset({"symbol", "start", "end", "cursor", "limit"})


def once_each(given: QueryDict) -> Query:
    """The parameters by name. Raises INVALID_FIELD for one that is repeated: neither value is the right one
    to ignore."""
    query: dict[str, str] = {}
    for name, values in given.lists():
        if len(values) > 1:
            raise RequestError("INVALID_FIELD", {"field": shown(name), "expected": "once"})
        query[name] = str(values[0])
    return query


def refuse_unknown(query: Query, known: Collection[str]) -> None:
    """Raise UNKNOWN_FIELD for a parameter that is not known."""
    unknown = set(query) - set(known) - _ALWAYS_KNOWN
    if unknown:
        raise RequestError("UNKNOWN_FIELD", {"field": shown(min(unknown))})


def read_window(query: Query) -> Window:
    """The page asked for, with a numeric cursor."""
    start_ms, end_ms = read_span(query)
    return Window(
        symbol=read_symbol(query),
        start_ns=None if start_ms is None else start_ms * _NS_PER_MS,
        end_ns=None if end_ms is None else end_ms * _NS_PER_MS,
        before=read_cursor(query),
        limit=read_limit(query),
    )


def read_span(query: Query) -> tuple[int | None, int | None]:
    """``start`` (inclusive) and ``end`` (exclusive), milliseconds UTC; None where not given."""
    start = read_integer(query, "start", 0, MAX_TIME_MS)
    end = read_integer(query, "end", 0, MAX_TIME_MS)
    if start is not None and end is not None and start > end:
        raise RequestError("INVALID_FIELD", {"field": "start", "expected": "not after end"})
    return start, end


def read_limit(query: Query, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
    limit = read_integer(query, "limit", 1, maximum)
    return default if limit is None else limit


def read_integer(query: Query, field: str, minimum: int, maximum: int) -> int | None:
    """A whole number within bounds, None when absent. Raises INVALID_FIELD, which names the bounds."""
    text = query.get(field)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise RequestError("INVALID_FIELD", {"field": field, "minimum": minimum, "maximum": maximum})
    return int(text)


def read_choice(query: Query, field: str, choices: Collection[str]) -> str | None:
    """One of the choices, in any case of letters; None when absent."""
    text = query.get(field)
    if text is None:
        return None
    if text.lower() not in choices:
        raise RequestError("INVALID_FIELD", {"field": field, "allowed": sorted(choices)})
    return text.lower()


def read_symbol(query: Query) -> str | None:
    """A symbol that exists, None when absent. Raises SYMBOL_NOT_FOUND."""
    name = query.get("symbol")
    return None if name is None else symbols.get(name).name


def read_asset(query: Query) -> str | None:
    """An asset that exists, None when absent. Raises ASSET_NOT_FOUND."""
    asset = query.get("asset")
    if asset is not None:
        symbols.asset_scale(asset)
    return asset


def read_currency(query: Query) -> str | None:
    """An asset that exists, to value others in; None when absent. Raises ASSET_NOT_FOUND."""
    currency = query.get("currency")
    if currency is not None:
        try:
            symbols.asset_scale(currency)
        except RequestError as error:
            raise RequestError(error.code, {**error.details, "field": "currency"}) from None
    return currency


def read_cursor(query: Query) -> int | None:
    """A cursor of one number. Raises INVALID_CURSOR."""
    text = query.get("cursor")
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise RequestError("INVALID_CURSOR", {"field": "cursor"})
    return int(text)


#: Two numbers of 18 digits, and what stands between them.
LONGEST_CURSOR: Final = 37
_PAIR: Final = re.compile(r"([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def read_pair_cursor(query: Query) -> tuple[int | None, int | None]:
    """A cursor of two numbers, either of which may be empty. Raises INVALID_CURSOR."""
    text = query.get("cursor")
    if text is None:
        return None, None
    match = _PAIR.fullmatch(text)
    if match is None:
        raise RequestError("INVALID_CURSOR", {"field": "cursor"})
    first, second = match.groups()
    return (int(first) if first else None), (int(second) if second else None)


def pair_cursor(first: int | None, second: int | None) -> str:
    """Text of a cursor of two numbers."""
    return f"{'' if first is None else first}-{'' if second is None else second}"
