"""Logs are bounded: in lines a minute, and in size while their process runs."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ops.supervisor import child
from xtrader.bounded_log import MAX_KINDS, PerMinute


def record(text: str, name: str = "uvicorn.error", *given: Any) -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, text, given, None)


def test_a_kind_of_line_is_written_so_often_a_minute_and_then_counted() -> None:
    now = 0.0
    bounded = PerMinute(3, lambda: now)
    passed = [bounded.filter(record("bad request from %s", "uvicorn.error", number)) for number in range(10)]
    assert passed == [True] * 3 + [False] * 7
    assert bounded.filter(record("another kind")), "each kind has lines of its own"
    now = 61.0
    first = record("bad request from %s", "uvicorn.error", "x")
    assert bounded.filter(first)
    assert first.getMessage() == "bad request from x (and 7 more like it were not written)"
    second = record("bad request from %s", "uvicorn.error", "y")
    assert bounded.filter(second) and second.getMessage() == "bad request from y"


def test_kinds_without_end_do_not_fill_the_memory() -> None:
    bounded = PerMinute(3)
    for number in range(3 * MAX_KINDS):
        bounded.filter(record(f"kind {number}"))
    assert len(bounded._counts) <= MAX_KINDS


@pytest.mark.attack("A18")
def test_everything_that_is_written_is_bounded() -> None:
    loggers = settings.LOGGING["loggers"]
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["bounded"]
    assert loggers["uvicorn.error"]["filters"] == ["bounded"]
    assert any(isinstance(each, PerMinute) for each in logging.getLogger("uvicorn.error").filters)


@pytest.mark.attack("A18")
def test_a_log_is_moved_aside_while_its_process_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LOG_LIMIT_BYTES", 10_000)
    program = "import time\nfor n in range(10**9):\n print(f'line {n:06d}', flush=True); time.sleep(0.0005)"
    writer = child.Child(child.ProcessSpec("writer", [sys.executable, "-c", program], lambda: True), tmp_path)
    with writer.log_path.open("ab") as log:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=log)
    aside, deadline = writer.log_path.with_suffix(".log.1"), time.monotonic() + 20
    try:
        rotations = 0
        while rotations < 3 and time.monotonic() < deadline:
            before = writer.log_path.stat().st_size
            child.rotate_running(writer.log_path)
            rotations += before > 10_000
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert rotations == 3
    assert 10_000 < aside.stat().st_size < 100_000
    text = writer.log_path.read_text()
    assert "\0" not in text, "it goes on at the beginning"
    lines = aside.read_text().splitlines()
    assert all(line.startswith("line ") for line in lines)


def test_a_log_that_is_not_there_is_no_matter(tmp_path: Path) -> None:
    child.rotate_running(tmp_path / "none.log")
