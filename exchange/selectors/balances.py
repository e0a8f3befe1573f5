"""Balances and fee rates of an account, from the engine."""

from __future__ import annotations

from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from exchange.wire.rendering import Json, fee_rate, render_balance
from exchange.wire.shapes import FeeRates, as_json


def balances(account: int) -> Json:
    """What the account has, by asset."""
    sequence, rows = engine_link.query("balances", account)
    rendered = [
        render_balance((0, account, asset, available, held), symbols.asset_scale(asset))
        for asset, available, held in rows
    ]
    return {"balances": rendered, "as_of_sequence": sequence}


def fees(account: int) -> Json:
    """The account's fee rates on every symbol."""
    sequence, rates = engine_link.query("fees", account)
    rendered = [
        as_json(FeeRates(symbol=symbol, maker_fee_rate=fee_rate(maker), taker_fee_rate=fee_rate(taker)))
        for symbol, maker, taker in rates
    ]
    return {"fees": rendered, "as_of_sequence": sequence}
