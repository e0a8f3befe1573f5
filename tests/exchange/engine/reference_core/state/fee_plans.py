"""Fee plans: rates by symbol that many accounts share.

What the rules look up for an order is one dictionary, ``Account.fees``. Accounts without rates of their own
share their plan's, so changing a plan costs nothing by account. An account with rates of its own has a
dictionary of its own with these over the plan's; those few are made anew when the plan changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.book import Book
from tests.exchange.engine.reference_core.state.ledger import Account

#: Plans are numbered from 1 to this.
MAX_PLANS: Final = 1_000
#: Symbols that a plan has rates for.
MAX_PLAN_RATES: Final = 2_000
#: Accounts with rates of their own.
MAX_OWN: Final = 2_000


class FeePlans:
    """All plans by number; the one of number NO_FEE_PLAN has no rates."""

    __slots__ = ("_books", "own", "plans")

    def __init__(self, books: dict[str, Book]) -> None:
        self._books = books
        #: plan -> symbol -> (maker_ppm, taker_ppm)
        self.plans: dict[int, dict[str, tuple[int, int]]] = {m.NO_FEE_PLAN: {}}
        #: The accounts that have rates of their own.
        self.own: dict[int, Account] = {}

    def change(self, number: int, rates: Sequence[tuple[str, int, int]]) -> None:
        """Give a plan these rates and no others; a plan that is not there is made."""
        plan = self.plans.get(number)
        if plan is None:
            plan = self.plans[number] = {}
        plan.clear()
        for symbol, maker_ppm, taker_ppm in rates:
            plan[symbol] = (maker_ppm, taker_ppm)
        for account in self.own.values():
            if account.fee_plan == number:
                account.fees = self.rates_of(account)

    def put(self, account: Account, number: int) -> None:
        """Put an account on a plan that there is."""
        account.fee_plan = number
        account.fees = self.rates_of(account)

    def has_room(self, account: Account) -> bool:
        """Whether the account may have rates of its own."""
        return len(self.own) < MAX_OWN or account.number in self.own

    def set_own(self, account: Account, symbol: str, rates: tuple[int, int]) -> None:
        """Give an account rates of its own on a symbol or EVERY_SYMBOL."""
        account.own_fees[symbol] = rates
        self.use(account)

    def clear_own(self, account: Account, symbol: str) -> None:
        """Take back what ``set_own`` gave, if it did."""
        account.own_fees.pop(symbol, None)
        self.use(account)

    def add_symbol(self, symbol: str) -> None:
        """There is a new symbol."""
        for account in self.own.values():
            everywhere = account.own_fees.get(m.EVERY_SYMBOL)
            if everywhere is not None:
                account.fees[symbol] = everywhere

    def use(self, account: Account) -> None:
        """Let the account's next orders pay by its plan and its own rates."""
        if account.own_fees:
            self.own[account.number] = account
        else:
            self.own.pop(account.number, None)
        account.fees = self.rates_of(account)

    def rates_of(self, account: Account) -> dict[str, tuple[int, int]]:
        """What the account pays by symbol, where that is not the symbol's own: its rates on the symbol, on
        EVERY_SYMBOL, its plan's."""
        plan = self.plans[account.fee_plan]
        own = account.own_fees
        if not own:
            return plan
        rates = plan.copy()
        everywhere = own.get(m.EVERY_SYMBOL)
        if everywhere is not None:
            for symbol in self._books:
                rates[symbol] = everywhere
        rates.update(own)
        return rates

    def rows(self) -> list[Any]:
        """The plans as a snapshot has them."""
        return [
            [number, [[symbol, *rates] for symbol, rates in sorted(plan.items())]]
            for number, plan in sorted(self.plans.items())
            if number != m.NO_FEE_PLAN
        ]
