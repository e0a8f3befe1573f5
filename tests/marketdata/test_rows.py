"""Rows come of every command there is, also of those that have no id."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.link.follower import Batch
from exchange.models.change_requests import COMMAND_PREFIX
from marketdata.projection.rows import Rows, Scales, collect


def test_a_tick_that_draws_the_end_of_an_auction_has_no_id() -> None:
    """The engine gives a tick a number in place of an id when an auction's end is random."""
    rows = Rows()
    for tick in (m.tick(), m.tick(draw_ppm=417_000)):
        collect(rows, Scales(), Batch(1, 1, [tick], [[(m.EV_TICK, 1)]], ""))
    assert rows == Rows()
    collect(rows, Scales(), Batch(3, 1, [m.set_account(f"{COMMAND_PREFIX}7", 1001)], [[]], ""))
    assert [answer.request_id for answer in rows.answered] == [7]
