"""The commands of the venue: assets, symbols, statuses, accounts, fee rates, transfers, rules, time."""

from __future__ import annotations

from typing import Final

from exchange.engine import codes
from exchange.engine import messages as m
from exchange.engine.auction import indication
from exchange.engine.ledger import Account
from exchange.engine.market import Market
from exchange.engine.rules import RULES_VERSION
from exchange.engine.state import State, rejected
from exchange.engine.symbols import (
    MAX_SCALE,
    MAX_SUPPLY_MINOR,
    Symbol,
    check_rates,
    check_terms,
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
                return self._tick()
            case m.DEPOSIT | m.WITHDRAW:
                return self._transfer(command)
            case m.SET_ASSET:
                return self._set_asset(command)
            case m.SET_SYMBOL:
                return self._set_symbol(command)
            case m.SET_SYMBOL_STATUS:
                return self._set_symbol_status(command)
            case m.SET_ACCOUNT:
                return self._set_account(command)
            case m.SET_FEES:
                return self._set_fees(command)
            case m.SET_GROUP:
                return self._set_group(command)
            case m.SET_RULES:
                return self._set_rules(command)
            case tag:
                raise ValueError(f"unknown command tag {tag!r}")

    def _tick(self) -> list[m.Event]:
        """Carry out what has fallen due: expiries, then dead man's switches, then auctions that end."""
        state, market = self.state, self.market
        market.begin()
        met = self._expire()
        for number in state.timers.due_switches(state.now_ns):
            met |= self._cancel_all_of(state.ledger.accounts[number])
        if met:
            market.matcher.repeats = True
        for name in sorted(met):
            market.settle(state.books[name])
        for name in state.timers.due_calls(state.now_ns):
            market.set_status(state.books[name], m.TRADING, "")
            market.settle(state.books[name])
        for name in sorted(state.timers.calls):
            market.matcher.events.append(indication(state.books[name]))
        oldest_kept_ns = state.now_ns - state.limits.retention_ns
        state.memory.forget_before(oldest_kept_ns)
        state.orders.forget_before(oldest_kept_ns)
        return market.report([(m.EV_TICK, state.now_ns)])

    def _expire(self) -> set[str]:
        """End the orders whose time is up; the symbols they were in."""
        state, events = self.state, self.market.matcher.events
        met = set()
        for order_id in state.timers.due_orders(state.now_ns):
            order = state.orders.open.get(order_id)
            # One linked to another that is due as well has ended with it.
            if order is not None:
                met.add(order.book.symbol.name)
                events.append(self.market.withdraw(order, m.EXPIRED, m.REASON_TIME))
        return met

    def _cancel_all_of(self, account: Account) -> set[str]:
        """Cancel an account's orders but those of halted symbols; the symbols they were in."""
        met = set()
        for order_id in sorted(order_id for orders in account.open_orders.values() for order_id in orders):
            order = self.state.orders.open.get(order_id)
            if order is not None and order.book.symbol.status != m.HALTED:
                met.add(order.book.symbol.name)
                event = self.market.withdraw(order, m.CANCELED, m.REASON_CANCEL_AFTER)
                self.market.matcher.events.append(event)
        return met

    def _set_asset(self, command: m.Command) -> list[m.Event]:
        asset: str = command[2]
        scale: int = command[3]
        known = self.state.ledger.scales.get(asset)
        if known is not None and known != scale:
            return rejected(command, codes.SCALE_FIXED)
        if not name_ok(asset) or "-" in asset or len(asset) > 16 or not 0 <= scale <= MAX_SCALE:
            return rejected(command, codes.INVALID_ASSET)
        self.state.ledger.scales[asset] = scale
        return [(m.EV_ASSET, asset, scale)]

    def _set_symbol(self, command: m.Command) -> list[m.Event]:
        state = self.state
        terms = command[2:]
        scales = state.ledger.scales
        book = state.books.get(terms[0])
        if book is not None and book.symbol.terms[1:5] != terms[1:5]:
            return rejected(command, codes.SCALE_FIXED)
        code = check_terms(terms, scales)
        if code:
            return rejected(command, code)
        if book is not None:
            book.symbol.change(terms)
        else:
            book = state.add_book(Symbol(terms, scales[terms[1]], scales[terms[2]]))
        return [book.symbol.event()]

    def _set_symbol_status(self, command: m.Command) -> list[m.Event]:
        book = self.state.books.get(command[2])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        if not 0 <= command[3] <= m.CLOSED:
            return rejected(command, codes.INVALID_STATUS)
        self.market.begin()
        self.market.set_status(book, command[3], command[4])
        self.market.settle(book)
        return self.market.report([])

    def _set_account(self, command: m.Command) -> list[m.Event]:
        number: int = command[2]
        status: int = command[3]
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
        account = self.state.trader(command[2])
        if account is None:
            return rejected(command, codes.ACCOUNT_NOT_FOUND)
        if not 0 <= command[3] <= MAX_GROUP:
            return rejected(command, codes.INVALID_GROUP)
        account.join(command[3])
        return [account.event()]

    def _set_fees(self, command: m.Command) -> list[m.Event]:
        _, _, name, number, maker_ppm, taker_ppm = command
        if name not in self.state.books:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        account = self.state.trader(number)
        if account is None:
            return rejected(command, codes.ACCOUNT_NOT_FOUND)
        if not check_rates(maker_ppm, taker_ppm):
            return rejected(command, codes.INVALID_FEES)
        account.fees[name] = (maker_ppm, taker_ppm)
        return [(m.EV_FEES, name, number, maker_ppm, taker_ppm)]

    def _transfer(self, command: m.Command) -> list[m.Event]:
        tag, command_id, number, asset, amount_minor = command
        account = self.state.trader(number)
        code = self._transfer_code(command, account)
        if account is None or code:
            return rejected(command, code)
        balance = account.balance(asset)
        if tag == m.WITHDRAW and amount_minor > balance.available:
            details = ("asset", asset, "required_minor", amount_minor, "available_minor", balance.available)
            return rejected(command, codes.INSUFFICIENT_BALANCE, details)
        kind = m.DEPOSITED if tag == m.DEPOSIT else m.WITHDRAWN
        self.state.ledger.transfer(balance, amount_minor if kind == m.DEPOSITED else -amount_minor)
        total = balance.available + balance.held
        return self.state.report([(m.EV_TRANSFER, kind, command_id, number, asset, amount_minor, total)])

    def _transfer_code(self, command: m.Command, account: Account | None) -> str:
        if account is None:
            return codes.ACCOUNT_NOT_FOUND
        if command[3] not in self.state.ledger.scales:
            return codes.ASSET_NOT_FOUND
        if command[4] <= 0 or (command[0] == m.DEPOSIT and command[4] > self._room_minor(command[3])):
            return codes.INVALID_AMOUNT
        if command[0] == m.WITHDRAW and account.status != m.ACTIVE:
            return codes.ACCOUNT_FROZEN
        return ""

    def _room_minor(self, asset: str) -> int:
        """How much more of an asset may come in; what is in stands against the custody account."""
        return MAX_SUPPLY_MINOR + self.state.ledger.accounts[m.CUSTODY_ACCOUNT].balance(asset).available

    def _set_rules(self, command: m.Command) -> list[m.Event]:
        version: int = command[2]
        if not self.state.rules_version <= version <= RULES_VERSION:
            return rejected(command, codes.INVALID_RULES)
        self.state.use_rules(version)
        return [(m.EV_RULES, version)]
