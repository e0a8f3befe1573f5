"""Cost and realised profit, by average cost and by FIFO, folded over an account's movements.

The rules, as a trader's statement has them:

* A purchase adds what was paid, fee included, to the position's cost.
* A sale takes the cost of its share, at the average or of the oldest lots; the proceeds, fee deducted, less
  that cost are realised profit.
* A deposit of an asset, or what came from another account, counts as bought at the market's price of that
  minute; a withdrawal with its fee, or what went to another account, leaves at its cost by either method:
  moving an asset is neither profit nor loss.
* A currency costs itself, so money has no profit.
* A deposit without a known worth has no known cost. The position records that, and it never counts as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from accounts.portfolio.cross_rates import AnyValuer
from accounts.portfolio.movements import Movement
from accounts.portfolio.tax_lots import TaxLot, TaxLots
from exchange.listing.symbol_table import SymbolSpec


class Costs(NamedTuple):
    """What a share cost by either method; None where that is not known."""

    average_minor: int | None
    fifo_minor: int | None


class Act(Enum):
    """What happened to a position."""

    BOUGHT = "bought"
    DEPOSITED = "deposited"
    SOLD = "sold"
    WITHDRAWN = "withdrawn"


class Change(NamedTuple):
    """What a movement did to one position. ``worth_minor``: what was paid, received, or deposited, fee
    inside; None where it is not known, and of a withdrawal. ``costs``: of what was sold or withdrawn."""

    asset: str
    act: Act
    quantity_minor: int
    worth_minor: int | None
    costs: Costs | None = None


@dataclass(slots=True)
class Position:
    """What is held of one asset, and what it cost and earned in its currency, all minor units."""

    quantity_minor: int = 0
    #: By average cost, as ``realised_minor``.
    cost_minor: int = 0
    realised_minor: int = 0
    #: Whether all of the cost is known.
    is_cost_known: bool = True
    tax_lots: TaxLots = field(default_factory=TaxLots)
    fifo_realised_minor: int = 0

    def add(self, quantity_minor: int, cost_minor: int | None, time_ns: int = 0) -> None:
        """Take in a share; ``cost_minor`` None where its worth is not known."""
        self.quantity_minor += quantity_minor
        self.cost_minor += cost_minor or 0
        self.is_cost_known = self.is_cost_known and cost_minor is not None
        self.tax_lots.add(TaxLot(quantity_minor, cost_minor, time_ns))

    def remove(self, quantity_minor: int) -> Costs:
        """Take out a share; the cost it had. The average is rounded down."""
        is_known = self.is_cost_known
        if quantity_minor >= self.quantity_minor:
            cost = self.cost_minor
        else:
            cost = self.cost_minor * quantity_minor // self.quantity_minor
        self.quantity_minor -= quantity_minor
        self.cost_minor -= cost
        if not self.quantity_minor:
            self.is_cost_known = True
        return Costs(cost if is_known else None, self.tax_lots.take(quantity_minor))

    def sell(self, quantity_minor: int, proceeds_minor: int | None) -> Costs:
        """Take out a share for a payment; ``proceeds_minor`` None where its worth is not known. The cost it
        had."""
        costs = self.remove(quantity_minor)
        if proceeds_minor is not None:
            if costs.average_minor is not None:
                self.realised_minor += proceeds_minor - costs.average_minor
            if costs.fifo_minor is not None:
                self.fifo_realised_minor += proceeds_minor - costs.fifo_minor
        return costs

    @property
    def costs(self) -> Costs:
        """What is held cost."""
        return Costs(self.cost_minor if self.is_cost_known else None, self.tax_lots.cost_minor)


@dataclass(slots=True)
class Positions:
    """Every position of an account."""

    by_asset: dict[str, Position] = field(default_factory=dict)

    def of(self, asset: str) -> Position:
        return self.by_asset.setdefault(asset, Position())

    def take(self, movement: Movement, specs: Mapping[str, SymbolSpec], valuer: AnyValuer) -> list[Change]:
        """Fold in one movement; what it did."""
        if movement.symbol is None:
            return [self._transfer(movement, valuer)]
        return self._trade(movement, specs[movement.symbol], valuer)

    def _transfer(self, movement: Movement, valuer: AnyValuer) -> Change:
        asset, quantity_minor = movement.asset, abs(movement.delta_minor)
        if movement.delta_minor < 0:
            return Change(asset, Act.WITHDRAWN, quantity_minor, None, self.of(asset).remove(quantity_minor))
        worth = valuer.worth(asset, quantity_minor, movement.time_ns)
        self.of(asset).add(quantity_minor, worth, movement.time_ns)
        return Change(asset, Act.DEPOSITED, quantity_minor, worth)

    def _trade(self, movement: Movement, spec: SymbolSpec, valuer: AnyValuer) -> list[Change]:
        paid = self._worth_of_payment(movement, spec, valuer)
        changes = []
        for asset, delta_minor in (
            (spec.base, movement.delta_minor),
            (spec.quote, movement.quote_delta_minor),
        ):
            worth, quantity_minor = paid(asset), abs(delta_minor)
            if delta_minor > 0:
                self.of(asset).add(quantity_minor, worth, movement.time_ns)
                changes.append(Change(asset, Act.BOUGHT, quantity_minor, worth))
            elif delta_minor < 0:
                costs = self.of(asset).sell(quantity_minor, worth)
                changes.append(Change(asset, Act.SOLD, quantity_minor, worth, costs))
        return changes

    @staticmethod
    def _worth_of_payment(
        movement: Movement, spec: SymbolSpec, valuer: AnyValuer
    ) -> Callable[[str], int | None]:
        """What changed hands, in the currency of the asset asked for; None where that is not known.

        Where both sides are worth the same currency the payment is exact; a symbol between two
        currencies' worlds has no common money, and each side counts at its own market's price.
        """
        quote_minor, base_minor = abs(movement.quote_delta_minor), abs(movement.delta_minor)
        by_quote = valuer.worth(spec.quote, quote_minor, movement.time_ns)
        if valuer.currency_of(spec.base) == valuer.currency_of(spec.quote):
            return lambda _asset: by_quote
        by_base = valuer.worth(spec.base, base_minor, movement.time_ns)
        return lambda asset: by_quote if asset == spec.quote else by_base
