"""What customers do with their withdrawals: confirm, call back, have the letter sent again; and the end of
those that nobody confirmed in time."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.letters.posting import MayMail
from accounts.models import User
from custody import letter_keys, withdrawal_letters
from custody.models import Withdrawal
from custody.states import CANCELABLE, WithdrawalEnd, WithdrawalState
from custody.withdrawals import engine_steps
from custody.withdrawals.steps import MovedOnError, moved_on, step
from exchange import audit
from exchange.errors import RequestError

State = WithdrawalState
#: Before a letter was answered.
_UNANSWERED: Final = frozenset({State.REQUESTED, State.UNCONFIRMED})
_OVER: Final = frozenset({State.REFUSED, State.RELEASING, State.ENDED})


def confirm(withdrawal: Withdrawal, user: User, key: str) -> None:
    """The letter's link was opened, by a log-in of the withdrawal's user. Once more changes nothing. Raises
    INVALID_LINK for another key or one that is too old, WITHDRAWAL_STATE for a withdrawal that has ended."""
    letter_keys.check(letter_keys.WITHDRAWAL, withdrawal.pk, key)
    if withdrawal.state in _OVER or withdrawal.confirm_by is None:
        raise moved_on(withdrawal)
    if withdrawal.state not in _UNANSWERED:
        return
    if withdrawal.state == State.REQUESTED:
        raise moved_on(withdrawal)
    if timezone.now() > withdrawal.confirm_by:
        raise RequestError("INVALID_LINK", {"field": "key"})
    try:
        with transaction.atomic():
            step(withdrawal, engine_steps.after_confirmation(withdrawal), by=user)
            audit.record("withdrawal.confirmed", user, withdrawal, None, {"state": withdrawal.state})
    except MovedOnError:
        withdrawal.refresh_from_db()
        confirm(withdrawal, user, key)


def call_back(withdrawal: Withdrawal, user: User, submit: engine_steps.Submit) -> None:
    """End it, and give its money back. Once more changes nothing. Raises WITHDRAWAL_STATE once the order to
    pay may have gone out, and for one that ended otherwise."""
    while withdrawal.end != WithdrawalEnd.CANCELED:
        if withdrawal.state not in CANCELABLE:
            raise moved_on(withdrawal)
        try:
            with transaction.atomic():
                step(withdrawal, State.RELEASING, by=user, end=WithdrawalEnd.CANCELED)
                audit.record("withdrawal.canceled", user, withdrawal, None, {"state": withdrawal.state})
        except MovedOnError:
            withdrawal.refresh_from_db()
    if withdrawal.state == State.RELEASING:
        engine_steps.try_release(withdrawal, submit)


def send_again(withdrawal: Withdrawal, may_mail: MayMail) -> None:
    """The letter once more, where ``may_mail``. Raises WITHDRAWAL_STATE unless it waits for it."""
    if withdrawal.state != State.UNCONFIRMED:
        raise moved_on(withdrawal)
    if may_mail(withdrawal.user.email):
        withdrawal_letters.ask_to_confirm(withdrawal)


def expire(withdrawal: Withdrawal) -> None:
    """Nobody confirmed it in time. Raises MovedOnError."""
    with transaction.atomic():
        step(withdrawal, State.RELEASING, end=WithdrawalEnd.EXPIRED)
        audit.record("withdrawal.expired", None, withdrawal, None, {"state": withdrawal.state})
