"""A side door on a Unix socket and on an address."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.telemetry.side_door import MAX_AT_ONCE, Page, SideDoor, ask


@pytest.fixture(params=["unix", "tcp"])
def door(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path | tuple[str, int], threading.Event]]:
    gate = threading.Event()

    def wait() -> Page:
        gate.wait(10)
        return Page(b"done")

    pages = {"/here": lambda: Page(b"yes", status=200), "/broken": lambda: Page(1 / 0), "/slow": wait}  # type: ignore[arg-type]
    where: Path | tuple[str, int] = tmp_path / "door.sock" if request.param == "unix" else ("127.0.0.1", 0)
    made = SideDoor(where, pages)
    made.start()
    yield where if isinstance(where, Path) else ("127.0.0.1", made.port), gate
    gate.set()
    made.close()
    assert not isinstance(where, Path) or not where.exists()


def test_a_page_and_what_is_none(door: tuple[Path | tuple[str, int], threading.Event]) -> None:
    where, _ = door
    assert ask(where, "/here?x=1") == (200, b"yes")
    assert ask(where, "/elsewhere")[0] == 404
    assert ask(where, "/broken")[0] == 500
    assert ask(where, "/here") == (200, b"yes")


def test_requests_at_once_are_bounded(door: tuple[Path | tuple[str, int], threading.Event]) -> None:
    where, gate = door
    answers: list[int] = []
    many = 3 * MAX_AT_ONCE
    asking = [
        threading.Thread(target=lambda: answers.append(ask(where, "/slow", 10)[0])) for _ in range(many)
    ]
    for thread in asking:
        thread.start()
    deadline = time.monotonic() + 10
    while len(answers) < many - MAX_AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.01)
    gate.set()
    for thread in asking:
        thread.join(10)
    assert sorted(answers) == [200] * MAX_AT_ONCE + [503] * (many - MAX_AT_ONCE)
    assert ask(where, "/here") == (200, b"yes")


def test_who_sends_nothing_keeps_nobody_out(door: tuple[Path | tuple[str, int], threading.Event]) -> None:
    where, _ = door
    silent = [
        socket.socket(socket.AF_UNIX if isinstance(where, Path) else socket.AF_INET)
        for _ in range(MAX_AT_ONCE + 1)
    ]
    for connection in silent:
        connection.connect(str(where) if isinstance(where, Path) else where)
    assert ask(where, "/here") == (200, b"yes")
    for connection in silent:
        connection.close()
