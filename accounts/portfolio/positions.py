"""Average cost and realised profit, folded over an account's movements.

The rules, as a trader's statement has them:

* A purchase adds what was paid, fee included, to the position's cost.
* A sale takes the cost of its share at the average; the proceeds, fee deducted, less that cost are
  realised profit.
* A deposit of an asset counts as bought at the market's price of that minute, a withdrawal leaves at the
  average cost: moving an asset is neither profit nor loss.
* A currency costs itself, so money has no profit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from accounts.portfolio.movements import Movement
from accounts.portfolio.valuation import Valuer
from exchange.symbols import SymbolSpec


@dataclass(slots=True)
class Position:
    """What is held of one asset, and what it cost and earned in its currency, all minor units."""

    quantity_minor: int = 0
    cost_minor: int = 0
    realised_minor: int = 0

    def add(self, quantity_minor: int, cost_minor: int) -> None:
        self.quantity_minor += quantity_minor
        self.cost_minor += cost_minor

    def remove(self, quantity_minor: int) -> int:
        """Take out a share at the average cost, rounded down; the cost it had."""
        if quantity_minor >= self.quantity_minor:
            cost = self.cost_minor
        else:
            cost = self.cost_minor * quantity_minor // self.quantity_minor
        self.quantity_minor -= quantity_minor
        self.cost_minor -= cost
        return cost

    def sell(self, quantity_minor: int, proceeds_minor: int) -> None:
        self.realised_minor += proceeds_minor - self.remove(quantity_minor)


@dataclass(slots=True)
class Positions:
    """Every position of an account."""

    by_asset: dict[str, Position] = field(default_factory=dict)

    def of(self, asset: str) -> Position:
        return self.by_asset.setdefault(asset, Position())

    def take(self, movement: Movement, specs: Mapping[str, SymbolSpec], valuer: Valuer) -> None:
        """Fold in one movement."""
        if movement.symbol is None:
            self._transfer(movement, valuer)
        else:
            self._trade(movement, specs[movement.symbol], valuer)

    def _transfer(self, movement: Movement, valuer: Valuer) -> None:
        if movement.delta_minor < 0:
            self.of(movement.asset).remove(-movement.delta_minor)
        else:
            worth = valuer.worth(movement.asset, movement.delta_minor, movement.time_ns)
            self.of(movement.asset).add(movement.delta_minor, worth or 0)

    def _trade(self, movement: Movement, spec: SymbolSpec, valuer: Valuer) -> None:
        paid = self._worth_of_payment(movement, spec, valuer)
        for asset, delta_minor in (
            (spec.base, movement.delta_minor),
            (spec.quote, movement.quote_delta_minor),
        ):
            if delta_minor > 0:
                self.of(asset).add(delta_minor, paid(asset))
            elif delta_minor < 0:
                self.of(asset).sell(-delta_minor, paid(asset))

    @staticmethod
    def _worth_of_payment(movement: Movement, spec: SymbolSpec, valuer: Valuer) -> Callable[[str], int]:
        """What changed hands, in the currency of the asset asked for.

        Where both sides are worth the same currency the payment says it exactly; a symbol between two
        currencies' worlds has no common money, and each side counts at its own market's price.
        """
        quote_minor, base_minor = abs(movement.quote_delta_minor), abs(movement.delta_minor)
        by_quote = valuer.worth(spec.quote, quote_minor, movement.time_ns) or 0
        if valuer.currency_of(spec.base) == valuer.currency_of(spec.quote):
            return lambda _asset: by_quote
        by_base = valuer.worth(spec.base, base_minor, movement.time_ns) or 0
        return lambda asset: by_quote if asset == spec.quote else by_base
