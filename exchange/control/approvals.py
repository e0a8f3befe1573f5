"""The second operator's decision, and the end of requests that nobody decided.

A request that waits is no open one: the dispatcher does not see it. Approving makes it pending by one
compare-and-set of its row, so of two decisions at once one counts; from there on the request goes to the
engine as any other does, under its one id. A request that is declined, or older than ``APPROVAL_HOURS``,
never reaches the engine.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from exchange.control import change_records
from exchange.control.approval_rules import FEES
from exchange.control.given_reasons import checked_reason
from exchange.control.services import refuse_own_account
from exchange.errors import RefusedError
from exchange.models import ChangeRequest

Kind = ChangeRequest.Kind
State = ChangeRequest.State

#: What the second operator may do: as much as the first needed to ask.
PERMISSIONS: Final = {
    Kind.DEPOSIT: "exchange.move_funds",
    Kind.WITHDRAW: "exchange.move_funds",
    Kind.SET_FEES: "exchange.change_market",
    Kind.SET_FEE_PLAN: "exchange.change_market",
    Kind.SET_SYMBOL: "exchange.change_market",
}


def approve(request: ChangeRequest, by: AbstractUser, reason: str) -> None:
    """Let the request go to the engine. Raises as ``refuse_to_decide``; REQUEST_OUTDATED where the same was
    changed after it was asked, which it would undo; REQUEST_NOT_WAITING."""
    if _is_outdated(request):
        raise RefusedError("REQUEST_OUTDATED", {"request": request.pk})
    _decide(request, by, reason, State.PENDING)


def decline(request: ChangeRequest, by: AbstractUser, reason: str) -> None:
    """End the request. Raises as ``approve``."""
    _decide(request, by, reason, State.DECLINED)


def refuse_to_decide(request: ChangeRequest, by: AbstractUser) -> None:
    """Raises OWN_REQUEST for the requester, OWN_ACCOUNT for the owner of the account the change is about, and
    PERMISSION_DENIED for a user who might not have asked for it."""
    if request.requested_by_id == by.pk:
        raise RefusedError("OWN_REQUEST", {"request": request.pk})
    if not by.has_perm(PERMISSIONS[Kind(request.kind)]):
        raise RefusedError("PERMISSION_DENIED")
    if "account" in request.payload:
        refuse_own_account(by, request.payload["account"])


def waiting() -> QuerySet[ChangeRequest]:
    """Requests that another operator may still decide, the oldest first."""
    return ChangeRequest.objects.filter(state=State.WAITING, created_at__gt=_oldest()).order_by("id")


def expires_at(request: ChangeRequest) -> datetime:
    """When the request can no longer be decided."""
    return request.created_at + _lifetime()


def expire_waiting() -> int:
    """End the requests that nobody decided in time; how many they were."""
    late = ChangeRequest.objects.filter(state=State.WAITING, created_at__lte=_oldest())
    # Looked for first: on SQLite an update takes the lock of the one writer, whether it finds a row or not.
    return sum(_expire(request) for request in late.order_by("id"))


@transaction.atomic
def _expire(request: ChangeRequest) -> int:
    """1, or 0 where another process was first."""
    still = ChangeRequest.objects.filter(pk=request.pk, state=State.WAITING)
    ended = still.update(state=State.EXPIRED, decided_at=timezone.now())
    if ended:
        request.refresh_from_db()
        change_records.note_expiry(request)
    return ended


@transaction.atomic
def _decide(request: ChangeRequest, by: AbstractUser, reason: str, state: str) -> None:
    refuse_to_decide(request, by)
    decision_reason = checked_reason(reason)
    changed = waiting().filter(pk=request.pk)
    # Ordering has no meaning in an update.
    decided = changed.order_by().update(
        state=state, decided_by_id=by.pk, decided_at=timezone.now(), decision_reason=decision_reason
    )
    if not decided:
        raise RefusedError("REQUEST_NOT_WAITING", {"request": request.pk})
    request.refresh_from_db()
    change_records.note_decision(request, by)


def _is_outdated(request: ChangeRequest) -> bool:
    """Whether another change of the same terms or rates has been made since, or is on its way. Deposits and
    withdrawals add up in any order."""
    if request.kind not in FEES:
        return False
    about = [name for name in ("symbol", "account", "plan") if name in request.payload]
    same = {f"payload__{name}": request.payload[name] for name in about}
    others = ChangeRequest.objects.filter(kind=request.kind, **same)
    made = Q(state=State.APPLIED, applied_at__gt=request.created_at)
    return others.filter(made | Q(state__in=ChangeRequest.OPEN_STATES)).exists()


def _lifetime() -> timedelta:
    return timedelta(hours=settings.XTRADER["APPROVALS"]["HOURS"])


def _oldest() -> datetime:
    return timezone.now() - _lifetime()
