"""Everything in one chosen currency, by stated cross rates.

The path from an asset to the currency, the first of these that there is:

1. its own route (``valuation``), where that ends in the currency;
2. a direct market, which has the asset as base and the currency as quote;
3. the inverse: the currency is the base, the asset the quote;
4. two such steps over one asset in between, the pair whose later market traded first;
5. its own route to its own currency, and from there 2, 3 or 4.

Only markets that have traded count. Steps multiply as fractions; the result alone is rounded, down. Without a
path there is no worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from accounts.portfolio.valuation import PriceAt, Route, Valuer
from exchange.listing.symbol_table import SymbolSpec


class Step(NamedTuple):
    """From the base to the quote of a market, or inverse."""

    spec: SymbolSpec
    is_inverse: bool = False

    @property
    def source(self) -> str:
        return self.spec.quote if self.is_inverse else self.spec.base

    @property
    def target(self) -> str:
        return self.spec.base if self.is_inverse else self.spec.quote

    def rate(self, price_ticks: int) -> Fraction:
        """Minor units of the target for one of the source."""
        spec = self.spec
        forward = Fraction(spec.notional_minor(price_ticks, 1), 10 ** (spec.base_scale - spec.quantity_scale))
        return 1 / forward if self.is_inverse else forward


Path = tuple[Step, ...]


class CrossValuer:
    """Values amounts in one currency; a ``Valuer`` for everything that folds and sums."""

    def __init__(
        self,
        currency: str,
        specs: Iterable[SymbolSpec],
        price_at: PriceAt,
        first_trades: Mapping[str, int],
    ) -> None:
        self.currency = currency
        listed = list(specs)
        self._own = Valuer(listed, price_at, first_trades)
        self._price_at = price_at
        traded = sorted((one for one in listed if one.name in first_trades), key=lambda one: one.name)
        self._steps = [Step(one, is_inverse) for is_inverse in (False, True) for one in traded]
        self._first_trades = first_trades
        self._paths: dict[str, Path | None] = {}

    def path_of(self, asset: str) -> Path | None:
        """The steps from an asset to the currency, none for itself; None where there is no path."""
        if asset not in self._paths:
            self._paths[asset] = self._find_path(asset)
        return self._paths[asset]

    def is_known(self, asset: str) -> bool:
        return self.path_of(asset) is not None

    def route_of(self, asset: str) -> Route:
        """The markets on the asset's path."""
        return tuple(step.spec for step in self.path_of(asset) or ())

    def currency_of(self, _asset: str) -> str:
        return self.currency

    def worth(self, asset: str, amount_minor: int, time_ns: int) -> int | None:
        """Minor units of the currency, rounded down; None where it is not known."""
        rate = self.rate_of(asset, time_ns)
        return None if rate is None else amount_minor * rate.numerator // rate.denominator

    def rate_of(self, asset: str, time_ns: int) -> Fraction | None:
        """Minor units of the currency for one of the asset."""
        path = self.path_of(asset)
        if path is None:
            return None
        rate = Fraction(1)
        for step in path:
            price_ticks = self._price_at(step.spec.name, time_ns)
            if price_ticks is None:
                return None
            rate *= step.rate(price_ticks)
        return rate

    def _find_path(self, asset: str) -> Path | None:
        if asset == self.currency:
            return ()
        route = self._own.route_of(asset)
        own = tuple(Step(spec) for spec in route)
        if own and own[-1].target == self.currency:
            return own
        found = self._between(asset)
        if found is None and own:
            rest = self._between(own[-1].target)
            found = None if rest is None else (*own, *rest)
        return found

    def _between(self, asset: str) -> Path | None:
        """By a direct market, the inverse, or over one asset in between."""
        if asset == self.currency:
            return ()
        for step in self._steps:
            if (step.source, step.target) == (asset, self.currency):
                return (step,)
        return min(self._over_one(asset), key=self._since, default=None)

    def _over_one(self, asset: str) -> Iterator[Path]:
        for first in self._steps:
            if first.source == asset:
                for second in self._steps:
                    if (second.source, second.target) == (first.target, self.currency):
                        yield first, second

    def _since(self, path: Path) -> tuple[int, list[str]]:
        """When all of a path's markets had traded."""
        names = [step.spec.name for step in path]
        return max(self._first_trades[name] for name in names), names


#: What folds and sums take.
AnyValuer = Valuer | CrossValuer
