"""Acceptance: of the real AAPL hour, at least 99.9 % of the exchange's best bids and asks come out equal."""

from __future__ import annotations

from pathlib import Path

from exchange.engine import Engine
from replays import lobster

START_NS = 1_340_271_000_000_000_000


def test_the_real_hour_shows_the_exchanges_own_best_prices(real_data: Path) -> None:
    rows = lobster.read_rows(real_data / "lobster/AAPL50_message_0930_1030.csv.xz")
    best = lobster.read_best(real_data / "lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip")
    engine, judge = Engine(), lobster.Judge(best)
    translator = lobster.Translator(lobster.standing_orders(rows))
    for command in lobster.opening():
        engine.apply(command, START_NS)
    for message, row in enumerate(rows):
        events = []
        for command in translator.commands(row):
            told = engine.apply(command, START_NS + message)
            events += told
            translator.observe(row, command, told)
        judge.take(message, row, events)
    assert judge.compared == 25_641
    assert judge.equal_share >= 0.999, "\n".join(map(str, judge.mismatches))
    assert translator.unfilled_shares == 0, "every execution found its shares"
    assert engine.check() == []


def test_a_book_that_is_off_by_one_share_is_noticed(real_data: Path) -> None:
    """The canary: the judge can fail."""
    best = lobster.read_best(real_data / "lobster/LOBSTER_SampleFile_AAPL_2012-06-21_1.zip")
    rows = lobster.read_rows(real_data / "lobster/AAPL50_message_0930_1030.csv.xz")[:1]
    judge = lobster.Judge(best)
    first = rows[0]
    judge.take(0, first, [(4, lobster.SYMBOL, first.side, first.price_ticks, first.shares + 1)])
    assert len(judge.mismatches) == 1
