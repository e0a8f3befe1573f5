"""The doctor finds what really is wrong, and says what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.node.sequencer import open_sequencer
from ops.doctor.configuration import check_configuration, check_secrets
from ops.doctor.disks import check_disks
from ops.doctor.findings import Finding
from ops.doctor.installed import check_packages
from ops.doctor.machine import check_machine
from ops.doctor.rounds import findings
from ops.doctor.servers import check_redis
from ops.doctor.venue_state import check_venue
from tests.marketdata.traffic import Traffic, opening
from tests.ops.running import ROOT, free_port, wait_until

DAY_NS = 86_400_000_000_000


def told(found: Iterable[Finding], *levels: str) -> str:
    """The findings of these levels, with what is to be done."""
    chosen = [finding for finding in found if finding.level in (levels or ("warn", "bad"))]
    assert all(finding.advice for finding in chosen)
    return "\n".join(f"{finding.what}: {finding.advice}" for finding in chosen)


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings.XTRADER = {
        **settings.XTRADER,
        "DATA_DIR": data,
        "JOURNAL_URL": f"file://{data / 'journal'}",
        "SNAPSHOT_DIR": data / "snapshots",
        "ENGINE_SOCKET": str(data / "engine.sock"),
    }
    return data


def trade(folder: Path, now_ns: int) -> None:
    with open_sequencer(folder / "journal", folder / "snapshots", clock=lambda: now_ns) as sequencer:
        sequencer.submit(opening())
        sequencer.submit(Traffic(1).take(20))


def test_this_machine_can_run_a_venue() -> None:
    assert told(check_machine(), "bad") == ""


def test_packages_of_other_versions_are_named(tmp_path: Path) -> None:
    assert told(check_packages(ROOT / "requirements.txt")) == ""
    pins = tmp_path / "requirements.txt"
    pins.write_text("django==1.0\nno-such-package==2\nmsgspec==0.22.0\n")
    said = told(check_packages(pins), "bad")
    assert "django 5" in said and "no-such-package nothing (wanted 2)" in said and "msgspec" not in said


@pytest.mark.parametrize("name", ["secret_key", "keys_secret", "credentials.json", "demo.json"])
def test_secrets_that_others_can_read_are_named(folder: Path, name: str) -> None:
    (folder / name).touch(mode=0o600)
    assert told(check_secrets(folder)) == ""
    (folder / name).chmod(0o640)
    assert f"chmod 600 {folder / name}" in told(check_secrets(folder), "bad")


def test_a_folder_in_memory_is_no_place_for_a_journal(folder: Path, settings: Any) -> None:
    if not os.path.ismount("/dev/shm"):
        pytest.skip("no file system in memory here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        settings.XTRADER = {**settings.XTRADER, "JOURNAL_URL": f"file://{memory}/journal"}
        said = told(check_disks(), "bad")
    assert "is on tmpfs" in said


def test_settings_that_do_not_belong_together_are_named(settings: Any) -> None:
    settings.DEBUG = settings.TLS = True
    settings.XTRADER = {
        **settings.XTRADER, "DEMO": True, "STAFF_SECOND_FACTOR": False, "INSECURE_HTTP": True,
    }  # fmt: skip
    said = told(check_configuration())
    for name in ("DEBUG=1", "DEMO=1", "STAFF_SECOND_FACTOR=0", "INSECURE_HTTP=1"):
        assert name in said


class TestTheVenue:
    def test_a_new_folder_is_well(self, folder: Path) -> None:
        assert told(check_venue("127.0.0.1", free_port())) == ""

    def test_a_port_that_another_program_has(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            said = told(check_venue("127.0.0.1", other.getsockname()[1]), "bad")
        assert "another program listens" in said

    def test_a_journal_at_rest(self, folder: Path) -> None:
        trade(folder, time.time_ns())
        assert told(check_venue("127.0.0.1", free_port())) == ""

    def test_a_journal_from_the_future(self, folder: Path) -> None:
        trade(folder, time.time_ns() + 3 * DAY_NS)
        assert "clock" in told(check_venue("127.0.0.1", free_port()), "warn")

    def test_a_damaged_journal(self, folder: Path) -> None:
        trade(folder, time.time_ns())
        (segment,) = (folder / "journal").glob("*.segment")
        with segment.open("r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 8)
        assert "journal verify" in told(check_venue("127.0.0.1", free_port()), "bad")

    def test_a_journal_whose_last_segment_is_gone(self, folder: Path) -> None:
        trade(folder, time.time_ns())
        for segment in (folder / "journal").glob("*.segment"):
            segment.unlink()
        assert "journal verify" in told(check_venue("127.0.0.1", free_port()), "bad")

    def test_segments_gone_and_no_snapshot(self, folder: Path) -> None:
        trade(folder, time.time_ns())
        (segment,) = (folder / "journal").glob("*.segment")
        segment.rename(folder / "journal" / f"00000001-{7:020}.segment")
        assert "no whole snapshot" in told(check_venue("127.0.0.1", free_port()), "bad")


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[str]:
    """A Redis that throws keys away when it is full."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    path = Path(tempfile.mkdtemp(prefix="xt")) / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--maxmemory-policy", "allkeys-lru"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        wait_until(path.exists, 30, "Redis listens")
        yield f"unix://{path}"
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(path.parent)


def test_a_redis_that_drops_keys_or_is_away(redis_server: str) -> None:
    assert "allkeys-lru" in told(check_redis(redis_server), "warn")
    assert "see REDIS_URL" in told(check_redis(f"redis://127.0.0.1:{free_port()}"), "bad")


def doctor(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", "--port", str(free_port())],
        cwd=ROOT,
        env={**os.environ, "DATA": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_postgres_is_looked_at(tmp_path: Path) -> None:
    url = os.environ.get("TEST_POSTGRES_URL")
    if not url:
        pytest.skip("TEST_POSTGRES_URL is not set: no PostgreSQL to test with")
    assert "PostgreSQL 1" in doctor(tmp_path / "data", DATABASE_URL=url).stdout


def test_a_database_that_is_away_is_bad_and_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    away = doctor(tmp_path / "data", DATABASE_URL=f"postgresql://x@127.0.0.1:{free_port()}/x")
    assert away.returncode == 1
    assert "see DATABASE_URL" in away.stdout and "venue" in away.stdout and "Traceback" not in away.stderr


def test_a_check_that_fails_itself_is_a_finding() -> None:
    def broken() -> Iterator[Finding]:
        raise RuntimeError("oh")
        yield

    result: list[Any] = list(findings(broken))
    assert [(one.level, "RuntimeError: oh" in one.what) for one in result] == [("bad", True)]
