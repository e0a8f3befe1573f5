"""What an amount of an asset is worth in money.

Assets that are only ever paid with (KRW, USD) are *currencies*; every other asset is worth what its
symbols lead to: BTC through BTC-KRW to KRW. Nothing here knows an exchange rate between currencies, so
what is worth KRW and what is worth USD is never added up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from exchange.symbols import SymbolSpec

#: The price of a symbol at a time, in ticks; None when it has never traded.
PriceAt = Callable[[str, int], int | None]
Route = tuple[SymbolSpec, ...]


def routes_to_currencies(specs: Iterable[SymbolSpec]) -> dict[str, Route]:
    """The symbols over which each asset becomes a currency: the fewest, the first by name among equals.

    A currency's route is empty.
    """
    ordered = sorted(specs, key=lambda spec: spec.name)
    bases = {spec.base for spec in ordered}
    found: dict[str, Route] = {spec.quote: () for spec in ordered if spec.quote not in bases}
    waiting = deque(found)
    while waiting:
        quote = waiting.popleft()
        for spec in ordered:
            if spec.quote == quote and spec.base not in found:
                found[spec.base] = (spec, *found[quote])
                waiting.append(spec.base)
    return found


class Valuer:
    """Values amounts by a source of prices."""

    def __init__(self, specs: Iterable[SymbolSpec], price_at: PriceAt) -> None:
        self._routes = routes_to_currencies(specs)
        self._price_at = price_at

    def route_of(self, asset: str) -> Route:
        """The symbols over which the asset is valued; empty for a currency and for what cannot be valued."""
        return self._routes.get(asset, ())

    def currency_of(self, asset: str) -> str:
        """The currency the asset is worth something in; itself when no symbol leads anywhere."""
        route = self.route_of(asset)
        return route[-1].quote if route else asset

    def worth(self, asset: str, amount_minor: int, time_ns: int) -> int | None:
        """Minor units of the asset's currency, rounded down; None while a price is missing."""
        value = amount_minor
        for spec in self.route_of(asset):
            price_ticks = self._price_at(spec.name, time_ns)
            if price_ticks is None:
                return None
            value = spec.notional_minor(price_ticks, value) // 10 ** (spec.base_scale - spec.quantity_scale)
        return value
