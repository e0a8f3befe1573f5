"""Counters of all processes: exact when asked for, soon known when not, and each process for itself without
the cache."""

from __future__ import annotations

from collections import Counter

import pytest

from web.access import shared_counts
from web.access.shared_counts import SharedCounts

NOW_S = 1_200_000.0


class Site:
    """Two processes and a cache that may be away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cache: Counter[tuple[str, int]] = Counter()
        self.is_away = False
        self.own: Counter[str] = Counter()
        monkeypatch.setattr(shared_counts, "_add_all", self._add_all)
        # Sharing is done by the test, not by a thread.
        monkeypatch.setattr(SharedCounts, "_share_on", lambda counts: None)
        self.here, self.there = SharedCounts(self._count), SharedCounts(self._count)

    def _add_all(self, counters: list[tuple[str, int, int, int]]) -> list[int] | None:
        if self.is_away:
            return None
        counts = []
        for name, window, cost, _span_s in counters:
            self.cache[name, window] += cost
            counts.append(self.cache[name, window])
        return counts

    def _count(self, name: str, cost: int, span_s: int, now_s: float) -> int:
        self.own[name] += cost
        return self.own[name]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def test_what_is_asked_for_is_exact(site: Site) -> None:
    counted = [counts.add_now("a", 2, 60, NOW_S) for counts in (site.here, site.there, site.here)]
    assert counted == [2, 4, 6]


def test_what_is_not_asked_for_is_known_once_it_is_shared(site: Site) -> None:
    assert [site.here.add_later("a", 1, 60, NOW_S) for _ in range(3)] == [1, 2, 3]
    assert site.there.add_later("a", 1, 60, NOW_S) == 1
    site.here.share()
    site.there.share()
    assert site.there.add_later("a", 1, 60, NOW_S) == 5
    assert site.here.add_now("a", 1, 60, NOW_S) == 5, "what was shared, and this"
    assert site.there.add_later("a", 1, 60, NOW_S + 60) == 1, "a new window"


def test_without_the_cache_each_process_counts_for_itself(site: Site) -> None:
    site.is_away = True
    assert [site.here.add_now("a", 1, 60, NOW_S) for _ in range(3)] == [1, 2, 3]
    assert [site.here.add_later("b", 1, 60, NOW_S) for _ in range(3)] == [1, 2, 3]
    site.here.share()
    assert site.here.add_later("b", 1, 60, NOW_S) == 4
    assert site.here.is_away
    site.is_away = False
    site.here.share()
    assert not site.here.is_away
