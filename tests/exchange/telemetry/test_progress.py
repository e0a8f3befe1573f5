"""Progress as it is told by real work: what a step says it will do is what it does."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from exchange.journal import tools
from exchange.journal.recovery import recover
from exchange.management.progress_bar import LINE_EVERY_S, Lines
from exchange.telemetry.progress import Unit, step, told_to
from ops.backup.service import Site, back_up, restore
from tests.crash.resting import site_at_rest


class Told:
    """Listens: name, total and sum of every step, and whether it came to its end."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int, bool]] = []

    def began(self, what: str, total: int, unit: Unit) -> None:
        self._now, self._sum = (what, total), 0

    def advanced(self, amount: int) -> None:
        assert amount >= 0
        self._sum += amount

    def ended(self, *, is_done: bool) -> None:
        self.steps.append((*self._now, self._sum, is_done))


@pytest.fixture(params=["as written", "archived"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    return site_at_rest(tmp_path, is_archived=request.param == "archived")


def test_a_step_does_what_it_said(site: Site, tmp_path: Path) -> None:
    told = Told()
    restored = Site(tmp_path / "r" / "journal", tmp_path / "r" / "snapshots", tmp_path / "r.sock")
    with told_to(told):
        assert tools.verify(site.journal, site.snapshots).problems == []
        list(tools.export(site.journal))
        recover(site.journal, None)
        tools.repair(site.journal, site.snapshots)
        folder, _ = back_up(site, tmp_path / "backups", with_database=False)
        restore(folder, restored, with_database=False)
    assert {what for what, *_ in told.steps} == {
        "reading the journal", "exporting the journal", "folding the journal", "copying the journal",
        "taking checksums", "checking the backup", "putting back the journal", "putting back the snapshots",
    }  # fmt: skip
    for what, total, done, is_done in told.steps:
        assert is_done and total > 0, what
        # A full segment ends with less than a record's room, which in these small ones is some of it.
        assert least(what) * total <= done <= total, what


def least(what: str) -> float:
    """The share of a step that is told. A fold from a snapshot begins somewhere in a segment."""
    if what == "folding the journal":
        return 0.5
    return 0.9 if what in ("reading the journal", "exporting the journal") else 1


def test_from_the_middle_only_the_rest_is_counted(site: Site) -> None:
    told = Told()
    with told_to(told):
        list(tools.export(site.journal))
        recover(site.journal, site.snapshots)
    (_, whole, *_), (what, rest, done, _) = told.steps
    assert what == "folding the journal" and 0 < done <= rest < whole


def test_work_that_is_broken_off_says_so_and_inner_steps_are_silent() -> None:
    told = Told()
    with told_to(told), pytest.raises(ZeroDivisionError), step("outer", 2) as advance:
        advance(1)
        with step("inner", 5) as inner:
            inner(5)
        raise ZeroDivisionError
    assert told.steps == [("outer", 2, 1, False)]


def test_without_a_listener_nothing_is_asked_for() -> None:
    def total() -> int:
        raise AssertionError("nobody wants to know")

    with step("quiet", total) as advance:
        advance(1)


def test_lines_come_now_and_then_only() -> None:
    now_s, out = 0.0, io.StringIO()
    lines = Lines(out, clock=lambda: now_s)
    with told_to(lines):
        with step("short", 10) as advance:
            advance(10)
        with step("long", 200) as advance:
            for _ in range(100):
                now_s += LINE_EVERY_S / 20
                advance(1)
        with step("endless", unit="messages") as advance:
            now_s += LINE_EVERY_S
            advance(1_500)
    said = out.getvalue().splitlines()
    assert said[0] == "long: 10% after 10 s"
    assert said[-3:] == [
        "long: done after 50 s",
        "endless: 1,500 messages after 10 s",
        "endless: done after 10 s",
    ]
    assert len(said) == 5 + 1 + 2
