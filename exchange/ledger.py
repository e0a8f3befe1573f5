"""An account's ledger as entries: what each trade, deposit and withdrawal did to one asset.

A view over fills and transfers; nothing is stored twice. A fill makes two entries (base and quote asset, the
fee inside the latter), a transfer one. Entries are shown newest first, merged by engine sequence.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from exchange.engine.messages import DEPOSITED, TRANSFER_KINDS
from exchange.models import Fill, Transfer
from exchange.selectors import Window, up_to_date, within
from exchange.symbols import symbols
from exchange.wire import Json, format_units, milliseconds

#: What an entry can come from.
TRADE: Final = "trade"
KINDS: Final = (TRADE, *TRANSFER_KINDS)


class Position(NamedTuple):
    """Where a page ends: entries of fills and transfers with keys below these are still to come."""

    fill_key: int | None = None
    transfer_key: int | None = None


class Entry(NamedTuple):
    """One ledger entry. ``key`` orders the entries of fills, or of transfers, among themselves."""

    sequence: int
    key: int
    is_fill: bool
    asset: str
    body: Json


class LedgerPage(NamedTuple):
    rows: list[Json]
    next_position: Position | None
    as_of_sequence: int


def ledger(
    account: int, window: Window, asset: str | None, position: Position, kind: str | None = None
) -> LedgerPage:
    """The account's entries, newest first, of one asset or all, of one of ``KINDS`` or all. Waits a
    moment for the database."""
    reached = up_to_date()
    sources: list[Iterator[Entry]] = []
    if kind in (None, TRADE):
        sources.append(_fill_entries(account, window, asset, position.fill_key))
    if kind != TRADE:
        sources.append(_transfer_entries(account, window, asset, position.transfer_key, kind))
    entries = heapq.merge(*sources, key=lambda entry: -entry.sequence)
    found = list(islice(entries, window.limit + 1))
    shown = found[: window.limit]
    following = _position_after(shown, position) if len(found) > window.limit else None
    return LedgerPage([entry.body for entry in shown], following, reached)


def _position_after(shown: Iterable[Entry], position: Position) -> Position:
    fill_key, transfer_key = position
    for entry in shown:
        if entry.is_fill:
            fill_key = entry.key
        else:
            transfer_key = entry.key
    return Position(fill_key, transfer_key)


# --- trades ------------------------------------------------------------------------------------------


def _fill_entries(account: int, window: Window, asset: str | None, before: int | None) -> Iterator[Entry]:
    """Entries of fills, newest first. Keys are ``fill id * 2``, plus one for the base asset."""
    rows = within(Fill.objects.filter(account=account).order_by("-id"), window, "time_ns")
    if asset is not None:
        rows = rows.filter(
            symbol__in=[spec.name for spec in symbols.all() if asset in (spec.base, spec.quote)]
        )
    if window.symbol is not None:
        rows = rows.filter(symbol=window.symbol)
    if before is not None:
        rows = rows.filter(id__lte=before // 2)
    for row in rows[: window.limit + 1]:
        for entry in _entries_of_fill(row):
            if (asset is None or entry.asset == asset) and (before is None or entry.key < before):
                yield entry


def _entries_of_fill(row: Fill) -> tuple[Entry, Entry]:
    """The base entry, then the quote entry, of one fill."""
    spec = symbols.known(row.symbol)
    common = {
        "type": TRADE,
        "symbol": row.symbol,
        "trade_id": str(row.trade_id),
        "order_id": str(row.order_id),
        "timestamp": milliseconds(row.time_ns),
        "sequence": row.sequence,
    }
    base = _amounts(spec.base, row.base_delta_minor, row.base_after, spec.base_scale)
    quote = _amounts(spec.quote, row.quote_delta_minor, row.quote_after, spec.quote_scale)
    fee = format_units(row.fee_minor, spec.quote_scale)
    base_key, quote_key = row.pk * 2 + 1, row.pk * 2
    return (
        Entry(row.sequence, base_key, True, spec.base, _body(f"f{base_key}", base, common, "0")),
        Entry(row.sequence, quote_key, True, spec.quote, _body(f"f{quote_key}", quote, common, fee)),
    )


# --- deposits and withdrawals --------------------------------------------------------------------------


def _transfer_entries(
    account: int, window: Window, asset: str | None, before: int | None, kind: str | None
) -> Iterator[Entry]:
    """Entries of transfers, newest first. Keys are engine sequences."""
    if window.symbol is not None:
        return
    rows = within(Transfer.objects.filter(account=account).order_by("-id"), window, "time_ns")
    if asset is not None:
        rows = rows.filter(asset=asset)
    if kind is not None:
        rows = rows.filter(kind=TRANSFER_KINDS.index(kind))
    if before is not None:
        rows = rows.filter(id__lt=before)
    for row in rows[: window.limit + 1]:
        yield Entry(row.pk, row.pk, False, row.asset, _transfer_body(row))


def _transfer_body(row: Transfer) -> Json:
    signed = row.amount_minor if row.kind == DEPOSITED else -row.amount_minor
    amounts = _amounts(row.asset, signed, row.balance_after_minor, symbols.asset_scale(row.asset))
    common = {
        "type": TRANSFER_KINDS[row.kind],
        "symbol": None,
        "trade_id": None,
        "order_id": None,
        "timestamp": milliseconds(row.time_ns),
        "sequence": row.pk,
    }
    return _body(f"t{row.pk}", amounts, common, "0")


def _amounts(asset: str, delta_minor: int, after_minor: int, scale: int) -> Json:
    amount, after = format_units(delta_minor, scale), format_units(after_minor, scale)
    return {"asset": asset, "amount": amount, "balance_after": after}


def _body(entry_id: str, amounts: Json, common: dict[str, Any], fee: str) -> Json:
    return {"entry_id": entry_id, **amounts, "fee": fee, **common}
