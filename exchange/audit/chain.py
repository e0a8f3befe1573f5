"""The chain: each record's hash covers its fields and the hash of the record before.

``HASHED`` in this order, then ``previous``, as a JSON array in ASCII without spaces, behind the number of
this rule. Its SHA-256 in hex is the record's ``hash``. No key is needed: whoever has an export can check it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

VERSION: Final = 1
#: What stands as ``previous`` in the first record.
GENESIS: Final = "0" * 64
HASHED: Final = (
    "id",
    "at",
    "kind",
    "actor_id",
    "actor",
    "actor_role",
    "target_kind",
    "target",
    "target_name",
    "before",
    "after",
    "reason",
    "address",
    "agent",
)
#: All columns of a record, in the order in which they are exported.
COLUMNS: Final = (*HASHED, "previous", "hash")

Fields = Mapping[str, Any]


class Head(NamedTuple):
    """The last record of a chain; id 0 before the first."""

    id: int
    hash: str


START: Final = Head(0, GENESIS)


class Broken(NamedTuple):
    """The first link that does not hold: the record's id, and what is wrong with it."""

    id: int
    what: str


class Verified(NamedTuple):
    """What following a chain came to. ``head``: the last record that holds."""

    records: int
    head: Head
    broken: Broken | None


def written_time(at: datetime) -> str:
    """A time as it is hashed and exported: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hash_of(fields: Fields, previous: str) -> str:
    """The hash of a record with ``HASHED`` fields; its ``at`` is ``written_time``."""
    content = [VERSION, *(fields[name] for name in HASHED), previous]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def follow(
    records: Iterable[Fields], heads: Mapping[int, str] | None = None, *, is_whole: bool = True
) -> Verified:
    """Follow records in the order of their ids, up to the first broken link. ``heads``: hashes by id as they
    were noted elsewhere. ``is_whole``: from record 1 on; a part of the log may begin with any."""
    kept, head, count = heads or {}, START, 0
    for fields in records:
        wrong = _what_is_wrong(fields, head, kept, follows=is_whole or count > 0)
        if wrong is not None:
            return Verified(count, head, wrong)
        head = Head(fields["id"], fields["hash"])
        count += 1
    return Verified(count, head, _missing_end(head, kept))


def _what_is_wrong(fields: Fields, before: Head, heads: Mapping[int, str], follows: bool) -> Broken | None:
    number: int = fields["id"]
    if follows:
        if number != before.id + 1:
            missing = before.id + 1
            return Broken(missing, f"record {missing} is missing; {number} comes next")
        if fields["previous"] != before.hash:
            return Broken(number, f"record {number} does not follow record {before.id}")
    if fields["hash"] != hash_of(fields, fields["previous"]):
        return Broken(number, f"record {number} was changed: its fields do not give its hash")
    if heads.get(number, fields["hash"]) != fields["hash"]:
        return Broken(number, f"record {number} has another hash than was noted as a head")
    return None


def _missing_end(head: Head, heads: Mapping[int, str]) -> Broken | None:
    """A head that was noted beyond the end: records were cut off."""
    last = max(heads, default=0)
    if last <= head.id:
        return None
    first = head.id + 1
    return Broken(first, f"records from {first} on are missing: record {last} was noted as a head")
