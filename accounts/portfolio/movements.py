"""What changed an account's holdings, in the order of the engine: fills and transfers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from exchange.engine.messages import DEPOSITED
from exchange.models import Fill, Transfer


class Movement(NamedTuple):
    """One fill, or one transfer (``symbol`` None, ``quote_delta_minor`` 0). Deltas are signed; the quote
    delta of a fill has the fee inside."""

    sequence: int
    time_ns: int
    asset: str
    delta_minor: int
    symbol: str | None
    quote_delta_minor: int


class Progress(NamedTuple):
    """How far the movements have been read: the last fill and the last transfer."""

    fill_id: int = 0
    transfer_id: int = 0


_FILL_COLUMNS = ("id", "sequence", "time_ns", "symbol", "base_delta_minor", "quote_delta_minor")
_TRANSFER_COLUMNS = ("id", "time_ns", "asset", "amount_minor", "kind")


def movements_after(
    account: int, progress: Progress, up_to_sequence: int, base_of: dict[str, str]
) -> Iterator[tuple[Progress, Movement]]:
    """Movements after ``progress`` up to and including a sequence, oldest first, each with the progress
    it makes. ``base_of`` names the base asset of each symbol."""
    fills = Fill.objects.filter(account=account, id__gt=progress.fill_id, sequence__lte=up_to_sequence)
    transfers = Transfer.objects.filter(account=account, id__gt=progress.transfer_id, id__lte=up_to_sequence)
    merged = heapq.merge(
        _fills(fills.order_by("id").values_list(*_FILL_COLUMNS).iterator(), base_of),
        _transfers(transfers.order_by("id").values_list(*_TRANSFER_COLUMNS).iterator()),
        key=lambda pair: pair[1].sequence,
    )
    for row_id, movement in merged:
        if movement.symbol is None:
            progress = progress._replace(transfer_id=row_id)
        else:
            progress = progress._replace(fill_id=row_id)
        yield progress, movement


def movements_since(
    account: int, start_ns: int, up_to_sequence: int, base_of: dict[str, str]
) -> list[Movement]:
    """Movements after a time and up to a sequence, newest first. Reads no older rows than that."""
    fills = Fill.objects.filter(account=account, sequence__lte=up_to_sequence)
    transfers = Transfer.objects.filter(account=account, id__lte=up_to_sequence)
    merged = heapq.merge(
        _while_after(start_ns, _fills(fills.order_by("-id").values_list(*_FILL_COLUMNS).iterator(), base_of)),
        _while_after(
            start_ns, _transfers(transfers.order_by("-id").values_list(*_TRANSFER_COLUMNS).iterator())
        ),
        key=lambda movement: -movement.sequence,
    )
    return list(merged)


def first_time_ns(account: int) -> int | None:
    """When the account's holdings first changed; None if they never did."""
    fill = Fill.objects.filter(account=account).order_by("id").values_list("time_ns", flat=True).first()
    transfer = Transfer.objects.filter(account=account).order_by("id").values_list("time_ns", flat=True)
    times = [time_ns for time_ns in (fill, transfer.first()) if time_ns is not None]
    return min(times, default=None)


def _while_after(start_ns: int, rows: Iterator[tuple[int, Movement]]) -> Iterator[Movement]:
    for _, movement in rows:
        if movement.time_ns <= start_ns:
            return
        yield movement


def _fills(rows: Iterator[tuple], base_of: dict[str, str]) -> Iterator[tuple[int, Movement]]:
    for row_id, sequence, time_ns, symbol, base_delta, quote_delta in rows:
        yield row_id, Movement(sequence, time_ns, base_of[symbol], base_delta, symbol, quote_delta)


def _transfers(rows: Iterator[tuple]) -> Iterator[tuple[int, Movement]]:
    for row_id, time_ns, asset, amount, kind in rows:
        yield row_id, Movement(row_id, time_ns, asset, amount if kind == DEPOSITED else -amount, None, 0)
