"""An account's ledger as entries: what each trade and transfer did to one asset.

A view over fills and transfers; nothing is stored twice. A fill makes two entries (base and quote asset, the
fee inside the latter), a transfer one. Entries are shown newest first, merged by engine sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from exchange.engine.messages import (
    FIRST_TRADER_ACCOUNT,
    TRANSFER_KINDS,
    WITHDRAWAL_HELD,
    transfer_change,
)
from exchange.listing.symbol_table import symbols
from exchange.models import Fill, Transfer
from exchange.selectors.encoded_rows import encoded_rows
from exchange.selectors.stored_rows import CHUNK_ROWS, Rows, by_keys
from exchange.selectors.window import Window
from exchange.wire.rendering import format_units, milliseconds
from exchange.wire.shape_parts import Encoded, encoded
from exchange.wire.shapes import LedgerEntry

#: What an entry can come from.
TRADE: Final = "trade"
KINDS: Final = (TRADE, *TRANSFER_KINDS)
_FILL_COLUMNS: Final = (
    "id, time_ns, trade_id, order_id, symbol, base_delta_minor, quote_delta_minor, base_after, quote_after, "
    "fee_minor, sequence"
)
_TRANSFER_COLUMNS: Final = (
    "id, time_ns, kind, asset, amount_minor, balance_after_minor, fee_minor, counter_account, memo, "
    "withdrawal_id, sequence"
)


class Position(NamedTuple):
    """Where a page ends: entries of fills and transfers with keys below these are still to come."""

    fill_key: int | None = None
    transfer_key: int | None = None


class Entry(NamedTuple):
    """A ledger entry by what names it. ``key`` orders the entries of fills, or of transfers, among
    themselves: of a fill ``id * 2``, plus one for the base asset; of a transfer that of its row."""

    sequence: int
    key: int
    is_fill: bool
    time_ns: int


_SEQUENCE: Final = itemgetter(Entry._fields.index("sequence"))


class LedgerPage(NamedTuple):
    rows: list[Encoded]
    next_position: Position | None
    as_of_sequence: int


class Filter(NamedTuple):
    """Which entries: of one asset or all, of one of ``KINDS`` or all."""

    asset: str | None = None
    kind: str | None = None


def ledger(
    accounts: Sequence[int], window: Window, chosen: Filter, position: Position, reached: int
) -> LedgerPage:
    """The accounts' entries, newest first. ``reached``: what the database reflects."""
    shown, following = _entries(accounts, window, chosen, position)
    return LedgerPage(encoded_rows.of(shown, _read), following, reached)


def all_entries(accounts: Sequence[int], window: Window, chosen: Filter) -> Iterator[list[LedgerEntry]]:
    """Every entry, newest first, in lists of a bounded length."""
    window = window._replace(limit=CHUNK_ROWS)
    position: Position | None = Position()
    while position is not None:
        shown, position = _entries(accounts, window, chosen, position)
        made = dict(_shapes(shown))
        yield [made[entry] for entry in shown if entry in made]


def _entries(
    accounts: Sequence[int], window: Window, chosen: Filter, position: Position
) -> tuple[list[Entry], Position | None]:
    """The entries of a page, and where the next begins; None on the last."""
    found: list[Entry] = []
    if chosen.kind in (None, TRADE):
        found += _fill_entries(accounts, window, chosen.asset, position.fill_key)
    if chosen.kind != TRADE and window.symbol is None:
        found += _transfer_entries(accounts, window, chosen, position.transfer_key)
    # Stable: the entries of one fill stay in their order.
    found.sort(key=_SEQUENCE, reverse=True)
    shown = found[: window.limit]
    return shown, _position_after(shown, position) if len(found) > window.limit else None


def _position_after(shown: Iterable[Entry], position: Position) -> Position:
    fill_key, transfer_key = position
    for entry in shown:
        if entry.is_fill:
            fill_key = entry.key
        else:
            transfer_key = entry.key
    return Position(fill_key, transfer_key)


# --- trades ------------------------------------------------------------------------------------------


def _fill_entries(
    accounts: Sequence[int], window: Window, asset: str | None, before: int | None
) -> Iterator[Entry]:
    """Entries of fills, newest first."""
    rows = entry_fill_rows(accounts, window, asset, before)
    # Without an asset every fill has two, but for the first, of which one may have been on the page before.
    most = window.limit + 1 if asset is not None else window.limit // 2 + 2
    found = rows.newest("id, time_ns, sequence, symbol", most)
    # Two a fill, and a page is read often: those of all assets are made without a look at the symbol.
    for fill_id, time_ns, sequence, symbol in found:
        has_base, has_quote = (True, True) if asset is None else _has_entries(symbol, asset)
        if has_base and (before is None or fill_id * 2 + 1 < before):
            yield Entry(sequence, fill_id * 2 + 1, True, time_ns)
        if has_quote and (before is None or fill_id * 2 < before):
            yield Entry(sequence, fill_id * 2, True, time_ns)


def _has_entries(symbol: str, asset: str) -> tuple[bool, bool]:
    """Whether a fill's base entry and its quote entry are of the asset."""
    spec = symbols.known(symbol)
    return spec.base == asset, spec.quote == asset


def entry_fill_rows(
    accounts: Sequence[int], window: Window, asset: str | None, before: int | None = None
) -> Rows:
    """The stored fills of a window that have an entry of ``asset`` with a key below ``before``."""
    rows = Rows(Fill, "id", accounts)
    if window.symbol is not None:
        rows.where("symbol = %s", window.symbol)
    rows.within("time_ns", window.start_ns, window.end_ns)
    _with_entry(rows, asset, before)
    return rows


def _with_entry(rows: Rows, asset: str | None, before: int | None) -> None:
    """Exact, because the rows are cut to a page: a row that gave no entry would make the page look like the
    last. Of a fill the base entry has the higher key, ``id * 2 + 1``."""
    if asset is None:
        # Every fill has both entries: those that have the lower one still to come.
        rows.before(None if before is None else (before + 1) // 2)
        return
    conditions: list[str] = []
    values: list[Any] = []
    specs = symbols.all()
    for names, bound in (
        ([spec.name for spec in specs if spec.base == asset], before and before // 2),
        ([spec.name for spec in specs if spec.quote == asset], before and (before + 1) // 2),
    ):
        if names:
            condition = f"symbol IN ({', '.join(['%s'] * len(names))})"
            values += names
            if bound is not None:
                condition += " AND id < %s"
                values.append(bound)
            conditions.append(f"({condition})")
    rows.where(f"({' OR '.join(conditions) or '1 = 0'})", *values)


# --- transfers -----------------------------------------------------------------------------------------


def _transfer_entries(
    accounts: Sequence[int], window: Window, chosen: Filter, before: int | None
) -> Iterator[Entry]:
    """Entries of transfers, newest first."""
    rows = transfer_rows(accounts, window, chosen)
    rows.before(before)
    for transfer_id, time_ns, sequence in rows.newest("id, time_ns, sequence", window.limit + 1):
        yield Entry(sequence, transfer_id, False, time_ns)


def transfer_rows(accounts: Sequence[int], window: Window, chosen: Filter) -> Rows:
    """The stored transfers of a window."""
    rows = Rows(Transfer, "id", accounts)
    rows.within("time_ns", window.start_ns, window.end_ns)
    if chosen.asset is not None:
        rows.where("asset = %s", chosen.asset)
    if chosen.kind is not None:
        rows.where("kind = %s", TRANSFER_KINDS.index(chosen.kind))
    return rows


# --- rows ------------------------------------------------------------------------------------------------


def _read(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Encoded]]:
    for entry, shape in _shapes(entries):
        yield entry, encoded(shape)


def _shapes(entries: Sequence[Entry]) -> Iterator[tuple[Entry, LedgerEntry]]:
    """The entries as the wire has them, in no order."""
    wanted = set(entries)
    fill_ids = list({entry.key // 2 for entry in entries if entry.is_fill})
    transfer_ids = [entry.key for entry in entries if not entry.is_fill]
    if fill_ids:
        for row in by_keys(Fill, "id", _FILL_COLUMNS, fill_ids):
            yield from (pair for pair in _of_fill(row) if pair[0] in wanted)
    if transfer_ids:
        for row in by_keys(Transfer, "id", _TRANSFER_COLUMNS, transfer_ids):
            yield from (pair for pair in (_of_transfer(row),) if pair[0] in wanted)


def _of_fill(row: Sequence[Any]) -> tuple[tuple[Entry, LedgerEntry], tuple[Entry, LedgerEntry]]:
    """The base entry, then the quote entry, of one fill."""
    (
        fill_id, time_ns, trade_id, order_id, symbol, base_delta, quote_delta, base_after, quote_after, fee,
        sequence,
    ) = row  # fmt: skip
    spec = symbols.known(symbol)
    common = (symbol, str(trade_id), str(order_id), milliseconds(time_ns), sequence)

    def entry(key: int, asset: str, delta: Any, after: Any, scale: int, fee: str) -> LedgerEntry:
        amount, balance = format_units(int(delta), scale), format_units(int(after), scale)
        return LedgerEntry(f"f{key}", TRADE, asset, amount, balance, fee, *common, None, None, None, None)

    base_key, quote_key = fill_id * 2 + 1, fill_id * 2
    fee_text = format_units(int(fee), spec.quote_scale)
    return (
        (
            Entry(sequence, base_key, True, time_ns),
            entry(base_key, spec.base, base_delta, base_after, spec.base_scale, "0"),
        ),
        (
            Entry(sequence, quote_key, True, time_ns),
            entry(quote_key, spec.quote, quote_delta, quote_after, spec.quote_scale, fee_text),
        ),
    )


def _of_transfer(row: Sequence[Any]) -> tuple[Entry, LedgerEntry]:
    (
        transfer_id, time_ns, kind, asset, amount, after, fee, counter_account, memo, withdrawal_id, sequence,
    ) = row  # fmt: skip
    scale = symbols.asset_scale(asset)
    amount_minor, fee_minor = int(amount), int(fee)
    change_minor = transfer_change(kind, amount_minor, fee_minor)
    held_minor = amount_minor + fee_minor
    shape = LedgerEntry(
        f"t{transfer_id}",
        TRANSFER_KINDS[kind],
        asset,
        format_units(change_minor, scale),
        format_units(int(after), scale),
        format_units(fee_minor if change_minor else 0, scale),
        None,
        None,
        None,
        milliseconds(time_ns),
        sequence,
        str(counter_account) if counter_account >= FIRST_TRADER_ACCOUNT else None,
        memo or None,
        withdrawal_id or None,
        # Of a withdrawal: set aside for it, or not any more.
        format_units(held_minor if kind == WITHDRAWAL_HELD else -held_minor, scale)
        if withdrawal_id
        else None,
    )
    return Entry(sequence, transfer_id, False, time_ns), shape
