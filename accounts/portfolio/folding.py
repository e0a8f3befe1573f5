"""The positions of accounts as of a sequence, folded from their movements and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from accounts.portfolio.cross_rates import AnyValuer, CrossValuer
from accounts.portfolio.market_prices import MinutePrices
from accounts.portfolio.movements import Progress, is_of_this_journal, movements_after
from accounts.portfolio.positions import Positions
from accounts.portfolio.valuation import PriceAt, Valuer
from exchange.listing.symbol_table import SymbolSpec, symbols
from exchange.models import Balance
from exchange.selectors.position import projected_sequence
from exchange.shared_cache import shared_cache
from marketdata.selectors import first_trades

#: Movements folded are kept this long, so that the next question folds only what came since.
REMEMBER_S: Final = 3_600


class Market(NamedTuple):
    """The symbols, which of them have traded, and the one currency everything is valued in; None: each asset
    in its own."""

    specs: dict[str, SymbolSpec]
    traded: dict[str, int]
    currency: str | None

    @classmethod
    def read(cls, currency: str | None) -> Market:
        return cls({spec.name: spec for spec in symbols.all()}, first_trades(), currency)

    def valuer(self, price_at: PriceAt) -> AnyValuer:
        """Values amounts at such prices."""
        if self.currency is None:
            return Valuer(self.specs.values(), price_at, self.traded)
        return CrossValuer(self.currency, self.specs.values(), price_at, self.traded)

    @property
    def bases(self) -> dict[str, str]:
        """The base asset of each symbol."""
        return {name: spec.base for name, spec in self.specs.items()}

    @property
    def quotes(self) -> dict[str, str]:
        """The quote asset of each symbol."""
        return {name: spec.quote for name, spec in self.specs.items()}


#: The symbols over which each asset was valued; None where its worth was not known.
Routes = dict[str, tuple[str, ...] | None]


class Kept(Protocol):
    """What was folded before: up to which movement, true at which sequence, valued how."""

    sequence: int
    progress: Progress
    routes: Routes


@dataclass(slots=True)
class Folded:
    """Positions after the movements up to ``progress``; they reflect engine sequence ``sequence``."""

    sequence: int = 0
    progress: Progress = field(default_factory=Progress)
    positions: Positions = field(default_factory=Positions)
    routes: Routes = field(default_factory=dict)


def fold(accounts: Sequence[int], reached: int, market: Market) -> Folded:
    """Positions at sequence ``reached``, from where the last question left off if that still holds."""
    valuer = market.valuer(MinutePrices())
    # The name changes with the fields of what is kept.
    key = f"portfolio:3:{'+'.join(map(str, accounts))}:{market.currency or ''}"
    kept: Folded | None = shared_cache.get(key)
    if kept is not None and still_holds(accounts, kept, reached, valuer):
        folded = _fold_on(accounts, kept, reached, market, valuer)
        if not _agrees_with_balances(accounts, folded, reached):
            folded = _fold_on(accounts, Folded(), reached, market, valuer)
    else:
        folded = _fold_on(accounts, Folded(), reached, market, valuer)
    if is_worth_keeping(folded.positions, folded.routes):
        shared_cache.set(key, folded, REMEMBER_S)
    return folded


def is_worth_keeping(positions: Positions, routes: Routes) -> bool:
    """Whether nothing is missing that a later question may find."""
    return all(positions.of(asset).is_cost_known for asset, route in routes.items() if route is not None)


def routes_of(positions: Positions, valuer: AnyValuer) -> Routes:
    """How everything that was ever held is valued."""
    return {asset: _route(valuer, asset) for asset in positions.by_asset}


def still_holds(accounts: Sequence[int], kept: Kept, reached: int, valuer: AnyValuer) -> bool:
    """Whether what was folded before is a beginning of what would be folded now.

    It is not after a restore of a backup, and not when an asset has got a worth that had none.
    """
    return (
        kept.sequence <= reached
        and all(_route(valuer, asset) == route for asset, route in kept.routes.items())
        and is_of_this_journal(accounts, kept.progress)
    )


def _route(valuer: AnyValuer, asset: str) -> tuple[str, ...] | None:
    return tuple(spec.name for spec in valuer.route_of(asset)) if valuer.is_known(asset) else None


def _fold_on(
    accounts: Sequence[int], folded: Folded, reached: int, market: Market, valuer: AnyValuer
) -> Folded:
    for progress, movement in movements_after(accounts, folded.progress, reached, market.bases):
        folded.positions.take(movement, market.specs, valuer)
        folded.progress = progress
    folded.sequence = reached
    folded.routes = routes_of(folded.positions, valuer)
    return folded


def _agrees_with_balances(accounts: Sequence[int], folded: Folded, reached: int) -> bool:
    """Whether the accounts hold what was folded. Balances that have moved on since are not compared."""
    rows = Balance.objects.filter(account__in=accounts)
    totals: dict[str, int] = {}
    for asset, available, held in rows.values_list("asset", "available_minor", "held_minor"):
        totals[asset] = totals.get(asset, 0) + available + held
    if projected_sequence() != reached:
        return True
    positions = folded.positions.by_asset.items()
    held_now = {asset: total for asset, total in totals.items() if total}
    return held_now == {asset: one.quantity_minor for asset, one in positions if one.quantity_minor}
