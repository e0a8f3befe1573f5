"""The one way to change a deposit's state: a compare-and-set of its row, by its state and by the command that
credits it. Of two who would take it elsewhere at once, one does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from custody.models import Deposit
from custody.states import DEPOSIT_STEPS, DepositState
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

MAX_TROUBLE: Final = 200
#: How soon and how seldom a provider is asked about a deposit that is not final yet.
_FIRST_LOOK: Final = timedelta(seconds=30)
_LAST_LOOK: Final = timedelta(hours=6)


class DepositMovedOnError(Exception):
    """The deposit is no longer in the state that the step begins from: another was faster."""


def change(deposit: Deposit, to_state: str, **fields: Any) -> None:
    """Take it from the state in which ``deposit`` was read to ``to_state``, and set ``fields``. Raises
    DepositMovedOnError, and ValueError for a step that there is not."""
    if to_state not in DEPOSIT_STEPS[deposit.state]:
        raise ValueError(f"no step leads from {deposit.state} to {to_state}")
    if not DEPOSIT_STEPS[to_state]:
        fields["ended_at"] = timezone.now()
    if to_state != DepositState.SEEN:
        fields.setdefault("look_at", None)
    _set(deposit, state=to_state, **fields)


def dispute(deposit: Deposit, trouble: str, **fields: Any) -> None:
    """What is said of it does not agree: operators decide. Raises as ``change``."""
    logger.warning("deposit_disputed", deposit=deposit.pk, account=deposit.account, trouble=trouble)
    change(deposit, DepositState.DISPUTED, trouble=trouble[:MAX_TROUBLE], **fields)


def contradict(deposit: Deposit, trouble: str) -> None:
    """Something was said that does not agree: one that is only seen is disputed, of another it is noted. What
    was credited stays so. Raises DepositMovedOnError."""
    if deposit.state == DepositState.SEEN:
        dispute(deposit, trouble)
    else:
        logger.error(
            "deposit_trouble",
            deposit=deposit.pk,
            account=deposit.account,
            state=str(deposit.state),
            trouble=trouble,
        )
        _set(deposit, trouble=trouble[:MAX_TROUBLE])


def note(deposit: Deposit, **fields: Any) -> None:
    """Set fields of a deposit that stays in its state. Raises DepositMovedOnError."""
    _set(deposit, **fields)


def later(deposit: Deposit) -> datetime:
    """When to ask again: the longer it has been, the later."""
    now = timezone.now()
    return now + min(max((now - deposit.seen_at) / 4, _FIRST_LOOK), _LAST_LOOK)


def _set(deposit: Deposit, **fields: Any) -> None:
    same = Deposit.objects.filter(pk=deposit.pk, state=deposit.state, command_id=deposit.command_id)
    # Ordering has no meaning in an update.
    if not same.order_by().update(**fields):
        raise DepositMovedOnError(f"{deposit} is no longer {deposit.state}")
    for name, value in fields.items():
        setattr(deposit, name, value)
