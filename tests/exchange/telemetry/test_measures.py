"""Instruments against plain lists, and the page as Prometheus' own parser reads it."""

from __future__ import annotations

import threading
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exchange.telemetry.instruments import OTHER, Durations, SharedTally, Sizes, Tally
from exchange.telemetry.measures import Figures
from exchange.telemetry.metric_table import MAX_LABEL_VALUES, PROCESSES, TABLE, VENUE
from exchange.telemetry.process_figures import VERSION, describe_process

NS = st.integers(0, 10**11)


@given(st.lists(NS, max_size=50))
def test_a_histogram_counts_what_is_at_most_its_bounds(durations: list[int]) -> None:
    histogram = Durations()
    for duration in durations:
        histogram.observe(duration)
    for bound, count in histogram.buckets():
        assert count == sum(duration / 1e9 < float(bound) for duration in durations), bound
    assert histogram.total == pytest.approx(sum(durations) / 1e9)


@given(st.lists(st.integers(0, 2**22), max_size=50))
def test_a_histogram_of_sizes_has_exact_bounds(sizes: list[int]) -> None:
    histogram = Sizes()
    for size in sizes:
        histogram.observe(size)
    for bound, count in histogram.buckets():
        assert count == sum(size <= float(bound) for size in sizes), bound
    assert histogram.total == sum(sizes)


def test_labels_beyond_the_bound_are_counted_together() -> None:
    tally, shared = Tally(), SharedTally()
    for number in range(MAX_LABEL_VALUES + 10):
        tally[f"S{number}"] += 2
        shared.add(f"S{number}")
    assert tally["S3"] == 2 and tally[OTHER] == 20
    assert shared.values()[(OTHER,)] == 10
    assert len(tally) == len(shared.values()) == MAX_LABEL_VALUES + 1


def test_no_count_of_several_threads_is_lost() -> None:
    tally = SharedTally()
    threads = [threading.Thread(target=lambda: [tally.add("a", "b") for _ in range(5_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.values() == {("a", "b"): 20_000}


def test_the_page_is_what_prometheus_reads() -> None:
    figures = Figures()
    describe_process(figures, "engine", core="compiled")
    describe_process(figures, "engine")
    figures.durations("xtrader_engine_apply_seconds").observe(2_000_000, 3)
    figures.tally("xtrader_orders_total")["BTC-KRW"] += 5
    figures.gauge("xtrader_breaker_open").set(0.5, "redis")
    figures.shared_tally("xtrader_web_responses_total").add("order", "2xx")
    figures.read("xtrader_engine_queue_commands", lambda: 7)
    figures.read("xtrader_market_depth", lambda: {("BTC-KRW", "buy"): 1.5})
    figures.read("xtrader_web_sockets", lambda: 1 / 0)
    families = {one.name: one for one in text_string_to_metric_families(figures.page().body.decode())}
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for one in families.values()
        for sample in one.samples
    }
    assert samples["xtrader_engine_apply_seconds_count",] == 3
    assert samples["xtrader_engine_apply_seconds_bucket", "0.002097152"] == 3
    assert samples["xtrader_engine_apply_seconds_bucket", "0.001048576"] == 0
    assert samples["xtrader_engine_apply_seconds_sum",] == pytest.approx(0.006)
    assert samples["xtrader_orders_total", "BTC-KRW"] == 5
    assert samples["xtrader_breaker_open", "redis"] == 0.5
    assert samples["xtrader_web_responses_total", "order", "2xx"] == 1
    assert samples["xtrader_engine_queue_commands",] == 7
    assert samples["xtrader_market_depth", "buy", "BTC-KRW"] == 1.5
    assert families["xtrader_orders"].type == "counter"
    assert families["xtrader_build_info"].samples[0].labels["core"] == "compiled"
    # What cannot be read is left out, and takes nothing else with it.
    assert "xtrader_web_sockets" not in families


def test_nothing_is_counted_that_is_not_in_the_table() -> None:
    figures = Figures()
    for ask in (figures.count, figures.tally, figures.durations, figures.gauge, figures.sizes):
        with pytest.raises(KeyError, match="metric_table"):
            ask("xtrader_made_up_total")
    assert figures.count("xtrader_engine_turns_total") is figures.count("xtrader_engine_turns_total")
    with pytest.raises(ValueError, match="1 wanted"):
        figures.gauge("xtrader_breaker_open").set(1)


def test_names_and_types_follow_prometheus() -> None:
    for name, defined in TABLE.items():
        assert name.startswith("xtrader_") and defined.kind in {"counter", "gauge", "histogram", "info"}
        assert name.endswith("_total") == (defined.kind == "counter"), name
        assert name.endswith("_info") == (defined.kind == "info"), name
        assert not name.endswith(("_ms", "_ns", "_percent", "_minutes")), name
        assert set(defined.pages) <= {*PROCESSES, VENUE} and defined.help.endswith("."), name


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
