"""Amounts are exact at any size: beyond 64 bits, beyond 10^30 minor units, and with fees on top."""

from __future__ import annotations

from exchange.engine import Engine
from exchange.engine import messages as m
from tests.exchange.engine.pair import START_NS, Pair
from tests.exchange.engine.venue import ACCOUNTS

BUYER, SELLER = ACCOUNTS[:2]
#: An asset with the finest scale there is: one whole unit is 10^18 minor ones.
HUGE = 10**33 + 7


def _deep_scales(pair: Pair, maker_ppm: int = 333, taker_ppm: int = 777) -> None:
    """WEI and GAS of scale 18, a symbol between them, and two accounts that own 10^33 and more."""
    pair.submit(m.set_asset("a1", "WEI", 18))
    pair.submit(m.set_asset("a2", "GAS", 18))
    pair.submit(
        m.set_symbol(
            "s1",
            "GAS-WEI",
            base="GAS",
            quote="WEI",
            price_scale=2,
            quantity_scale=3,
            tick_bands=((0, 1),),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=10**18,
            min_price_ticks=1,
            max_price_ticks=10**12,
            min_notional_minor=0,
            maker_ppm=maker_ppm,
            taker_ppm=taker_ppm,
            max_open_orders=100,
        )
    )
    for account in (BUYER, SELLER):
        pair.submit(m.set_account(f"u{account}", account))
        for asset in ("WEI", "GAS"):
            pair.submit(m.deposit(f"d{account}{asset}", account, asset, HUGE))


def test_a_trade_far_beyond_64_bits_is_exact_to_the_minor_unit() -> None:
    pair = Pair()
    _deep_scales(pair)
    price, lots = 7_777_777, 9_999_999_999
    notional = price * lots * 10**13
    assert notional > 2**64
    pair.submit(m.place_order("c1", SELLER, "GAS-WEI", m.SELL, price_ticks=price, quantity_lots=lots))
    events = pair.submit(m.place_order("c2", BUYER, "GAS-WEI", m.BUY, price_ticks=price, quantity_lots=lots))
    trade = m.TradeEvent(*next(event for event in events if event[0] == m.EV_TRADE))
    assert trade.notional_minor == notional
    assert trade.taker_fee_minor == -(-notional * 777 // 10**6)
    assert trade.maker_fee_minor == -(-notional * 333 // 10**6)
    assert trade.taker_quote_after == HUGE - notional - trade.taker_fee_minor
    assert trade.maker_quote_after == HUGE + notional - trade.maker_fee_minor
    assert trade.taker_base_after == HUGE + lots * 10**15
    pair.check_state()
    pair.check_invariants()


def test_one_minor_unit_decides_at_ten_to_the_thirty_three() -> None:
    """No float stands anywhere between the balance and the check."""
    pair = Pair()
    _deep_scales(pair)
    refused = pair.submit(m.withdraw("w1", BUYER, "WEI", HUGE + 1))
    assert refused[0][3] == "INSUFFICIENT_BALANCE"
    assert pair.submit(m.withdraw("w2", BUYER, "WEI", HUGE))[0][0] == m.EV_TRANSFER
    assert pair.core.balances(m.CUSTODY_ACCOUNT)[1] == ("WEI", -HUGE, 0)


def test_huge_amounts_survive_snapshots_and_partial_fills() -> None:
    pair = Pair()
    _deep_scales(pair, maker_ppm=-99, taker_ppm=100)
    place = {"price_ticks": 1_000_003, "quantity_lots": 999_999_999_989}
    pair.submit(m.place_order("c1", SELLER, "GAS-WEI", m.SELL, **place))
    for turn in range(40):
        lots = 1_234_567_891 * (turn + 1)
        terms = {"price_ticks": 1_000_003 + turn, "quantity_lots": lots}
        pair.submit(m.place_order(f"t{turn}", BUYER, "GAS-WEI", m.BUY, time_in_force=m.IOC, **terms))
        pair.round_trip()
        pair.check_state()
    pair.check_invariants()


def test_an_amount_spends_to_the_last_affordable_lot() -> None:
    """A quote-amount buy of 10^30 and some leaves less than one lot's cost, fee included."""
    pair = Pair()
    _deep_scales(pair)
    price, amount = 999_983, 10**30 + 123_456_789
    pair.submit(m.place_order("c1", SELLER, "GAS-WEI", m.SELL, price_ticks=price, quantity_lots=10**15))
    events = pair.submit(
        m.place_order(
            "c2",
            BUYER,
            "GAS-WEI",
            m.BUY,
            order_type=m.MARKET,
            time_in_force=m.IOC,
            quote_amount_minor=amount,
        )
    )
    order = m.OrderEvent(*events[0])
    spent = order.filled_notional_minor + order.fee_minor
    one_lot = price * 10**13
    assert order.status == m.FILLED
    assert spent <= amount < spent + one_lot + -(-one_lot * 777 // 10**6)


def test_the_state_hash_tells_amounts_apart_by_one_minor_unit() -> None:
    def after(amount: int) -> str:
        engine = Engine()
        for command in (m.set_asset("a", "WEI", 18), m.set_account("u", BUYER)):
            engine.apply(command, START_NS)
        engine.apply(m.deposit("d", BUYER, "WEI", amount), START_NS)
        return engine.state_hash()

    assert after(HUGE) == after(HUGE)
    # These differ beyond the 53 bits of a float.
    assert after(HUGE) != after(HUGE + 1)


def test_an_asset_never_outgrows_38_digits() -> None:
    """What the database can hold bounds what may come in; what went out makes room again."""
    engine = Engine()
    for command in (m.set_asset("a", "KRW", 8), m.set_account("b", 1000), m.set_account("c", 1001)):
        engine.apply(command, 1)
    assert engine.apply(m.deposit("d", 1000, "KRW", 10**36), 1)[0][0] == m.EV_TRANSFER
    refused = engine.apply(m.deposit("e", 1001, "KRW", 1), 1)
    assert m.RejectedEvent(*refused[0]).code == "INVALID_AMOUNT"
    engine.apply(m.withdraw("f", 1000, "KRW", 1), 1)
    assert engine.apply(m.deposit("g", 1001, "KRW", 1), 1)[0][0] == m.EV_TRANSFER
    assert engine.check() == []
