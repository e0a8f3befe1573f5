"""Messages of any length in frames of a bounded one: a long message goes out in parts.

Every part repeats the message's other fields and has its share of the rows of each list, so that a client has
the whole by joining the lists in the order of ``part``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final

import msgspec

from web.live.packet import Packet, encode

#: Where a message is cut. One row that is longer by itself, such as an order of a batch with its thousand
#: fills, has a part of its own: no frame is longer than 512 KiB.
PART_BYTES: Final = 256 * 1024

#: Of ``"part":1000,"parts":1000`` and the like.
_NUMBERS_BYTES: Final = 64

Json = dict[str, Any]


def packets_of(message: Mapping[str, Any], later: Mapping[str, Any] | None = None) -> list[Packet]:
    """The message as it goes out. ``later``: fields that have another value from the second part on."""
    whole = Packet(message)
    return [whole] if len(whole) <= PART_BYTES else _in_parts(message, later or {})


def _in_parts(message: Mapping[str, Any], later: Mapping[str, Any]) -> list[Packet]:
    """A message that is too long for one frame; as it is if it has no rows to share out."""
    lists = {name: value for name, value in message.items() if isinstance(value, list)}
    fixed = {name: value for name, value in message.items() if name not in lists}
    shares = list(_shares(lists, PART_BYTES - _NUMBERS_BYTES - len(encode({**fixed, **later}))))
    parts = []
    for part, share in enumerate(shares, start=1):
        changed = later if part > 1 else {}
        parts.append(Packet({**fixed, **changed, "part": part, "parts": len(shares), **share}))
    return parts if len(parts) > 1 else [Packet(message)]


def _shares(lists: Mapping[str, list[Any]], room: int) -> Iterator[dict[str, list[msgspec.Raw]]]:
    """The rows of all lists in turn, as many a share as there is room for: what comes first in each list is
    in the first share."""
    empty = sum(len(name) + len('"":[],') for name in lists)
    share: dict[str, list[msgspec.Raw]] = {name: [] for name in lists}
    size = empty
    for rows in zip_longest(*lists.values(), fillvalue=_NONE):
        for name, row in zip(lists, rows, strict=True):
            if row is _NONE:
                continue
            raw = raw_of(row)
            length = len(memoryview(raw)) + 1
            if size + length > room and size > empty:
                yield share
                share, size = {name: [] for name in lists}, empty
            share[name].append(raw)
            size += length
    yield share


_NONE: Final = object()


def raw_of(row: Any) -> msgspec.Raw:
    """A row as it stands in its message, encoded once."""
    return row if isinstance(row, msgspec.Raw) else msgspec.Raw(encode(row))
