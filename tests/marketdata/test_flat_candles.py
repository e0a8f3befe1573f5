"""Candles of a stretch that begins and ends anywhere: none opens outside it, and none is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketdata.candles import Candle, candle_open_ns, with_flat
from marketdata.intervals import DAY, INTERVALS, MINUTE

#: A Monday, so that it begins candles of every interval.
MONDAY = 1_795_392_000 * 10**9


@given(
    st.sampled_from(list(INTERVALS.values())),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**6),
    st.none() | st.integers(1, 10**6),
    st.sets(st.integers(0, 9)),
)
def test_each_opens_in_the_stretch_and_every_place_is_taken(
    interval_ns: int, start_millionths: int, length_millionths: int, before: int | None, traded: set[int]
) -> None:
    start_ns = MONDAY + start_millionths * interval_ns // 10**6
    end_ns = start_ns + length_millionths * interval_ns // 10**5
    first_ns = candle_open_ns(start_ns + interval_ns - 1, interval_ns)
    places = list(range(first_ns, end_ns, interval_ns))
    candles = [Candle(place, 7, 9, 5, 8, 1, 8, 1) for number, place in enumerate(places) if number in traded]
    made = list(with_flat(candles, interval_ns, start_ns, end_ns, before))
    assert all(start_ns <= candle.open_ns < end_ns for candle in made)
    known = places if before is not None else places[places.index(candles[0].open_ns) :] if candles else []
    assert [candle.open_ns for candle in made] == known


def test_a_start_between_two_boundaries_brings_no_candle_from_before_it() -> None:
    for late_ns in (1, MINUTE // 2, MINUTE - 1):
        made = list(with_flat([], MINUTE, MONDAY + late_ns, MONDAY + 3 * MINUTE, close_before=5))
        assert [candle.open_ns for candle in made] == [MONDAY + MINUTE, MONDAY + 2 * MINUTE]
    assert next(with_flat([], DAY, MONDAY, MONDAY + DAY, close_before=5)).open_ns == MONDAY
