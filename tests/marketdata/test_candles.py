"""Candles and the 24-hour window against naive computations from the list of trades."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.candles import Candle, Chart, Closed, merge, with_flat
from marketdata.intervals import DAY, INTERVALS, MINUTE, SECOND, WEEK, candle_open_ns
from marketdata.statistics import Statistics, Window, change_percent_hundredths, vwap_ticks

#: Saturday 2026-11-21 23:50 UTC: a few steps from here cross an hour, a day and a week.
START = 1_795_305_000 * SECOND


class Trade(NamedTuple):
    time_ns: int
    price: int
    quantity: int


class Tick(NamedTuple):
    time_ns: int


def naive_candles(trades: list[Trade], interval_ns: int) -> dict[int, Candle]:
    """Each candle from all of its trades, found by looking through the whole list."""
    found = {}
    for open_ns in sorted({candle_open_ns(trade.time_ns, interval_ns) for trade in trades}):
        inside = [trade for trade in trades if open_ns <= trade.time_ns < open_ns + interval_ns]
        prices = [trade.price for trade in inside]
        found[open_ns] = Candle(
            open_ns,
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(trade.quantity for trade in inside),
            sum(trade.quantity * trade.price for trade in inside),
            len(inside),
        )
    return found


steps = st.one_of(
    st.integers(0, 90 * SECOND),
    st.sampled_from([0, MINUTE, 5 * MINUTE, 60 * MINUTE, 23 * 60 * MINUTE, DAY, DAY + MINUTE, WEEK]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Trade | Tick]:
    now, history = START, []
    for step, is_tick in draw(st.lists(st.tuples(steps, st.booleans()), max_size=40)):
        now += step
        price, quantity = draw(st.integers(1, 20)), draw(st.integers(1, 10**12))
        history.append(Tick(now) if is_tick else Trade(now, price, quantity))
    return history


def run(chart: Chart, history: list[Trade | Tick]) -> list[Closed]:
    closed: list[Closed] = []
    for step in history:
        if isinstance(step, Trade):
            closed += chart.trade(step.time_ns, step.price, step.quantity, step.price * step.quantity)
        else:
            closed += chart.advance(step.time_ns)
    return closed


@given(histories())
@settings(deadline=None, max_examples=300)
def test_every_interval_agrees_with_the_trades(history: list[Trade | Tick]) -> None:
    chart = Chart()
    closed = run(chart, history)
    trades = [step for step in history if isinstance(step, Trade)]
    for interval_ns in INTERVALS.values():
        made = {c.candle.open_ns: c.candle for c in closed if c.interval_ns == interval_ns}
        current = chart.current(interval_ns)
        if current is not None:
            assert current.open_ns not in made
            made[current.open_ns] = current
        traded = {open_ns: candle for open_ns, candle in made.items() if candle.trade_count}
        assert traded == naive_candles(trades, interval_ns)


@given(histories())
@settings(deadline=None, max_examples=200)
def test_intervals_agree_with_each_other(history: list[Trade | Tick]) -> None:
    trades = [step for step in history if isinstance(step, Trade)]
    minutes = list(naive_candles(trades, MINUTE).values())
    for interval_ns in INTERVALS.values():
        assert list(merge(minutes, interval_ns)) == list(naive_candles(trades, interval_ns).values())


@given(histories(), st.data())
@settings(deadline=None, max_examples=200)
def test_restored_chart_goes_on_as_if_never_stopped(history: list[Trade | Tick], data: st.DataObject) -> None:
    """A chart restored from stored minutes and one that never stopped close the same candles."""
    cut = data.draw(st.integers(0, len(history)))
    whole = Chart()
    run(whole, history[:cut])
    trades = [step for step in history[:cut] if isinstance(step, Trade)]
    week = candle_open_ns(whole.now_ns, WEEK)
    minutes = [candle for candle in naive_candles(trades, MINUTE).values() if candle.open_ns >= week]
    restored = Chart()
    restored.restore(whole.now_ns, trades[-1].price if trades else None, minutes)
    assert run(restored, history[cut:]) == run(whole, history[cut:])
    assert [restored.current(i) for i in INTERVALS.values()] == [whole.current(i) for i in INTERVALS.values()]


def naive_statistics(trades: list[Trade], now_ns: int) -> Statistics:
    first = candle_open_ns(now_ns, MINUTE) + MINUTE - DAY
    inside = [trade for trade in trades if trade.time_ns >= first]
    prices = [trade.price for trade in inside] or [trade.price for trade in trades[-1:]] or [None]
    return Statistics(
        prices[0],
        max(prices, key=lambda price: price or 0),
        min(prices, key=lambda price: price or 0),
        prices[-1],
        sum(trade.quantity for trade in inside),
        sum(trade.quantity * trade.price for trade in inside),
        len(inside),
    )


@given(histories())
@settings(deadline=None, max_examples=300)
def test_window_agrees_with_the_trades(history: list[Trade | Tick]) -> None:
    chart, window, seen = Chart(), Window(), []
    for step in history:
        for closed in run(chart, [step]):
            if closed.interval_ns == MINUTE:
                window.close_minute(closed.candle)
        window.advance(chart.now_ns)
        if isinstance(step, Trade):
            seen.append(step)
        assert window.read(chart.current(MINUTE)) == naive_statistics(seen, chart.now_ns)


@given(histories())
@settings(deadline=None, max_examples=200)
def test_flat_candles_fill_every_gap(history: list[Trade | Tick]) -> None:
    trades = [step for step in history if isinstance(step, Trade)]
    for interval_ns in (60 * MINUTE, DAY, WEEK):
        end_ns = history[-1].time_ns + 1 if history else START
        made = list(
            with_flat(naive_candles(trades, interval_ns).values(), interval_ns, START, end_ns, close_before=7)
        )
        opens = [candle.open_ns for candle in made if candle.open_ns > START]
        assert all(later - earlier == interval_ns for earlier, later in itertools.pairwise(opens))
        for before, candle in itertools.pairwise(made):
            if not candle.trade_count:
                assert candle.open == candle.high == candle.low == candle.close == before.close
                assert candle.volume_lots == candle.quote_volume_minor == 0


def test_a_week_starts_on_monday() -> None:
    monday = 1_795_392_000 * SECOND  # 2026-11-23 00:00 UTC
    assert candle_open_ns(monday, WEEK) == monday
    assert candle_open_ns(monday - 1, WEEK) == monday - WEEK


def test_time_closes_candles_when_nothing_trades() -> None:
    chart = Chart()
    chart.trade(START, 10, 1, 10)
    first = chart.advance(START + MINUTE)
    assert [(closed.interval_ns, closed.candle.trade_count) for closed in first] == [(MINUTE, 1)]
    second = chart.advance(START + 2 * MINUTE)
    assert second[0].candle == Candle(START + MINUTE, 10, 10, 10, 10)


def test_rounding_of_average_and_percent() -> None:
    assert vwap_ticks(0, 0, 1) is None
    assert vwap_ticks(1999, 10, 100) == 1
    assert change_percent_hundredths(10_000, 10_001) == 1
    assert change_percent_hundredths(20_000, 20_001) == 1  # 0.005 % rounds away from zero
    assert change_percent_hundredths(20_000, 19_999) == -1
    assert change_percent_hundredths(300, 100) == -6667
