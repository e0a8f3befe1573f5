"""Acceptance: an hour of E-mini S&P futures gives the exchange's own trades, and its fills but for the ones
explained in docs/performance.md. The figures are exact: a rule that changes one changes that page too."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from replays import cme
from replays.cme_book import Iceberg, find_icebergs, find_owners
from replays.cme_feed import Fill, Step, Trade, read_steps

START_NS = 1_703_462_400_000_000_000
ROWS = "cme/ESH4_20231225_mbo.csv.xz"
HEADER = "ts_recv,ts_event,action,side,price,size,order_id,flags,ts_in_delta,sequence"
BID, ASK = 480_000, 480_025


def replay(path: Path) -> tuple[Engine, cme.CmeFlow]:
    engine, flow = Engine(), cme.CmeFlow(path)
    for command in flow.opening():
        assert engine.apply(command, START_NS)[0][0] != m.EV_REJECTED
    for index, step in enumerate(flow.messages()):
        events = []
        for command in flow.translate(index, step):
            answer = engine.apply(command, START_NS + index)
            flow.learn(step, command, answer)
            events += answer
        flow.judge(index, step, events)
    return engine, flow


@pytest.fixture(scope="module")
def hour(real_data: Path) -> tuple[Engine, cme.CmeFlow]:
    return replay(real_data / ROWS)


def test_every_trade_of_the_hour_is_the_exchanges_own(hour: tuple[Engine, cme.CmeFlow]) -> None:
    engine, flow = hour
    verdict = flow.verdict
    assert (verdict.equal_trades, verdict.trades) == (2_972, 2_972)
    assert verdict.unknown_trades == 0
    assert engine.check() == []


def test_fills_go_to_the_exchanges_own_orders(hour: tuple[Engine, cme.CmeFlow]) -> None:
    verdict = hour[1].verdict
    assert verdict.fills == 6_229
    assert verdict.equal_fills == 5_997
    assert verdict.equal_orders == 6_225
    assert verdict.kinds == {
        cme.SAME: 2_931,
        cme.LISTED: 29,
        cme.LISTED_AND_PARTS: 10,
        cme.DIFFERENT: 2,
    }


def test_what_is_listed_in_another_order_is_one_order_listed_last(hour: tuple[Engine, cme.CmeFlow]) -> None:
    """The exchange lists icebergs after the others: without the last of its list both agree."""
    for difference in hour[1].verdict.differences:
        if difference.kind in (cme.LISTED, cme.LISTED_AND_PARTS):
            *others, last = (fill.label for fill in difference.trade.fills)
            assert [label for label in cme.summed(difference.ours) if label != last] == others


def test_other_orders_are_filled_only_beside_icebergs_that_traded_on_entry(
    hour: tuple[Engine, cme.CmeFlow],
) -> None:
    _, flow = hour
    others = [difference for difference in flow.verdict.differences if difference.kind == cme.DIFFERENT]
    traded_on_entry = {trade.label for step in flow.messages() for trade in step.trades}
    for difference in others:
        met = {fill.label for fill in difference.trade.fills}
        assert met & flow.translator.icebergs.keys() & traded_on_entry
    assert flow.translator.repaired_levels == 8


def test_the_opening_auction_is_the_exchanges_own(hour: tuple[Engine, cme.CmeFlow]) -> None:
    opening = hour[1].verdict.auction
    assert opening == cme.Opening(theirs=(480_025, 44), ours=(480_025, 44), orders=35, equal_orders=35)


def test_levels_show_what_the_exchange_shows(hour: tuple[Engine, cme.CmeFlow]) -> None:
    verdict = hour[1].verdict
    assert (verdict.equal_levels, verdict.levels) == (65_701, 65_918)


# --- the judge and the reading of the file, without the data ------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "kind"),
    [
        ([Fill(1, 2), Fill(2, 3)], cme.SAME),
        ([Fill(2, 3), Fill(1, 2)], cme.LISTED),
        ([Fill(1, 2), Fill(2, 1), Fill(2, 2)], cme.PARTS),
        ([Fill(2, 1), Fill(1, 2), Fill(2, 2)], cme.LISTED_AND_PARTS),
        ([Fill(1, 2), Fill(3, 3)], cme.DIFFERENT),
        ([Fill(1, 3), Fill(2, 2)], cme.DIFFERENT),
        ([], cme.DIFFERENT),
    ],
)
def test_how_fills_compare(ours: list[Fill], kind: str) -> None:
    assert cme.compare([Fill(1, 2), Fill(2, 3)], ours) == kind


def test_a_trade_that_did_not_happen_is_noticed() -> None:
    """The canary: the judge can fail."""
    verdict = cme.Judge({})
    verdict.take(Step(2, (), (Trade(9, m.BUY, ASK, 2, (Fill(1, 2),)),)), [])
    assert (verdict.trades, verdict.equal_trades) == (1, 0)
    assert (verdict.fills, verdict.equal_fills, verdict.equal_orders) == (1, 0, 0)


def write(path: Path, *rows: str) -> Path:
    """A file of rows ``action side price lots order``; one that ends with ``+`` goes on with the next."""
    lines = [HEADER]
    for row in rows:
        action, side, price_ticks, lots, label = row.rstrip("+").split()
        flags = 0 if row.endswith("+") else 128
        lines.append(f"0,0,{action},{side},{int(price_ticks) * 10**7},{lots},{label},{flags},0,0")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_trades_take_their_fills_from_the_rows_after_them(tmp_path: Path) -> None:
    """The fill of the aggressor itself, which stood on the book, is not one of an order it met."""
    rows = ["T B 480025 2 7+", "F B 480025 2 7+", "F A 480025 2 1+", "T B 480050 1 8+", "F A 480050 1 2+"]
    steps = read_steps(write(tmp_path / "rows.csv", *rows, "C A 480025 2 1"))
    assert steps[0].trades == (
        Trade(7, m.BUY, 480_025, 2, (Fill(1, 2),)),
        Trade(8, m.BUY, 480_050, 1, (Fill(2, 1),)),
    )


def test_a_file_that_ends_amid_a_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_steps(write(tmp_path / "rows.csv", "T B 480025 2 7+"))


def test_a_price_finer_than_ours_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.csv", "A B 480000 1 1")
    path.write_text(path.read_text().replace("4800000000000", "4800000000001"))
    with pytest.raises(ValueError, match="decimals"):
        read_steps(path)


def test_an_order_filled_beyond_what_it_showed_is_an_iceberg(tmp_path: Path) -> None:
    rows = ["A A 480025 2 1", "A A 480025 3 2", "T B 480025 3 7+", "F A 480025 3 1+", "M A 480025 1 1"]
    steps = read_steps(write(tmp_path / "rows.csv", *rows, "C A 480025 1 1"))
    assert find_icebergs(steps) == {1: Iceberg(display_lots=2, quantity_lots=4)}


def test_an_order_gone_unfilled_beside_a_trade_has_the_aggressors_owner(tmp_path: Path) -> None:
    rows = ["A A 480025 1 1", "A A 480025 1 2", "T B 480025 1 7+", "F A 480025 1 2+", "C A 480025 1 2+"]
    steps = read_steps(write(tmp_path / "rows.csv", *rows, "C A 480025 1 1"))
    assert find_owners(steps) == {1: 0, 7: 0}


def test_owners_icebergs_and_moved_orders_trade_as_the_file_says(tmp_path: Path) -> None:
    """A small day by hand: an auction, an order that meets its owner's, an iceberg, an order moved across."""
    rows = [
        "A B 480025 2 1",
        "A A 480000 1 2",
        "T N 480025 1 0+",
        "F N 480025 1 1+",
        "F N 480025 1 2+",
        "M B 480025 1 1+",
        "C A 480000 1 2",
        "A A 480050 1 3",
        "A A 480050 2 4",
        # 3 belongs to the owner of 5 and is canceled; 4 shows two, is filled with three and shows one more.
        "T B 480050 3 5+",
        "F A 480050 3 4+",
        "C A 480050 1 3+",
        "M A 480050 1 4",
        # 1 is moved across the spread.
        "T B 480050 1 1+",
        "F B 480050 1 1+",
        "F A 480050 1 4+",
        "C B 480025 1 1+",
        "C A 480050 1 4",
    ]
    engine, flow = replay(write(tmp_path / "rows.csv", *rows))
    verdict = flow.verdict
    assert (verdict.trades, verdict.equal_trades, verdict.equal_orders) == (2, 2, 2)
    # The file lists each displayed part; an iceberg alone at its price gives all in one trade (rule I3).
    assert verdict.kinds == {cme.SAME: 2}
    assert (verdict.equal_levels, flow.translator.repaired_levels) == (verdict.levels, 0)
    assert engine.depth(cme.SYMBOL) == ([], [])


def test_a_difference_is_repaired_and_counted_once(tmp_path: Path) -> None:
    """The file fills the younger order first, for no reason it gives; the next trade agrees again."""
    rows = [
        "A A 480025 1 1",
        "A A 480025 1 2",
        "A A 480025 1 3",
        "T N 480025 0 0",
        "T B 480025 1 7+",
        "F A 480025 1 2+",
        "C A 480025 1 2",
        "T B 480025 2 8+",
        "F A 480025 1 1+",
        "F A 480025 1 3+",
        "C A 480025 1 1+",
        "C A 480025 1 3",
    ]
    _, flow = replay(write(tmp_path / "rows.csv", *rows))
    assert flow.verdict.kinds == {cme.DIFFERENT: 1, cme.SAME: 1}
    assert flow.translator.repaired_levels == 1
    assert [difference.line for difference in flow.verdict.differences] == [6]
