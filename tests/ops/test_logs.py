"""Logs are bounded: in lines a minute, and in size while their process runs."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.conf import settings

from exchange.telemetry.bounded_log import MAX_KINDS, PerMinute


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


def test_events_count_by_their_name_and_slow_operations_each() -> None:
    bounded = PerMinute(1, lambda: 0.0)

    def event(**fields: Any) -> logging.LogRecord:
        given = record("")
        given.msg = fields
        return given

    assert bounded.filter(event(event="slow", operation="request", took_ms=1))
    assert not bounded.filter(event(event="slow", operation="request", took_ms=2))
    assert bounded.filter(event(event="slow", operation="sync", took_ms=2))


@pytest.mark.attack("A18")
def test_everything_that_is_written_is_bounded() -> None:
    loggers = settings.LOGGING["loggers"]
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["bounded"]
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    # uvicorn's own handlers are taken away: its lines go the same way.
    assert loggers["uvicorn.error"] == {"handlers": [], "propagate": True}
