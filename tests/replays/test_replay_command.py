"""``manage.py replay`` end to end: a real engine process, its journal, and the verdict it prints."""

from __future__ import annotations

import random
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from exchange.engine import Engine
from replays import canonical
from replays.sources import open_text

SLICE = 3_000


def write_workload(path: Path, messages: int) -> str:
    """A small workload of the conformance kind; the hash of its reports by the core in this process."""
    rng = random.Random(23)
    lines, live, sides = [], [], {}
    for number in range(messages):
        draw = rng.random()
        label = rng.choice(live) if live and draw < 0.5 else str(number + 1)
        if label not in sides:
            sides[label] = rng.randrange(2)
            live.append(label)
            lines.append(
                f"N,{label},{sides[label]},{int(draw > 0.9)},{rng.randrange(90, 110)},{rng.randrange(1, 50)}"
            )
        elif draw < 0.25:
            lines.append(f"C,{label}")
        else:
            lines.append(f"M,{label},{sides[label]},{rng.randrange(90, 110)},{rng.randrange(1, 50)}")
    path.write_text("\n".join(lines) + "\n")
    return core_hash(path)


def core_hash(path: Path) -> str:
    engine, translator, reporter = Engine(), canonical.Translator(), canonical.Reporter()
    for now_ns, command in enumerate(canonical.opening()):
        engine.apply(command, now_ns)
    for sequence, message in enumerate(canonical.read_messages(path)):
        events = engine.apply(translator.command(sequence, message), 1_000 + sequence)
        translator.observe(message, events)
        reporter.take(sequence, message, events)
    return reporter.hexdigest()


def replay(*arguments: str) -> str:
    output = StringIO()
    call_command("replay", *arguments, stdout=output)
    return output.getvalue()


def test_the_engine_process_reports_what_the_core_reports(tmp_path: Path) -> None:
    published = tmp_path / "sha256.txt"
    published.write_text(write_workload(tmp_path / "workload.csv", SLICE) + "  some_reports.txt\n")
    told = replay("canonical", str(tmp_path / "workload.csv"), str(published))
    assert "equal to the published hash" in told
    assert f"{SLICE:,} messages" in told
    assert "messages/s" in told


def test_another_hash_than_the_published_one_is_a_failure(tmp_path: Path) -> None:
    write_workload(tmp_path / "workload.csv", 50)
    (tmp_path / "sha256.txt").write_text("0" * 64)
    with pytest.raises(CommandError, match="published hash"):
        replay("canonical", str(tmp_path / "workload.csv"), str(tmp_path / "sha256.txt"))


def test_a_data_folder_is_kept_when_named_and_not_used_twice(tmp_path: Path) -> None:
    published = tmp_path / "sha256.txt"
    published.write_text(write_workload(tmp_path / "workload.csv", 50))
    arguments = (
        "canonical",
        str(tmp_path / "workload.csv"),
        str(published),
        "--data",
        str(tmp_path / "data"),
    )
    replay(*arguments)
    assert list((tmp_path / "data" / "journal").iterdir())
    with pytest.raises(CommandError, match="journal already"):
        replay(*arguments)


def test_without_files_or_their_folder_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XTRADER_DATA", raising=False)
    with pytest.raises(CommandError, match="XTRADER_DATA"):
        replay("lobster")


def test_the_beginning_of_the_real_hour(real_data: Path, tmp_path: Path) -> None:
    with open_text(real_data / "lobster/AAPL50_message_0930_1030.csv.xz") as lines:
        (tmp_path / "messages.csv").write_text("".join(islice(lines, SLICE)))
    sample = real_data / "lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip"
    told = replay("lobster", str(tmp_path / "messages.csv"), str(sample))
    assert "best bid and ask equal after" in told


def test_the_opening_of_the_futures_day(real_data: Path, tmp_path: Path) -> None:
    """The book before the opening, the auction, and the first seconds after it."""
    with open_text(real_data / "cme/ESH4_20231225_mbo.csv.xz") as lines:
        rows = list(islice(lines, 1 + 10_000))
    while rows[-1].split(",")[7] != "130":
        rows.pop()
    (tmp_path / "rows.csv").write_text("".join(rows))
    told = replay("cme", str(tmp_path / "rows.csv"))
    assert "opening auction: 44 at 4800.25, theirs 44 at 4800.25; 35 of 35 orders traded the same" in told
    assert "trades of ours that the exchange does not have: 0" in told
