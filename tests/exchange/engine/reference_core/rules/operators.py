"""The commands of the venue: assets, symbols, statuses, accounts, fee rates, transfers, rules, time."""

from __future__ import annotations

from typing import Final

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import RULES_VERSION, VENUE_RULES
from tests.exchange.engine.reference_core.rules import fee_rates, money
from tests.exchange.engine.reference_core.rules.auction import indication
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.rules.market import Market
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import (
    MAX_SCALE,
    Symbol,
    check_terms,
    fixed_terms,
    name_ok,
)

#: Numbers of account groups fit any 32-bit column.
MAX_GROUP: Final = 2**31 - 1


class Control:
    """Carries out the venue's commands on the state."""

    __slots__ = ("market", "state")

    def __init__(self, state: State, market: Market) -> None:
        self.state = state
        self.market = market

    def apply(self, command: m.Command) -> list[m.Event]:
        """Carry out one command. Raises ValueError for a tag the core does not know."""
        match command[0]:
            case m.TICK:
                return self._tick(m.Tick(*command).draw_ppm)
            case m.DEPOSIT | m.WITHDRAW:
                return money.transfer(self.state, command)
            case m.SET_ASSET:
                return self._set_asset(command)
            case m.SET_SYMBOL:
                return self._set_symbol(command)
            case m.SET_SYMBOL_STATUS:
                return self._set_symbol_status(command)
            case m.SET_ACCOUNT:
                return self._set_account(command)
            case m.SET_FEES:
                return fee_rates.set_fees(self.state, command)
            case m.SET_FEE_PLAN:
                return fee_rates.set_fee_plan(self.state, command)
            case m.SET_ACCOUNT_PLAN:
                return fee_rates.set_account_plan(self.state, command)
            case m.SET_GROUP:
                return self._set_group(command)
            case m.SET_RULES:
                return self._set_rules(command)
            case m.PAY_FROM_FEES | m.HOLD_WITHDRAWAL | m.SETTLE_WITHDRAWAL | m.RELEASE_WITHDRAWAL:
                return self._move_money(command)
            case tag:
                raise ValueError(f"unknown command tag {tag!r}")

    def _tick(self, draw_ppm: int) -> list[m.Event]:
        """Carry out what has fallen due: expiries, then dead man's switches, then auctions that end."""
        state, market = self.state, self.market
        is_venue = state.rules_version >= VENUE_RULES
        effects = market.begin()
        met = self._end_what_is_due(effects)
        met |= state.timers.paused
        state.timers.paused.clear()
        if met:
            effects.repeats = True
        for name in sorted(met):
            market.settle(effects, state.books[name])
        for name in state.timers.due_calls(state.now_ns):
            market.end_call(effects, state.books[name], draw_ppm)
            market.settle(effects, state.books[name])
        market.settle_others(effects)
        for name in sorted(state.timers.calls):
            effects.events.append(indication(state.books[name], takes_market_orders=is_venue))
        oldest_kept_ns, most = state.now_ns - state.limits.retention_ns, state.ends_per_command
        more_ids = state.memory.forget_before(oldest_kept_ns, most)
        more_orders = state.orders.past.forget_before(oldest_kept_ns, most)
        state.timers.behind = more_ids or more_orders
        return market.report(effects, [(m.EV_TICK, state.now_ns)])

    def _end_what_is_due(self, effects: Effects) -> set[str]:
        """End the orders whose time is up, then those of accounts whose switch went off, then what the close
        of symbols has left; the symbols they were in. Once as many ended as a command may, the rest waits for
        the next tick (rule X6)."""
        state = self.state
        due = state.timers.due_orders(state.now_ns, state.ends_per_command)
        left = state.ends_per_command - len(due)
        met = self._expire(effects, due)
        while left > 0:
            number = state.timers.pop_due_switch(state.now_ns)
            if number is None:
                break
            account = state.ledger.accounts[number]
            left -= account.open_orders
            met |= self._cancel_all_of(effects, account)
        for name in sorted(state.timers.ending):
            if left > 0:
                left -= self.market.end_days(effects, state.books[name], left)
                met.add(name)
        return met

    def _expire(self, effects: Effects, due: list[int]) -> set[str]:
        """End these orders, whose time is up; the symbols they were in."""
        state, events = self.state, effects.events
        met = set()
        for order_id in due:
            order = state.orders.open.get(order_id)
            # One linked to another that is due as well has ended with it.
            if order is not None:
                met.add(order.book.symbol.name)
                events.append(self.market.withdraw(effects, order, m.EXPIRED, m.REASON_TIME))
        return met

    def _cancel_all_of(self, effects: Effects, account: Account) -> set[str]:
        """Cancel an account's orders but those of symbols that keep theirs; the symbols they were in."""
        met = set()
        books = self.state.books.values()
        for order_id in sorted(order_id for book in books for order_id in book.orders_of(account.number)):
            order = self.state.orders.open.get(order_id)
            if order is not None and not self.state.is_shut(order.book.symbol.status):
                met.add(order.book.symbol.name)
                event = self.market.withdraw(effects, order, m.CANCELED, m.REASON_CANCEL_AFTER)
                effects.events.append(event)
        return met

    def _set_asset(self, command: m.Command) -> list[m.Event]:
        _, _, asset, scale = m.SetAsset(*command)
        known = self.state.ledger.scales.get(asset)
        if known is not None and known != scale:
            return rejected(command, codes.SCALE_FIXED)
        if not name_ok(asset) or "-" in asset or len(asset) > 16 or not 0 <= scale <= MAX_SCALE:
            return rejected(command, codes.INVALID_ASSET)
        self.state.ledger.scales[asset] = scale
        return [(m.EV_ASSET, asset, scale)]

    def _set_symbol(self, command: m.Command) -> list[m.Event]:
        state = self.state
        _, _, *terms_list = command
        terms, named = tuple(terms_list), m.SetSymbol(*command)
        scales = state.ledger.scales
        book = state.books.get(named.symbol)
        if book is not None and book.symbol.fixed_terms() != fixed_terms(named):
            return rejected(command, codes.SCALE_FIXED)
        code = check_terms(terms, scales)
        if code:
            return rejected(command, code)
        if book is not None:
            book.symbol.change(terms)
        else:
            book = state.add_book(Symbol(terms, scales[named.base], scales[named.quote]))
        return [book.symbol.event()]

    def _set_symbol_status(self, command: m.Command) -> list[m.Event]:
        _, _, name, status, reason, direct = m.SetSymbolStatus(*command)
        book = self.state.books.get(name)
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        if not 0 <= status <= m.CLOSED:
            return rejected(command, codes.INVALID_STATUS)
        if book.symbol.status == m.HALTED and status == m.TRADING and not (direct and reason):
            if self.state.rules_version >= VENUE_RULES:
                return rejected(command, codes.HALT_ENDS_BY_AUCTION)
        effects = self.market.begin()
        self.market.change_status(effects, book, status, reason)
        self.market.settle(effects, book)
        return self.market.report(effects, [])

    def _set_account(self, command: m.Command) -> list[m.Event]:
        _, _, number, status = m.SetAccount(*command)
        if number < m.FIRST_TRADER_ACCOUNT:
            return rejected(command, codes.ACCOUNT_NOT_FOUND)
        if not 0 <= status <= m.FROZEN:
            return rejected(command, codes.INVALID_STATUS)
        account = self.state.ledger.accounts.get(number)
        if account is None:
            self.state.ledger.accounts[number] = Account(number, status)
        else:
            account.status = status
        return [self.state.ledger.accounts[number].event()]

    def _set_group(self, command: m.Command) -> list[m.Event]:
        _, _, number, group = m.SetGroup(*command)
        account = self.state.trader(number)
        if account is None:
            return rejected(command, codes.ACCOUNT_NOT_FOUND)
        if not 0 <= group <= MAX_GROUP:
            return rejected(command, codes.INVALID_GROUP)
        account.join(group)
        return [account.event()]

    def _move_money(self, command: m.Command) -> list[m.Event]:
        """Carry out what rules version 4 added to deposits and withdrawals."""
        if self.state.rules_version < VENUE_RULES:
            return rejected(command, codes.INVALID_COMMAND)
        if command[0] == m.PAY_FROM_FEES:
            return money.pay_from_fees(self.state, command)
        if command[0] == m.HOLD_WITHDRAWAL:
            return money.hold_withdrawal(self.state, command)
        return money.end_withdrawal(self.state, command)

    def _set_rules(self, command: m.Command) -> list[m.Event]:
        version = m.SetRules(*command).version
        if not self.state.rules_version <= version <= RULES_VERSION:
            return rejected(command, codes.INVALID_RULES)
        self.state.use_rules(version)
        return [(m.EV_RULES, version)]
