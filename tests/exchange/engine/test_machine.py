"""The core against the naive reference as a Hypothesis state machine: failures shrink to a few commands.

Acceptance: at every step the events, books, open orders and balances of both agree, every asset sums to
zero over all accounts, and nothing but custody is negative.

Profiles: ``XTRADER_HYPOTHESIS=deep`` for a long search; otherwise a quick one for ``make test``.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from exchange.engine import messages as m
from tests.exchange.engine import venue
from tests.exchange.engine.order_draws import SESSIONS, OrderMaker
from tests.exchange.engine.pair import Pair

DEEP = os.environ.get("XTRADER_HYPOTHESIS") == "deep"

accounts = st.sampled_from(venue.ACCOUNTS)
symbols = st.sampled_from(venue.SYMBOLS)
sides = st.sampled_from((m.BUY, m.SELL))
prices = st.one_of(st.sampled_from(venue.PRICES), st.integers(4, 21), st.sampled_from(venue.ODD_PRICES))
quantities = st.one_of(st.integers(1, 12), st.sampled_from(venue.ODD_QUANTITIES))
stp_modes = st.integers(0, 3)
rates = st.sampled_from(venue.RATES)
client_ids = st.one_of(st.none(), st.sampled_from(("mine1", "mine2")))
#: What an OrderMaker makes; the first eight are single orders.
KINDS = (
    *("limit", "market", "iceberg", "stop_limit", "stop_market", "for_auction", "to_limit", "now"),
    *("oco", "oto", "bracket", "quotes", "malformed"),
)
#: Points at an open order by counting from the oldest, whichever those are by then.
picks = st.integers(0, 30)


class CoreAgainstNaive(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()
        self.commands = 0

    def do(self, make: Any, *arguments: Any, **terms: Any) -> None:
        self.commands += 1
        self.pair.submit(make(f"c{self.commands}", *arguments, **terms))

    def pick(self, pick: int) -> tuple[int, int]:
        """(account, order id) of some open order, or of one that may not be."""
        open_orders = [order for account in venue.ACCOUNTS for order in self.pair.naive.open_orders(account)]
        if not open_orders:
            return venue.ACCOUNTS[0], pick + 1
        order = open_orders[pick % len(open_orders)]
        return order.account, order.order_id

    @initialize(
        first=rates,
        second=rates,
        lot_step=st.sampled_from((1, 1, 2, 3)),
        units=st.sampled_from((20, 90, 10**6)),
        protection=st.sampled_from((None, *venue.PROTECTIONS)),
    )
    def open_the_venue(
        self,
        first: tuple[int, int],
        second: tuple[int, int],
        lot_step: int,
        units: int,
        protection: m.Protection | None,
    ) -> None:
        for command in venue.opening((first, second), lot_step, protection):
            self.pair.submit(command)
        for index, account in enumerate(venue.ACCOUNTS):
            for asset in ("KRW", "ABC", "XYZ"):
                self.do(m.deposit, account, asset, units * (7 + 11 * index))

    # --- traders -----------------------------------------------------------------------------------

    @rule(account=accounts, symbol=symbols, side=sides, price=prices, quantity=quantities, stp=stp_modes,
          post_only=st.booleans(), client_order_id=client_ids)  # fmt: skip
    def rest(
        self, account: int, symbol: str, side: int, price: int, quantity: int, stp: int, post_only: bool,
        client_order_id: str | None,
    ) -> None:  # fmt: skip
        terms = {"price_ticks": price, "quantity_lots": quantity, "post_only": post_only}
        self.do(m.place_order, account, symbol, side, stp=stp, client_order_id=client_order_id, **terms)

    @rule(account=accounts, symbol=symbols, side=sides, price=prices, quantity=quantities, stp=stp_modes,
          tif=st.sampled_from((m.GTC, m.IOC, m.FOK)))  # fmt: skip
    def take(
        self, account: int, symbol: str, side: int, price: int, quantity: int, stp: int, tif: int
    ) -> None:
        terms = {"price_ticks": price, "quantity_lots": quantity, "time_in_force": tif}
        self.do(m.place_order, account, symbol, side, stp=stp, **terms)

    @rule(kind=st.sampled_from(KINDS), rng=st.randoms(use_true_random=False))
    def enter(self, kind: str, rng: Random) -> None:
        """An order of any type, or several."""
        self.commands += 1
        maker = OrderMaker(rng, self.commands, self.pair.now_ns)
        self.pair.submit(getattr(maker, kind)())

    @rule(pick=picks, kind=st.sampled_from(KINDS[:8]), rng=st.randoms(use_true_random=False),
          mode=st.sampled_from((m.STOP_ON_FAILURE, m.ALLOW_FAILURE)))  # fmt: skip
    def cancel_replace(self, pick: int, kind: str, rng: Random, mode: int) -> None:
        account, order_id = self.pick(pick)
        place = getattr(OrderMaker(rng, self.commands + 1, self.pair.now_ns), kind)()
        self.do(m.cancel_replace, account, place, order_id=order_id, mode=mode)

    @rule(account=accounts, after_ms=st.sampled_from((0, 999, 1_000, 60_000, 24 * 3_600_000)))
    def cancel_after(self, account: int, after_ms: int) -> None:
        self.do(m.cancel_after, account, after_ms)

    @rule(account=accounts, fills=st.integers(0, 3), asset=st.sampled_from(("", "KRW")))
    def protect_quotes(self, account: int, fills: int, asset: str) -> None:
        self.do(m.protect_quotes, account, 60_000 if fills else 0, fills, asset, 100 if asset else 0)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        self.do(m.cancel_order, *self.pick(pick))

    @rule(account=accounts, client_order_id=client_ids)
    def cancel_by_own_id(self, account: int, client_order_id: str | None) -> None:
        self.do(m.cancel_order, account, 0, client_order_id)

    @rule(account=accounts, order_id=st.integers(1, 40))
    def cancel_someones(self, account: int, order_id: int) -> None:
        self.do(m.cancel_order, account, order_id)

    @rule(account=accounts, symbol=st.one_of(st.none(), symbols),
          session=st.sampled_from((None, *SESSIONS)))  # fmt: skip
    def cancel_all(self, account: int, symbol: str | None, session: str | None) -> None:
        self.do(m.cancel_all, account, symbol, session)

    @rule(pick=picks, quantity=quantities)
    def reduce(self, pick: int, quantity: int) -> None:
        self.do(m.reduce_order, *self.pick(pick), quantity)

    @rule(pick=picks, price=prices, quantity=quantities, trigger=st.one_of(st.just(0), prices))
    def replace(self, pick: int, price: int, quantity: int, trigger: int) -> None:
        self.do(m.replace_order, *self.pick(pick), price, quantity, trigger)

    @rule(back=st.integers(1, 40))
    def repeat(self, back: int) -> None:
        command, _ = self.pair.history[-min(back, len(self.pair.history))]
        if command[0] != m.TICK:
            self.pair.submit(command)

    # --- the control plane -----------------------------------------------------------------------

    @rule(account=accounts, asset=st.sampled_from(("KRW", "ABC", "XYZ", "NONE")), amount=st.integers(0, 900))
    def deposit(self, account: int, asset: str, amount: int) -> None:
        self.do(m.deposit, account, asset, amount)

    @rule(account=accounts, asset=st.sampled_from(("KRW", "ABC", "XYZ")), amount=st.integers(0, 3_000))
    def withdraw(self, account: int, asset: str, amount: int) -> None:
        self.do(m.withdraw, account, asset, amount)

    @rule(account=accounts, to_account=accounts, asset=st.sampled_from(("KRW", "ABC", "NONE")),
          amount=st.integers(0, 3_000), memo=st.sampled_from(("", "rent")))  # fmt: skip
    def move(self, account: int, to_account: int, asset: str, amount: int, memo: str) -> None:
        self.do(m.move, account, to_account, asset, amount, memo)

    @rule(account=accounts, asset=st.sampled_from(("KRW", "ABC")), amount=st.integers(0, 20))
    def pay_from_fees(self, account: int, asset: str, amount: int) -> None:
        self.do(m.pay_from_fees, account, asset, amount)

    @rule(account=accounts, name=st.sampled_from(("w1", "w2")), asset=st.sampled_from(("KRW", "ABC")),
          amount=st.integers(0, 3_000), fee=st.integers(-1, 30))  # fmt: skip
    def hold_withdrawal(self, account: int, name: str, asset: str, amount: int, fee: int) -> None:
        self.do(m.hold_withdrawal, account, name, asset, amount, fee)

    @rule(account=accounts, name=st.sampled_from(("w1", "w2")), is_paid=st.booleans())
    def end_withdrawal(self, account: int, name: str, is_paid: bool) -> None:
        self.do(m.settle_withdrawal if is_paid else m.release_withdrawal, account, name)

    @rule(symbol=symbols, account=accounts, override=rates)
    def override_fees(self, symbol: str, account: int, override: tuple[int, int]) -> None:
        self.do(m.set_fees, symbol, account, *override)

    @rule(symbol=st.one_of(symbols, st.just(m.EVERY_SYMBOL)), account=accounts,
          override=st.one_of(st.none(), rates))  # fmt: skip
    def own_fees(self, symbol: str, account: int, override: tuple[int, int] | None) -> None:
        if override is None:
            self.do(m.clear_fees, symbol, account)
        else:
            self.do(m.set_fees, symbol, account, *override)

    @rule(plan=st.integers(0, 3), priced=st.lists(symbols, max_size=2), paid=rates)
    def change_plan(self, plan: int, priced: list[str], paid: tuple[int, int]) -> None:
        self.do(m.set_fee_plan, plan, tuple((symbol, *paid) for symbol in priced))

    @rule(account=accounts, plan=st.integers(0, 3))
    def put_on_plan(self, account: int, plan: int) -> None:
        self.do(m.set_account_plan, account, plan)

    @rule(symbol=symbols, status=st.one_of(st.just(m.TRADING), st.integers(m.TRADING, m.CLOSED)),
          direct=st.booleans())  # fmt: skip
    def set_status(self, symbol: str, status: int, direct: bool) -> None:
        self.do(m.set_symbol_status, symbol, status, "because", direct=direct)

    @rule(account=accounts, status=st.sampled_from((m.ACTIVE, m.ACTIVE, m.FROZEN)))
    def set_account(self, account: int, status: int) -> None:
        self.do(m.set_account, account, status)

    @rule(account=accounts, group=st.sampled_from((0, 7, 7, 8)))
    def set_group(self, account: int, group: int) -> None:
        self.do(m.set_group, account, group)

    @rule(symbol=symbols, protection=st.sampled_from(venue.PROTECTIONS))
    def protect(self, symbol: str, protection: m.Protection) -> None:
        self.commands += 1
        self.pair.submit(venue.symbol_command(f"c{self.commands}", symbol, protection=protection))

    @rule(symbol=symbols, lot_step=st.integers(1, 3), lowest=st.sampled_from((5, 9)), fees=rates,
          max_open=st.integers(1, 6))  # fmt: skip
    def change_symbol(
        self, symbol: str, lot_step: int, lowest: int, fees: tuple[int, int], max_open: int
    ) -> None:
        terms = {"lot_step": lot_step, "min_price_ticks": lowest, "max_open_orders": max_open}
        self.commands += 1
        command_id = f"c{self.commands}"
        maker, taker = fees
        self.pair.submit(venue.symbol_command(command_id, symbol, maker_ppm=maker, taker_ppm=taker, **terms))

    @rule(seconds=st.one_of(st.integers(1, 600), st.sampled_from((3_600, 86_400))),
          draw_ppm=st.sampled_from((0, 1, 700_000, 1_000_000)))  # fmt: skip
    def tick(self, seconds: int, draw_ppm: int) -> None:
        self.pair.submit(m.tick(draw_ppm), after_ns=seconds * 10**9)

    @rule()
    def snapshot_and_go_on(self) -> None:
        self.pair.round_trip()

    @invariant()
    def agree_and_conserve(self) -> None:
        self.pair.check_state()
        self.pair.check_invariants()


CoreAgainstNaive.TestCase.settings = settings(
    max_examples=5_000 if DEEP else 150,
    stateful_step_count=120 if DEEP else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    print_blob=True,
)
TestCoreAgainstNaive = CoreAgainstNaive.TestCase
