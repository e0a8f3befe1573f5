"""Room on disks, with disks of the test's own: edges, the reserve, the forecast, and folders that cannot be
looked at."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.messages import words
from exchange.node.disk_room import BACK_AT_PERCENT, GROWING, LOOK_EVERY_S, SEGMENTS, DiskRoom, Reserve

MB = 1 << 20
RESERVE = Reserve(floor_bytes=100 * MB, segment_bytes=1 * MB)
JOURNAL, DATABASE = Path("/journal"), Path("/database")


class Disks:
    """Free bytes by folder, and a clock."""

    def __init__(self) -> None:
        self.free: dict[Path, int] = {JOURNAL: 1_000 * MB, DATABASE: 1_000 * MB}
        self.now_s = 0.0
        self.room = DiskRoom(
            [JOURNAL, DATABASE], None, RESERVE, clock=lambda: self.now_s, free_of=self._free_of
        )

    def _free_of(self, folder: Path) -> int:
        if folder not in self.free:
            raise FileNotFoundError(folder)
        return self.free[folder]

    def look(self) -> bool:
        self.now_s += LOOK_EVERY_S
        return self.room.look()


@given(st.lists(st.integers(min_value=0, max_value=200), max_size=50))
def test_it_is_short_below_the_reserve_until_there_is_clearly_more(story: list[int]) -> None:
    disks, is_short = Disks(), False
    back_at = 100 * BACK_AT_PERCENT // 100
    for free_mb in story:
        disks.free[DATABASE] = free_mb * MB
        was_short, is_short = is_short, free_mb < (back_at if is_short else 100)
        assert disks.look() == (is_short != was_short)
        assert disks.room.is_short == is_short


def test_it_looks_once_in_a_while() -> None:
    disks = Disks()
    disks.look()
    disks.free[JOURNAL] = 0
    assert not disks.room.look() and not disks.room.is_short
    due_s = disks.room.next_due_s()
    assert due_s is not None
    disks.now_s = due_s
    assert disks.room.look() and disks.room.is_short


def test_the_reserve_holds_segments_and_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "1.snapshot").write_bytes(bytes(3 * MB))
    (tmp_path / "2.snapshot").write_bytes(bytes(2 * MB))
    room = DiskRoom(
        [tmp_path], tmp_path, Reserve(floor_bytes=MB, segment_bytes=MB), free_of=lambda _: 100 * MB
    )
    room.look()
    assert room.reserve_bytes == (SEGMENTS + 3) * MB


def test_the_forecast_follows_what_was_seen() -> None:
    disks = Disks()
    assert disks.room.status() == {}
    disks.look()
    assert disks.room.hours_left() is None
    for _ in range(30):
        disks.now_s += 60
        disks.free[JOURNAL] -= 10 * MB
        disks.room.look()
    # 10 MB a minute; 600 MB to the reserve.
    assert disks.room.status() == {
        "free_bytes": 700 * MB,
        "reserve_bytes": 100 * MB,
        "folder": "/journal",
        "hours_left": 1.0,
    }
    disks.free = dict.fromkeys(disks.free, 2_000 * MB)
    disks.now_s += 60
    disks.room.look()
    assert disks.room.hours_left() is None


def test_a_folder_that_cannot_be_looked_at_changes_nothing() -> None:
    disks = Disks()
    disks.free[JOURNAL] = 0
    disks.look()
    del disks.free[JOURNAL], disks.free[DATABASE]
    assert not disks.look() and disks.room.is_short
    disks.free[DATABASE] = 1_000 * MB
    assert disks.look() and not disks.room.is_short


def test_nothing_is_watched_without_folders() -> None:
    room = DiskRoom()
    assert not room.look() and room.next_due_s() is None and room.status() == {}


def test_what_ends_orders_and_withdrawals_is_never_refused() -> None:
    ending = {
        *(words.CANCEL, words.CANCEL_ALL, words.REDUCE, words.CANCEL_AFTER, words.CANCEL_QUOTES),
        *(words.RELEASE_WITHDRAWAL, words.SETTLE_WITHDRAWAL, words.WITHDRAW, words.SET_SYMBOL_STATUS),
    }
    assert not ending & GROWING
