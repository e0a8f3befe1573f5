"""What a web process says of its sources, as they come and go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from marketdata.feed.cache import SILENCE_S, MarketData
from web.live import venue_notice
from web.live.hub import Hub
from web.live.venue_notice import Venue, VenueState


class Site:
    """The sources as a test wants them, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        self.client = SimpleNamespace(away_s=None, is_cancel_only=False)
        self.hub = SimpleNamespace(client=self.client, sequence=10)
        self.marketdata = SimpleNamespace(away_s=None, sequence=10)
        monkeypatch.setattr(venue_notice, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.told: list[dict[str, Any]] = []
        hub, marketdata = cast(Hub, self.hub), cast(MarketData, self.marketdata)
        self.state = VenueState(hub, marketdata, self.told.append)

    def look(self, after_s: float = 0.0) -> Venue:
        self.now_s += after_s
        self.state.look()
        return self.state.told


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def test_all_is_well(site: Site) -> None:
    assert site.look() == Venue() and not site.told
    assert site.state.stale_value("engine", "marketdata") is None


def test_each_change_is_told_once(site: Site) -> None:
    site.client.away_s = 12.7
    site.look()
    site.client.away_s = 13.0
    site.look()
    site.client.away_s, site.client.is_cancel_only = None, True
    site.look()
    assert site.told == [
        {"type": "venue", "cancel_only": False, "stale": ["engine"]},
        {"type": "venue", "cancel_only": True, "stale": []},
    ]


def test_an_answer_is_marked_with_its_own_sources(site: Site) -> None:
    site.client.away_s, site.marketdata.away_s = 12.7, 3.2
    assert site.state.stale_value("engine") == "engine;age=12"
    assert site.state.stale_value("engine", "marketdata") == "engine;age=12, marketdata;age=3"
    site.client.away_s = None
    assert site.state.stale_value("engine") is None


def test_marketdata_that_stands_still_is_away_and_one_that_lags_is_not(site: Site) -> None:
    for _ in range(20):
        # Always behind, and always moving.
        site.hub.sequence += 100
        site.marketdata.sequence += 100
        site.hub.sequence += 1
        assert site.look(after_s=1.0) == Venue()
    site.hub.sequence += 1
    site.look()
    assert site.look(after_s=SILENCE_S - 0.1) == Venue()
    assert site.look(after_s=0.2).stale == ("marketdata",)
    assert site.state.stale_value("marketdata") == "marketdata;age=3"
    site.marketdata.sequence = site.hub.sequence
    assert site.look() == Venue()


def test_after_a_quiet_time_the_first_order_marks_nothing(site: Site) -> None:
    site.look(after_s=3_600)
    site.hub.sequence += 1
    assert site.look() == Venue()
