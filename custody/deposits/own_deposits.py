"""The deposits of an account: those that a provider has told of, and those that operators or the demo's play
money made. Each stands here once.

A provider's deposit is told by its row, from the first notice on; the ledger's row of the same, which follows
its credit, is left out. Of everything else the ledger tells. Should a database have lost the row, the ledger
still has the credit, and shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from custody.deposits.crediting import PREFIX
from custody.models import Deposit
from custody.states import DepositState
from exchange.engine.messages import DEPOSITED
from exchange.listing.symbol_table import symbols
from exchange.models import Account, ChangeRequest, Transfer
from exchange.models.change_requests import COMMAND_PREFIX
from exchange.wire.rendering import Json, format_units, milliseconds

OPERATOR: Final = "operator"
PLAY_MONEY: Final = "play money"
PROVIDER: Final = "provider"
_NS_PER_US: Final = 1_000
_NS_PER_S: Final = 1_000_000_000


class Place(NamedTuple):
    """Where a page ends: deposits with keys below these are still to come."""

    deposit_id: int | None = None
    transfer_id: int | None = None


class Wanted(NamedTuple):
    """Which deposits: of one asset or all, in one state or all."""

    asset: str | None = None
    state: str | None = None


class _Row(NamedTuple):
    time_ns: int
    deposit_id: int | None
    transfer_id: int | None
    shape: Json


def page(account: int, wanted: Wanted, place: Place, limit: int) -> tuple[list[Json], Place | None]:
    """The account's deposits, newest first, and where the next page begins; None on the last."""
    found = [
        *map(_of_deposit, _deposits(account, wanted, place)[: limit + 1]),
        *_of_transfers(account, _transfers(account, wanted, place)[: limit + 1]),
    ]
    found.sort(key=lambda row: -row.time_ns)
    shown = found[:limit]
    following = _after(shown, place) if len(found) > limit else None
    return [row.shape for row in shown], following


def _after(shown: Iterable[_Row], place: Place) -> Place:
    deposit_id, transfer_id = place
    for row in shown:
        deposit_id = row.deposit_id if row.deposit_id is not None else deposit_id
        transfer_id = row.transfer_id if row.transfer_id is not None else transfer_id
    return Place(deposit_id, transfer_id)


def _deposits(account: int, wanted: Wanted, place: Place) -> QuerySet[Deposit]:
    rows = Deposit.objects.filter(account=account).order_by("-id")
    if wanted.asset is not None:
        rows = rows.filter(asset=wanted.asset)
    if wanted.state is not None:
        rows = rows.filter(state=wanted.state)
    return rows if place.deposit_id is None else rows.filter(id__lt=place.deposit_id)


def _transfers(account: int, wanted: Wanted, place: Place) -> QuerySet[Transfer]:
    if wanted.state not in (None, DepositState.CREDITED):
        return Transfer.objects.none()
    told = Exists(Deposit.objects.filter(command_id=OuterRef("command_id")))
    rows = Transfer.objects.filter(~told, account=account, kind=DEPOSITED).order_by("-id")
    if wanted.asset is not None:
        rows = rows.filter(asset=wanted.asset)
    return rows if place.transfer_id is None else rows.filter(id__lt=place.transfer_id)


# --- shapes ------------------------------------------------------------------------------------------------


def _of_deposit(deposit: Deposit) -> _Row:
    seen_at = int(deposit.seen_at.timestamp() * 1000)
    is_credited = deposit.state == DepositState.CREDITED
    credited_at = int(deposit.ended_at.timestamp() * 1000) if is_credited and deposit.ended_at else None
    shape = {
        "deposit_id": str(deposit.pk),
        "asset": deposit.asset,
        "amount": format_units(deposit.amount_minor, symbols.asset_scale(deposit.asset)),
        "state": deposit.state,
        "source": deposit.provider,
        "reference": deposit.reference,
        "address": deposit.address or None,
        "seen_at": seen_at,
        "credited_at": credited_at,
        "sequence": deposit.sequence,
    }
    # Ids are microseconds, and rise with them.
    return _Row(deposit.pk * _NS_PER_US, deposit.pk, None, shape)


def _of_transfers(account: int, transfers: Iterable[Transfer]) -> list[_Row]:
    rows = list(transfers)
    sources = _sources(account, [row.command_id for row in rows])
    return [_of_transfer(row, sources.get(row.command_id, OPERATOR)) for row in rows]


def _of_transfer(transfer: Transfer, source: str) -> _Row:
    at = milliseconds(transfer.time_ns)
    shape = {
        "deposit_id": str(transfer.pk),
        "asset": transfer.asset,
        "amount": format_units(transfer.amount_minor, symbols.asset_scale(transfer.asset)),
        "state": str(DepositState.CREDITED),
        "source": source,
        "reference": None,
        "address": None,
        "seen_at": at,
        "credited_at": at,
        "sequence": transfer.sequence,
    }
    return _Row(transfer.time_ns, None, transfer.pk, shape)


def _sources(account: int, command_ids: Sequence[str]) -> Mapping[str, str]:
    """Who made the deposits of these commands: by change requests the owner (play money), the exchange itself
    (what a demo account starts with), or an operator."""
    found = {name: PROVIDER for name in command_ids if name.startswith(PREFIX)}
    asked = {_request_id(name): name for name in command_ids if name.startswith(COMMAND_PREFIX)}
    asked.pop(None, None)
    owner = Account.objects.filter(number=account).values_list("user_id", flat=True).first()
    requests: Any = ChangeRequest.objects.filter(pk__in=[key for key in asked if key is not None])
    for request_id, requested_by in requests.values_list("pk", "requested_by_id"):
        found[asked[request_id]] = PLAY_MONEY if requested_by in (None, owner) else OPERATOR
    return found


def _request_id(command_id: str) -> int | None:
    number = command_id.removeprefix(COMMAND_PREFIX)
    return int(number) if number.isdecimal() and len(number) <= 18 else None
