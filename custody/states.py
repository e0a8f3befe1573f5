"""The states of a withdrawal and of a deposit, and the one table of steps between them.

A withdrawal's money is held by the engine from its request on. ``paid`` takes it out of the ledger; every
other end gives it back.

    requested    saved; the engine has not answered the hold yet
    refused      the engine did not hold it: not enough is available, the account is frozen           (end)
    unconfirmed  held; waits for the confirmation by mail
    in_review    waits for two operators
    approved     may be sent to the provider
    sending      the one order to pay has gone out, or was about to; its answer is not known
    sent         the provider has accepted it, or operators have it in hand
    unclear      operators have to find out: no answer, or one that does not fit
    settling     paid; the engine is told to settle
    paid         paid and settled                                                                      (end)
    releasing    ended otherwise (``end``); the engine is told to release
    ended        given back                                                                            (end)
"""

from __future__ import annotations

from typing import Final

from django.db import models


class WithdrawalState(models.TextChoices):
    REQUESTED = "requested", "requested"
    REFUSED = "refused", "refused"
    UNCONFIRMED = "unconfirmed", "waits for confirmation"
    IN_REVIEW = "in_review", "in review"
    APPROVED = "approved", "approved"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    UNCLEAR = "unclear", "unclear"
    SETTLING = "settling", "being settled"
    PAID = "paid", "paid"
    RELEASING = "releasing", "being released"
    ENDED = "ended", "ended"


class WithdrawalEnd(models.TextChoices):
    """Why a withdrawal was not paid."""

    CANCELED = "canceled", "canceled by the customer"
    EXPIRED = "expired", "not confirmed in time"
    DECLINED = "declined", "declined by an operator"
    FAILED = "failed", "not paid by the provider"


class DepositState(models.TextChoices):
    """``seen``: announced; ``crediting``: final, the engine is told; ``disputed``: what is said of it does
    not agree, operators decide."""

    SEEN = "seen", "seen"
    DISPUTED = "disputed", "disputed"
    CREDITING = "crediting", "being credited"
    CREDITED = "credited", "credited"
    REJECTED = "rejected", "rejected"


W = WithdrawalState
#: From each state, where it may go.
STEPS: Final[dict[str, frozenset[str]]] = {
    W.REQUESTED: frozenset({W.REFUSED, W.UNCONFIRMED, W.IN_REVIEW, W.APPROVED}),
    W.UNCONFIRMED: frozenset({W.IN_REVIEW, W.APPROVED, W.RELEASING}),
    W.IN_REVIEW: frozenset({W.APPROVED, W.RELEASING}),
    W.APPROVED: frozenset({W.SENDING, W.RELEASING}),
    # Back to approved where nothing of the order left this machine.
    W.SENDING: frozenset({W.APPROVED, W.SENT, W.UNCLEAR, W.SETTLING, W.RELEASING}),
    W.SENT: frozenset({W.UNCLEAR, W.SETTLING, W.RELEASING}),
    W.UNCLEAR: frozenset({W.SENT, W.SETTLING, W.RELEASING}),
    W.SETTLING: frozenset({W.PAID}),
    W.RELEASING: frozenset({W.ENDED}),
    W.REFUSED: frozenset(),
    W.PAID: frozenset(),
    W.ENDED: frozenset(),
}
ENDS: Final = frozenset(state for state, after in STEPS.items() if not after)
#: The engine holds the amount and the fee, or is about to.
OPEN_STATES: Final = frozenset(STEPS) - ENDS
#: The customer may still call it back: no order to pay has gone out.
CANCELABLE: Final = frozenset({W.UNCONFIRMED, W.IN_REVIEW, W.APPROVED})
#: Counts towards the limits of 24 hours and 30 days.
COUNTED: Final = frozenset(STEPS) - {W.REFUSED, W.RELEASING, W.ENDED}

D = DepositState
#: The same of a deposit.
DEPOSIT_STEPS: Final[dict[str, frozenset[str]]] = {
    D.SEEN: frozenset({D.CREDITING, D.DISPUTED}),
    D.DISPUTED: frozenset({D.CREDITING, D.REJECTED}),
    D.CREDITING: frozenset({D.CREDITED, D.DISPUTED}),
    D.CREDITED: frozenset(),
    D.REJECTED: frozenset(),
}
