"""Rows by the thousand into PostgreSQL: as they were, whatever stands in them."""

from __future__ import annotations

import csv
import io
import json

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from marketdata.projection.bulk import _CSV, csv_lines
from tests.marketdata import postgres

WORDS = [
    None,
    "",
    "null",
    "NULL",
    '"null"',
    "\\N",
    "\\.",
    "\\",
    'a"b',
    "a,b",
    "[1]",
    "]\n[",
    "a\tb",
    "\r\n",
    "한글",
    "\x01",
]
PLAIN = {None, "", "null", "NULL", '"null"', "\\N", "\\.", "\\", 'a"b', "a,b", "[1]", "한글"}
NUMBERS = [0, -1, 2**63, -(2**63) - 1, 10**37, -(10**37), True, False]
ROWS = [
    (number, word, other) for number in NUMBERS for word, other in zip(WORDS, reversed(WORDS), strict=True)
]


def test_rows_come_back_as_they_were() -> None:
    with postgres.url_for("postgresql") as url, psycopg.connect(url) as database:
        database.execute("CREATE TABLE plain (number numeric(38, 0), word text, other varchar(36))")
        rows = [(int(number), word, other) for number, word, other in ROWS]
        for part in (rows, [row for row in rows if {*row[1:]} <= PLAIN], rows[:1]):
            database.execute("TRUNCATE plain")
            with database.cursor().copy(f"COPY plain FROM STDIN {_CSV}") as copy:
                copy.write(csv_lines(part))
            stored = database.execute("SELECT number, word, other FROM plain").fetchall()
            assert [(int(row[0]), *row[1:]) for row in stored] == part


def test_plain_rows_need_no_second_look() -> None:
    """What nearly all rows are is written in one go, and says the same as the careful way."""
    extra = json.dumps({"trigger": 1, "session": "w/1"})
    assert csv_lines([(1, None, "BTC-KRW", True), (-(2**70), "", extra, False)]) == (
        b'1,null,"BTC-KRW",true\n'
        b'-1180591620717411303424,"","{\\"trigger\\": 1, \\"session\\": \\"w/1\\"}",false\n'
    )


@given(st.lists(st.tuples(st.integers(), st.none() | st.text(), st.booleans()), min_size=1, max_size=5))
def test_any_row_is_a_line_that_csv_reads_back(rows: list[tuple[int, str | None, bool]]) -> None:
    text = csv_lines(rows).decode("utf-8", "surrogatepass")
    read = csv.reader(io.StringIO(text, newline=""), escapechar="\\", doublequote=False, strict=True)
    words = [["null" if value is None else str(value) for value in row] for row in rows]
    assert [[number, word, flag.capitalize()] for number, word, flag in read] == words
