"""Failed log-ins leave one line a user and minute, without a password; log-ins of staff one each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.identity import roles
from tests.conftest import PASSWORD, make_person
from tests.log_lines import fields_of
from web.pages import log_in_records
from web.pages.log_in_records import FailureLog
from web.server.web_figures import web_figures

pytestmark = pytest.mark.django_db

SECRET = "hunter2-typed-by-mistake"


@pytest.fixture
def minute_passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Does what the log does a minute after a failure."""
    waiting: list[Callable[[], None]] = []
    log = FailureLog(lambda _delay_s, run: waiting.append(run))
    monkeypatch.setattr(log_in_records, "failure_log", log)

    def run() -> None:
        assert len(waiting) == 1
        waiting.pop()()

    return run


def lines_of(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    own = [record for record in caplog.records if record.name == log_in_records.__name__]
    return [fields_of(record) for record in own]


def failures_in(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int, list[str]]]:
    """Name, count and addresses of each line about failed log-ins."""
    lines = [line for line in lines_of(caplog) if line["event"] == "log_ins_failed"]
    return [(line["name"], line["count"], line["addresses"]) for line in lines]


def counted(outcome: str) -> int:
    return web_figures.log_ins.values().get((outcome,), 0)


def fail(way: str, username: str, password: str, address: str = "192.0.2.7") -> None:
    where = {"REMOTE_ADDR": address}
    body = {"username": username, "password": password}
    if way == "token":
        assert APIClient(**where).post("/api/v1/token", body, format="json").status_code == 401
    else:
        assert Client(**where).post(way, body).status_code == 200


@pytest.mark.attack("A15")
@pytest.mark.parametrize("way", ["token", "/accounts/login/", "/admin/login/"])
def test_failures_of_a_minute_are_one_line(
    way: str, minute_passes: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    make_person("oscar", roles.OPERATOR)
    before = counted("failed")
    for _ in range(3):
        fail(way, "oscar", SECRET)
    assert lines_of(caplog) == []
    minute_passes()
    assert failures_in(caplog) == [("oscar", 3, ["192.0.2.7"])]
    assert counted("failed") == before + 3
    fail(way, "oscar", SECRET, "192.0.2.8")
    minute_passes()
    assert failures_in(caplog)[1:] == [("oscar", 1, ["192.0.2.8"])]
    assert SECRET not in caplog.text


def test_names_of_nobody_are_counted_and_not_written(
    minute_passes: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    """A password typed into the field of the name must not end in the log; nor may a flood of names fill
    it."""
    for name in (SECRET, "x\ny", "a" * 300, "é" * 10):
        fail("token", name, "wrong")
    minute_passes()
    assert failures_in(caplog)[0][0] == "names of no user"
    assert len(lines_of(caplog)) == 1
    assert SECRET not in caplog.text


def test_a_line_names_a_few_addresses() -> None:
    failures = log_in_records.Failures()
    for number in range(2_000):
        failures.add(f"192.0.2.{number}")
    assert failures.text() == "2,000 times from 192.0.2.0, 192.0.2.1, 192.0.2.10 and 997 others"


@pytest.mark.attack("A15")
def test_staff_log_ins_are_lines_with_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    make_person("oscar", roles.OPERATOR)
    make_person("alice", roles.TRADER)
    before = counted("ok")
    for name in ("oscar", "alice"):
        body = {"username": name, "password": PASSWORD}
        where = {"REMOTE_ADDR": "192.0.2.9"}
        assert Client(**where).post("/accounts/login/", body).status_code == 302
        assert APIClient(**where).post("/api/v1/token", body, format="json").status_code == 200
    lines = [(line["event"], line["name"], line["address"]) for line in lines_of(caplog)]
    assert lines == [("staff_logged_in", "oscar", "192.0.2.9")] * 2
    assert counted("ok") == before + 4
    assert PASSWORD not in caplog.text
