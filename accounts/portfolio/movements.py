"""What changed the holdings of accounts of one owner, in the order of the engine: fills and transfers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import QuerySet

from exchange.engine.messages import DEPOSITED, MOVED_IN, MOVED_OUT, WITHDRAWN, transfer_change
from exchange.models import Fill, Transfer
from exchange.models.accounts import transfer_key
from exchange.selectors.stored_rows import Rows
from marketdata.intervals import candle_open_ns


class Movement(NamedTuple):
    """One fill, or one transfer (``symbol`` None, ``quote_delta_minor`` 0). Deltas are signed; the quote
    delta of a fill has the fee inside, which is ``fee_minor``, negative for a rebate."""

    sequence: int
    time_ns: int
    asset: str
    delta_minor: int
    symbol: str | None
    quote_delta_minor: int
    fee_minor: int = 0


class Progress(NamedTuple):
    """How far the movements have been read: the last fill and the last transfer, each with its time.

    The engine stamps nanoseconds, so id and time together name one row of one journal: after a restore to an
    earlier point the same id belongs to another time.
    """

    fill_id: int = 0
    fill_ns: int = 0
    transfer_id: int = 0
    transfer_ns: int = 0


_FILL_COLUMNS = ("id", "sequence", "time_ns", "symbol", "base_delta_minor", "quote_delta_minor", "fee_minor")
_TRANSFER_COLUMNS = ("id", "sequence", "time_ns", "asset", "kind", "amount_minor", "fee_minor")
#: Transfers that change what an account has; the others only set aside or give back.
_CHANGING = (DEPOSITED, WITHDRAWN, MOVED_OUT, MOVED_IN)


def movements_after(
    accounts: Sequence[int], progress: Progress, up_to_sequence: int, base_of: dict[str, str]
) -> Iterator[tuple[Progress, Movement]]:
    """Movements after ``progress`` up to and including a sequence, oldest first, each with the progress
    it makes. ``base_of`` names the base asset of each symbol."""
    fills = Fill.objects.filter(account__in=accounts, id__gt=progress.fill_id, sequence__lte=up_to_sequence)
    transfers = _transfers_until(accounts, up_to_sequence).filter(id__gt=progress.transfer_id)
    merged = heapq.merge(
        _fills(fills.order_by("id").values_list(*_FILL_COLUMNS).iterator(), base_of),
        _transferred(transfers.order_by("id").values_list(*_TRANSFER_COLUMNS).iterator()),
        key=lambda pair: pair[1].sequence,
    )
    for row_id, movement in merged:
        if movement.symbol is None:
            progress = progress._replace(transfer_id=row_id, transfer_ns=movement.time_ns)
        else:
            progress = progress._replace(fill_id=row_id, fill_ns=movement.time_ns)
        yield progress, movement


def is_of_this_journal(accounts: Sequence[int], progress: Progress) -> bool:
    """Whether the rows that ``progress`` stands at are the ones in the tables."""
    fills = Fill.objects.filter(account__in=accounts, id=progress.fill_id, time_ns=progress.fill_ns)
    transfers = Transfer.objects.filter(
        account__in=accounts, id=progress.transfer_id, time_ns=progress.transfer_ns
    )
    return (not progress.fill_id or fills.exists()) and (not progress.transfer_id or transfers.exists())


def movements_since(
    accounts: Sequence[int],
    start_ns: int,
    up_to_sequence: int,
    base_of: dict[str, str],
    interval_ns: int,
) -> list[Movement]:
    """Movements after a time and up to a sequence, newest first. The fills of a symbol from one boundary of
    the interval to the next are one movement, at the time of the last and without the fee, which is inside
    the quote delta: the database adds them up."""
    transfers = _transfers_until(accounts, up_to_sequence).order_by("-id").values_list(*_TRANSFER_COLUMNS)
    found = [
        *_fill_sums(accounts, start_ns, up_to_sequence, base_of, interval_ns),
        *_while_after(start_ns, _transferred(transfers.iterator())),
    ]
    return sorted(found, key=lambda movement: (movement.time_ns, movement.sequence), reverse=True)


def _fill_sums(
    accounts: Sequence[int], start_ns: int, up_to_sequence: int, base_of: dict[str, str], interval_ns: int
) -> Iterator[Movement]:
    """In no order. Reads no older rows than are asked for, whatever there is before."""
    rows = Rows(Fill, "id", accounts)
    rows.after(_last_fill_until(accounts, start_ns))
    rows.where("time_ns > %s AND sequence <= %s", start_ns, up_to_sequence)
    # A boundary belongs to the interval that it ends.
    interval = f"(time_ns - 1 - ({candle_open_ns(0, interval_ns)})) / {interval_ns}"
    sums, highest = ("base_delta_minor", "quote_delta_minor"), ("time_ns", "sequence")
    for symbol, _, _, base, quote, time_ns, sequence in rows.grouped(f"symbol, {interval}", sums, highest):
        yield Movement(sequence, time_ns, base_of[symbol], int(base), symbol, int(quote))


def _last_fill_until(accounts: Sequence[int], time_ns: int) -> int | None:
    """The id of the accounts' last fill at a time or before; ids ascend with time."""
    found: list[int] = []
    for account in accounts:
        rows = Rows(Fill, "id", (account,))
        rows.where("time_ns <= %s", time_ns)
        found += (row[0] for row in rows.newest("id", 1))
    return max(found, default=None)


def first_time_ns(accounts: Sequence[int]) -> int | None:
    """When the accounts' holdings first changed; None if they never did."""
    # One by one: of several at once a database may look through all fills there are.
    times: list[int] = []
    for account in accounts:
        fills = Fill.objects.filter(account=account).order_by("id").values_list("time_ns", flat=True)
        times += fills[:1]
    times += _transfers(accounts).order_by("id").values_list("time_ns", flat=True)[:1]
    return min(times, default=None)


def _transfers_until(accounts: Sequence[int], sequence: int) -> QuerySet[Transfer]:
    return _transfers(accounts).filter(id__lte=transfer_key(sequence, is_receiver=True))


def _transfers(accounts: Sequence[int]) -> QuerySet[Transfer]:
    """Transfers that change what the accounts have together."""
    transfers = Transfer.objects.filter(account__in=accounts, kind__in=_CHANGING)
    return transfers.exclude(counter_account__in=accounts)


def _while_after(start_ns: int, rows: Iterator[tuple[int, Movement]]) -> Iterator[Movement]:
    for _, movement in rows:
        if movement.time_ns <= start_ns:
            return
        yield movement


def _fills(rows: Iterator[tuple[Any, ...]], base_of: dict[str, str]) -> Iterator[tuple[int, Movement]]:
    for row_id, sequence, time_ns, symbol, base_delta, quote_delta, fee in rows:
        yield row_id, Movement(sequence, time_ns, base_of[symbol], base_delta, symbol, quote_delta, fee)


def _transferred(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[int, Movement]]:
    for row_id, sequence, time_ns, asset, *terms in rows:
        yield row_id, Movement(sequence, time_ns, asset, transfer_change(*terms), None, 0)
