"""Reading the audit log in order: to check it, and to export it in bounded memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db.models import QuerySet

from exchange.audit.chain import COLUMNS, Fields, written_time
from exchange.models import AuditRecord

#: Records read from the database at a time.
CHUNK: Final = 1_000
#: What a spreadsheet takes for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def chunk(records: QuerySet[AuditRecord], after_id: int) -> list[Fields]:
    """The next ``CHUNK`` of some records behind an id, the oldest first."""
    rows = records.filter(id__gt=after_id).order_by("id").values(*COLUMNS)[:CHUNK]
    return [{**row, "at": written_time(row["at"])} for row in rows]


def chunks(records: QuerySet[AuditRecord] | None = None) -> Iterator[list[Fields]]:
    """Records, or all of them, oldest first, a chunk at a time."""
    wanted, after_id = AuditRecord.objects.all() if records is None else records, 0
    while found := chunk(wanted, after_id):
        yield found
        after_id = found[-1]["id"]


def every(records: QuerySet[AuditRecord] | None = None) -> Iterator[Fields]:
    """The same, one at a time."""
    for found in chunks(records):
        yield from found


def as_jsonl(rows: list[Fields]) -> str:
    """A line of JSON a record, all that its hash is made of."""
    return "".join(json.dumps(dict(row)) + "\n" for row in rows)


def as_csv(rows: list[Fields]) -> str:
    """A line a record, for spreadsheets: text that would be a formula has an apostrophe in front."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def csv_header() -> str:
    return ",".join(COLUMNS) + "\r\n"


#: Format -> what comes first, and what makes lines of records.
FORMATS: Final[dict[str, tuple[str, Callable[[list[Fields]], str]]]] = {
    "csv": (csv_header(), as_csv),
    "jsonl": ("", as_jsonl),
}


def read_jsonl(lines: Iterator[str]) -> Iterator[Fields]:
    """The records of an export. Raises ValueError for a line that is none."""
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if set(row) != set(COLUMNS):
                raise ValueError("not the columns of a record")
        except (ValueError, TypeError) as error:
            raise ValueError(f"line {number}: {error}") from None
        yield row


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
