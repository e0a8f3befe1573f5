"""The naive engine's way in, and the commands of the venue."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from tests.engine.naive.rules import Refusal, Symbol, bands_ascend, rates_allowed, refuse_if
from tests.engine.naive.trading import NaiveTrading

_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class NaiveEngine(NaiveTrading):
    """Same interface as the core: ``apply(command, now_ns)`` gives the events."""

    # --- the way in ----------------------------------------------------------------------------

    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]:
        """Carry out one command. A refused one changes nothing but the clock."""
        self.now_ns = now_ns
        self.live = [order for order in self.live if order.resting]
        levels, balances = self._levels(), self._balances()
        try:
            events = self._dispatch(command)
        except Refusal as refusal:
            account = command[2] if command[0] in m.TRADER_COMMANDS else 0
            return [(m.EV_REJECTED, command[1], account, refusal.code, refusal.details)]
        events += _changed_levels(levels, self._levels())
        events += _changed_balances(balances, self._balances())
        return events

    def _dispatch(self, command: m.Command) -> list[m.Event]:
        handlers: dict[int, tuple[Any, Any]] = {
            m.PLACE: (m.PlaceOrder, self._place),
            m.CANCEL: (m.CancelOrder, self._cancel),
            m.CANCEL_ALL: (m.CancelAll, self._cancel_all),
            m.REDUCE: (m.ReduceOrder, self._reduce),
            m.REPLACE: (m.ReplaceOrder, self._replace),
            m.SET_ASSET: (m.SetAsset, self._set_asset),
            m.SET_SYMBOL: (m.SetSymbol, self._set_symbol),
            m.SET_SYMBOL_STATUS: (m.SetSymbolStatus, self._set_symbol_status),
            m.SET_ACCOUNT: (m.SetAccount, self._set_account),
            m.SET_FEES: (m.SetFees, self._set_fees),
            m.DEPOSIT: (m.Transfer, self._deposit),
            m.WITHDRAW: (m.Transfer, self._withdraw),
        }
        if command[0] == m.TICK:
            return [(m.EV_TICK, self.now_ns)]
        view, handler = handlers[command[0]]
        events: list[m.Event] = handler(view(*command))
        return events

    # --- the control plane -------------------------------------------------------------------------

    def _set_asset(self, c: m.SetAsset) -> list[m.Event]:
        well_named = 1 <= len(c.asset) <= 16 and all(ch in _NAME_CHARACTERS for ch in c.asset)
        refuse_if(not well_named or not 0 <= c.scale <= 18, "INVALID_ASSET")
        refuse_if(self.assets.get(c.asset, c.scale) != c.scale, "SCALE_FIXED")
        self.assets[c.asset] = c.scale
        return [(m.EV_ASSET, c.asset, c.scale)]

    def _set_symbol(self, c: m.SetSymbol) -> list[m.Event]:
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
        refuse_if(not (sound and rates_allowed(c.maker_ppm, c.taker_ppm)), "INVALID_SYMBOL")
        symbol = Symbol(
            c,
            multiplier=10 ** (quote_scale - c.price_scale - c.quantity_scale),
            base_per_lot=10 ** (base_scale - c.quantity_scale),
        )
        if existing:
            symbol.status, symbol.status_reason = existing.status, existing.status_reason
        self.book_symbols[c.symbol] = symbol
        return [symbol.event()]

    def _set_symbol_status(self, c: m.SetSymbolStatus) -> list[m.Event]:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.SYMBOL_STATUSES), "INVALID_STATUS")
        symbol = self.book_symbols[c.symbol]
        symbol.status, symbol.status_reason = c.status, c.reason
        return [symbol.event()]

    def _set_account(self, c: m.SetAccount) -> list[m.Event]:
        refuse_if(c.account < m.FIRST_TRADER_ACCOUNT, "ACCOUNT_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.ACCOUNT_STATUSES), "INVALID_STATUS")
        self.statuses[c.account] = c.status
        return [(m.EV_ACCOUNT, c.account, c.status)]

    def _set_fees(self, c: m.SetFees) -> list[m.Event]:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(not rates_allowed(c.maker_ppm, c.taker_ppm), "INVALID_FEES")
        self.overrides[c.symbol, c.account] = (c.maker_ppm, c.taker_ppm)
        return [(m.EV_FEES, c.symbol, c.account, c.maker_ppm, c.taker_ppm)]

    def _check_transfer(self, c: m.Transfer) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.asset not in self.assets, "ASSET_NOT_FOUND")
        refuse_if(c.amount_minor <= 0, "INVALID_AMOUNT")

    def _deposit(self, c: m.Transfer) -> list[m.Event]:
        self._check_transfer(c)
        brought_in = -self.total(m.CUSTODY_ACCOUNT, c.asset)
        refuse_if(brought_in + c.amount_minor > 10**36, "INVALID_AMOUNT")
        return self._transfer(c, m.DEPOSITED, c.amount_minor)

    def _withdraw(self, c: m.Transfer) -> list[m.Event]:
        self._check_transfer(c)
        refuse_if(self.statuses[c.account] == m.FROZEN, "ACCOUNT_FROZEN")
        self._check_covers(c.account, c.asset, c.amount_minor, 0)
        return self._transfer(c, m.WITHDRAWN, -c.amount_minor)

    def _transfer(self, c: m.Transfer, kind: int, change: int) -> list[m.Event]:
        self._add(c.account, c.asset, change)
        self._add(m.CUSTODY_ACCOUNT, c.asset, -change)
        after = self.total(c.account, c.asset)
        return [(m.EV_TRANSFER, kind, c.command_id, c.account, c.asset, c.amount_minor, after)]


def _changed_levels(before: dict[Any, int], after: dict[Any, int]) -> list[m.Event]:
    keys = [key for key in (before | after) if before.get(key, 0) != after.get(key, 0)]
    return [(m.EV_LEVEL, *key, after.get(key, 0)) for key in keys]


def _changed_balances(before: dict[Any, Any], after: dict[Any, Any]) -> list[m.Event]:
    keys = [key for key in after if before.get(key, (0, 0)) != after[key]]
    return [(m.EV_BALANCE, *key, *after[key]) for key in keys]
