"""The portfolio as the API answers it: one part for each currency the account is worth something in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.core.cache import cache

from accounts.portfolio.history import Point, interval_for, point_times, value_history
from accounts.portfolio.movements import Progress, first_time_ns, movements_after, movements_since
from accounts.portfolio.positions import Position, Positions
from accounts.portfolio.prices import ClosePrices, LatestPrices, MinutePrices
from accounts.portfolio.valuation import Valuer
from exchange.decimals import format_ratio
from exchange.selectors import up_to_date
from exchange.symbols import SymbolSpec, symbols
from exchange.wire import AVERAGE_EXTRA_DECIMALS, Json, format_units, milliseconds
from marketdata.intervals import DAY

#: How far back each range looks; ``all`` looks back to the account's first movement.
RANGES: Final[dict[str, int | None]] = {
    "1d": DAY,
    "1w": 7 * DAY,
    "1m": 30 * DAY,
    "3m": 90 * DAY,
    "1y": 365 * DAY,
    "all": None,
}
#: Movements folded are kept this long, so that the next question folds only what came since.
_REMEMBER_S: Final = 3_600
_PERCENT_DECIMALS: Final = 2


@dataclass(slots=True)
class _Folded:
    """Positions after the movements up to ``progress``; they reflect engine sequence ``sequence``."""

    sequence: int = 0
    progress: Progress = field(default_factory=Progress)
    positions: Positions = field(default_factory=Positions)


def portfolio(account: int, chosen_range: str, now_ns: int) -> Json:
    """Holdings, cost, profit and the value over a range, by currency. Waits a moment for the database."""
    reached = up_to_date()
    specs = {spec.name: spec for spec in symbols.all()}
    folded = _fold(account, reached, specs)
    valuer = Valuer(specs.values(), LatestPrices())
    histories = _histories(account, folded, chosen_range, now_ns, specs)
    by_currency: dict[str, dict[str, Position]] = {currency: {} for currency in histories}
    for asset, position in sorted(folded.positions.by_asset.items()):
        by_currency.setdefault(valuer.currency_of(asset), {})[asset] = position
    return {
        "range": chosen_range,
        "timestamp": milliseconds(now_ns),
        "currencies": [
            _currency(currency, positions, valuer, now_ns, histories.get(currency, []))
            for currency, positions in sorted(by_currency.items())
        ],
        "as_of_sequence": reached,
    }


def _fold(account: int, reached: int, specs: Mapping[str, SymbolSpec]) -> _Folded:
    """Positions at sequence ``reached``, from where the last question left off."""
    key = f"portfolio:{account}"
    folded: _Folded = cache.get(key) or _Folded()
    if folded.sequence > reached:
        # The database went back in time: a backup was restored.
        folded = _Folded()
    valuer = Valuer(specs.values(), MinutePrices())
    base_of = {name: spec.base for name, spec in specs.items()}
    for progress, movement in movements_after(account, folded.progress, reached, base_of):
        folded.positions.take(movement, specs, valuer)
        folded.progress = progress
    folded.sequence = reached
    cache.set(key, folded, _REMEMBER_S)
    return folded


def _histories(
    account: int, folded: _Folded, chosen_range: str, now_ns: int, specs: Mapping[str, SymbolSpec]
) -> dict[str, list[Point]]:
    first_ns = first_time_ns(account)
    if first_ns is None:
        return {}
    length_ns = RANGES[chosen_range]
    # Before its first movement an account has no value to draw.
    start_ns = first_ns if length_ns is None else max(first_ns, now_ns - length_ns)
    end_ns = max(now_ns, start_ns)
    interval_ns = interval_for(end_ns - start_ns)
    base_of = {name: spec.base for name, spec in specs.items()}
    held = {asset: position.quantity_minor for asset, position in folded.positions.by_asset.items()}
    return value_history(
        held,
        movements_since(account, start_ns, folded.sequence, base_of),
        point_times(start_ns, end_ns, interval_ns),
        Valuer(specs.values(), ClosePrices(interval_ns, start_ns, end_ns)),
        {name: spec.quote for name, spec in specs.items()},
    )


# --- as JSON -------------------------------------------------------------------------------------------


def _currency(
    currency: str, positions: dict[str, Position], valuer: Valuer, now_ns: int, history: list[Point]
) -> Json:
    scale = symbols.asset_scale(currency)
    worth = {
        asset: valuer.worth(asset, position.quantity_minor, now_ns) for asset, position in positions.items()
    }
    total = sum(value or 0 for value in worth.values())
    invested = {asset: position for asset, position in positions.items() if asset != currency}
    cost = sum(position.cost_minor for position in invested.values())
    unrealised = sum(
        value - position.cost_minor
        for asset, position in invested.items()
        if (value := worth[asset]) is not None
    )
    realised = sum(position.realised_minor for position in positions.values())
    cash = positions[currency].quantity_minor if currency in positions else 0
    return {
        "currency": currency,
        "value": format_units(total, scale),
        "cash": format_units(cash, scale),
        "cost": format_units(cost, scale),
        "unrealised_profit": format_units(unrealised, scale),
        "realised_profit": format_units(realised, scale),
        "holdings": [
            _holding(asset, position, worth[asset], total, currency, valuer)
            for asset, position in invested.items()
            if position.quantity_minor or position.realised_minor
        ],
        "history": [
            {
                "timestamp": milliseconds(point.time_ns),
                "value": format_units(point.value_minor, scale),
                "profit": format_units(point.profit_minor, scale),
            }
            for point in history
        ],
    }


def _holding(
    asset: str, position: Position, value: int | None, total: int, currency: str, valuer: Valuer
) -> Json:
    scale, currency_scale = symbols.asset_scale(asset), symbols.asset_scale(currency)
    route = valuer.route_of(asset)
    profit = None if value is None else value - position.cost_minor
    return {
        "asset": asset,
        "symbol": route[0].name if len(route) == 1 else None,
        "quantity": format_units(position.quantity_minor, scale),
        "average_cost": _average_cost(position, scale, currency_scale, route[0].price_scale if route else 0),
        "cost": format_units(position.cost_minor, currency_scale),
        "value": None if value is None else format_units(value, currency_scale),
        "share_percent": _percent(value, total),
        "unrealised_profit": None if profit is None else format_units(profit, currency_scale),
        "unrealised_percent": _percent(profit, position.cost_minor),
        "realised_profit": format_units(position.realised_minor, currency_scale),
    }


def _average_cost(position: Position, scale: int, currency_scale: int, price_scale: int) -> str | None:
    """Cost of one whole unit; None when nothing is held."""
    if position.quantity_minor <= 0:
        return None
    numerator = position.cost_minor * 10**scale
    denominator = position.quantity_minor * 10**currency_scale
    return format_ratio(numerator, denominator, price_scale + AVERAGE_EXTRA_DECIMALS)


def _percent(part: int | None, whole: int) -> str | None:
    if part is None or whole <= 0:
        return None
    return format_ratio(part * 100, whole, _PERCENT_DECIMALS)
