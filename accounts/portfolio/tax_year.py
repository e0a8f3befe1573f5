"""A calendar year of one user's accounts, asset by asset, in one currency, by FIFO and by average cost.

The year begins and ends at midnight in the user's time zone. Every amount is converted at the rate of its own
moment (``cross_rates``), so the cost of what is sold is in the currency of the report from the beginning.
What is not known is null, in every sum that it is a part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from accounts.portfolio.cross_rates import AnyValuer
from accounts.portfolio.folding import (
    REMEMBER_S,
    Market,
    Routes,
    is_worth_keeping,
    routes_of,
    still_holds,
)
from accounts.portfolio.market_prices import MinutePrices
from accounts.portfolio.movements import Movement, Progress, movements_after
from accounts.portfolio.portfolio_json import render_rates
from accounts.portfolio.positions import Act, Change, Costs, Positions
from exchange.listing.symbol_table import symbols
from exchange.selectors.position import up_to_date
from exchange.shared_cache import shared_cache
from exchange.wire.rendering import Json, format_units, milliseconds
from marketdata.selectors import projected_now_ns

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2200
_NS_PER_S: Final = 1_000_000_000
#: The bounds of a year that nothing has happened in yet, whichever it is.
_TO_COME_NS: Final = (2**63, 2**63 + 1)


@dataclass(slots=True)
class Sum:
    """A sum; not known once a part of it is not."""

    minor: int = 0
    is_known: bool = True

    def add(self, minor: int | None) -> None:
        self.minor += minor or 0
        self.is_known = self.is_known and minor is not None

    @property
    def known(self) -> int | None:
        return self.minor if self.is_known else None


@dataclass(slots=True)
class Flow:
    """What came in or went out in a year: how much, for how much, and what it had cost."""

    quantity_minor: int = 0
    worth: Sum = field(default_factory=Sum)
    fifo: Sum = field(default_factory=Sum)
    average: Sum = field(default_factory=Sum)

    def take(self, change: Change) -> None:
        self.quantity_minor += change.quantity_minor
        if change.act is not Act.WITHDRAWN:
            self.worth.add(change.worth_minor)
        if change.costs is not None:
            self.fifo.add(change.costs.fifo_minor)
            self.average.add(change.costs.average_minor)


@dataclass(slots=True)
class State:
    """What is held at a moment, and what it cost."""

    quantity_minor: int = 0
    costs: Costs = field(default_factory=lambda: Costs(0, 0))


@dataclass(slots=True)
class AssetYear:
    """One asset over the year, in minor units."""

    opening: State = field(default_factory=State)
    closing: State = field(default_factory=State)
    flows: dict[Act, Flow] = field(default_factory=lambda: {act: Flow() for act in Act})
    fees: Sum = field(default_factory=Sum)

    @property
    def is_known(self) -> bool:
        """Whether no figure lacks a part."""
        sums = (one for flow in self.flows.values() for one in (flow.worth, flow.fifo, flow.average))
        return self.fees.is_known and all(one.is_known for one in sums)

    def profits(self) -> Costs:
        """Realised, by either method."""
        sold = self.flows[Act.SOLD]
        return Costs(_less(sold.worth, sold.average), _less(sold.worth, sold.fifo))


def _less(worth: Sum, cost: Sum) -> int | None:
    return worth.minor - cost.minor if worth.is_known and cost.is_known else None


def year_bounds_ns(year: int, time_zone: str) -> tuple[int, int]:
    """The year's first moment, and the first of the next."""
    zone = ZoneInfo(time_zone)
    first, following = (datetime(one, 1, 1, tzinfo=zone).timestamp() for one in (year, year + 1))
    return int(first) * _NS_PER_S, int(following) * _NS_PER_S


@dataclass(slots=True)
class YearFold:
    """The year [start, end) as far as movements were taken, from the very first on, in order."""

    start_ns: int
    end_ns: int
    positions: Positions = field(default_factory=Positions)
    years: dict[str, AssetYear] = field(default_factory=dict)
    has_begun: bool = False
    is_over: bool = False
    #: Up to which movement, true at which sequence, valued how (``folding.Kept``).
    progress: Progress = field(default_factory=Progress)
    sequence: int = 0
    routes: Routes = field(default_factory=dict)

    def take(self, movement: Movement, market: Market, valuer: AnyValuer) -> bool:
        """Take in the next movement; False for one after the year, which changes nothing."""
        if movement.time_ns >= self.end_ns:
            self.is_over = True
            return False
        if movement.time_ns >= self.start_ns and not self.has_begun:
            self.has_begun = True
            _open(self.years, self.positions)
        changes = self.positions.take(movement, market.specs, valuer)
        if self.has_begun:
            for change in changes:
                self.years.setdefault(change.asset, AssetYear()).flows[change.act].take(change)
            _charge(self.years, movement, market, valuer)
        return True

    def so_far(self) -> dict[str, AssetYear]:
        """Each asset that was held or moved in the year, closed as things stand."""
        if not self.has_begun:
            _open(self.years, self.positions)
        for asset, position in self.positions.by_asset.items():
            self.years.setdefault(asset, AssetYear()).closing = State(position.quantity_minor, position.costs)
        return {asset: one for asset, one in sorted(self.years.items()) if _is_of_interest(one)}

    @property
    def is_worth_keeping(self) -> bool:
        """Whether nothing is missing that a later question may find."""
        known = (one.is_known for asset, one in self.years.items() if self.routes.get(asset) is not None)
        return is_worth_keeping(self.positions, self.routes) and all(known)


def fold_year(
    movements: Iterable[Movement], start_ns: int, end_ns: int, market: Market, valuer: AnyValuer
) -> dict[str, AssetYear]:
    """Each asset that was held or moved in [start, end). ``movements``: from the very first on, in order."""
    fold = YearFold(start_ns, end_ns)
    for movement in movements:
        if not fold.take(movement, market, valuer):
            break
    return fold.so_far()


def kept_year(
    accounts: Sequence[int], bounds_ns: tuple[int, int], reached: int, market: Market, valuer: AnyValuer
) -> dict[str, AssetYear]:
    """The year at sequence ``reached``, from where the last question left off if that still holds: a trader
    with a hundred thousand fills waits for them once."""
    if bounds_ns[0] > projected_now_ns():
        # All years to come begin and end with what there is.
        bounds_ns = _TO_COME_NS
    bounds = "-".join(map(str, bounds_ns))
    # The name changes with the fields of what is kept.
    key = f"tax:1:{'+'.join(map(str, accounts))}:{market.currency or ''}:{bounds}"
    kept: YearFold | None = shared_cache.get(key)
    fold = kept if kept is not None and still_holds(accounts, kept, reached, valuer) else YearFold(*bounds_ns)
    if not fold.is_over:
        for progress, movement in movements_after(accounts, fold.progress, reached, market.bases):
            if not fold.take(movement, market, valuer):
                break
            fold.progress = progress
    fold.sequence, fold.routes = reached, routes_of(fold.positions, valuer)
    if fold.is_worth_keeping:
        shared_cache.set(key, fold, REMEMBER_S)
    return fold.so_far()


def _open(years: dict[str, AssetYear], positions: Positions) -> None:
    for asset, position in positions.by_asset.items():
        years.setdefault(asset, AssetYear()).opening = State(position.quantity_minor, position.costs)


def _charge(years: dict[str, AssetYear], movement: Movement, market: Market, valuer: AnyValuer) -> None:
    """The fee of a trade, to what was traded."""
    if movement.symbol is not None and movement.fee_minor:
        quote = market.specs[movement.symbol].quote
        fee = valuer.worth(quote, movement.fee_minor, movement.time_ns)
        years.setdefault(movement.asset, AssetYear()).fees.add(fee)


def _is_of_interest(one: AssetYear) -> bool:
    moved = any(flow.quantity_minor for flow in one.flows.values())
    return moved or bool(one.opening.quantity_minor or one.closing.quantity_minor)


# --- as JSON -----------------------------------------------------------------------------------------------


def tax_report(accounts: Sequence[int], year: int, time_zone: str, currency: str) -> Json:
    """The year of the accounts. Waits a moment for the database. Raises ASSET_NOT_FOUND for the currency."""
    scale = symbols.asset_scale(currency)
    reached = up_to_date()
    market = Market.read(currency)
    valuer = market.valuer(MinutePrices())
    start_ns, end_ns = year_bounds_ns(year, time_zone)
    years = kept_year(accounts, (start_ns, end_ns), reached, market, valuer)
    profits = [one.profits() for one in years.values()]
    fees = _total(one.fees.known for one in years.values())
    return {
        "year": year,
        "time_zone": time_zone,
        "start": milliseconds(start_ns),
        "end": milliseconds(end_ns),
        "currency": currency,
        "realised_profit_fifo": _money(_total(one.fifo_minor for one in profits), scale),
        "realised_profit_average": _money(_total(one.average_minor for one in profits), scale),
        "fees": _money(fees, scale),
        "assets": [_asset(asset, one, scale) for asset, one in years.items()],
        "rates": render_rates(years, valuer, None),
        "as_of_sequence": reached,
    }


def _asset(asset: str, one: AssetYear, scale: int) -> Json:
    own = symbols.asset_scale(asset)
    bought, received = one.flows[Act.BOUGHT], one.flows[Act.DEPOSITED]
    sold, withdrawn = one.flows[Act.SOLD], one.flows[Act.WITHDRAWN]
    profits = one.profits()
    return {
        "asset": asset,
        "opening_quantity": format_units(one.opening.quantity_minor, own),
        "opening_cost_fifo": _money(one.opening.costs.fifo_minor, scale),
        "opening_cost_average": _money(one.opening.costs.average_minor, scale),
        "acquired_quantity": format_units(bought.quantity_minor, own),
        "acquired_cost": _money(bought.worth.known, scale),
        "received_quantity": format_units(received.quantity_minor, own),
        "received_cost": _money(received.worth.known, scale),
        "disposed_quantity": format_units(sold.quantity_minor, own),
        "proceeds": _money(sold.worth.known, scale),
        "disposed_cost_fifo": _money(sold.fifo.known, scale),
        "disposed_cost_average": _money(sold.average.known, scale),
        "realised_profit_fifo": _money(profits.fifo_minor, scale),
        "realised_profit_average": _money(profits.average_minor, scale),
        "withdrawn_quantity": format_units(withdrawn.quantity_minor, own),
        "withdrawn_cost_fifo": _money(withdrawn.fifo.known, scale),
        "withdrawn_cost_average": _money(withdrawn.average.known, scale),
        "fees": _money(one.fees.known, scale),
        "closing_quantity": format_units(one.closing.quantity_minor, own),
        "closing_cost_fifo": _money(one.closing.costs.fifo_minor, scale),
        "closing_cost_average": _money(one.closing.costs.average_minor, scale),
    }


def _money(minor: int | None, scale: int) -> str | None:
    return None if minor is None else format_units(minor, scale)


def _total(parts: Iterable[int | None]) -> int | None:
    found = Sum()
    for part in parts:
        found.add(part)
    return found.known
