"""The journal step by step, in a ledger of the judge's own.

It adds up what commands and trades say with arithmetic of its own, and compares with what the engine says at
every sequence: each balance, that nothing is below zero, that what was accepted was there, that what was
refused was not, and that the whole is what came in less what went out.

It knows what a rush sends (limit orders and their ends, transfers, withdrawals, deposits); any other command
that holds or moves money is reported, not guessed at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from exchange.engine import messages as m

MILLION: Final = 1_000_000
#: Commands that touch no balance.
_HARMLESS: Final = (m.TICK, m.SET_RULES, m.SET_ACCOUNT, m.SET_GROUP, m.SET_SYMBOL_STATUS, m.CANCEL_AFTER)
_CANCELS: Final = (m.CANCEL, m.CANCEL_ALL)

Where = tuple[int, str]


class Step(NamedTuple):
    """A command of the journal with what the engine made of it."""

    sequence: int
    now_ns: int
    command: m.Command
    events: list[m.Event]

    @property
    def code(self) -> str:
        """Of a refusal; empty of what was accepted."""
        return str(self.events[0][3]) if self.events and self.events[0][0] == m.EV_REJECTED else ""


class _Terms(NamedTuple):
    """What the arithmetic needs of a symbol. ``multiplier`` makes ticks times lots into minor units of the
    quote asset, ``base_unit`` lots into those of the base asset."""

    base: str
    quote: str
    multiplier: int
    base_unit: int
    rates: tuple[int, int]


class _Hold:
    """An order that entered: what it holds now, and what its fills have come to. ``accrued``: fees before
    rounding, in millionths of minor units."""

    __slots__ = ("accrued", "held", "is_open", "rates", "where")

    def __init__(self, where: Where, rates: tuple[int, int]) -> None:
        self.where = where
        self.rates = rates
        self.held = self.accrued = 0
        self.is_open = True


class Walk:
    """``take`` every step in its order; ``problems`` has what did not add up."""

    def __init__(self) -> None:
        self.sequence = 0
        self.problems: list[str] = []
        self.available: dict[Where, int] = defaultdict(int)
        self.held: dict[Where, int] = defaultdict(int)
        #: (account, withdrawal id) → asset, and what it holds
        self.withdrawals: dict[tuple[int, str], tuple[str, int]] = {}
        #: account, client order id → id of the latest order of that name
        self.named: dict[tuple[int, str], int] = {}
        self.orders: dict[int, _Hold] = {}
        #: What came in and what went out for good, by asset.
        self.paid_in: dict[str, int] = defaultdict(int)
        self.paid_out: dict[str, int] = defaultdict(int)
        #: Of accounts that are watched: sequence and balances (asset → available, held) after each change.
        self.watched: dict[int, list[tuple[int, dict[str, tuple[int, int]]]]] = {}
        #: asset → decimals of its minor unit
        self.scales: dict[str, int] = {}
        self._symbols: dict[str, _Terms] = {}
        self._plans: dict[int, dict[str, tuple[int, int]]] = {}
        self._plan_of: dict[int, int] = {}
        self._own_rates: dict[tuple[str, int], tuple[int, int]] = {}
        self._wholes: dict[str, int] = defaultdict(int)
        #: What the engine said of each balance last, and which the step under way has changed.
        self._told: dict[Where, tuple[int, int]] = {}
        self._changed: set[Where] = set()

    def watch(self, *accounts: int) -> None:
        """Keep what these have after each step, from now on."""
        for account in accounts:
            self.watched[account] = [(self.sequence, self.balances(account))]

    def balances_at(self, account: int, sequence: int) -> dict[str, tuple[int, int]] | None:
        """What a watched account had after this sequence; None for one before it was watched."""
        found = None
        for at, balances in self.watched[account]:
            if at > sequence:
                break
            found = balances
        return found

    def open_orders(self, account: int) -> list[int]:
        return sorted(i for i, hold in self.orders.items() if hold.is_open and hold.where[0] == account)

    def take(self, step: Step) -> None:
        """The next step."""
        if step.sequence != self.sequence + 1:
            self._report(step, f"follows {self.sequence}")
        self.sequence = step.sequence
        self._changed.clear()
        if step.code:
            self._refused(step)
        else:
            self._accepted(step)
        self._compare(step)

    # --- what was accepted -------------------------------------------------------------------------------

    def _accepted(self, step: Step) -> None:
        command, tag = step.command, step.command[0]
        for event in step.events:
            if event[0] == m.EV_TRADE:
                self._traded(m.TradeEvent(*event))
        for event in step.events:
            if event[0] == m.EV_ORDER:
                self._order(m.OrderEvent(*event))
        if tag in (m.DEPOSIT, m.WITHDRAW):
            transfer = m.Transfer(*command)
            amount = transfer.amount_minor if tag == m.DEPOSIT else -transfer.amount_minor
            self._add((transfer.account, transfer.asset), amount)
            (self.paid_in if amount > 0 else self.paid_out)[transfer.asset] += abs(amount)
        elif tag == m.MOVE:
            move = m.Move(*command)
            self._add((move.account, move.asset), -move.amount_minor)
            self._add((move.to_account, move.asset), move.amount_minor)
        elif tag in (m.HOLD_WITHDRAWAL, m.SETTLE_WITHDRAWAL, m.RELEASE_WITHDRAWAL):
            self._withdrawal(step)
        elif tag not in (m.PLACE, *_CANCELS, *_HARMLESS):
            self._listed(step)

    def _withdrawal(self, step: Step) -> None:
        tag, _, account, name, *_ = step.command
        if tag == m.HOLD_WITHDRAWAL:
            hold = m.HoldWithdrawal(*step.command)
            amount = hold.amount_minor + hold.fee_minor
            self.withdrawals[account, name] = (hold.asset, amount)
            self._hold((account, hold.asset), amount)
            return
        if (account, name) not in self.withdrawals:
            self._report(step, "ends a withdrawal that is not held")
            return
        asset, amount = self.withdrawals.pop((account, name))
        self._hold((account, asset), -amount)
        if tag == m.SETTLE_WITHDRAWAL:
            told = next(event for event in step.events if event[0] == m.EV_TRANSFER)
            fee = m.TransferEvent(*told).fee_minor
            self._add((account, asset), -amount)
            self._add((m.FEE_ACCOUNT, asset), fee)
            self.paid_out[asset] += amount - fee

    def _traded(self, trade: m.TradeEvent) -> None:
        terms = self._symbols[trade.symbol]
        base, quote = trade.quantity_lots * terms.base_unit, trade.notional_minor
        sides = (
            (trade.taker_account, trade.taker_order_id, trade.taker_fee_minor, trade.taker_side, 1),
            (trade.maker_account, trade.maker_order_id, trade.maker_fee_minor, 1 - trade.taker_side, 0),
        )
        for account, order_id, fee, side, role in sides:
            sign = 1 if side == m.BUY else -1
            self._add((account, terms.base), sign * base)
            self._add((account, terms.quote), -sign * quote - fee)
            self._add((m.FEE_ACCOUNT, terms.quote), fee)
            hold = self._hold_of(order_id, account, trade.symbol, side)
            hold.accrued += hold.rates[role] * quote

    def _hold_of(self, order_id: int, account: int, symbol: str, side: int) -> _Hold:
        found = self.orders.get(order_id)
        if found is None:
            terms = self._symbols[symbol]
            where = (account, terms.quote if side == m.BUY else terms.base)
            found = self.orders[order_id] = _Hold(where, self._rates(account, symbol))
        return found

    def _order(self, order: m.OrderEvent) -> None:
        hold = self._hold_of(order.order_id, order.account, order.symbol, order.side)
        if order.client_order_id is not None:
            self.named[order.account, order.client_order_id] = order.order_id
        hold.is_open = order.status in m.OPEN_STATUSES
        needed = self._needed(order, hold) if hold.is_open else 0
        self._hold(hold.where, needed - hold.held)
        hold.held = needed

    def _needed(self, order: m.OrderEvent, hold: _Hold) -> int:
        """Rule F1: a sell holds its base, a buy its value at the limit and the larger fee on it, rounded up
        over all its fills."""
        prevented = 0 if order.extra is None else m.OrderExtra(*order.extra).prevented_lots
        return self._cost(
            self._symbols[order.symbol],
            order.side,
            order.price_ticks,
            order.quantity_lots - order.filled_lots - prevented,
            (hold.rates, hold.accrued, order.fee_minor),
        )

    @staticmethod
    def _cost(
        terms: _Terms, side: int, price_ticks: int, lots: int, fees: tuple[tuple[int, int], int, int]
    ) -> int:
        if side == m.SELL:
            return lots * terms.base_unit
        rates, accrued, paid = fees
        value = price_ticks * lots * terms.multiplier
        return value + max(0, -(-(accrued + max(rates) * value) // MILLION) - paid)

    # --- what was refused --------------------------------------------------------------------------------

    def _refused(self, step: Step) -> None:
        command, tag, code = step.command, step.command[0], step.code
        if code == "INSUFFICIENT_BALANCE":
            where, needed = self._wanted(command)
            if needed <= self.available[where]:
                self._report(step, f"refused {needed} of {self.available[where]} available in {where}")
        elif tag == m.CANCEL and code in ("ORDER_NOT_FOUND", "ORDER_NOT_OPEN"):
            _, _, account, order_id, client_order_id = command
            hold = self.orders.get(order_id or self.named.get((account, client_order_id or ""), 0))
            if hold is not None and hold.is_open and hold.where[0] == account:
                self._report(step, "refused to cancel an order that is open")
        elif tag in (m.SETTLE_WITHDRAWAL, m.RELEASE_WITHDRAWAL) and code == "WITHDRAWAL_NOT_FOUND":
            if (command[2], command[3]) in self.withdrawals:
                self._report(step, "refused to end a withdrawal that is held")
        else:
            self._report(step, f"was refused: {code}")

    def _wanted(self, command: m.Command) -> tuple[Where, int]:
        """What a refused command would have taken, and from where."""
        if command[0] == m.PLACE:
            place = m.PlaceOrder(*command)
            terms = self._symbols[place.symbol]
            rates = self._rates(place.account, place.symbol)
            asset = terms.quote if place.side == m.BUY else terms.base
            cost = self._cost(terms, place.side, place.price_ticks, place.quantity_lots, (rates, 0, 0))
            return (place.account, asset), cost
        if command[0] == m.HOLD_WITHDRAWAL:
            hold = m.HoldWithdrawal(*command)
            return (hold.account, hold.asset), hold.amount_minor + hold.fee_minor
        view = m.Move(*command) if command[0] == m.MOVE else m.Transfer(*command)
        return (view.account, view.asset), view.amount_minor

    # --- the control plane -------------------------------------------------------------------------------

    def _listed(self, step: Step) -> None:
        command, tag = step.command, step.command[0]
        if tag == m.SET_ASSET:
            self.scales[command[2]] = command[3]
        elif tag == m.SET_SYMBOL:
            terms = m.SetSymbol(*command)
            quote_scale, base_scale = self.scales[terms.quote], self.scales[terms.base]
            self._symbols[terms.symbol] = _Terms(
                terms.base,
                terms.quote,
                10 ** (quote_scale - terms.price_scale - terms.quantity_scale),
                10 ** (base_scale - terms.quantity_scale),
                (terms.maker_ppm, terms.taker_ppm),
            )
        elif tag == m.SET_FEE_PLAN:
            self._plans[command[2]] = {symbol: (maker, taker) for symbol, maker, taker in command[3]}
        elif tag == m.SET_ACCOUNT_PLAN:
            self._plan_of[command[2]] = command[3]
        else:
            self._report(step, "is no command of a rush")

    def _rates(self, account: int, symbol: str) -> tuple[int, int]:
        """(maker, taker) in millionths."""
        plan = self._plans.get(self._plan_of.get(account, 0), {})
        return plan.get(symbol, self._symbols[symbol].rates)

    # --- adding up ---------------------------------------------------------------------------------------

    def _add(self, where: Where, amount: int) -> None:
        self.available[where] += amount
        self._wholes[where[1]] += amount
        self._changed.add(where)

    def _hold(self, where: Where, amount: int) -> None:
        """Set aside; a negative amount: give back."""
        self.available[where] -= amount
        self.held[where] += amount
        self._changed.add(where)

    def _compare(self, step: Step) -> None:
        """The engine's balances are these, none is below zero, and the whole is what was paid in."""
        for event in step.events:
            if event[0] == m.EV_BALANCE:
                self._told[event[1], event[2]] = (event[3], event[4])
                self._changed.add((event[1], event[2]))
        for where in sorted(self._changed):
            account, asset = where
            own = (self.available[where], self.held[where])
            if account >= m.FIRST_TRADER_ACCOUNT and self._told.get(where, (0, 0)) != own:
                self._report(step, f"{where}: the engine has {self._told.get(where)}, the walk {own}")
            if min(own) < 0:
                self._report(step, f"{where} is below zero: available {own[0]}, held {own[1]}")
            whole = self.paid_in[asset] - self.paid_out[asset]
            if self._wholes[asset] != whole:
                self._report(step, f"{asset} comes to {self._wholes[asset]}, paid in less out: {whole}")
            if account in self.watched:
                self.watched[account].append((step.sequence, self.balances(account)))

    def balances(self, account: int) -> dict[str, tuple[int, int]]:
        """asset → (available, held) in minor units, of assets that it has any of."""
        rows = {a: (self.available[account, a], self.held[account, a]) for a in self.scales}
        return {asset: row for asset, row in rows.items() if any(row)}

    def _report(self, step: Step, text: str) -> None:
        self.problems.append(f"sequence {step.sequence} {step.command}: {text}")


def steps_of(batches: Iterable[Any]) -> Iterator[Step]:
    """The steps of a follower's batches."""
    for batch in batches:
        for offset, (command, events) in enumerate(zip(batch.commands, batch.events, strict=True)):
            yield Step(batch.first_sequence + offset, batch.now_ns, command, list(events))
