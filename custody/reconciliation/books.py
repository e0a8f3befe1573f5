"""Our own side of a reconciliation, at one sequence of the engine.

``ledger``   what the engine's custody account owes: all that ever came in, less all that went out
``play``     money that nobody keeps: what users of a demo gave themselves, and what demo accounts began with
``by_hand``  of providers that people run: what they counted last, and what operators have booked since:
             payouts that they said were paid, deposits and withdrawals by change request

While a change is on its way to the engine, its row and the ledger may be of two moments: the side is then
``is_moving``, and is read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

from django.db.models import QuerySet

from custody.models import AssetTerms, CustodyStatement, Deposit, Withdrawal, WithdrawalStep
from custody.providers import registry
from custody.states import DepositState, WithdrawalState
from exchange.engine.messages import CUSTODY_ACCOUNT
from exchange.link.protocol import Answer
from exchange.models import Account, ChangeRequest

_MOVES: Final = (ChangeRequest.Kind.DEPOSIT, ChangeRequest.Kind.WITHDRAW)
#: An order to pay is out, and the ledger still holds its amount.
OUT: Final = (WithdrawalState.SENDING, WithdrawalState.SENT, WithdrawalState.UNCLEAR)
#: The provider may have the money, and the ledger has not.
NOT_CREDITED: Final = (DepositState.SEEN, DepositState.DISPUTED, DepositState.REJECTED)
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Query(Protocol):
    """The engine's answers, as ``BlockingEngineClient.query`` gives them."""

    def __call__(self, kind: str, *args: object) -> Answer: ...


class Count(NamedTuple):
    """What is kept by hand of an asset. ``counted_at``: None where nobody ever counted it."""

    amount_minor: int
    counted_at: datetime | None


class Side(NamedTuple):
    """Amounts in minor units by asset; of ``by_hand`` by provider and asset."""

    sequence: int
    ledger: Mapping[str, int]
    play: Mapping[str, int]
    by_hand: Mapping[tuple[str, str], Count]
    #: Withdrawals that are out, and deposits not credited, with their states.
    out: Mapping[int, str]
    not_credited: Mapping[int, str]
    is_moving: bool

    @property
    def still(self) -> tuple[Any, ...]:
        """What stays the same while no money moves."""
        return self[1:]


def read_side(query: Query) -> Side:
    """As it is now. Raises EngineError."""
    sequence, rows = query("balances", CUSTODY_ACCOUNT)
    ledger = {asset: -(available + held) for asset, available, held in rows}
    play, booked = _booked()
    return Side(
        sequence=sequence,
        ledger=ledger,
        play=play,
        by_hand=_by_hand(booked),
        out=dict(Withdrawal.objects.filter(state__in=OUT).values_list("pk", "state")),
        not_credited=dict(Deposit.objects.filter(state__in=NOT_CREDITED).values_list("pk", "state")),
        is_moving=_is_moving(),
    )


def _is_moving() -> bool:
    """Whether the engine is about to be told, or has just been told, of money that comes or goes."""
    return (
        Withdrawal.objects.filter(state=WithdrawalState.SETTLING).exists()
        or Deposit.objects.filter(state=DepositState.CREDITING).exists()
        or ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES, kind__in=_MOVES).exists()
    )


# --- what was booked ---------------------------------------------------------------------------------------


class _Booking(NamedTuple):
    """Money that an operator has brought in, or taken out: then the amount is negative."""

    asset: str
    amount_minor: int
    at: datetime


def _booked() -> tuple[dict[str, int], list[_Booking]]:
    """Play money by asset, and what operators have booked by change requests."""
    owners = dict(Account.objects.filter(user__isnull=False).values_list("number", "user_id"))
    play: dict[str, int] = defaultdict(int)
    booked = []
    for kind, payload, requested_by, at in _applied().iterator():
        asset, amount_minor = payload["asset"], int(payload["amount_minor"])
        if kind == ChangeRequest.Kind.WITHDRAW:
            booked.append(_Booking(asset, -amount_minor, at))
        elif requested_by is None or owners.get(payload["account"]) == requested_by:
            play[asset] += amount_minor
        else:
            booked.append(_Booking(asset, amount_minor, at))
    return dict(play), booked


def _applied() -> QuerySet[ChangeRequest, tuple[Any, ...]]:
    done = ChangeRequest.objects.filter(kind__in=_MOVES, state=ChangeRequest.State.APPLIED)
    return done.order_by("pk").values_list("kind", "payload", "requested_by_id", "applied_at")


def _by_hand(booked: list[_Booking]) -> dict[tuple[str, str], Count]:
    providers = _manual_providers()
    counts: dict[tuple[str, str], Count] = {}
    statements = CustodyStatement.objects.filter(provider__in=providers).order_by("id")
    for name, asset, amount_minor, at in statements.values_list("provider", "asset", "amount_minor", "at"):
        counts[name, asset] = Count(amount_minor, at)
    for key, amount_minor, at in (*_changes_of(booked, providers), *_payouts_of(providers)):
        count = counts.get(key, Count(0, None))
        if at > (count.counted_at or _LONG_AGO):
            counts[key] = count._replace(amount_minor=count.amount_minor + amount_minor)
    return counts


def _changes_of(
    booked: list[_Booking], providers: set[str]
) -> Iterator[tuple[tuple[str, str], int, datetime]]:
    """Operators' change requests move what is kept by hand, where the asset is. Of an asset that a machine
    keeps they move nothing but the ledger."""
    keepers = dict(AssetTerms.objects.values_list("asset", "provider"))
    for booking in booked:
        keeper = keepers.get(booking.asset, "manual")
        if keeper in providers:
            yield (keeper, booking.asset), booking.amount_minor, booking.at


def _payouts_of(providers: set[str]) -> Iterator[tuple[tuple[str, str], int, datetime]]:
    steps = WithdrawalStep.objects.filter(
        to_state=WithdrawalState.SETTLING, withdrawal__provider__in=providers
    ).values_list("withdrawal__provider", "withdrawal__asset", "withdrawal__amount_minor", "at")
    for name, asset, amount_minor, at in steps.iterator():
        yield (name, asset), -amount_minor, at


def _manual_providers() -> set[str]:
    found = ((name, registry.find(name)) for name in registry.names())
    return {name for name, provider in found if provider is not None and provider.is_manual}
