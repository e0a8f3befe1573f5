"""The rules of the market as small stories with sums worked out by hand.

The naive reference and the core could share a misunderstanding; these numbers come from neither. The
symbol trades whole lots at whole prices, one price times one lot is ten minor units of KRW, both fees are
1 % unless said otherwise, and alice, bob and carol begin with 100,000 KRW and 100 lots of ABC each.
"""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.messages import BalanceEvent, OrderEvent, TradeEvent

ALICE, BOB, CAROL = 1000, 1001, 1002
MONEY, LOTS = 100_000, 100


class Market:
    def __init__(self, maker_ppm: int = 10_000, taker_ppm: int = 10_000, **terms: Any) -> None:
        self.engine = Engine()
        self.now_ns = 1_700_000_000_000_000_000
        self.commands = 0
        rules = {
            "base": "ABC",
            "quote": "KRW",
            "price_scale": 0,
            "quantity_scale": 0,
            "tick_bands": ((0, 1),),
            "lot_step": 1,
            "min_quantity_lots": 1,
            "max_quantity_lots": 1_000,
            "min_price_ticks": 1,
            "max_price_ticks": 10_000,
            "min_notional_minor": 0,
            "maker_ppm": maker_ppm,
            "taker_ppm": taker_ppm,
            "max_open_orders": 10,
        }
        self.do(m.set_asset, "KRW", 1)
        self.do(m.set_asset, "ABC", 0)
        self.do(m.set_symbol, "ABC-KRW", **(rules | terms))
        for account in (ALICE, BOB, CAROL):
            self.do(m.set_account, account)
            self.do(m.deposit, account, "KRW", MONEY)
            self.do(m.deposit, account, "ABC", LOTS)

    def do(self, make: Any, *arguments: Any, **terms: Any) -> list[m.Event]:
        self.commands += 1
        self.now_ns += 1_000
        events = self.engine.apply(make(f"c{self.commands}", *arguments, **terms), self.now_ns)
        assert self.engine.check() == []
        return events

    def place(self, account: int, side: int, lots: int, price: int = 0, **terms: Any) -> OrderEvent:
        events = self.try_place(account, side, lots, price, **terms)
        assert events[0][0] == m.EV_ORDER, events
        return OrderEvent(*events[0])

    def try_place(self, account: int, side: int, lots: int, price: int = 0, **terms: Any) -> list[m.Event]:
        if not price:
            terms = {"order_type": m.MARKET, "time_in_force": m.IOC} | terms
        return self.do(
            m.place_order, account, "ABC-KRW", side, price_ticks=price, quantity_lots=lots, **terms
        )

    def buy(self, account: int, lots: int, price: int = 0, **terms: Any) -> OrderEvent:
        return self.place(account, m.BUY, lots, price, **terms)

    def sell(self, account: int, lots: int, price: int = 0, **terms: Any) -> OrderEvent:
        return self.place(account, m.SELL, lots, price, **terms)

    def money(self, account: int) -> tuple[int, int]:
        """(available, held) in KRW."""
        return next(
            ((free, held) for asset, free, held in self.engine.balances(account) if asset == "KRW"), (0, 0)
        )

    def lots(self, account: int) -> tuple[int, int]:
        return next((free, held) for asset, free, held in self.engine.balances(account) if asset == "ABC")

    def order(self, order: OrderEvent) -> OrderEvent:
        found = self.engine.order(order.order_id)
        assert found is not None
        return OrderEvent(*found)


@pytest.fixture
def market() -> Market:
    return Market()


def refused(events: list[m.Event]) -> str:
    assert len(events) == 1
    return m.RejectedEvent(*events[0]).code


# --- holds and fees ----------------------------------------------------------------------------------


def test_a_resting_buy_holds_its_value_and_the_larger_fee_on_it() -> None:
    market = Market(maker_ppm=2_000, taker_ppm=10_000)
    market.buy(ALICE, 5, 100)
    # 5 x 100 x 10 = 5,000 and 1 % of it.
    assert market.money(ALICE) == (MONEY - 5_050, 5_050)


def test_a_resting_sell_holds_its_lots(market: Market) -> None:
    market.sell(ALICE, 5, 100)
    assert market.lots(ALICE) == (LOTS - 5, 5)
    assert market.money(ALICE) == (MONEY, 0)


def test_both_sides_pay_their_fee_in_the_quote_asset(market: Market) -> None:
    market.sell(ALICE, 5, 100)
    market.buy(BOB, 5, 100)
    assert market.money(ALICE) == (MONEY + 5_000 - 50, 0)
    assert market.money(BOB) == (MONEY - 5_000 - 50, 0)
    assert market.money(m.FEE_ACCOUNT) == (100, 0)
    assert market.lots(BOB) == (LOTS + 5, 0)


def test_a_fee_is_rounded_up_once_per_order_not_once_per_fill() -> None:
    """Three fills of 30 minor units at 1 %: 0.9 in all, which is 1; each by itself would be 1 too."""
    market = Market(maker_ppm=10_000, taker_ppm=10_000)
    sold = market.sell(ALICE, 3, 3)
    for _ in range(3):
        market.buy(BOB, 1, 3)
    assert market.order(sold).fee_minor == 1
    assert market.money(ALICE) == (MONEY + 90 - 1, 0)
    assert market.money(BOB) == (MONEY - 90 - 3, 0)


def test_a_rebate_is_rounded_toward_zero() -> None:
    market = Market(maker_ppm=-5_000, taker_ppm=10_000)
    market.sell(ALICE, 1, 30)
    market.buy(BOB, 1, 30)
    # 300 x 0.5 % = 1.5, of which 1 is paid; the taker pays 3.
    assert market.money(ALICE) == (MONEY + 300 + 1, 0)
    assert market.money(m.FEE_ACCOUNT) == (2, 0)


@pytest.mark.attack("A22")
def test_a_rebate_the_fee_account_cannot_pay_is_caught_up_later() -> None:
    """carol trades free of fee, so her trade brings nothing the rebate could come from."""
    market = Market(maker_ppm=-5_000, taker_ppm=10_000)
    market.do(m.set_fees, "ABC-KRW", CAROL, 0, 0)
    sold = market.sell(ALICE, 2, 100)
    market.buy(CAROL, 1, 100)
    assert market.order(sold).fee_minor == 0
    market.buy(BOB, 1, 100)
    # bob's fee of 10 pays for both fills: 2 x 1,000 x 0.5 %.
    assert market.order(sold).fee_minor == -10
    assert market.money(m.FEE_ACCOUNT) == (0, 0)


def test_what_a_buy_saves_on_its_limit_is_available_at_once(market: Market) -> None:
    market.sell(ALICE, 4, 90)
    order = market.buy(BOB, 10, 100)
    assert order.status == m.PARTIALLY_FILLED
    # Paid 4 x 90 x 10 + 36; the other 6 hold 6,000 and what they may bring the fee to: 96 - 36.
    assert market.money(BOB) == (MONEY - 3_636 - 6_060, 6_060)


def test_rates_are_frozen_when_the_order_enters(market: Market) -> None:
    sold = market.sell(ALICE, 1, 100)
    market.do(m.set_fees, "ABC-KRW", ALICE, 0, 0)
    market.buy(BOB, 1, 100)
    assert market.order(sold).fee_minor == 10


def test_one_minor_unit_short_is_refused_and_says_how_much(market: Market) -> None:
    market.do(m.withdraw, ALICE, "KRW", MONEY - 5_049)
    events = market.try_place(ALICE, m.BUY, 5, 100)
    assert refused(events) == "INSUFFICIENT_BALANCE"
    assert events[0][4] == ("asset", "KRW", "required_minor", 5_050, "available_minor", 5_049)
    market.do(m.deposit, ALICE, "KRW", 1)
    assert market.buy(ALICE, 5, 100).status == m.NEW


# --- matching ----------------------------------------------------------------------------------------


def test_the_best_price_goes_first_then_the_oldest(market: Market) -> None:
    late = market.sell(ALICE, 1, 101)
    first = market.sell(CAROL, 1, 100)
    second = market.sell(ALICE, 1, 100)
    events = market.try_place(BOB, m.BUY, 3, 101)
    makers = [TradeEvent(*event).maker_order_id for event in events if event[0] == m.EV_TRADE]
    assert makers == [first.order_id, second.order_id, late.order_id]


def test_a_trade_is_at_the_resting_price(market: Market) -> None:
    market.sell(ALICE, 1, 100)
    order = market.buy(BOB, 1, 150)
    assert order.filled_notional_minor == 1_000


def test_a_reduced_order_keeps_its_place_a_replaced_one_does_not(market: Market) -> None:
    first, second = market.sell(ALICE, 5, 100), market.sell(CAROL, 5, 100)
    market.do(m.reduce_order, ALICE, first.order_id, 3)
    market.buy(BOB, 1, 100)
    assert market.order(first).filled_lots == 1
    market.do(m.replace_order, ALICE, first.order_id, 100, 3)
    market.buy(BOB, 1, 100)
    assert (market.order(first).filled_lots, market.order(second).filled_lots) == (1, 1)


def test_a_replaced_order_may_trade_at_once(market: Market) -> None:
    market.sell(ALICE, 2, 100)
    bid = market.buy(BOB, 2, 90)
    events = market.do(m.replace_order, BOB, bid.order_id, 100, 2)
    assert OrderEvent(*events[0]).status == m.FILLED
    tags = [event[0] for event in events]
    assert tags == [m.EV_ORDER, m.EV_TRADE, m.EV_ORDER, m.EV_LEVEL, m.EV_LEVEL, *[m.EV_BALANCE] * 4]


def test_a_refused_replacement_leaves_the_order_as_it_was(market: Market) -> None:
    bid = market.buy(BOB, 2, 90)
    before = market.engine.dump()
    assert refused(market.do(m.replace_order, BOB, bid.order_id, 9_000, 900)) == "INSUFFICIENT_BALANCE"
    assert market.order(bid) == bid
    assert Engine.load(before).balances(BOB) == market.engine.balances(BOB)


def test_a_replacement_may_use_what_the_old_order_held(market: Market) -> None:
    market.do(m.withdraw, ALICE, "KRW", MONEY - 5_050)
    bid = market.buy(ALICE, 5, 100)
    assert market.money(ALICE) == (0, 5_050)
    events = market.do(m.replace_order, ALICE, bid.order_id, 50, 10)
    assert OrderEvent(*events[0]).status == m.NEW
    assert market.money(ALICE) == (0, 5_050)


@pytest.mark.parametrize(
    ("tif", "filled", "reason"),
    [(m.IOC, 2, m.REASON_IOC_REMAINDER), (m.FOK, 0, m.REASON_FOK_UNFILLABLE)],
)
def test_what_ioc_and_fok_do_with_too_little_on_the_book(
    market: Market, tif: int, filled: int, reason: int
) -> None:
    market.sell(ALICE, 2, 100)
    order = market.buy(BOB, 5, 100, time_in_force=tif)
    assert (order.status, order.filled_lots, order.reason) == (m.CANCELED, filled, reason)
    assert market.money(BOB)[1] == 0


def test_post_only_never_takes(market: Market) -> None:
    market.sell(ALICE, 2, 100)
    assert refused(market.try_place(BOB, m.BUY, 1, 100, post_only=True)) == "POST_ONLY_WOULD_TAKE"
    assert market.buy(BOB, 1, 99, post_only=True).status == m.NEW


# --- market orders -----------------------------------------------------------------------------------


def test_a_market_order_never_rests(market: Market) -> None:
    market.sell(ALICE, 2, 100)
    order = market.buy(BOB, 5)
    assert (order.status, order.filled_lots, order.reason) == (m.CANCELED, 2, m.REASON_NO_LIQUIDITY)
    assert market.engine.depth("ABC-KRW") == ([], [])


def test_a_market_buy_that_cannot_be_paid_does_nothing_at_all(market: Market) -> None:
    market.sell(ALICE, 1, 100)
    market.sell(ALICE, 1, 9_900)
    assert refused(market.try_place(BOB, m.BUY, 2)) == "INSUFFICIENT_BALANCE"
    assert market.engine.depth("ABC-KRW")[1] == [(100, 1), (9_900, 1)]


def test_a_buy_by_amount_spends_at_most_the_amount_fee_included(market: Market) -> None:
    market.sell(ALICE, 50, 100)
    order = market.buy(BOB, 0, quote_amount_minor=5_100)
    # Five lots cost 5,050; a sixth does not fit.
    assert (order.status, order.filled_lots, order.fee_minor) == (m.FILLED, 5, 50)
    assert market.money(BOB) == (MONEY - 5_050, 0)


def test_an_amount_that_buys_nothing_is_canceled_and_says_so(market: Market) -> None:
    market.sell(ALICE, 50, 100)
    order = market.buy(BOB, 0, quote_amount_minor=1_009)
    assert (order.status, order.reason) == (m.CANCELED, m.REASON_AMOUNT_BELOW_LOT)
    assert market.money(BOB) == (MONEY, 0)


# --- self-trade prevention -----------------------------------------------------------------------------


def test_cancel_newest_ends_the_incoming_order_where_it_meets_its_own(market: Market) -> None:
    market.sell(CAROL, 1, 99)
    own = market.sell(BOB, 5, 100)
    order = market.buy(BOB, 5, 100)
    assert (order.status, order.filled_lots, order.reason) == (m.CANCELED, 1, m.REASON_SELF_TRADE)
    assert market.order(own).status == m.NEW


def test_cancel_oldest_clears_the_way(market: Market) -> None:
    own = market.sell(BOB, 5, 100)
    market.sell(CAROL, 5, 100)
    order = market.buy(BOB, 5, 100, stp=m.STP_CANCEL_OLDEST)
    assert order.status == m.FILLED
    assert market.order(own).status == m.CANCELED
    assert market.lots(BOB) == (LOTS + 5, 0)


def test_cancel_both_ends_both(market: Market) -> None:
    own = market.sell(BOB, 5, 100)
    order = market.buy(BOB, 5, 100, stp=m.STP_CANCEL_BOTH)
    assert {order.status, market.order(own).status} == {m.CANCELED}


def test_decrement_takes_the_smaller_off_both_and_frees_its_hold(market: Market) -> None:
    """The rest of a decremented order holds for what is left of it, not for what it was."""
    own = market.sell(BOB, 2, 100)
    order = market.buy(BOB, 5, 100, stp=m.STP_DECREMENT)
    assert (order.status, order.quantity_lots, order.filled_lots) == (m.NEW, 5, 0)
    assert market.order(own).status == m.CANCELED
    assert market.money(BOB) == (MONEY - 3_030, 3_030)
    assert market.lots(BOB) == (LOTS, 0)


# --- ticks, lots, statuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "code"), [(999, "PRICE_OFF_TICK"), (1_001, "PRICE_OFF_TICK"), (4, "PRICE_OUT_OF_BOUNDS")]
)
def test_a_price_stands_on_the_step_of_its_band(price: int, code: str) -> None:
    market = Market(tick_bands=((0, 1), (500, 2), (1_000, 5)), min_price_ticks=5)
    assert refused(market.try_place(ALICE, m.BUY, 1, price)) == code
    for good in (499, 500, 998, 1_000, 1_005):
        assert market.buy(ALICE, 1, good).status == m.NEW


def test_a_band_change_is_data_and_spares_what_rests() -> None:
    market = Market()
    resting = market.buy(ALICE, 1, 101)
    spec = m.SymbolEvent(*market.engine.symbols()[0])
    terms = spec._asdict() | {"tick_bands": ((0, 10),)}
    for unwanted in ("tag", "symbol", "status", "status_reason", "call_ends_ns"):
        del terms[unwanted]
    market.do(m.set_symbol, "ABC-KRW", **terms)
    assert refused(market.try_place(BOB, m.SELL, 1, 101)) == "PRICE_OFF_TICK"
    market.sell(BOB, 1, 100)
    assert market.order(resting).status == m.FILLED


def test_halted_nothing_enters_cancel_only_lets_lower(market: Market) -> None:
    bid = market.buy(ALICE, 5, 100)
    market.do(m.set_symbol_status, "ABC-KRW", m.HALTED, "news")
    assert refused(market.try_place(BOB, m.SELL, 1, 100)) == "SYMBOL_HALTED"
    assert refused(market.do(m.reduce_order, ALICE, bid.order_id, 4)) == "SYMBOL_HALTED"
    market.do(m.set_symbol_status, "ABC-KRW", m.CANCEL_ONLY)
    assert refused(market.try_place(BOB, m.SELL, 1, 100)) == "SYMBOL_CANCEL_ONLY"
    assert OrderEvent(*market.do(m.reduce_order, ALICE, bid.order_id, 4)[0]).quantity_lots == 4
    assert OrderEvent(*market.do(m.cancel_order, ALICE, bid.order_id)[0]).status == m.CANCELED
    assert market.money(ALICE) == (MONEY, 0)


def test_a_frozen_account_may_cancel_and_be_traded_with_but_not_enter_or_withdraw(market: Market) -> None:
    bid, ask = market.buy(ALICE, 1, 100), market.sell(ALICE, 1, 200)
    market.do(m.set_account, ALICE, m.FROZEN)
    assert refused(market.try_place(ALICE, m.BUY, 1, 90)) == "ACCOUNT_FROZEN"
    assert refused(market.do(m.withdraw, ALICE, "KRW", 1)) == "ACCOUNT_FROZEN"
    assert market.sell(BOB, 1, 100).status == m.FILLED
    assert market.order(bid).status == m.FILLED
    assert OrderEvent(*market.do(m.cancel_order, ALICE, ask.order_id)[0]).status == m.CANCELED


def test_nobody_reaches_anothers_order(market: Market) -> None:
    bid = market.buy(ALICE, 5, 100)
    for command in (
        (m.cancel_order, BOB, bid.order_id),
        (m.reduce_order, BOB, bid.order_id, 1),
        (m.replace_order, BOB, bid.order_id, 1, 1),
    ):
        assert refused(market.do(*command)) == "ORDER_NOT_FOUND"
    assert market.order(bid) == bid


def test_cancel_all_tells_each_order_level_and_balance_once(market: Market) -> None:
    for price in (100, 100, 99):
        market.buy(ALICE, 1, price)
    events = market.do(m.cancel_all, ALICE, "ABC-KRW")
    assert [event[0] for event in events] == [
        *(m.EV_CANCELED_ALL, m.EV_ORDER, m.EV_ORDER, m.EV_ORDER),
        *(m.EV_LEVEL, m.EV_LEVEL, m.EV_BALANCE),
    ]
    assert BalanceEvent(*events[-1]).available_minor == MONEY


def test_the_venues_own_accounts_cannot_trade(market: Market) -> None:
    for account in (m.CUSTODY_ACCOUNT, m.FEE_ACCOUNT):
        assert refused(market.try_place(account, m.BUY, 1, 100)) == "ACCOUNT_NOT_FOUND"
        assert refused(market.do(m.deposit, account, "KRW", 5)) == "ACCOUNT_NOT_FOUND"
