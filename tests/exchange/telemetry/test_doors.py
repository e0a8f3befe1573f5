"""The side doors of a process: who is where, and that a door is never worth a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange import process
from exchange.process import Process
from exchange.telemetry.doors import open_side_door, read_addresses, socket_of
from exchange.telemetry.side_door import Page, ask


def test_each_process_of_a_name_has_a_door_and_its_figures(tmp_path: Path) -> None:
    pages = {"/health/live": lambda: Page(b"live\n")}
    with process.using(Process()), open_side_door("web", tmp_path, pages) as first:
        with open_side_door("web", tmp_path, {}) as second:
            assert (first.name, second.name) == ("web", "web-2")
            assert ask(tmp_path / "web.side.sock", "/health/live") == (200, b"live\n")
            status, body = ask(tmp_path / "web-2.side.sock", "/metrics")
            assert status == 200 and b'process="web"' in body
            assert b"process_resident_memory_bytes" in body and b"xtrader_gc_pause_seconds" in body
        with pytest.raises(FileNotFoundError):
            ask(tmp_path / "web-2.side.sock", "/metrics")
        with open_side_door("web", tmp_path, {}) as third:
            assert third.name == "web-2"


def test_a_process_answers_at_its_address_too(tmp_path: Path) -> None:
    at = {"engine": ("127.0.0.1", 0)}
    with process.using(Process()), open_side_door("engine", tmp_path, {}, at) as doors:
        assert ask(("127.0.0.1", doors.doors[1].port), "/metrics")[0] == 200


def test_a_process_works_where_its_door_cannot_be_opened(tmp_path: Path) -> None:
    with process.using(Process()), open_side_door("engine", tmp_path / "not there", {}) as doors:
        assert doors.doors == ()
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with process.using(Process()), open_side_door("engine", deep, {}) as doors:
        assert doors.doors == ()


def test_addresses_as_an_operator_writes_them() -> None:
    assert read_addresses("") == {}
    assert read_addresses("engine=9101, web=10.0.0.5:9105,web-2=[::1]:9106") == {
        "engine": ("127.0.0.1", 9101),
        "web": ("10.0.0.5", 9105),
        "web-2": ("::1", 9106),
    }
    for wrong in ("engine", "engine=", "engine=port", "=9101", "engine=0", "engine=70000", "9101"):
        with pytest.raises(ValueError, match="a process and its port"):
            read_addresses(wrong)


def test_only_names_of_processes_lead_to_a_socket(tmp_path: Path) -> None:
    assert socket_of(tmp_path, "web-2") == tmp_path / "web-2.side.sock"
    for wrong in ("", "..", "../engine", "web-", "web-x", "web-2-3", "a/b", "x" * 40):
        assert socket_of(tmp_path, wrong) is None
