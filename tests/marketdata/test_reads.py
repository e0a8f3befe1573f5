"""Which candles a read gives, against a plain list of every candle there ever was."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from marketdata.candles import Candle, Chart, with_flat
from marketdata.feed.rings import CAPACITY, CandleRing
from marketdata.intervals import INTERVALS, MINUTE, SECOND, candle_open_ns
from marketdata.reads import Span, _Kept, read_candles
from tests.marketdata.test_candles import START, Trade, naive_candles

END = START + 40 * MINUTE
times = st.integers(START - 5 * MINUTE, END + 5 * MINUTE)
trades = st.lists(
    st.builds(Trade, st.integers(START, END), st.integers(1, 9), st.integers(1, 5)), max_size=25
).map(sorted)
spans = st.builds(
    Span,
    limit=st.integers(1, 60),
    start_ns=st.none() | times,
    end_ns=st.none() | times,
)


def every_candle(history: list[Trade], interval_ns: int) -> list[Candle]:
    """From the first trade to now, none left out."""
    traded = list(naive_candles(history, interval_ns).values())
    return list(with_flat(traded, interval_ns, START, END + 1, None))


def expected(history: list[Trade], interval_ns: int, span: Span) -> list[Candle]:
    inside = [
        candle
        for candle in every_candle(history, interval_ns)
        if (span.start_ns is None or candle.open_ns >= span.start_ns)
        and (span.end_ns is None or candle.open_ns < span.end_ns)
    ]
    return inside[-span.limit :] if span.start_ns is None else inside[: span.limit]


def ring_of(history: list[Trade], interval_ns: int) -> CandleRing:
    chart, ring = Chart(), CandleRing()
    for trade in history:
        for closed in chart.trade(trade.time_ns, trade.price, trade.quantity, trade.price * trade.quantity):
            if closed.interval_ns == interval_ns:
                ring.close(closed.candle)
    for closed in chart.advance(END):
        if closed.interval_ns == interval_ns:
            ring.close(closed.candle)
    ring.current = chart.current(interval_ns)
    return ring


@given(trades, spans, st.sampled_from([INTERVALS["1m"], INTERVALS["5m"], INTERVALS["1h"]]))
@settings(deadline=None, max_examples=500)
def test_reads_give_the_candles_asked_for(history: list[Trade], span: Span, interval_ns: int) -> None:
    source = _Kept(ring_of(history, interval_ns), END)
    assert read_candles(source, interval_ns, span) == expected(history, interval_ns, span)


def test_a_full_ring_answers_only_for_what_it_holds() -> None:
    ring = CandleRing()
    for number in range(CAPACITY + 1):
        ring.close(Candle(START + number * MINUTE, 1, 1, 1, 1, 1, 1, 1))
    kept = _Kept(ring, START + (CAPACITY + 1) * MINUTE)
    oldest = candle_open_ns(START + MINUTE, MINUTE)
    assert kept.holds(oldest)
    assert not kept.holds(oldest - 1)
    assert _Kept(CandleRing(), 5 * SECOND).holds(0)
