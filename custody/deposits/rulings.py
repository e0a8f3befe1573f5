"""What operators do with a disputed deposit: one asks for something, another approves or declines it. Neither
may own the account."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from custody.deposits import deposit_steps as steps
from custody.deposits.deposit_steps import DepositMovedOnError
from custody.models import Deposit, DepositRuling
from custody.states import DepositState
from exchange import audit
from exchange.control.given_reasons import checked_reason
from exchange.control.services import refuse_own_account
from exchange.errors import RefusedError, RequestError
from exchange.models import Account

PERMISSION: Final = "custody.settle_withdrawals"


@transaction.atomic
def ask(
    deposit: Deposit, by: AbstractUser, reason: str, account: int | None = None, amount_minor: int = 0
) -> DepositRuling:
    """Ask for a disputed deposit to be credited to an account, or without one to be rejected. Raises
    PERMISSION_DENIED, OWN_ACCOUNT, ACCOUNT_NOT_FOUND, INVALID_AMOUNT, MISSING_FIELD and INVALID_FIELD for the
    reason, and REQUEST_NOT_WAITING where it is not disputed, or a ruling waits already."""
    _refuse(by, account)
    if account is not None and not Account.objects.filter(number=account).exists():
        raise RefusedError("ACCOUNT_NOT_FOUND", {"account": account})
    if account is not None and amount_minor <= 0:
        raise RequestError("INVALID_AMOUNT", {"field": "amount", "reason": "not above zero"})
    deposit.refresh_from_db()
    if deposit.state != DepositState.DISPUTED:
        raise _not_waiting(deposit)
    try:
        with transaction.atomic():
            ruling = DepositRuling.objects.create(
                deposit=deposit,
                account=account,
                amount_minor=amount_minor if account is not None else 0,
                asked_by_id=by.pk,
                reason=checked_reason(reason),
            )
    except IntegrityError:
        raise _not_waiting(deposit) from None
    audit.record("deposit.ruling_asked", by, _target(deposit), None, _facts(ruling), ruling.reason)
    return ruling


@transaction.atomic
def decide(ruling: DepositRuling, by: AbstractUser, reason: str, *, approves: bool) -> None:
    """Let it be done, or not. Raises PERMISSION_DENIED, OWN_REQUEST, OWN_ACCOUNT, MISSING_FIELD and
    INVALID_FIELD for the reason, and REQUEST_NOT_WAITING where it was decided before."""
    refuse_to_decide(ruling, by)
    said = checked_reason(reason)
    waiting = DepositRuling.objects.filter(pk=ruling.pk, decided_at__isnull=True)
    # Ordering has no meaning in an update.
    decided = waiting.order_by().update(
        decided_by_id=by.pk, decided_at=timezone.now(), is_approved=approves, decision_reason=said
    )
    if not decided:
        raise _not_waiting(ruling.deposit)
    ruling.refresh_from_db()
    if approves:
        _carry_out(ruling)
    kind = "deposit.ruling_approved" if approves else "deposit.ruling_declined"
    audit.record(kind, by, _target(ruling.deposit), None, _facts(ruling), said)


def refuse_to_decide(ruling: DepositRuling, by: AbstractUser) -> None:
    """Raises as ``decide`` for those who may not."""
    if ruling.asked_by_id == by.pk:
        raise RefusedError("OWN_REQUEST", {"request": ruling.pk})
    _refuse(by, ruling.account)


def waiting_of(deposit: Deposit) -> DepositRuling | None:
    """The ruling that waits for a second operator."""
    return deposit.rulings.filter(decided_at__isnull=True).first()


def _carry_out(ruling: DepositRuling) -> None:
    deposit = ruling.deposit
    try:
        if ruling.account is None:
            steps.change(deposit, DepositState.REJECTED)
        else:
            steps.change(
                deposit, DepositState.CREDITING, account=ruling.account, amount_minor=ruling.amount_minor
            )
    except (DepositMovedOnError, ValueError):
        raise _not_waiting(deposit) from None


def _refuse(by: AbstractUser, account: int | None) -> None:
    if not by.has_perm(PERMISSION):
        raise RefusedError("PERMISSION_DENIED")
    if account is not None:
        refuse_own_account(by, account)


def _not_waiting(deposit: Deposit) -> RefusedError:
    return RefusedError("REQUEST_NOT_WAITING", {"request": deposit.pk})


def _target(deposit: Deposit) -> audit.Target:
    return audit.Target("deposit", str(deposit.pk), f"{deposit.provider} {deposit.reference}"[:150])


def _facts(ruling: DepositRuling) -> dict[str, str]:
    if ruling.account is None:
        return {"do": "reject"}
    return {"do": "credit", "account": str(ruling.account), "amount_minor": str(ruling.amount_minor)}
