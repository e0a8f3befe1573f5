"""Numbers of codes stay, lie in the band of their subsystem, and what is made from the table is current."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from exchange.errors import BANDS, ERRORS, ErrorKind, Retry
from tools import error_pages
from xtrader_client import BadRequest, OutcomeUnknown, RateLimited, ServerError, Unavailable
from xtrader_client._errors import error_of

ROOT = Path(__file__).parents[3]
#: Every number that was ever given, and to which code. Rows are only appended.
NUMBERS = Path(__file__).parent / "numbers.csv"


def given() -> list[tuple[int, str]]:
    with NUMBERS.open(newline="") as file:
        return [(int(number), code) for number, code in csv.reader(file)]


def test_no_number_is_given_twice() -> None:
    numbers, codes = zip(*given(), strict=True)
    assert len(set(numbers)) == len(numbers)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("code", ERRORS)
def test_a_number_does_not_move(code: str) -> None:
    assert dict(map(reversed, given())).get(code) == ERRORS[code].number


def files() -> dict[str, dict[str, ErrorKind]]:
    """The codes of each file of the table, by the file's name."""
    from exchange.errors import table

    return {name: value for name, value in vars(table).items() if name.endswith("_CODES")}


def test_each_file_has_one_band_of_its_own_and_no_code_stands_in_two() -> None:
    bands = {name: {kind.number // 1000 * 1000 for kind in codes.values()} for name, codes in files().items()}
    assert all(len(band) == 1 for band in bands.values()), bands
    assert sorted(first for band in bands.values() for first in band) == sorted(BANDS)
    assert sum(map(len, files().values())) == len(ERRORS)


def test_a_pause_is_named_only_where_waiting_helps() -> None:
    pausing = {kind.retry for kind in ERRORS.values() if kind.retry_after_s is not None}
    assert pausing <= {Retry.LATER, Retry.SAME_ID}


def test_the_document_has_the_codes() -> None:
    text = error_pages.DOCUMENT.read_text()
    assert text == error_pages.with_codes(text), "python tools/error_pages.py"


def test_the_client_knows_the_codes() -> None:
    assert error_pages.CLIENT.read_text() == error_pages.client_module(), "python tools/error_pages.py"


@pytest.mark.parametrize("code", ERRORS)
def test_the_client_s_exception_tells_number_and_retry(code: str) -> None:
    kind = ERRORS[code]
    error = error_of({"error": code, "message": kind.en}, kind.status)
    assert (error.code, error.status) == (code, kind.status)
    assert (error.number, error.retry) == (kind.number, kind.retry)


@pytest.mark.parametrize("status", sorted({kind.status for kind in ERRORS.values()}))
def test_a_caller_may_go_by_the_class(status: int) -> None:
    """Of a class that asks to change the request none is to be sent again, and the other way round."""
    kind = type(error_of({"error": "NEW_ONE"}, status))
    words = {each.retry for each in ERRORS.values() if each.status == status}
    allowed = {
        BadRequest: {Retry.NEVER},
        RateLimited: {Retry.LATER, Retry.WHEN_CHANGED},
        ServerError: {Retry.SAME_ID},
        Unavailable: {Retry.LATER, Retry.SAME_ID},
        OutcomeUnknown: {Retry.SAME_ID},
    }.get(kind, {Retry.NEVER, Retry.WHEN_CHANGED})
    assert words <= allowed


@pytest.fixture(scope="module")
def words_of_the_terminal() -> set[str]:
    """Every word in capitals between quotes in the terminal's source: it finds faults of its own."""
    sources = [path for path in (ROOT / "frontend/src").rglob("*.ts*") if ".test." not in path.name]
    return {word for path in sources for word in re.findall(r'"([A-Z_]+)"', path.read_text())}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_terminal_has_a_sentence_for_every_code(language: str, words_of_the_terminal: set[str]) -> None:
    texts = json.loads((ROOT / f"frontend/src/locales/{language}/errors.json").read_text())
    assert [code for code in ERRORS if code not in texts] == []
    others = {key.removesuffix("_bare") for key in texts} - set(ERRORS)
    assert [code for code in others if code not in words_of_the_terminal] == []
