"""The limiter against a naive reference, at random times, for random users, costs and processes.

In one process every decision is the reference's. With a shared counter that is settled now and then a charge
passes only if it would have passed with everything that was known, so what passes too much is at most what
the other processes took in since they last settled; and a charge that fits is never refused.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.units.rates import Rate, parse_rates
from web.access import limiter as limiter_module
from web.access import shared_counts
from web.access.limiter import Limiter
from web.access.shared_counts import SharedCounts

START_S = 1_200_000.0
RATES = ("3/s", "5/10s", "4/s 9/min", "2/s 6/10s 20/h", "7/day", "1/s 3/day")
#: Seconds since the charge before: within windows, over their ends, and over a day.
PAUSES = st.sampled_from((0.0, 0.1, 0.4, 0.95, 3.0, 11.0, 61.0, 5_000.0, 90_000.0))
CHARGES = st.lists(st.tuples(PAUSES, st.sampled_from("abc"), st.integers(1, 6)), max_size=60)


class Reference:
    """Remembers every charge, and counts them anew for each decision."""

    def __init__(self, rates: tuple[Rate, ...]) -> None:
        self.rates = rates
        self.charges: dict[tuple[str, Rate], list[tuple[float, int]]] = defaultdict(list)

    def passes(self, name: str, cost: int, now_s: float) -> bool:
        for rate in self.rates:
            self.charges[name, rate].append((now_s, cost))
            if self.sum(name, rate, now_s) > rate.maximum:
                return False
        return True

    def sum(self, name: str, rate: Rate, now_s: float) -> int:
        """What was charged in the window of ``now_s``."""
        return sum(
            cost for at_s, cost in self.charges[name, rate] if at_s // rate.span_s == now_s // rate.span_s
        )


def limits(rates: str, patch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock, with the settings that give these rates to everybody."""
    clock = SimpleNamespace(now_s=START_S)
    patch.setattr(limiter_module, "time", SimpleNamespace(time=lambda: clock.now_s))
    patch.setattr(limiter_module, "rates_of", lambda *_args: parse_rates(rates))
    return clock


@given(rates=st.sampled_from(RATES), charges=CHARGES)
@settings(max_examples=120, deadline=None)
def test_every_decision_is_the_reference_s(rates: str, charges: list[tuple[float, str, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock, limiter, reference = limits(rates, patch), Limiter(), Reference(parse_rates(rates))
        passed: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for pause_s, name, cost in charges:
            clock.now_s += pause_s
            charged = limiter.charged("orders", name, cost)
            assert (charged.wait_s is None) == reference.passes(name, cost, clock.now_s)
            if charged.wait_s is None:
                passed[name].append((clock.now_s, cost))
            for standing in charged.standings:
                left = standing.rate.maximum - reference.sum(name, standing.rate, clock.now_s)
                assert standing.remaining == max(0, left)
                assert clock.now_s // standing.rate.span_s < (
                    (clock.now_s + standing.reset_s) // standing.rate.span_s
                )
        check_bound(parse_rates(rates), passed)


def check_bound(rates: tuple[Rate, ...], passed: dict[str, list[tuple[float, int]]]) -> None:
    """In the length of a window at most twice the rate passes, wherever it begins."""
    for charges in passed.values():
        for rate in rates:
            for begin_s, _cost in charges:
                within = [cost for at_s, cost in charges if begin_s <= at_s < begin_s + rate.span_s]
                assert sum(within) <= 2 * rate.maximum


#: A process charges, or settles with the shared counter.
STEPS = st.lists(
    st.tuples(PAUSES, st.integers(0, 2), st.one_of(st.none(), st.integers(1, 6))), min_size=1, max_size=80
)


@given(rate=st.sampled_from(("5/s", "9/min", "20/day")), steps=STEPS)
@settings(max_examples=120, deadline=None)
def test_processes_exceed_by_what_they_have_not_settled(rate: str, steps: list[Any]) -> None:
    (limit,) = parse_rates(rate)
    with pytest.MonkeyPatch.context() as patch:
        cache: Counter[tuple[str, int]] = Counter()

        def add_all(counters: Any) -> list[int]:
            for name, window, cost, _span_s in counters:
                cache[name, window] += cost
            return [cache[name, window] for name, window, _cost, _span_s in counters]

        patch.setattr(shared_counts, "_add_all", add_all)
        patch.setattr(SharedCounts, "_share_on", lambda counts: None)
        processes = [SharedCounts(lambda *_: 0) for _ in range(3)]
        now_s, total = START_S, Counter[int]()
        #: By process: what the others charged in the window since it last settled, or had not settled then.
        unknown: list[Counter[int]] = [Counter() for _ in processes]
        unsettled: list[Counter[int]] = [Counter() for _ in processes]
        for pause_s, number, cost in steps:
            now_s += pause_s
            window = int(now_s // limit.span_s)
            if cost is None:
                settled = window in unsettled[number]
                processes[number].share()
                unsettled[number].clear()
                if settled:
                    unknown[number][window] = sum(
                        each[window] for at, each in enumerate(unsettled) if at != number
                    )
                continue
            count = processes[number].add_later("a", cost, limit.span_s, now_s)
            total[window] += cost
            unsettled[number][window] += cost
            for at, each in enumerate(unknown):
                if at != number:
                    each[window] += cost
            if count > limit.maximum:
                assert total[window] > limit.maximum, "never fewer than allowed"
            else:
                assert total[window] <= limit.maximum + unknown[number][window], "never more than documented"
