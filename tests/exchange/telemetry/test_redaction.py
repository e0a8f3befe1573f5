"""What the last line of defence takes out of a line, and what it leaves."""

from __future__ import annotations

import io
import json
import logging
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.telemetry.logs import JsonFormatter, TextFormatter, get_logger
from exchange.telemetry.redaction import REDACTED, redact, redacted, shown_path

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.s5wYcV-ZJ0q"
LEAKS = {
    f"Authorization: Bearer {TOKEN}": TOKEN,
    f"token is {TOKEN}": TOKEN,
    "refused by mx for dora@example.com (550)": "dora@example.com",
    "GET /x?email=dora%40example.com": "dora%40example.com",
    "password=hunter2hunter2, again": "hunter2hunter2",
    "{'new_password': 'hunter2hunter2'}": "hunter2hunter2",
    "postgresql://app:hunter2@db/x is away": "hunter2",
    "https://x.example/accounts/password/reset/3-cx2f1p-0a1b2c3d4e5f60718293a4b5c6d7e8f9": "cx2f1p",
    "https://x.example/signup?key=abcdef": "abcdef",
    "duplicate key\nDETAIL:  Key (email)=(d) has amount (1234567) already\n": "1234567",
    "Failing row contains (7, 1001, 99887766, KRW).": "99887766",
    "bad otp: 918273": "918273",
}
KEPT = [
    "/srv/data/journal/00000007-00000000000000048123.segment at offset 1048576: the batch cannot be decoded",
    "this journal has hash 0a1b2c3d4e5f60718293a4b5c6d7e8f9 at sequence 7",
    "[Errno 28] No space left on device: '/srv/data/journal'",
    "http://127.0.0.1:4318/v1/traces refused the connection",
]


@pytest.mark.parametrize("text", LEAKS)
def test_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    assert LEAKS[text] not in redacted(text)
    assert REDACTED in redacted(text)


@pytest.mark.parametrize("text", KEPT)
def test_what_operators_need_stays(text: str) -> None:
    assert redacted(text) == text


def test_fields_go_by_their_name_however_deep() -> None:
    event: dict[str, Any] = {
        "event": "x",
        "api_secret": "s",
        "amount": 7,
        "email": "e",
        "sequence": 7,
        "more": [{"token": "t", "code": "OK"}, ("dora@example.com",)],
    }
    redact(None, "info", event)
    assert event == {
        "event": "x",
        "api_secret": REDACTED,
        "amount": REDACTED,
        "email": REDACTED,
        "sequence": 7,
        "more": [{"token": REDACTED, "code": "OK"}, [REDACTED]],
    }


@given(st.text(max_size=2_000))
def test_no_text_is_too_much_for_it(text: str) -> None:
    redacted(text)
    shown_path(text)


def test_ids_and_tokens_in_paths_are_stars() -> None:
    assert shown_path("/accounts/password/reset/3-cx2f1p-0a1b") == "/accounts/password/reset/*"
    assert shown_path("/v1/order/17961039") == "/v1/order/*"
    assert shown_path("/api/v1/klines/BTC-KRW/1m") == "/api/v1/klines/BTC-KRW/*"


@pytest.mark.parametrize("kind", [JsonFormatter, TextFormatter])
def test_ours_and_a_librarys_lines_have_one_form(kind: type[logging.Formatter]) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(kind())
    root = logging.getLogger("tests.telemetry")
    root.addHandler(handler)
    try:
        get_logger("tests.telemetry.a").warning("segment_archived", segment="x y", bytes=7)
        try:
            raise ValueError("for dora@example.com")
        except ValueError as error:
            get_logger("tests.telemetry.b").exception("pass_failed")
            get_logger("tests.telemetry.c").error("waits", error=error)
        logging.getLogger("tests.telemetry.library").warning("retrying %s in %d s", "mx", 3)
    finally:
        root.removeHandler(handler)
    text = out.getvalue()
    assert "dora@" not in text and "Traceback" in text
    if kind is TextFormatter:
        first = text.splitlines()[0].split(" ", 4)
        assert first[1:4] == ["warning", "tests.telemetry.a", "segment_archived"]
        assert first[4].startswith("segment='x y' bytes=7 process=")
        return
    ours, failed, waits, library = map(json.loads, text.splitlines())
    assert ours["bytes"] == 7 and ours["timestamp"].endswith("Z") and ours["pid"]
    assert failed["exception"].endswith(f"ValueError: for {REDACTED}") and "dora" not in failed["exception"]
    assert (waits["error"], waits["text"]) == ("ValueError", f"for {REDACTED}")
    assert library["event"] == "retrying mx in 3 s" and set(ours) - {"segment", "bytes"} <= set(library)


def test_a_traceback_shows_no_local_variable() -> None:
    """Values of a frame are what a person sent; only the lines of code are shown."""
    marked_secret = "".join(("hun", "ter", "2"))
    try:
        int("not " + str(len(marked_secret)))
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("tests.telemetry.locals")
    logger.addHandler(handler)
    try:
        int("not a number")
    except ValueError:
        get_logger("tests.telemetry.locals").exception("failed")
    finally:
        logger.removeHandler(handler)
    assert marked_secret not in out.getvalue() + shown
