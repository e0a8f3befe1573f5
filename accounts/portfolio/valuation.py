"""What an amount of an asset is worth in money.

An asset's part is settled by the first trade it takes part in, and never changes afterwards: the asset that
was paid with is a *currency*, the other one is worth what that symbol leads to. BTC that first traded for KRW
is worth KRW, however many symbols with BTC are listed or traded later. An asset that has not traded has no
known worth, except one that is only ever paid with, which is a currency too. Nothing here knows an exchange
rate between currencies, so what is worth KRW and what is worth USD is never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from exchange.listing.symbol_table import SymbolSpec

#: The price of a symbol at a time, in ticks; None when it has never traded.
PriceAt = Callable[[str, int], int | None]
Route = tuple[SymbolSpec, ...]


def routes_to_currencies(specs: Iterable[SymbolSpec], first_trades: Mapping[str, int]) -> dict[str, Route]:
    """The symbols over which each asset becomes a currency; a currency's route is empty.

    ``first_trades`` has the id of each symbol's first trade; ids are in the order of the trades.
    """
    listed = list(specs)
    bases = {spec.base for spec in listed}
    routes: dict[str, Route] = {}
    traded = [spec for spec in listed if spec.name in first_trades]
    for spec in sorted(traded, key=lambda one: first_trades[one.name]):
        routes.setdefault(spec.quote, ())
        routes.setdefault(spec.base, (spec, *routes[spec.quote]))
    for spec in listed:
        if spec.quote not in bases:
            routes.setdefault(spec.quote, ())
    return routes


class Valuer:
    """Values amounts by a source of prices."""

    def __init__(
        self, specs: Iterable[SymbolSpec], price_at: PriceAt, first_trades: Mapping[str, int]
    ) -> None:
        self._listed = sorted(specs, key=lambda spec: spec.name)
        self._routes = routes_to_currencies(self._listed, first_trades)
        self._price_at = price_at

    def is_known(self, asset: str) -> bool:
        """Whether the asset has a worth: it has traded, or is only ever paid with."""
        return asset in self._routes

    def route_of(self, asset: str) -> Route:
        """The symbols over which the asset is valued; empty for a currency and for what has no known
        worth."""
        return self._routes.get(asset, ())

    def currency_of(self, asset: str) -> str:
        """The currency the asset is worth something in. Without a known worth: the one it would be paid with,
        or itself."""
        route = self.route_of(asset)
        if route or asset in self._routes:
            return route[-1].quote if route else asset
        quotes = (spec.quote for spec in self._listed if spec.base == asset and spec.quote in self._routes)
        quote = next(quotes, None)
        return asset if quote is None else self.currency_of(quote)

    def worth(self, asset: str, amount_minor: int, time_ns: int) -> int | None:
        """Minor units of the asset's currency, rounded down; None where it is not known."""
        if asset not in self._routes:
            return None
        value = amount_minor
        for spec in self._routes[asset]:
            price_ticks = self._price_at(spec.name, time_ns)
            if price_ticks is None:
                return None
            value = spec.notional_minor(price_ticks, value) // 10 ** (spec.base_scale - spec.quantity_scale)
        return value
