"""Positions, their worth and performance as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from accounts.portfolio.cross_rates import AnyValuer, CrossValuer
from accounts.portfolio.history import Point
from accounts.portfolio.performance import Performance, performance
from accounts.portfolio.positions import Position
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_ratio
from exchange.wire.rendering import AVERAGE_EXTRA_DECIMALS, Json, format_units, milliseconds

#: Of one holding.
MAX_LOTS_SHOWN: Final = 100
#: Decimals of a cross rate beyond those of its currency.
_RATE_DECIMALS: Final = 4
_PERCENT_DECIMALS: Final = 2


def render_currency(
    currency: str,
    positions: Mapping[str, Position],
    valuer: AnyValuer,
    now_ns: int,
    history: Sequence[Point],
) -> Json:
    """One part of the portfolio, without its rates."""
    scale = symbols.asset_scale(currency)
    worth = {
        asset: valuer.worth(asset, position.quantity_minor, now_ns) for asset, position in positions.items()
    }
    # Sums of what is known; a holding shows null where its own part is not.
    total = sum(value for value in worth.values() if value is not None)
    invested = {asset: position for asset, position in positions.items() if asset != currency}
    held = [(worth[asset], position) for asset, position in invested.items()]
    cash = positions[currency].quantity_minor if currency in positions else 0
    return {
        "currency": currency,
        "value": format_units(total, scale),
        "cash": format_units(cash, scale),
        **{
            name: format_units(units, scale)
            for name, units in (
                ("cost", sum(one.costs.average_minor or 0 for _, one in held)),
                ("unrealised_profit", sum(_gain(value, one.costs.average_minor) or 0 for value, one in held)),
                ("realised_profit", sum(one.realised_minor for one in positions.values())),
                ("fifo_cost", sum(one.costs.fifo_minor or 0 for _, one in held)),
                (
                    "fifo_unrealised_profit",
                    sum(_gain(value, one.costs.fifo_minor) or 0 for value, one in held),
                ),
                ("fifo_realised_profit", sum(one.fifo_realised_minor for one in positions.values())),
            )
        },
        "performance": _performance(performance(history), scale),
        "holdings": [
            _holding(asset, position, worth[asset], total, currency, valuer)
            for asset, position in invested.items()
            if position.quantity_minor or position.realised_minor or position.fifo_realised_minor
        ],
        "history": [_point(point, scale) for point in history],
    }


def _point(point: Point, scale: int) -> Json:
    return {
        "timestamp": milliseconds(point.time_ns),
        "value": format_units(point.value_minor, scale),
        "profit": format_units(point.profit_minor, scale),
        "kept_value": format_units(point.kept_minor, scale),
    }


def _performance(found: Performance | None, scale: int) -> Json | None:
    if found is None:
        return None
    returns = {"time_weighted_percent": found.time_weighted, "kept_percent": found.kept}
    return {
        **{
            name: None if growth is None else _percent(growth.numerator, growth.denominator)
            for name, growth in returns.items()
        },
        "kept_value": format_units(found.kept_value_minor, scale),
        "trading_profit": format_units(found.trading_profit_minor, scale),
    }


def render_rates(assets: Iterable[str], valuer: AnyValuer, now_ns: int | None) -> list[Json]:
    """How each asset is converted; nothing where each is worth something in its own currency. Without a time
    no rate is named, only the path."""
    if not isinstance(valuer, CrossValuer):
        return []
    return [_rate(asset, valuer, now_ns) for asset in sorted(assets) if asset != valuer.currency]


def _rate(asset: str, valuer: CrossValuer, now_ns: int | None) -> Json:
    path = valuer.path_of(asset)
    rate = None if now_ns is None else valuer.rate_of(asset, now_ns)
    steps = None
    if path is not None:
        steps = [{"symbol": step.spec.name, "inverse": step.is_inverse} for step in path]
    if rate is None:
        return {"asset": asset, "path": steps, "rate": None}
    scale, currency_scale = symbols.asset_scale(asset), symbols.asset_scale(valuer.currency)
    numerator, denominator = rate.numerator * 10**scale, rate.denominator * 10**currency_scale
    decimals = currency_scale + _RATE_DECIMALS
    return {"asset": asset, "path": steps, "rate": format_ratio(numerator, denominator, decimals)}


def _holding(
    asset: str, position: Position, value: int | None, total: int, currency: str, valuer: AnyValuer
) -> Json:
    scale, currency_scale = symbols.asset_scale(asset), symbols.asset_scale(currency)
    route = valuer.route_of(asset)
    is_direct = len(route) == 1 and (route[0].base, route[0].quote) == (asset, currency)
    price_scale = route[0].price_scale if route else 0
    average, fifo = position.costs
    gain, fifo_gain = _gain(value, average), _gain(value, fifo)

    def money(units: int | None) -> str | None:
        return None if units is None else format_units(units, currency_scale)

    def unit_cost(cost_minor: int | None) -> str | None:
        return _unit_cost(cost_minor, position.quantity_minor, scale, currency_scale, price_scale)

    return {
        "asset": asset,
        "symbol": route[0].name if is_direct else None,
        "quantity": format_units(position.quantity_minor, scale),
        "average_cost": unit_cost(average),
        "cost": money(average),
        "value": money(value),
        "share_percent": _percent(value, total),
        "unrealised_profit": money(gain),
        "unrealised_percent": _percent(gain, average),
        "realised_profit": money(position.realised_minor),
        "fifo_average_cost": unit_cost(fifo),
        "fifo_cost": money(fifo),
        "fifo_unrealised_profit": money(fifo_gain),
        "fifo_unrealised_percent": _percent(fifo_gain, fifo),
        "fifo_realised_profit": money(position.fifo_realised_minor),
        "tax_lots": [
            {
                "quantity": format_units(lot.quantity_minor, scale),
                "cost": money(lot.cost_minor),
                "acquired_at": milliseconds(lot.time_ns),
            }
            for lot in islice(position.tax_lots, MAX_LOTS_SHOWN)
        ],
        "tax_lot_count": len(position.tax_lots),
    }


def _gain(value_minor: int | None, cost_minor: int | None) -> int | None:
    return None if value_minor is None or cost_minor is None else value_minor - cost_minor


def _unit_cost(
    cost_minor: int | None, quantity_minor: int, scale: int, currency_scale: int, price_scale: int
) -> str | None:
    """Cost of one whole unit; None when nothing is held or the cost is not known."""
    if quantity_minor <= 0 or cost_minor is None:
        return None
    numerator = cost_minor * 10**scale
    denominator = quantity_minor * 10**currency_scale
    return format_ratio(numerator, denominator, price_scale + AVERAGE_EXTRA_DECIMALS)


def _percent(part: int | None, whole: int | None) -> str | None:
    if part is None or whole is None or whole <= 0:
        return None
    return format_ratio(part * 100, whole, _PERCENT_DECIMALS)
