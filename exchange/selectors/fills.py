"""Fills of an account, from the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from exchange.engine.messages import SIDES
from exchange.listing.symbol_table import symbols
from exchange.models import Fill
from exchange.selectors.encoded_rows import encoded_rows
from exchange.selectors.stored_rows import Row, Rows, by_keys
from exchange.selectors.window import Page, Window
from exchange.wire import shapes
from exchange.wire.order_kinds import AUCTION, TAKER
from exchange.wire.rendering import format_units, liquidity, milliseconds
from exchange.wire.shape_parts import Encoded, encoded

_COLUMNS: Final = (
    "id, time_ns, trade_id, order_id, symbol, side, is_taker, is_auction, price_ticks, quantity_lots, "
    "notional_minor, fee_minor"
)
#: What a row's content goes by: its id and time.
_Name = tuple[str, int, int]


def fills(accounts: Sequence[int], window: Window, order_id: int | None, reached: int) -> Page:
    """The accounts' sides of trades, newest first, of one order or all. ``reached``: what the database
    reflects."""
    found = fill_rows(accounts, window, order_id).newest("id, time_ns", window.limit + 1)
    names = [("fill", *row) for row in found[: window.limit]]
    next_before = names[-1][1] if len(found) > window.limit else None
    return Page(encoded_rows.of(names, _read), next_before, reached)


def fill_rows(accounts: Sequence[int], window: Window, order_id: int | None = None) -> Rows:
    """The stored fills that a window and an order name."""
    rows = Rows(Fill, "id", accounts)
    if window.symbol is not None:
        rows.where("symbol = %s", window.symbol)
    if window.side is not None:
        rows.where("side = %s", window.side)
    if window.liquidity is not None:
        rows.where("is_auction = %s", window.liquidity == AUCTION)
        if window.liquidity != AUCTION:
            rows.where("is_taker = %s", window.liquidity == TAKER)
    if order_id is not None:
        rows.where("order_id = %s", order_id)
    rows.within("time_ns", window.start_ns, window.end_ns)
    rows.before(window.before)
    return rows


def _read(names: Sequence[_Name]) -> Iterable[tuple[_Name, Encoded]]:
    for row in by_keys(Fill, "id", _COLUMNS, [name[1] for name in names]):
        yield ("fill", row[0], row[1]), encoded(fill_of(row))


def all_fills(
    accounts: Sequence[int], window: Window, order_id: int | None = None
) -> Iterable[list[shapes.Fill]]:
    """Every fill that a window names, newest first, in lists of a bounded length."""
    for rows in fill_rows(accounts, window, order_id).walk(_COLUMNS):
        yield [fill_of(row) for row in rows]


def fill_of(row: Row | list[Any]) -> shapes.Fill:
    """A stored fill as its owner sees it."""
    (
        _, time_ns, trade_id, order_id, symbol, side, is_taker, is_auction, price_ticks, quantity_lots,
        notional_minor, fee_minor,
    ) = row  # fmt: skip
    spec = symbols.known(symbol)
    return shapes.Fill(
        str(trade_id),
        str(order_id),
        symbol,
        SIDES[side],
        format_units(price_ticks, spec.price_scale),
        format_units(quantity_lots, spec.quantity_scale),
        format_units(int(notional_minor), spec.quote_scale),
        format_units(int(fee_minor), spec.quote_scale),
        spec.quote,
        liquidity(is_taker=bool(is_taker), is_auction=bool(is_auction)),
        milliseconds(time_ns),
    )
