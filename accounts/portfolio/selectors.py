"""The portfolio as the API answers it: one part for each currency the accounts are worth something in, or one
part in a currency of the reader's choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accounts.portfolio.folding import Folded, Market, fold
from accounts.portfolio.history import Point, interval_for, point_times, value_history
from accounts.portfolio.market_prices import ClosePrices, LatestPrices
from accounts.portfolio.movements import first_time_ns, movements_since
from accounts.portfolio.portfolio_json import render_currency, render_rates
from accounts.portfolio.positions import Position
from exchange.selectors.position import up_to_date
from exchange.wire.rendering import Json, milliseconds
from marketdata.intervals import DAY
from marketdata.selectors import projected_now_ns

#: How far back each range looks; ``all`` looks back to the first movement.
RANGES: Final[dict[str, int | None]] = {
    "1d": DAY,
    "1w": 7 * DAY,
    "1m": 30 * DAY,
    "3m": 90 * DAY,
    "1y": 365 * DAY,
    "all": None,
}


def portfolio(accounts: Sequence[int], chosen_range: str, now_ns: int, currency: str | None = None) -> Json:
    """Holdings, cost, profit and the value over a range, by currency; with ``currency`` all converted to
    it. Waits a moment for the database."""
    reached = up_to_date()
    market = Market.read(currency)
    folded = fold(accounts, reached, market)
    valuer = market.valuer(LatestPrices())
    histories = _histories(accounts, folded, chosen_range, now_ns, market)
    by_currency: dict[str, dict[str, Position]] = {name: {} for name in histories}
    for asset, position in sorted(folded.positions.by_asset.items()):
        by_currency.setdefault(valuer.currency_of(asset), {})[asset] = position
    return {
        "range": chosen_range,
        "timestamp": milliseconds(now_ns),
        "currencies": [
            {
                **render_currency(name, positions, valuer, now_ns, histories.get(name, [])),
                "rates": render_rates(positions, valuer, now_ns),
            }
            for name, positions in sorted(by_currency.items())
        ],
        "as_of_sequence": reached,
    }


def _histories(
    accounts: Sequence[int], folded: Folded, chosen_range: str, now_ns: int, market: Market
) -> dict[str, list[Point]]:
    """The value over the range, by currency; empty before the first movement."""
    first_ns = first_time_ns(accounts)
    if first_ns is None:
        return {}
    length_ns = RANGES[chosen_range]
    # Before its first movement an account has no value to draw.
    start_ns = first_ns if length_ns is None else max(first_ns, now_ns - length_ns)
    # What is folded happened before the end, whatever this machine's clock says.
    end_ns = max(now_ns, start_ns, projected_now_ns())
    interval_ns = interval_for(end_ns - start_ns)
    held = {asset: position.quantity_minor for asset, position in folded.positions.by_asset.items()}
    return value_history(
        held,
        movements_since(accounts, start_ns, folded.sequence, market.bases, interval_ns),
        point_times(start_ns, end_ns, interval_ns),
        market.valuer(ClosePrices(interval_ns, start_ns, end_ns)),
        market.quotes,
    )
