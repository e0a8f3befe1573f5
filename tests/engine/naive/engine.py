"""The naive engine's way in, and the commands of the venue."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from tests.engine.naive.orders import Order, Place
from tests.engine.naive.rules import (
    MINUTE_NS,
    SECOND_NS,
    Refusal,
    Symbol,
    bands_ascend,
    protects,
    rates_allowed,
    refuse_if,
)
from tests.engine.naive.trading import NaiveTrading

_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class NaiveEngine(NaiveTrading):
    """Same interface as the core: ``apply(command, now_ns)`` gives the events."""

    # --- the way in ----------------------------------------------------------------------------

    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]:
        """Carry out one command. A refused one changes nothing but the clock."""
        self.now_ns = now_ns
        self.live = [order for order in self.live if order.place != Place.GONE]
        self.own, self.log = [], []
        levels, balances = self.all_levels(), self.all_balances()
        try:
            self._dispatch(command)
        except Refusal as refusal:
            account = command[2] if command[0] in m.TRADER_COMMANDS else 0
            return [(m.EV_REJECTED, command[1], account, refusal.code, refusal.details)]
        self.follow_up()
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
            m.DEPOSIT: (m.Transfer, self._deposit),
            m.WITHDRAW: (m.Transfer, self._withdraw),
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

    def _tick(self, _: m.Command) -> None:
        self.log.append((m.EV_TICK, self.now_ns))
        due = [o for o in self.live if o.is_open and 0 < o.expires_ns <= self.now_ns]
        for order in sorted(due, key=lambda o: (o.expires_ns, o.order_id)):
            if order.is_open:
                self.end(order, m.EXPIRED, m.REASON_TIME)
        passed = [(at, account) for account, at in self.deadlines.items() if 0 < at <= self.now_ns]
        for _deadline, account in sorted(passed):
            self.deadlines[account] = 0
            self.cancel_each(self.open_orders(account), m.REASON_CANCEL_AFTER)
        self.follow_up()
        for name in sorted(self.book_symbols):
            symbol = self.book_symbols[name]
            if 0 < symbol.call_ends_ns <= self.now_ns:
                self.change_status(symbol, m.TRADING, "")
                self.follow_up()

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
        times += [*self.deadlines.values(), *(symbol.call_ends_ns for symbol in self.book_symbols.values())]
        gathers = any(symbol.status in m.CALL_STATUSES for symbol in self.book_symbols.values())
        step_ns = SECOND_NS if gathers else MINUTE_NS
        turn = (self.now_ns // step_ns + 1) * step_ns
        return min([turn, *(time for time in times if time)]) if self.now_ns else None

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
        self.book_symbols[c.symbol] = symbol
        self.log.append(symbol.event())

    def _set_symbol_status(self, c: m.SetSymbolStatus) -> None:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.SYMBOL_STATUSES), "INVALID_STATUS")
        self.change_status(self.book_symbols[c.symbol], c.status, c.reason)

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
        group = self.groups.get(account, 0)
        event = (m.EV_ACCOUNT, account, self.statuses[account])
        self.log.append((*event, group) if group else event)

    def _set_fees(self, c: m.SetFees) -> None:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(not rates_allowed(c.maker_ppm, c.taker_ppm), "INVALID_FEES")
        self.overrides[c.symbol, c.account] = (c.maker_ppm, c.taker_ppm)
        self.log.append((m.EV_FEES, c.symbol, c.account, c.maker_ppm, c.taker_ppm))

    def _check_transfer(self, c: m.Transfer) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.asset not in self.assets, "ASSET_NOT_FOUND")
        refuse_if(c.amount_minor <= 0, "INVALID_AMOUNT")

    def _deposit(self, c: m.Transfer) -> None:
        self._check_transfer(c)
        brought_in = -self.total(m.CUSTODY_ACCOUNT, c.asset)
        refuse_if(brought_in + c.amount_minor > 10**36, "INVALID_AMOUNT")
        self._transfer(c, m.DEPOSITED, c.amount_minor)

    def _withdraw(self, c: m.Transfer) -> None:
        self._check_transfer(c)
        refuse_if(self.statuses[c.account] == m.FROZEN, "ACCOUNT_FROZEN")
        self.check_covers(c.account, c.asset, c.amount_minor, 0)
        self._transfer(c, m.WITHDRAWN, -c.amount_minor)

    def _transfer(self, c: m.Transfer, kind: int, change: int) -> None:
        self.add(c.account, c.asset, change)
        self.add(m.CUSTODY_ACCOUNT, c.asset, -change)
        after = self.total(c.account, c.asset)
        self.log.append((m.EV_TRANSFER, kind, c.command_id, c.account, c.asset, c.amount_minor, after))


def _changed_levels(before: dict[Any, int], after: dict[Any, int]) -> list[m.Event]:
    keys = [key for key in (before | after) if before.get(key, 0) != after.get(key, 0)]
    return [(m.EV_LEVEL, *key, after.get(key, 0)) for key in keys]


def _changed_balances(before: dict[Any, Any], after: dict[Any, Any]) -> list[m.Event]:
    keys = [key for key in after if before.get(key, (0, 0)) != after[key]]
    return [(m.EV_BALANCE, *key, *after[key]) for key in keys]
