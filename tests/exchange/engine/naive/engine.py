"""The naive engine's way in, and the commands of the venue."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from tests.exchange.engine.naive.money import NaiveMoney
from tests.exchange.engine.naive.orders import Order, Place
from tests.exchange.engine.naive.rules import (
    MILLION,
    MINUTE_NS,
    SECOND_NS,
    UNCROSSED,
    Refusal,
    Symbol,
    bands_ascend,
    protects,
    rates_allowed,
    refuse_if,
)

_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class NaiveEngine(NaiveMoney):
    """Same interface as the core: ``apply(command, now_ns)`` gives the events."""

    # --- the way in ----------------------------------------------------------------------------

    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]:
        """Carry out one command. A refused one changes nothing but the clock."""
        self.now_ns = now_ns
        self.live = [order for order in self.live if order.place != Place.GONE]
        self.own, self.log = [], []
        self.meetings, self.last_meeting, self.entered = 0, self.trades_per_order, 0
        levels, balances = self.all_levels(), self.all_balances()
        try:
            self._dispatch(command)
        except Refusal as refusal:
            account = command[2] if command[0] in m.TRADER_COMMANDS else 0
            return [(m.EV_REJECTED, command[1], account, refusal.code, refusal.details)]
        self.follow_up()
        self.follow_up_others()
        if command[0] == m.TICK:
            self._indicate()
        events = self._told()
        events += _changed_levels(levels, self.all_levels())
        events += _changed_balances(balances, self.all_balances())
        return events

    def _dispatch(self, command: m.Command) -> None:
        handlers: dict[int, tuple[Any, Any]] = {
            m.PLACE: (m.PlaceOrder, self.place),
            m.PLACE_OCO: (m.PlaceOco, self.place_oco),
            m.PLACE_BRACKET: (m.PlaceBracket, self.place_bracket),
            m.PLACE_OTO: (m.PlaceOto, self.place_oto),
            m.PLACE_QUOTES: (m.PlaceQuotes, self.place_quotes),
            m.CANCEL_QUOTES: (m.CancelQuotes, self.cancel_quotes),
            m.PROTECT_QUOTES: (m.ProtectQuotes, self.protect_quotes),
            m.CANCEL: (m.CancelOrder, self.cancel_one),
            m.CANCEL_ALL: (m.CancelAll, self.cancel_all),
            m.CANCEL_AFTER: (m.CancelAfter, self.cancel_after),
            m.CANCEL_REPLACE: (m.CancelReplace, self.cancel_replace),
            m.REDUCE: (m.ReduceOrder, self.reduce),
            m.REPLACE: (m.ReplaceOrder, self.replace),
            m.TICK: (tuple, self._tick),
            m.SET_ASSET: (m.SetAsset, self._set_asset),
            m.SET_SYMBOL: (m.SetSymbol, self._set_symbol),
            m.SET_SYMBOL_STATUS: (m.SetSymbolStatus, self._set_symbol_status),
            m.SET_ACCOUNT: (m.SetAccount, self._set_account),
            m.SET_GROUP: (m.SetGroup, self._set_group),
            m.SET_FEES: (m.SetFees, self._set_fees),
            m.SET_FEE_PLAN: (m.SetFeePlan, self._set_fee_plan),
            m.SET_ACCOUNT_PLAN: (m.SetAccountPlan, self._set_account_plan),
            m.DEPOSIT: (m.Transfer, self.deposit),
            m.WITHDRAW: (m.Transfer, self.withdraw),
            m.MOVE: (m.Move, self.move),
            m.PAY_FROM_FEES: (m.PayFromFees, self.pay_from_fees),
            m.HOLD_WITHDRAWAL: (m.HoldWithdrawal, self.hold_withdrawal),
            m.SETTLE_WITHDRAWAL: (m.EndWithdrawal, self.settle_withdrawal),
            m.RELEASE_WITHDRAWAL: (m.EndWithdrawal, self.release_withdrawal),
        }
        view, handler = handlers[command[0]]
        handler(command if command[0] == m.TICK else view(*command))

    def _told(self) -> list[m.Event]:
        """What is the command's own first, then the rest; each order once, as it is now."""
        events: list[m.Event] = []
        told: set[int] = set()
        for item in (*self.own, *self.log):
            if not isinstance(item, Order):
                events.append(item)
            elif item.order_id not in told:
                told.add(item.order_id)
                events.append(item.event())
        return events

    # --- time ------------------------------------------------------------------------------------------

    def _tick(self, c: m.Command) -> None:
        self.log.append((m.EV_TICK, self.now_ns))
        due = self.overdue()[: self.ends_per_command]
        left = self.ends_per_command - len(due)
        for order in due:
            if order.is_open:
                self.end(order, m.EXPIRED, m.REASON_TIME)
        passed = [(at, account) for account, at in self.deadlines.items() if 0 < at <= self.now_ns]
        for _deadline, account in sorted(passed):
            if left > 0:
                self.deadlines[account] = 0
                left -= len(self.open_orders(account))
                self.cancel_each(self.open_orders(account), m.REASON_CANCEL_AFTER)
        for name in sorted(self.book_symbols):
            if self.book_symbols[name].status == m.CLOSED and left > 0:
                left -= self.end_days(name, left)
        self.paused.clear()
        self.follow_up()
        for name in sorted(self.book_symbols):
            symbol = self.book_symbols[name]
            if 0 < (symbol.call_drawn_ns or symbol.call_ends_ns) <= self.now_ns:
                self._end_call(symbol, m.Tick(*c).draw_ppm)
                self.follow_up()

    def _end_call(self, symbol: Symbol, draw_ppm: int) -> None:
        """K8: the time of a volatility auction is up; K11: it may end later, or begin again once."""
        rules, follows = symbol.protection, symbol.call_next
        if rules.random_end_ns and not symbol.call_drawn_ns:
            symbol.call_drawn_ns = symbol.call_ends_ns + rules.random_end_ns * draw_ppm // MILLION
            if symbol.call_drawn_ns > self.now_ns:
                return
        last = self.last_price(symbol.name)
        if not symbol.call_is_extended and self.is_far(symbol, last, rules.extended_ppm):
            self.set_status(symbol, m.VOLATILITY_AUCTION, "extended")
            symbol.call_next, symbol.call_is_extended = follows, True
        else:
            self.change_status(symbol, *follows)

    def _indicate(self) -> None:
        for name in sorted(self.book_symbols):
            if self.book_symbols[name].status in m.CALL_STATUSES:
                self.log.append(self.indication(name))

    def indication(self, symbol: str) -> m.Event:
        """Where an auction would trade now."""
        price, lots, surplus = self.auction(symbol) or (0, 0, 0)
        side = m.NO_SIDE if not surplus else m.BUY if surplus > 0 else m.SELL
        return (m.EV_INDICATIVE, symbol, price, lots, side, abs(surplus))

    def next_due_ns(self) -> int | None:
        """When the next tick is due: at the next full minute (second, while orders gather somewhere), or
        when something expires or ends."""
        times = [order.expires_ns for order in self.live if order.is_open]
        times += self.deadlines.values()
        times += [symbol.call_drawn_ns or symbol.call_ends_ns for symbol in self.book_symbols.values()]
        gathers = any(symbol.status in m.CALL_STATUSES for symbol in self.book_symbols.values())
        step_ns = SECOND_NS if gathers else MINUTE_NS
        turn = (self.now_ns // step_ns + 1) * step_ns
        closed = [name for name, symbol in self.book_symbols.items() if symbol.status == m.CLOSED]
        if self.paused or any(self.days_to_end(name) for name in closed):
            return self.now_ns
        return max(self.now_ns, min([turn, *(time for time in times if time)])) if self.now_ns else None

    def sessions(self) -> list[tuple[int, str]]:
        """(account, session) of every session that open orders were placed under."""
        found = {(o.account, o.terms.session) for o in self.live if o.is_open and o.terms.session}
        return sorted(found)

    # --- the control plane -------------------------------------------------------------------------

    def _set_asset(self, c: m.SetAsset) -> None:
        well_named = 1 <= len(c.asset) <= 16 and all(ch in _NAME_CHARACTERS for ch in c.asset)
        refuse_if(not well_named or not 0 <= c.scale <= 18, "INVALID_ASSET")
        refuse_if(self.assets.get(c.asset, c.scale) != c.scale, "SCALE_FIXED")
        self.assets[c.asset] = c.scale
        self.log.append((m.EV_ASSET, c.asset, c.scale))

    def _set_symbol(self, c: m.SetSymbol) -> None:
        existing = self.book_symbols.get(c.symbol)
        # symbol, base, quote, price_scale, quantity_scale
        refuse_if(existing is not None and existing.spec[2:7] != c[2:7], "SCALE_FIXED")
        refuse_if(c.base not in self.assets or c.quote not in self.assets, "ASSET_NOT_FOUND")
        base_scale, quote_scale = self.assets[c.base], self.assets[c.quote]
        scales_fit = c.price_scale + c.quantity_scale <= quote_scale and c.quantity_scale <= base_scale
        bounded = (
            1 <= c.min_quantity_lots <= c.max_quantity_lots <= 10**18
            and 1 <= c.min_price_ticks <= c.max_price_ticks <= 10**18
            and c.min_notional_minor <= 10**36
        )
        counted = c.lot_step >= 1 and c.min_notional_minor >= 0 and c.max_open_orders >= 1
        sound = scales_fit and bounded and counted and bands_ascend(c.tick_bands) and c.base != c.quote
        protection = m.Protection(*c.protection) if c.protection else m.Protection()
        sound = sound and rates_allowed(c.maker_ppm, c.taker_ppm) and protects(protection)
        refuse_if(not sound, "INVALID_SYMBOL")
        symbol = Symbol(
            c,
            protection,
            multiplier=10 ** (quote_scale - c.price_scale - c.quantity_scale),
            base_per_lot=10 ** (base_scale - c.quantity_scale),
        )
        if existing:
            symbol.status, symbol.status_reason = existing.status, existing.status_reason
            symbol.call_ends_ns = existing.call_ends_ns
            symbol.call_next, symbol.call_drawn_ns = existing.call_next, existing.call_drawn_ns
            symbol.call_is_extended = existing.call_is_extended
        self.book_symbols[c.symbol] = symbol
        self.log.append(symbol.event())

    def _set_symbol_status(self, c: m.SetSymbolStatus) -> None:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.SYMBOL_STATUSES), "INVALID_STATUS")
        symbol = self.book_symbols[c.symbol]
        resumes = symbol.status == m.HALTED and c.status == m.TRADING
        refuse_if(resumes and not (c.direct and c.reason), "HALT_ENDS_BY_AUCTION")
        auctions = (m.PRE_OPEN, m.OPENING_AUCTION, m.CLOSING_AUCTION)
        checked = symbol.status in auctions and c.status in UNCROSSED
        reference = self.reference_price(symbol.name)
        if checked and self.is_far(symbol, reference, symbol.protection.static_ppm):
            self.set_status(symbol, m.VOLATILITY_AUCTION, "volatility")
            symbol.call_next = (c.status, c.reason)
        else:
            self.change_status(symbol, c.status, c.reason)

    def _set_account(self, c: m.SetAccount) -> None:
        refuse_if(c.account < m.FIRST_TRADER_ACCOUNT, "ACCOUNT_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.ACCOUNT_STATUSES), "INVALID_STATUS")
        self.statuses[c.account] = c.status
        self._tell_account(c.account)

    def _set_group(self, c: m.SetGroup) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(not 0 <= c.group < 2**31, "INVALID_GROUP")
        self.groups[c.account] = c.group
        self._tell_account(c.account)

    def _tell_account(self, account: int) -> None:
        group, plan = self.groups.get(account, 0), self.account_plans.get(account, 0)
        event = (m.EV_ACCOUNT, account, self.statuses[account])
        self.log.append((*event, group, plan) if plan else (*event, group) if group else event)

    def _set_fees(self, c: m.SetFees) -> None:
        refuse_if(c.symbol not in ("", *self.book_symbols), "SYMBOL_NOT_FOUND")
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if c.clear:
            self.overrides.pop((c.symbol, c.account), None)
            self.log.append((m.EV_FEES, c.symbol, c.account, 0, 0, True))
            return
        refuse_if(not rates_allowed(c.maker_ppm, c.taker_ppm), "INVALID_FEES")
        others = {account for _, account in self.overrides} - {c.account}
        refuse_if(len(others) >= 2_000, "INVALID_FEES")
        self.overrides[c.symbol, c.account] = (c.maker_ppm, c.taker_ppm)
        self.log.append((m.EV_FEES, c.symbol, c.account, c.maker_ppm, c.taker_ppm))

    def _set_fee_plan(self, c: m.SetFeePlan) -> None:
        refuse_if(not 1 <= c.plan <= 1_000 or len(c.rates) > 2_000, "INVALID_FEE_PLAN")
        rates: dict[str, tuple[int, int]] = {}
        for symbol, maker_ppm, taker_ppm in c.rates:
            refuse_if(symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
            refuse_if(symbol in rates, "INVALID_FEE_PLAN")
            refuse_if(not rates_allowed(maker_ppm, taker_ppm), "INVALID_FEES")
            rates[symbol] = (maker_ppm, taker_ppm)
        self.plans[c.plan] = rates
        self.log.append((m.EV_FEE_PLAN, c.plan, c.rates))

    def _set_account_plan(self, c: m.SetAccountPlan) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.plan != 0 and c.plan not in self.plans, "INVALID_FEE_PLAN")
        self.account_plans[c.account] = c.plan
        self._tell_account(c.account)


def _changed_levels(before: dict[Any, int], after: dict[Any, int]) -> list[m.Event]:
    keys = [key for key in (before | after) if before.get(key, 0) != after.get(key, 0)]
    return [(m.EV_LEVEL, *key, after.get(key, 0)) for key in keys]


def _changed_balances(before: dict[Any, Any], after: dict[Any, Any]) -> list[m.Event]:
    keys = [key for key in after if before.get(key, (0, 0)) != after[key]]
    return [(m.EV_BALANCE, *key, *after[key]) for key in keys]
