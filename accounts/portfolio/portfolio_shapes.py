"""The portfolio as the wire has it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from accounts.portfolio.portfolio_json import MAX_LOTS_SHOWN
from accounts.portfolio.selectors import RANGES
from exchange.wire.shape_parts import Decimal, Milliseconds, one_of, text


class HeldTaxLot(msgspec.Struct):
    """A share of one purchase that is still held."""

    quantity: Decimal
    cost: Annotated[Decimal | None, text("Null where it is not known.")]
    acquired_at: Milliseconds


class Holding(msgspec.Struct):
    """One asset, its cost and profit in the currency it is worth something in: by average cost, and by FIFO
    (first in, first out), where a sale takes the oldest lots."""

    asset: str
    symbol: Annotated[str | None, text("Whose price values it; null when it takes more than one symbol.")]
    quantity: Annotated[Decimal, text("Available and held together.")]
    average_cost: Annotated[Decimal | None, text("Of one whole unit, fees included.")]
    cost: Annotated[Decimal | None, text("Null while the asset has never traded.")]
    value: Annotated[Decimal | None, text("Null while the asset has never traded.")]
    share_percent: Annotated[Decimal | None, text("Of the currency's whole value.")]
    unrealised_profit: Decimal | None
    unrealised_percent: Decimal | None
    realised_profit: Annotated[Decimal, text("Of sales so far, fees deducted.")]
    fifo_average_cost: Annotated[Decimal | None, text("Of one whole unit of the lots still held.")]
    fifo_cost: Annotated[Decimal | None, text("Of the lots still held.")]
    fifo_unrealised_profit: Decimal | None
    fifo_unrealised_percent: Decimal | None
    fifo_realised_profit: Decimal
    tax_lots: Annotated[list[HeldTaxLot], text(f"Oldest first, {MAX_LOTS_SHOWN} at most.")]
    tax_lot_count: Annotated[int, text("Of all lots.")]


class ValuePoint(msgspec.Struct):
    timestamp: Milliseconds
    value: Decimal
    profit: Annotated[Decimal, text("Since the first point: the change that no deposit explains.")]
    kept_value: Annotated[
        Decimal, text("Had nothing been traded since the first point, and every deposit just been kept.")
    ]


class PerformanceFigures(msgspec.Struct):
    """Over the range."""

    time_weighted_percent: Annotated[
        Decimal | None,
        text("The return of each interval, multiplied: the size and time of deposits do not count."),
    ]
    kept_percent: Annotated[Decimal | None, text("The same, had nothing been traded in the range.")]
    kept_value: Annotated[Decimal, text("What there would be now, had nothing been traded in the range.")]
    trading_profit: Annotated[Decimal, text("The value less kept_value.")]


class RateStep(msgspec.Struct):
    symbol: str
    inverse: Annotated[bool, text("From the quote asset to the base asset.")]


class Rate(msgspec.Struct):
    """What one unit of an asset is worth, and the markets that say so, in their order."""

    asset: str
    path: Annotated[list[RateStep] | None, text("Null: no market leads to the currency.")]
    rate: Annotated[Decimal | None, text("At the last prices.")]


class CurrencyPortfolio(msgspec.Struct):
    """Everything that is worth something in one currency."""

    currency: str
    value: Annotated[Decimal, text("Cash and holdings at the last prices.")]
    cash: Decimal
    cost: Annotated[Decimal, text("Of the holdings, cash not counted.")]
    unrealised_profit: Decimal
    realised_profit: Decimal
    fifo_cost: Decimal
    fifo_unrealised_profit: Decimal
    fifo_realised_profit: Decimal
    performance: PerformanceFigures | None
    holdings: list[Holding]
    history: list[ValuePoint]
    rates: Annotated[list[Rate], text("With `currency`: how each asset is converted.")]


class Portfolio(msgspec.Struct):
    range: Annotated[str, one_of(RANGES)]
    timestamp: Milliseconds
    currencies: Annotated[list[CurrencyPortfolio], text("With `currency` that one alone.")]
    as_of_sequence: int


class TaxAsset(msgspec.Struct):
    """One asset over a year. Money is in the report's currency, at the rates of each moment; null where a
    part is not known. By either method opening + acquired + received - disposed - withdrawn = closing."""

    asset: str
    opening_quantity: Decimal
    opening_cost_fifo: Decimal | None
    opening_cost_average: Decimal | None
    acquired_quantity: Annotated[Decimal, text("By trades.")]
    acquired_cost: Annotated[Decimal | None, text("Fees included.")]
    received_quantity: Annotated[Decimal, text("By deposits.")]
    received_cost: Annotated[Decimal | None, text("At the market's price of the minute.")]
    disposed_quantity: Annotated[Decimal, text("By trades.")]
    proceeds: Annotated[Decimal | None, text("Fees deducted.")]
    disposed_cost_fifo: Decimal | None
    disposed_cost_average: Decimal | None
    realised_profit_fifo: Decimal | None
    realised_profit_average: Decimal | None
    withdrawn_quantity: Decimal
    withdrawn_cost_fifo: Decimal | None
    withdrawn_cost_average: Decimal | None
    fees: Annotated[Decimal | None, text("Of its trades; already in acquired_cost and proceeds.")]
    closing_quantity: Decimal
    closing_cost_fifo: Decimal | None
    closing_cost_average: Decimal | None


class TaxReport(msgspec.Struct):
    year: int
    time_zone: Annotated[str, text("Whose midnights bound the year: the user's.")]
    start: Milliseconds
    end: Milliseconds
    currency: str
    realised_profit_fifo: Annotated[Decimal | None, text("Of all assets; null where a part is not known.")]
    realised_profit_average: Decimal | None
    fees: Decimal | None
    assets: list[TaxAsset]
    rates: Annotated[list[Rate], text("The markets by which amounts are converted; `rate` is null.")]
    as_of_sequence: int
