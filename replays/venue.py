"""The venue a replay runs on: one symbol without fees or bounds, and accounts with enough of everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exchange.engine import messages as m

#: No price, quantity or number of orders of a replay comes near these.
MAX_PRICE_TICKS, MAX_LOTS, MAX_ORDERS = 10**12, 10**9, 10**9


class Venue(NamedTuple):
    """``name`` begins the ids of its commands; ``endowment_minor`` is what every account gets of both
    assets."""

    name: str
    symbol: str
    base: str
    quote: str
    quote_scale: int
    price_scale: int
    tick: int
    endowment_minor: int


def open_venue(venue: Venue, accounts: Iterable[int]) -> list[m.Command]:
    """The commands that make the venue."""
    name = venue.name
    commands = [
        m.set_asset(f"{name}:base", venue.base, 0),
        m.set_asset(f"{name}:quote", venue.quote, venue.quote_scale),
        m.set_symbol(
            f"{name}:symbol",
            venue.symbol,
            base=venue.base,
            quote=venue.quote,
            price_scale=venue.price_scale,
            quantity_scale=0,
            tick_bands=((0, venue.tick),),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=MAX_LOTS,
            min_price_ticks=1,
            max_price_ticks=MAX_PRICE_TICKS,
            min_notional_minor=0,
            maker_ppm=0,
            taker_ppm=0,
            max_open_orders=MAX_ORDERS,
        ),
    ]
    for account in accounts:
        commands.append(m.set_account(f"{name}:{account}", account))
        for asset in (venue.base, venue.quote):
            amount = venue.endowment_minor
            commands.append(m.deposit(f"{name}:{account}:{asset}", account, asset, amount))
    return commands
