"""Accounts and what they own: per asset an available and a held amount, in minor units.

Every movement has two sides, so each asset sums to zero over all accounts at every step; the
custody account is the contra side of what came in from outside and the only one below zero.
"""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.fifo import Fifo


class Balance:
    """One account's amounts in one asset. ``touched``: changed by the command under way."""

    __slots__ = ("account", "asset", "available", "held", "touched")

    def __init__(self, account: Boxed, asset: str, available: int = 0, held: int = 0) -> None:
        self.account: Boxed = account
        self.asset = asset
        self.available = available
        self.held = held
        self.touched = False


class Account:
    """An account with its balances and its share of bounded memory. Its open orders are with its seats
    (``book``)."""

    __slots__ = (
        "balances",
        "client_ids",
        "commands",
        "fee_plan",
        "fees",
        "finished",
        "group",
        "ids",
        "number",
        "open_orders",
        "own_fees",
        "owner",
        "status",
        "trades",
    )

    def __init__(self, number: Boxed, status: int = m.ACTIVE) -> None:
        self.number: Boxed = number
        #: Whether it is a trader's; the venue's own send no commands.
        self.trades: bool = number >= m.FIRST_TRADER_ACCOUNT
        self.status = status
        self.group = 0
        #: Accounts with the same owner do not trade with one another: the account alone, or its group.
        self.owner: int = number
        self.balances: dict[str, Balance] = {}
        #: How many open orders it has in all symbols.
        self.open_orders = 0
        #: client order id -> id of the open, else latest remembered, order that carries it
        self.client_ids: dict[str, int] = {}
        #: symbol -> (maker_ppm, taker_ppm) of its next orders, where these are not the symbol's own. Of its
        #: fee plan, whose dictionary it is, unless the account has rates of its own (``fee_plans``).
        self.fees: dict[str, tuple[int, int]] = {}
        #: symbol or EVERY_SYMBOL -> the account's own rates
        self.own_fees: dict[str, tuple[int, int]] = {}
        self.fee_plan = m.NO_FEE_PLAN
        #: ids of its finished orders still remembered, oldest first
        self.finished = Fifo()
        #: its commands still remembered by id, as memory.Entry; and the ids, oldest first
        self.commands: dict[str, tuple[Any, ...]] = {}
        self.ids = Fifo()

    def event(self) -> m.Event:
        """The account as it is now, as an AccountEvent."""
        event = (m.EV_ACCOUNT, self.number, self.status)
        if self.fee_plan:
            return (*event, self.group, self.fee_plan)
        return (*event, self.group) if self.group else event

    def join(self, group: int) -> None:
        """Belong to a group from now on; 0: to none."""
        self.group = group
        self.owner = -group if group else self.number

    def balance(self, asset: str) -> Balance:
        """The balance in an asset, made empty at first use."""
        found = self.balances.get(asset)
        if found is None:
            found = self.balances[asset] = Balance(self.number, asset)
        return found


class Ledger:
    """All accounts, and which balances the command under way has changed."""

    __slots__ = ("accounts", "scales", "touched")

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {
            m.CUSTODY_ACCOUNT: Account(m.CUSTODY_ACCOUNT),
            m.FEE_ACCOUNT: Account(m.FEE_ACCOUNT),
        }
        #: asset -> decimals of its minor unit
        self.scales: dict[str, int] = {}
        #: The balances that the command under way has changed, in order of first change.
        self.touched: list[Balance] = []

    def touch(self, balance: Balance) -> None:
        """Note that the command changes this balance, so that it is reported once at its end."""
        if not balance.touched:
            balance.touched = True
            self.touched.append(balance)

    def hold(self, balance: Balance, amount_minor: int) -> None:
        """Set an amount aside for an order or a withdrawal; the caller has checked that it is available."""
        balance.available -= amount_minor
        balance.held += amount_minor
        self.touch(balance)

    def release(self, balance: Balance, amount_minor: int) -> None:
        """Give back what an order or a withdrawal no longer needs."""
        if amount_minor:
            balance.held -= amount_minor
            balance.available += amount_minor
            self.touch(balance)

    def transfer(self, balance: Balance, amount_minor: int) -> None:
        """Move an amount (negative: out) between custody and an account's available balance."""
        custody = self.accounts[m.CUSTODY_ACCOUNT].balance(balance.asset)
        custody.available -= amount_minor
        balance.available += amount_minor
        self.touch(balance)

    def move(self, source: Balance, target: Balance, amount_minor: int) -> None:
        """Move an amount from one available balance to another. The venue's own are not reported."""
        source.available -= amount_minor
        target.available += amount_minor
        if source.account != m.FEE_ACCOUNT:
            self.touch(source)
        self.touch(target)

    def pay_out(self, balance: Balance, amount_minor: int, fee_minor: int) -> None:
        """Let a held amount go to custody, and the fee held with it to the fee account."""
        balance.held -= amount_minor + fee_minor
        self.accounts[m.CUSTODY_ACCOUNT].balance(balance.asset).available += amount_minor
        self.accounts[m.FEE_ACCOUNT].balance(balance.asset).available += fee_minor
        self.touch(balance)

    def drain_touched(self, events: list[m.Event]) -> None:
        """Append a BalanceEvent per changed balance, in order of first change, and forget them."""
        touched = self.touched
        for balance in touched:
            balance.touched = False
            events.append((m.EV_BALANCE, balance.account, balance.asset, balance.available, balance.held))
        touched.clear()
