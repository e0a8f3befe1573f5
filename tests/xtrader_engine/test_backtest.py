"""Recorded days through a venue: as the engine alone would have it, and with a strategy in it."""

from __future__ import annotations

import itertools
import lzma
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from replays.canonical import CanonicalFlow
from replays.sources import DataMissing, data_file
from xtrader_engine.backtest import Backtest, Row, read_day

SOME = 12_000


def canonical() -> Path:
    try:
        return data_file("canonical/normal_seed23_1m.csv.xz")
    except DataMissing as missing:
        pytest.skip(str(missing))


def rows_of(lines: Iterator[str]) -> Iterator[Row]:
    """The workload's orders and cancels, as rows; it has a line a nanosecond."""
    for number, line in enumerate(lines):
        kind, order_id, *rest = line.strip().split(",")
        if kind == "N":
            side, is_ioc, price, quantity = rest
            yield Row(
                number,
                "ioc" if is_ioc == "1" else "new",
                order_id,
                ("buy", "sell")[int(side)],
                price,
                quantity,
            )
        elif kind == "C":
            yield Row(number, "cancel", order_id)


def test_a_recorded_flow_trades_as_in_the_engine_alone() -> None:
    """The conformance workload without its modifies, against the replay that reproduces its hash."""
    path = canonical()
    with lzma.open(path, "rt") as lines:
        chosen = list(rows_of(itertools.islice(lines, SOME)))
    day = Backtest("LOT-PTS", tick=1, lot=1, deposits={})
    result = day.run(chosen)
    flow, engine, trades = CanonicalFlow(path), Engine(), []
    for command in flow.opening():
        engine.apply(command, engine.now_ns + 1)
    for index, message in itertools.islice(enumerate(flow.messages()), SOME):
        if message[0] == "M":
            continue
        for command in flow.translate(index, message):
            events = engine.apply(command, engine.now_ns + 1)
            flow.learn(message, command, events)
            trades += [m.TradeEvent(*event) for event in events if event[0] == m.EV_TRADE]
    ours = [(trade.price, trade.quantity, trade.side) for trade in result.trades]
    assert ours == [(one.price_ticks, one.quantity_lots, m.SIDES[one.taker_side]) for one in trades]
    assert len(ours) > 300
    bids, asks = engine.depth("LOT-PTS")
    book = day.venue.book("LOT-PTS")
    assert [[(level.price, level.quantity) for level in side] for side in book] == [bids, asks]


DAY = """time_ns,action,order_id,side,price,quantity
1,new,1,sell,101,2
2,new,2,buy,99,2
3,ioc,3,buy,101,1
4,reduce,1,,,0.5
5,market,4,sell,,1
6,cancel,2,,,
7,cancel,2,,,
8,new,5,sell,100,1
"""


def test_a_strategy_takes_its_place_among_recorded_orders(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(DAY)

    def buy_once(day: Backtest, row: Row) -> None:
        if row.time_ns == 2:
            day.place(side="buy", order_type="limit", price="100", quantity="3")

    day = Backtest(
        "AAA-USD", tick="0.5", lot="0.5", deposits={"USD": 1000}, maker_fee="0.001", taker_fee="0.002"
    )
    result = day.run(read_day(path), buy_once)
    # The market order of 5 meets the strategy's 100 before the recorded 99, and 8's sale meets it too.
    assert [(trade.price, trade.quantity) for trade in result.trades] == [(101, 1), (100, 1), (100, 1)]
    assert (result.rows, result.missed, result.position) == (8, 1, 2)
    assert result.fees == Decimal("0.2")
    assert result.equity == 1000 - 200 - Decimal("0.2") + 2 * 100


@pytest.mark.parametrize("suffix", [".csv", ".csv.xz"])
def test_a_line_that_is_none_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"day{suffix}"
    text = DAY + "soon,new,9,buy,1,1\n"
    path.write_bytes(lzma.compress(text.encode()) if suffix.endswith("xz") else text.encode())
    with pytest.raises(ValueError, match="line 10"):
        list(read_day(path))


def test_an_action_that_is_none_stops_the_run() -> None:
    day = Backtest("AAA-USD", tick=1, lot=1, deposits={})
    with pytest.raises(ValueError, match="'nap' is no action"):
        day.run([Row(1, "nap", "1")])
