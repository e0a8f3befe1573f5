"""The job's thread: it waits while engine or database are away, outlives faults, and ends when told."""

from __future__ import annotations

import logging
import threading

import pytest
from django.db import OperationalError

from custody import custody_job
from custody.custody_job import CustodyJob
from exchange.link.errors import EngineUnavailable
from tests.conftest import Person
from tests.custody.cast import Desk, ask, custody_settings
from tests.log_lines import fields_of

pytestmark = pytest.mark.django_db


def test_it_goes_on_after_every_trouble(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(custody_job, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(custody_job, "MAX_BACKOFF_S", 0.002)
    monkeypatch.setattr(custody_job.connections, "close_all", lambda: None)
    job, stop = desk.job, threading.Event()
    troubles = [EngineUnavailable("away"), OperationalError("away"), None, ZeroDivisionError(), None]
    left = iter(troubles)

    def part() -> int:
        try:
            trouble = next(left)
        except StopIteration:
            stop.set()
            return 0
        if trouble is not None:
            raise trouble
        return 1

    job.parts = [part]
    with caplog.at_level(logging.WARNING):
        job.run(stop)
    said = [fields_of(record) for record in caplog.records if record.name == "custody.custody_job"]
    assert [line["event"] for line in said] == ["withdrawals_wait", "custody_pass_failed"], (
        "once while it waits, and each fault"
    )


def test_a_pass_takes_on_a_batch_and_the_next_the_rest(
    desk: Desk, alice: Person, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    custody_settings(settings, MAIL="never", LEVEL=2)
    monkeypatch.setattr(custody_job, "BATCH", 2)
    rows = [desk.row(ask(alice)) for _ in range(3)]
    assert desk.job.send_approved() == 2
    assert CustodyJob(desk.engine.client).send_approved() == 1
    for row in rows:
        row.refresh_from_db()
    assert {row.state for row in rows} == {"sent"}
