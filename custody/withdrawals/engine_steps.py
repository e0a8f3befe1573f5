"""Hold, settle and release at the engine, each under a command id of the withdrawal's: however often one is
sent, and by how many processes, the engine applies it once and gives every one of them the same answer.

No transaction is open while the engine is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from custody import withdrawal_letters
from custody.models import Withdrawal
from custody.states import WithdrawalState
from custody.withdrawals.steps import MovedOnError, note, step
from exchange import audit
from exchange.control.services import details_of
from exchange.engine import messages
from exchange.engine.messages import Command
from exchange.link.errors import EngineError
from exchange.link.protocol import Outcome
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

State = WithdrawalState
#: Sends one command to the engine and waits for what becomes of it. Raises EngineError.
Submit = Callable[[Command], Outcome]
#: After a refusal that must not be, the engine is asked again so much later.
_REFUSED_PAUSE: Final = timedelta(minutes=10)


def hold(withdrawal: Withdrawal, submit: Submit, language: str = "") -> None:
    """Set amount and fee aside. On return the withdrawal is ``refused``, or waits for what it needs next, and
    its letter is on the way, in ``language`` unless its user has chosen one. Raises EngineError, and
    MovedOnError where another process was faster."""
    row = withdrawal
    command = messages.hold_withdrawal(
        f"wd-hold:{row.pk}", row.account, str(row.pk), row.asset, row.amount_minor, row.fee_minor
    )
    outcome = submit(command)
    refused = _refusal(outcome)
    if refused is not None:
        step(row, State.REFUSED, refusal_code=refused.code, refusal_details=details_of(refused))
        return
    with transaction.atomic():
        step(row, _after_hold(row), hold_sequence=outcome.sequence)
        if row.state == State.UNCONFIRMED:
            withdrawal_letters.ask_to_confirm(row, language)
        else:
            withdrawal_letters.tell(row, withdrawal_letters.REQUESTED, language)


def try_hold(withdrawal: Withdrawal, submit: Submit, language: str) -> None:
    """``hold``, where the engine can be asked now; ``withdrawal`` is then as the database has it."""
    try:
        hold(withdrawal, submit, language)
    except EngineError as error:
        logger.warning(
            "withdrawal_waits_for_engine",
            withdrawal=withdrawal.pk,
            account=withdrawal.account,
            error=type(error).__name__,
        )
    except MovedOnError:
        withdrawal.refresh_from_db()


def after_confirmation(withdrawal: Withdrawal) -> str:
    """The state of a withdrawal that needs no letter, or whose letter was answered."""
    return State.IN_REVIEW if withdrawal.approvals_needed else State.APPROVED


def settle(withdrawal: Withdrawal, submit: Submit) -> None:
    """It was paid: take it out of the ledger. Raises as ``hold``."""
    command = messages.settle_withdrawal(f"wd-settle:{withdrawal.pk}", withdrawal.account, str(withdrawal.pk))
    _finish(withdrawal, submit(command), State.PAID, "withdrawal.settled", withdrawal_letters.PAID)


def release(withdrawal: Withdrawal, submit: Submit) -> None:
    """It was not, and never will be: give it back. Raises as ``hold``."""
    command = messages.release_withdrawal(
        f"wd-release:{withdrawal.pk}", withdrawal.account, str(withdrawal.pk)
    )
    _finish(withdrawal, submit(command), State.ENDED, "withdrawal.released", withdrawal_letters.ENDED)


def try_release(withdrawal: Withdrawal, submit: Submit) -> None:
    """As ``try_hold``."""
    try:
        release(withdrawal, submit)
    except EngineError as error:
        logger.warning(
            "withdrawal_waits_for_engine",
            withdrawal=withdrawal.pk,
            account=withdrawal.account,
            error=type(error).__name__,
        )
    except MovedOnError:
        withdrawal.refresh_from_db()


def _after_hold(withdrawal: Withdrawal) -> str:
    return State.UNCONFIRMED if withdrawal.confirm_by is not None else after_confirmation(withdrawal)


def _finish(withdrawal: Withdrawal, outcome: Outcome, state: str, act: str, letter: str) -> None:
    refused = _refusal(outcome)
    if refused is not None:
        # The engine holds it until one of these; without it the ledger and this table have come apart.
        logger.error(
            "withdrawal_end_refused", withdrawal=withdrawal.pk, account=withdrawal.account, code=refused.code
        )
        trouble = f"the engine refused: {refused.code}"
        note(withdrawal, trouble=trouble, look_at=timezone.now() + _REFUSED_PAUSE)
        return
    with transaction.atomic():
        step(withdrawal, state, end_sequence=outcome.sequence, trouble="", look_at=None)
        withdrawal_letters.tell(withdrawal, letter)
        audit.record(act, None, withdrawal, None, _ending(withdrawal))


def _ending(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "state": withdrawal.state,
        "end": withdrawal.end,
        "transaction": withdrawal.transaction,
        "sequence": withdrawal.end_sequence,
    }


def _refusal(outcome: Outcome) -> messages.RejectedEvent | None:
    events = outcome.events
    is_refused = bool(events) and events[0][0] == messages.EV_REJECTED
    return messages.RejectedEvent(*events[0]) if is_refused else None
