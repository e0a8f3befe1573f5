"""The watch over money: a second set of books, kept from the events alone.

``Watch`` adds up what trades and transfers say and holds every balance the engine tells against it, command
by command: nothing appears or disappears, nobody but custody owes, fees and custody are what they must be.
Each step adds amounts that sum to zero, so conservation of every asset follows. The walk over the engine's
whole state (``Engine.check``) and the comparison of tables with the engine come on top, now and then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import NamedTuple

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.follower import Batch
from exchange.models import Balance, Order

#: Accounts whose rows are compared at a time.
ACCOUNTS_AT_A_TIME = 200
_WORD = re.compile(r"[A-Z0-9-]+")


class Breach(NamedTuple):
    """Something that must never be. ``symbols``: where it touches trading."""

    symbols: frozenset[str]
    text: str


#: What is held for a withdrawal: asset, amount, fee.
_Held = tuple[str, int, int]


class _Terms(NamedTuple):
    base: str
    quote: str
    #: minor units of the base asset in one lot
    lot_minor: int


class Watch:
    """Books kept twice. ``take`` every batch in order; it yields what does not agree."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: (account, asset) → available + held, in minor units
        self._totals = {
            (account, asset): available + held
            for account, _ in engine.accounts()
            for asset, available, held in engine.balances(account)
        }
        #: (account, withdrawal id) → (asset, amount, fee) of those that have been held and have not ended
        self._withdrawals: dict[tuple[int, str], _Held] = {
            (account, name): (asset, amount_minor, fee_minor)
            for account, _ in engine.accounts()
            for name, asset, amount_minor, fee_minor in engine.withdrawals(account)
        }
        self._terms: dict[str, _Terms] = {}
        for event in engine.symbols():
            self._list(m.SymbolEvent(*event))
        self._next_account = 0

    def take(self, batch: Batch) -> list[Breach]:
        """Add up one batch; ``engine`` stands at its end or later within the same poll."""
        found: list[Breach] = []
        totals = self._totals
        for events in batch.events:
            for event in events:
                tag = event[0]
                if tag == m.EV_BALANCE:
                    _, account, asset, available, held = event
                    if available < 0 or held < 0 or totals.get((account, asset), 0) != available + held:
                        found += self._balance(m.BalanceEvent(*event))
                elif tag == m.EV_TRADE:
                    if not self._settles(event):
                        found += self._disputed(m.TradeEvent(*event))
                elif tag == m.EV_TRANSFER:
                    found += self._transfer(m.TransferEvent(*event))
                elif tag == m.EV_SYMBOL:
                    self._list(m.SymbolEvent(*event))
        return found

    def check_venue(self) -> list[Breach]:
        """Custody and fees, which no event has, and open withdrawals.

        Call where the engine stands at the last batch taken."""
        found: list[Breach] = []
        for (owner, name), terms in self._withdrawals.items():
            if (name, *terms) not in self._engine.withdrawals(owner):
                found.append(self._of(terms[0], f"account {owner} withdrawal {name}: {terms} told"))
        for account in (m.CUSTODY_ACCOUNT, m.FEE_ACCOUNT):
            for asset, available, held in self._engine.balances(account):
                found += self._agree(account, asset, available + held)
        return found

    def check_state(self) -> list[Breach]:
        """Walk the engine's whole state."""
        return [Breach(self._named_in(text), text) for text in self._engine.check()]

    def check_tables(self) -> list[Breach]:
        """Compare the rows of the next accounts with the engine. Call where the tables stand at the engine's
        position."""
        numbers = [number for number, _ in self._engine.accounts() if number >= m.FIRST_TRADER_ACCOUNT]
        chosen = [number for number in numbers if number > self._next_account][:ACCOUNTS_AT_A_TIME]
        self._next_account = chosen[-1] if len(chosen) == ACCOUNTS_AT_A_TIME else 0
        return [*self._balance_rows(chosen), *self._order_rows(chosen)]

    def everything(self, text: str) -> Breach:
        """A breach that leaves nothing to be trusted."""
        return Breach(frozenset(self._terms), text)

    # --- what happened -------------------------------------------------------------------------------

    def _list(self, symbol: m.SymbolEvent) -> None:
        scales = {asset.asset: asset.scale for asset in starmap(m.AssetEvent, self._engine.assets())}
        lot_minor = 10 ** (scales[symbol.base] - symbol.quantity_scale)
        self._terms[symbol.symbol] = _Terms(symbol.base, symbol.quote, lot_minor)

    def _add(self, account: int, asset: str, amount_minor: int) -> int:
        total = self._totals.get((account, asset), 0) + amount_minor
        self._totals[account, asset] = total
        return total

    def _settles(self, event: m.Event) -> bool:
        """Add up a trade; whether all four totals in it are those that were added up.

        In an auction an account may trade with itself: the totals in it are those after both sides."""
        totals = self._totals
        # fmt: off
        (
            _, _, symbol, _, lots, aggressor, notional_minor,
            _, taker, taker_fee, taker_base_after, taker_quote_after,
            _, maker, maker_fee, maker_base_after, maker_quote_after,
        ) = event
        # fmt: on
        base, quote, lot_minor = self._terms[symbol]
        # What the taker receives and the maker delivers. Of an auction's trade the buyer stands in the
        # taker's fields.
        base_minor, quote_minor = lots * lot_minor, -notional_minor
        if aggressor == m.SELL:
            base_minor, quote_minor = -base_minor, notional_minor
        fees = (m.FEE_ACCOUNT, quote)
        taker_base, taker_quote = (taker, base), (taker, quote)
        maker_base, maker_quote = (maker, base), (maker, quote)
        totals[fees] = totals.get(fees, 0) + taker_fee + maker_fee
        totals[taker_base] = totals.get(taker_base, 0) + base_minor
        totals[taker_quote] = totals.get(taker_quote, 0) + quote_minor - taker_fee
        totals[maker_base] = totals.get(maker_base, 0) - base_minor
        totals[maker_quote] = totals.get(maker_quote, 0) - quote_minor - maker_fee
        return bool(
            totals[taker_base] == taker_base_after
            and totals[taker_quote] == taker_quote_after
            and totals[maker_base] == maker_base_after
            and totals[maker_quote] == maker_quote_after
        )

    def _disputed(self, trade: m.TradeEvent) -> Iterator[Breach]:
        """What is wrong with a trade that has been added up."""
        base, quote, _ = self._terms[trade.symbol]
        told = (
            (trade.taker_account, base, trade.taker_base_after),
            (trade.taker_account, quote, trade.taker_quote_after),
            (trade.maker_account, base, trade.maker_base_after),
            (trade.maker_account, quote, trade.maker_quote_after),
        )
        for account, asset, after in told:
            yield from self._agree(account, asset, after, f" after trade {trade.trade_id}")

    def _transfer(self, transfer: m.TransferEvent) -> Iterator[Breach]:
        asset, fee = transfer.asset, transfer.fee_minor
        change = m.transfer_change(transfer.kind, transfer.amount_minor, fee)
        self._add(transfer.account, asset, change)
        if transfer.kind in (m.DEPOSITED, m.WITHDRAWN):
            self._add(m.FEE_ACCOUNT, asset, fee)
            self._add(m.CUSTODY_ACCOUNT, asset, -change - fee)
        elif transfer.counter_account == m.FEE_ACCOUNT:
            self._add(m.FEE_ACCOUNT, asset, -change)
        if transfer.withdrawal_id:
            yield from self._withdrawal(transfer)
        yield from self._agree(transfer.account, asset, transfer.balance_after_minor)

    def _withdrawal(self, transfer: m.TransferEvent) -> Iterator[Breach]:
        """A withdrawal ends as it began."""
        name = (transfer.account, transfer.withdrawal_id)
        held = (transfer.asset, transfer.amount_minor, transfer.fee_minor)
        if transfer.kind == m.WITHDRAWAL_HELD:
            self._withdrawals[name] = held
            return
        began = self._withdrawals.pop(name, None)
        if began != held:
            yield self._of(transfer.asset, f"account {name[0]} withdrawal {name[1]}: {held} of {began}")

    def _balance(self, balance: m.BalanceEvent) -> Iterator[Breach]:
        available, held = balance.available_minor, balance.held_minor
        if available < 0 or held < 0:
            yield self._of(
                balance.asset, f"account {balance.account} {balance.asset}: {available} and {held} held"
            )
        yield from self._agree(balance.account, balance.asset, available + held)

    def _agree(self, account: int, asset: str, told: int, when: str = "") -> Iterator[Breach]:
        counted = self._totals.get((account, asset), 0)
        if counted != told:
            # From here on as told: one fault is one breach.
            self._totals[account, asset] = told
            yield self._of(
                asset, f"account {account} {asset}: {told} told{when}, {counted} by adding up what happened"
            )

    # --- where it touches ------------------------------------------------------------------------------

    def _of(self, asset: str, text: str) -> Breach:
        traded = (name for name, terms in self._terms.items() if asset in (terms.base, terms.quote))
        return Breach(frozenset(traded), text)

    def _named_in(self, text: str) -> frozenset[str]:
        """The symbols a text names, or whose assets it names; all of them if it names none."""
        words = set(_WORD.findall(text))
        named = {name for name, terms in self._terms.items() if words & {name, terms.base, terms.quote}}
        return frozenset(named or self._terms)

    # --- tables --------------------------------------------------------------------------------------

    def _balance_rows(self, accounts: list[int]) -> Iterator[Breach]:
        # A row of nothing and no row say the same.
        expected = {
            (account, asset): (available, held)
            for account in accounts
            for asset, available, held in self._engine.balances(account)
            if available or held
        }
        rows = Balance.objects.filter(account__in=accounts)
        fields = ("account", "asset", "available_minor", "held_minor")
        stored = {row[:2]: row[2:] for row in rows.values_list(*fields) if row[2] or row[3]}
        for key in _differing(stored, expected):
            text = f"account {key[0]} {key[1]}: tables {stored.get(key)}, engine {expected.get(key)}"
            yield self._of(key[1], text)

    def _order_rows(self, accounts: list[int]) -> Iterator[Breach]:
        expected = {
            order.order_id: (order.symbol, order.quantity_lots, order.filled_lots)
            for account in accounts
            for order in starmap(m.OrderEvent, self._engine.open_orders(account))
        }
        rows = Order.objects.filter(account__in=accounts, status__in=m.OPEN_STATUSES)
        fields = ("order_id", "symbol", "quantity_lots", "filled_lots")
        stored = {row[0]: row[1:] for row in rows.values_list(*fields)}
        for order_id in _differing(stored, expected):
            symbol = (stored.get(order_id) or expected[order_id])[0]
            text = f"open order {order_id}: tables {stored.get(order_id)}, engine {expected.get(order_id)}"
            yield Breach(frozenset((symbol,)), text)


def _differing(stored: dict, expected: dict) -> Iterable:  # type: ignore[type-arg]
    """Keys with other values, or none, in one of the two."""
    return [key for key in stored.keys() | expected.keys() if stored.get(key) != expected.get(key)]
