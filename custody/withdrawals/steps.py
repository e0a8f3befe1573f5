"""The one way to change a withdrawal's state: a compare-and-set of its row, and a ``WithdrawalStep`` beside
it in the same transaction. Of two who would take it elsewhere at once, one does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone

from custody.models import Withdrawal, WithdrawalStep
from custody.states import ENDS, STEPS
from exchange.errors import RefusedError

MAX_NOTE = 200


class MovedOnError(Exception):
    """The withdrawal is no longer in the state that the step begins from: another was faster."""


def first_step(withdrawal: Withdrawal, by: AbstractUser | None) -> None:
    """The step of a new row into its first state."""
    WithdrawalStep.objects.create(
        withdrawal=withdrawal, from_state="", to_state=withdrawal.state, by_id=None if by is None else by.pk
    )


@transaction.atomic
def step(
    withdrawal: Withdrawal,
    to_state: str,
    *,
    by: AbstractUser | None = None,
    note: str = "",
    **fields: Any,
) -> None:
    """Take it from the state that ``withdrawal`` has been read in to ``to_state``, and set ``fields``. On
    return ``withdrawal`` has both. ``by``: None for the exchange itself; ``note``: for the customer, too.
    Raises MovedOnError when the row is in another state by now, ValueError for a step that there is not."""
    from_state = withdrawal.state
    if to_state not in STEPS[from_state]:
        raise ValueError(f"no step leads from {from_state} to {to_state}")
    if to_state in ENDS:
        fields["ended_at"] = timezone.now()
    same = Withdrawal.objects.filter(pk=withdrawal.pk, state=from_state)
    # Ordering has no meaning in an update.
    if not same.order_by().update(state=to_state, **fields):
        raise MovedOnError(f"{withdrawal} is no longer {from_state}")
    WithdrawalStep.objects.create(
        withdrawal=withdrawal,
        from_state=from_state,
        to_state=to_state,
        by_id=None if by is None else by.pk,
        note=note[:MAX_NOTE],
    )
    for name, value in {"state": to_state, **fields}.items():
        setattr(withdrawal, name, value)


def note(withdrawal: Withdrawal, **fields: Any) -> None:
    """Set fields of a withdrawal that stays in its state; nothing where it has left it."""
    same = Withdrawal.objects.filter(pk=withdrawal.pk, state=withdrawal.state)
    if same.order_by().update(**fields):
        for name, value in fields.items():
            setattr(withdrawal, name, value)


def moved_on(withdrawal: Withdrawal) -> RefusedError:
    """The refusal of an act that the withdrawal's state does not allow any more."""
    return RefusedError("WITHDRAWAL_STATE", {"state": withdrawal.state})
