"""Files of logs that rotate while they are written: no line is lost and none stands twice."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from exchange.telemetry.log_files import OwnFileHandler, Rotation
from exchange.telemetry.logs import logger_of
from ops.supervisor import child
from tests.ops.running import ROOT, wait_until

#: Logs ``LINES`` numbered lines from each of two threads, while a third prints what no logger knows of.
WRITER = """
import logging, os, sys, threading
from exchange.telemetry.logs import basic_handler, get_logger
logging.basicConfig(level="INFO", handlers=[basic_handler(os.environ)])
count = int(sys.argv[1])
def log(name):
    logger = get_logger(name)
    for number in range(count):
        logger.info("line", mark=f"{name}-{number:06d}")
def print_bare():
    for number in range(count):
        os.write(2, b"mark=bare-%06d\\n" % number)
threads = [threading.Thread(target=log, args=("a",)), threading.Thread(target=log, args=("b",))]
threads.append(threading.Thread(target=print_bare))
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.stdout.write("end of it\\n")
"""
LINES = 3_000
SETTINGS = {"LOG_ROTATE_MB": "0.02", "LOG_ROTATE_COUNT": "500", "LOG_LINES_A_MINUTE": "1000000"}


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> child.Child:
    """A child as the supervisor starts it."""
    for name, value in {**SETTINGS, "PYTHONPATH": str(ROOT)}.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", WRITER, str(LINES)]
    return child.Child(child.ProcessSpec("writer", command, lambda: True), tmp_path / "logs")


def marks_in(folder: Path) -> list[str]:
    """Every mark that any file has."""
    texts = [path.read_text() for path in folder.iterdir()]
    return [word for text in texts for word in text.split() if word.startswith("mark=")]


def expected() -> list[str]:
    return sorted(f"mark={name}-{number:06d}" for name in ("a", "b", "bare") for number in range(LINES))


def test_no_line_is_lost_while_a_file_rotates(writer: child.Child) -> None:
    writer.start()
    assert writer.process is not None and writer.process.wait(120) == 0
    folder = writer.log_path.parent
    files = sorted(folder.iterdir())
    assert len(files) > 10
    assert all(path.stat().st_size < 100_000 for path in files)
    assert sorted(marks_in(folder)) == expected()
    assert "end of it" in writer.log_path.read_text(), "what is printed at the end follows"
    assert writer.log_path.stat().st_mode & 0o077 == 0


def test_files_that_another_program_moves_away_are_begun_anew(writer: child.Child) -> None:
    """As logrotate does with ``create``; a signal of it does no harm."""
    writer.start()
    assert writer.process is not None
    folder, moved = writer.log_path.parent, 0
    while writer.process.poll() is None:
        if writer.log_path.exists() and writer.log_path.stat().st_size:
            writer.log_path.rename(folder / f"moved-{moved}")
            moved += 1
            os.kill(writer.process.pid, signal.SIGHUP)
        wait_until(lambda: writer.log_path.exists() or not writer.running, 60, "a new file")
    assert writer.process.returncode == 0 and moved > 1
    assert sorted(marks_in(folder)) == expected()


def test_the_oldest_goes_when_there_are_too_many(tmp_path: Path) -> None:
    handler = OwnFileHandler(tmp_path / "x.log", Rotation(2_000, 3))
    logger = logger_of(handler, {})
    for number in range(200):
        logger.info("line", number=number)
    handler.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["x.log", "x.log.1", "x.log.2", "x.log.3"]
    assert "number=199" in (tmp_path / "x.log").read_text()
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())


def test_a_supervisors_file_that_is_moved_is_begun_anew(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    handler = OwnFileHandler(log, Rotation(10**9, 3))
    logger = logger_of(handler, {"LOG_FORMAT": "json"})
    logger.info("before")
    log.rename(tmp_path / "moved")
    logger.info("after")
    handler.close()
    assert "before" in (tmp_path / "moved").read_text() and "after" in log.read_text()


@pytest.mark.parametrize(
    "wrong", [{"LOG_ROTATE_MB": "-1"}, {"LOG_ROTATE_COUNT": "0"}, {"LOG_ROTATE_MB": "x"}]
)
def test_wrong_bounds_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"LOG_ROTATE|could not convert"):
        Rotation.of(wrong)
