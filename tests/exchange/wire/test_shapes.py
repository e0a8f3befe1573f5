"""What is rendered has the fields of its structure, in their order: the schema is made from the structure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from accounts.portfolio import portfolio_shapes
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolSpec, spec_of_terms
from exchange.orders import parsing
from exchange.wire import rendering, shapes
from marketdata import public_rendering, public_shapes
from marketdata.candles import Candle
from marketdata.feed.feed_messages import Ticker
from marketdata.statistics import Statistics
from web.rest import request_shapes

NOW_NS = 1_795_334_675_772_000_000
SCALES = {asset.asset: asset.scale for asset in catalog.ASSETS}


@pytest.fixture
def spec() -> SymbolSpec:
    return spec_of_terms(catalog.BTC_KRW, SCALES, status=m.TRADING, status_reason="", call_ends_ns=0)


TRADE = m.TradeEvent(
    tag=m.EV_TRADE,
    trade_id=7,
    symbol="BTC-KRW",
    price_ticks=95_000_000,
    quantity_lots=10,
    taker_side=m.BUY,
    notional_minor=950_000_000,
    taker_order_id=1,
    taker_account=1000,
    taker_fee_minor=5,
    taker_base_after=0,
    taker_quote_after=0,
    maker_order_id=2,
    maker_account=1001,
    maker_fee_minor=5,
    maker_base_after=0,
    maker_quote_after=0,
)
ORDER = m.OrderEvent(
    m.EV_ORDER, 1, 1000, "mine", "BTC-KRW", m.BUY, m.LIMIT, m.GTC, False, 0, 95_000_000, 10, 0, 0, 0, 0, 0, 0,
    NOW_NS, NOW_NS,
)  # fmt: skip


def test_orders(spec: SymbolSpec) -> None:
    assert tuple(rendering.render_order(ORDER[:20], spec)) == shapes.SimpleOrder.__struct_fields__
    with_options = ORDER._replace(extra=m.OrderExtra(expire_ns=NOW_NS))
    assert tuple(rendering.render_order(with_options, spec)) == shapes.Order.__struct_fields__


def test_fills_and_trades(spec: SymbolSpec) -> None:
    fill = rendering.render_fill(TRADE, spec, is_taker=True, time_ns=NOW_NS)
    assert tuple(fill) == shapes.Fill.__struct_fields__
    trade = rendering.render_trade(TRADE, spec, sequence=1, time_ns=NOW_NS)
    assert tuple(trade) == shapes.Execution.__struct_fields__


def test_symbols_and_balances(spec: SymbolSpec) -> None:
    symbol = rendering.render_symbol(spec)
    assert tuple(symbol) == shapes.Symbol.__struct_fields__
    assert tuple(symbol["tick_bands"][0]) == shapes.TickBand.__struct_fields__
    balance = rendering.render_balance((m.EV_BALANCE, 1000, "KRW", 5, 0), 8)
    assert tuple(balance) == shapes.Balance.__struct_fields__


def test_candles_and_statistics(spec: SymbolSpec) -> None:
    candle = public_rendering.render_candle(Candle(NOW_NS, 1, 1, 1, 1), 60 * 10**9, spec, NOW_NS)
    assert tuple(candle) == public_shapes.Candle.__struct_fields__
    ticker = Ticker(Statistics(None, None, None, None, 0, 0, 0), None, None)
    statistics = public_rendering.render_ticker(ticker, spec, NOW_NS)
    assert tuple(statistics) == public_shapes.Statistics.__struct_fields__


def test_requests_are_those_that_parsing_takes() -> None:
    assert set(request_shapes.OrderRequest.__struct_fields__) == parsing.ORDER_FIELDS


@pytest.mark.parametrize(
    "shape",
    [shapes.Placed, shapes.Symbols, public_shapes.Klines, portfolio_shapes.Portfolio],
    ids=lambda shape: shape.__name__,
)
def test_msgspec_knows_every_type_of_a_field(shape: type[msgspec.Struct]) -> None:
    """A structure that msgspec cannot read back would describe what no client could send."""
    described: Any = msgspec.json.schema(shape)
    assert described["$defs"]
