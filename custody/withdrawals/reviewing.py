"""What operators do with withdrawals: approve and decline those in review, and say what became of a payout.

Four eyes: a withdrawal in review needs the leave of ``approvals_needed`` operators, and an unclear one two
operators who say the same of it. They are different people, and none of them has a part in the customer's
accounts. The table of approvals, and that of verdicts, hold the same by constraints of their own.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from custody.models import Withdrawal, WithdrawalApproval, WithdrawalVerdict
from custody.providers import registry
from custody.states import CANCELABLE, WithdrawalEnd, WithdrawalState
from custody.withdrawals.steps import MovedOnError, moved_on, step
from exchange import audit
from exchange.control.given_reasons import checked_reason, checked_words
from exchange.control.services import refuse_own_account
from exchange.errors import RefusedError

State = WithdrawalState

REVIEW: Final = "custody.review_withdrawals"
SETTLE: Final = "custody.settle_withdrawals"
MAX_TRANSACTION: Final = 128
#: Operators who have to say the same of an unclear withdrawal.
VERDICTS: Final = 2


def approve(withdrawal: Withdrawal, by: AbstractUser, reason: str) -> None:
    """Give leave; with the last that is needed the withdrawal is approved. Raises PERMISSION_DENIED,
    OWN_ACCOUNT, ALREADY_APPROVED for a second leave of the same operator, WITHDRAWAL_STATE unless it is in
    review, MISSING_FIELD, INVALID_FIELD."""
    said = checked_reason(reason)
    with transaction.atomic():
        row = _locked(withdrawal)
        _refuse(row, by, REVIEW)
        if row.state != State.IN_REVIEW:
            raise moved_on(row)
        if row.approvals.filter(by_id=by.pk).exists():
            raise RefusedError("ALREADY_APPROVED", {"withdrawal": str(row.pk)})
        WithdrawalApproval.objects.create(withdrawal=row, by_id=by.pk, reason=said, user_id=row.user_id)
        given = row.approvals.count()
        if given >= row.approvals_needed:
            step(row, State.APPROVED, by=by)
        after = {"state": row.state, "approvals": given, "needed": row.approvals_needed}
        audit.record("withdrawal.approved", by, row, None, after, said)
    withdrawal.refresh_from_db()


def decline(withdrawal: Withdrawal, by: AbstractUser, reason: str) -> None:
    """End it, whatever others have approved, as long as no order to pay can have gone out; the customer sees
    the reason. Raises as ``approve``, but for ALREADY_APPROVED."""
    said = checked_reason(reason)
    with transaction.atomic():
        row = _locked(withdrawal)
        _refuse(row, by, REVIEW)
        if row.state not in CANCELABLE:
            raise moved_on(row)
        before = row.state
        _step(row, State.RELEASING, by=by, note=said, end=WithdrawalEnd.DECLINED, end_reason=said)
        audit.record("withdrawal.declined", by, row, {"state": before}, {"state": row.state}, said)
    withdrawal.refresh_from_db()


def say_paid(withdrawal: Withdrawal, by: AbstractUser, transaction_name: str, reason: str) -> None:
    """An operator has paid it, or found that it was paid, as ``transaction_name``, which the customer sees.
    One who has it in hand says so alone; of an unclear one two operators have to. Raises PERMISSION_DENIED,
    OWN_ACCOUNT, MISSING_FIELD, INVALID_FIELD, WITHDRAWAL_STATE where there is nothing to say."""
    named = checked_words(transaction_name, "transaction", MAX_TRANSACTION)
    _say(withdrawal, by, checked_reason(reason), True, named)


def say_failed(withdrawal: Withdrawal, by: AbstractUser, reason: str) -> None:
    """It was not paid and never will be: its money goes back; the customer sees the reason. Raises as
    ``say_paid``."""
    _say(withdrawal, by, checked_reason(reason), False, "")


def may_say(withdrawal: Withdrawal) -> bool:
    """Whether operators say what became of it: they have it in hand, or it is unclear."""
    if withdrawal.state == State.UNCLEAR:
        return True
    provider = registry.find(withdrawal.provider)
    return withdrawal.state == State.SENT and provider is not None and provider.is_manual


def refuse_to_act(withdrawal: Withdrawal, by: AbstractUser, permission: str) -> None:
    """Raises PERMISSION_DENIED without the permission, and OWN_ACCOUNT for an operator who has a part in the
    customer's accounts."""
    _refuse(withdrawal, by, permission)


def _say(withdrawal: Withdrawal, by: AbstractUser, reason: str, is_paid: bool, transaction_name: str) -> None:
    with transaction.atomic():
        row = _locked(withdrawal)
        _refuse(row, by, SETTLE)
        if not may_say(row):
            raise moved_on(row)
        before, agree = row.state, 1
        if row.state == State.UNCLEAR:
            agree = _agreeing(row, by, reason, is_paid, transaction_name)
        if before != State.UNCLEAR or agree >= VERDICTS:
            _end(row, by, reason, is_paid, transaction_name)
        act = "withdrawal.said_paid" if is_paid else "withdrawal.said_failed"
        after = {"state": row.state, "transaction": transaction_name, "agree": agree}
        audit.record(act, by, row, {"state": before}, after, reason)
    withdrawal.refresh_from_db()


def _agreeing(row: Withdrawal, by: AbstractUser, reason: str, is_paid: bool, transaction_name: str) -> int:
    """How many operators say this, with the one who says it now; what the same one said before is no more."""
    said: dict[str, Any] = {"is_paid": is_paid, "transaction": transaction_name}
    WithdrawalVerdict.objects.update_or_create(
        withdrawal=row, by_id=by.pk, defaults={**said, "reason": reason, "user_id": row.user_id}
    )
    return row.verdicts.filter(**said).count()


def _end(row: Withdrawal, by: AbstractUser, reason: str, is_paid: bool, transaction_name: str) -> None:
    fields: dict[str, Any] = {"trouble": "", "look_at": None}
    if is_paid:
        _step(row, State.SETTLING, by=by, transaction=transaction_name, **fields)
    else:
        fields |= {"end": WithdrawalEnd.FAILED, "end_reason": reason}
        _step(row, State.RELEASING, by=by, note=reason, **fields)


def _locked(withdrawal: Withdrawal) -> Withdrawal:
    """The row as it is now, for this transaction alone."""
    return Withdrawal.objects.select_for_update(no_key=True).get(pk=withdrawal.pk)


def _refuse(withdrawal: Withdrawal, by: AbstractUser, permission: str) -> None:
    if not by.has_perm(permission):
        raise RefusedError("PERMISSION_DENIED")
    if withdrawal.user_id == by.pk:
        raise RefusedError("OWN_ACCOUNT", {"account": withdrawal.account})
    refuse_own_account(by, withdrawal.account)


def _step(row: Withdrawal, to_state: str, **fields: Any) -> None:
    """Under the lock of the row nobody is faster, but a look-up that does not take it."""
    try:
        step(row, to_state, **fields)
    except MovedOnError:
        row.refresh_from_db()
        raise moved_on(row) from None
