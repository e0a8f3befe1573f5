"""What marketdata counts of the market, against the sequencer's own outcomes and the engine's books."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from exchange import process
from exchange.engine.messages import EV_REJECTED, EV_TRADE, PLACE, SymbolEvent
from exchange.engine.messages.places import PLACE_SYMBOL, REJECTED_CODE, TRADE_SYMBOL
from exchange.process import Process
from exchange.telemetry.measures import own
from tests.marketdata.traffic import Traffic
from tests.marketdata.venue import Venue

pytestmark = pytest.mark.django_db(transaction=True)


def test_orders_trades_refusals_and_books_are_those_of_the_engine(tmp_path: Path) -> None:
    orders, trades, rejects = Counter[str](), Counter[str](), Counter[str]()
    with process.using(Process()):
        venue = Venue(tmp_path)
        traffic = Traffic(7)
        for _ in range(60):
            venue.now_ns += 10**9
            commands = traffic.take(20)
            for command, outcome in zip(commands, venue.sequencer.submit(commands), strict=True):
                if command[0] == PLACE:
                    orders[command[PLACE_SYMBOL]] += 1
                if outcome.events and outcome.events[0][0] == EV_REJECTED:
                    rejects[outcome.events[0][REJECTED_CODE]] += 1
                trades.update(event[TRADE_SYMBOL] for event in outcome.events if event[0] == EV_TRADE)
        venue.pass_time(0)
        assert own().tally("xtrader_orders_total") == orders
        assert own().tally("xtrader_trades_total") == trades and sum(trades.values()) > 10
        assert own().tally("xtrader_rejects_total") == rejects

        engine = venue.sequencer.engine
        depth = own().gauge("xtrader_market_depth").values()
        spread = own().gauge("xtrader_market_spread_ratio").values()
        for event in engine.symbols():
            symbol = SymbolEvent(*event)
            bids, asks = engine.depth(symbol.symbol, 10)
            for side, levels in (("buy", bids), ("sell", asks)):
                lots = sum(level[1] for level in levels)
                assert depth[symbol.symbol, side] == lots / 10**symbol.quantity_scale
            if bids and asks:
                middle = (bids[0][0] + asks[0][0]) / 2
                expected = (asks[0][0] - bids[0][0]) / middle
                assert spread[(symbol.symbol,)] == pytest.approx(expected)
            else:
                assert (symbol.symbol,) not in spread
        assert b'xtrader_follower_lag_commands{follower="projection"} 0.0' in own().page().body
        venue.close()
