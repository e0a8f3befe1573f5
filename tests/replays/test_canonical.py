"""Acceptance: the conformance workload gives the published SHA-256 of its reports."""

from __future__ import annotations

from pathlib import Path

from exchange.engine import Engine
from replays.canonical import Reporter, Translator, opening, read_messages

START_NS = 1_700_000_000_000_000_000


def test_the_workload_reproduces_the_published_hash(real_data: Path) -> None:
    engine, translator, reporter = Engine(), Translator(), Reporter()
    for command in opening():
        engine.apply(command, START_NS)
    messages = 0
    for sequence, message in enumerate(read_messages(str(real_data / "canonical/normal_seed23_1m.csv.xz"))):
        events = engine.apply(translator.command(sequence, message), START_NS + sequence * 1_000)
        translator.observe(message, events)
        reporter.take(sequence, message, events)
        messages += 1
    published = (real_data / "canonical/sha256.txt").read_text().split()[0]
    assert messages == 1_996_097
    assert reporter.hexdigest() == published
    assert engine.check() == []
