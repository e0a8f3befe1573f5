"""What the rows of a history come to in sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from exchange.engine.messages import BUY, TRANSFER_KINDS, transfer_change
from exchange.listing.symbol_table import symbols
from exchange.selectors.fills import fill_rows
from exchange.selectors.orders import order_rows
from exchange.selectors.statement import TRADE, Filter, entry_fill_rows, transfer_rows
from exchange.selectors.stored_rows import Row
from exchange.selectors.window import Window
from exchange.wire.rendering import format_units
from exchange.wire.shapes import LedgerTotal, LedgerTotals, SymbolTotal, Totals


def order_totals(
    accounts: Sequence[int], window: Window, statuses: Sequence[int] | None, reached: int
) -> Totals:
    """Of stored orders: how many, and what they have traded so far."""
    rows = order_rows(accounts, window, statuses)
    return _totals(
        rows.grouped("symbol, side", ("filled_lots", "filled_notional_minor", "fee_minor")), reached
    )


def fill_totals(accounts: Sequence[int], window: Window, order_id: int | None, reached: int) -> Totals:
    """Of fills."""
    rows = fill_rows(accounts, window, order_id)
    return _totals(rows.grouped("symbol, side", ("quantity_lots", "notional_minor", "fee_minor")), reached)


def _totals(rows: Iterable[Row], reached: int) -> Totals:
    """``rows``: symbol, side, count, lots, notional, fee."""
    by_symbol: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_symbol[row[0]].append(row)
    found = [_symbol_total(symbol, sides) for symbol, sides in sorted(by_symbol.items())]
    return Totals(sum(one.count for one in found), found, reached)


def _symbol_total(symbol: str, sides: Sequence[Row]) -> SymbolTotal:
    spec = symbols.known(symbol)

    def amounts(of: Sequence[Row]) -> tuple[str, str]:
        lots, notional = (sum(int(row[place]) for row in of) for place in (3, 4))
        return format_units(lots, spec.quantity_scale), format_units(notional, spec.quote_scale)

    bought = [row for row in sides if row[1] == BUY]
    sold = [row for row in sides if row[1] != BUY]
    fee = format_units(sum(int(row[5]) for row in sides), spec.quote_scale)
    count = sum(row[2] for row in sides)
    return SymbolTotal(symbol, count, *amounts(bought), *amounts(sold), fee, spec.quote)


def ledger_totals(accounts: Sequence[int], window: Window, chosen: Filter, reached: int) -> LedgerTotals:
    """Of ledger entries, by asset and type."""
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for asset, kind, *figures in _entry_sums(accounts, window, chosen):
        sums = found[asset, kind]
        for place, figure in enumerate(figures):
            sums[place] += figure
    rows = [_ledger_total(*names, *sums) for names, sums in sorted(found.items())]
    return LedgerTotals(sum(row.count for row in rows), rows, reached)


def _entry_sums(
    accounts: Sequence[int], window: Window, chosen: Filter
) -> Iterator[tuple[str, str, int, int, int]]:
    """Asset, type, count, amount and fee of groups of entries."""
    if chosen.kind in (None, TRADE):
        sums = ("base_delta_minor", "quote_delta_minor", "fee_minor")
        rows = entry_fill_rows(accounts, window, chosen.asset)
        for symbol, count, base, quote, fee in rows.grouped("symbol", sums):
            spec = symbols.known(symbol)
            if chosen.asset in (None, spec.base):
                yield spec.base, TRADE, count, int(base), 0
            if chosen.asset in (None, spec.quote):
                yield spec.quote, TRADE, count, int(quote), int(fee)
    if chosen.kind != TRADE and window.symbol is None:
        rows = transfer_rows(accounts, window, chosen)
        for asset, kind, count, amount, fee in rows.grouped("asset, kind", ("amount_minor", "fee_minor")):
            change = transfer_change(kind, int(amount), int(fee))
            yield asset, TRANSFER_KINDS[kind], count, change, int(fee) if change else 0


def _ledger_total(asset: str, kind: str, count: int, amount_minor: int, fee_minor: int) -> LedgerTotal:
    scale = symbols.asset_scale(asset)
    return LedgerTotal(asset, kind, count, format_units(amount_minor, scale), format_units(fee_minor, scale))
