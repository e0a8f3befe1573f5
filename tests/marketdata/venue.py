"""A market with a clock of its own, projected: some hours of trading in a moment, and its public reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.cache import cache as django_cache
from rest_framework.test import APIClient

from exchange import process
from exchange.link.follower import Follower, Position
from exchange.node.sequencer import open_sequencer
from marketdata.feed import cache
from marketdata.feed.board import Board
from marketdata.feed.feed_messages import decode_messages, frame_of
from marketdata.intervals import SECOND
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from tests.marketdata.traffic import Traffic, opening

START = 1_795_305_000 * SECOND


class Venue:
    """Some hours of trading, projected; its reads."""

    def __init__(self, folder: Path) -> None:
        self.now_ns = START
        journal, snapshots = folder / "journal", folder / "snapshots"
        self.sequencer = open_sequencer(journal, snapshots, clock=lambda: self.now_ns)
        self.sequencer.submit(opening())
        self.board = Board()

        def follow(position: Position | None) -> Follower:
            return Follower(journal, snapshots, position=position)

        self.projector = Projector(
            follow, Store(), self.board, snapshot_dir=snapshots, options=Options(pace_ms=0)
        )
        self._client = APIClient()

    def trade(self, batches: int, *, step_ns: int, seed: int = 1) -> None:
        traffic = Traffic(seed)
        for _ in range(batches):
            self.now_ns += step_ns
            self.sequencer.submit(traffic.take(8))
        self.pass_time(0)

    def pass_time(self, step_ns: int) -> None:
        self.now_ns += step_ns
        self.sequencer.tick()
        self.sequencer.seal()
        while self.projector.step():
            pass

    def get(self, path: str, **query: Any) -> Any:
        django_cache.clear()  # the rate limit is another test's
        response = self._client.get(f"/api/v1/{path}", query, HTTP_ACCEPT="application/json")
        self.status = response.status_code
        return response.json()

    def close(self) -> None:
        self.projector.finish()
        self.sequencer.close()

    @contextmanager
    def live(self) -> Iterator[cache.MarketData]:
        """As in a web process whose copy of the feed is up to date."""
        copy = cache.MarketData(Path("unused"))
        _, greeting = self.board.take_and_greet()
        state = cache._State()
        for part in greeting:
            copy._take(state, decode_messages(frame_of(part)[4:]), lambda *_: None)
        with process.using(process.Process()) as own:
            own.put(copy)
            assert cache.live() is copy
            yield copy
