"""What people add to reconciliation: what they counted, and words about a difference that was looked into."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from custody.models import CustodyStatement, Reconciliation
from custody.withdrawals.reviewing import SETTLE
from exchange import audit
from exchange.control.given_reasons import checked_reason
from exchange.errors import RefusedError, RequestError


@transaction.atomic
def state_count(
    provider: str, asset: str, amount_minor: int, by: AbstractUser, note: str
) -> CustodyStatement:
    """An operator has counted what a provider that people run keeps of an asset, now. Raises
    PERMISSION_DENIED, INVALID_AMOUNT below zero, MISSING_FIELD, INVALID_FIELD."""
    if not by.has_perm(SETTLE):
        raise RefusedError("PERMISSION_DENIED")
    if amount_minor < 0:
        raise RequestError("INVALID_AMOUNT", {"field": "amount", "reason": "below zero"})
    said = checked_reason(note)
    statement = CustodyStatement.objects.create(
        provider=provider, asset=asset, amount_minor=amount_minor, by_id=by.pk, note=said
    )
    target = audit.Target("custody statement", str(statement.pk), f"{provider} {asset}")
    audit.record("custody.counted", by, target, None, {"amount_minor": str(amount_minor)}, said)
    return statement


@transaction.atomic
def explain(report: Reconciliation, by: AbstractUser, words: str) -> None:
    """Words about a report's difference. They change no figure, and end no alarm. Raises PERMISSION_DENIED,
    MISSING_FIELD, INVALID_FIELD."""
    if not by.has_perm(SETTLE):
        raise RefusedError("PERMISSION_DENIED")
    said = checked_reason(words)
    before = report.explanation
    Reconciliation.objects.filter(pk=report.pk).update(explanation=said, explained_by_id=by.pk)
    target = audit.Target("reconciliation", str(report.pk), f"sequence {report.sequence}")
    audit.record("custody.explained", by, target, {"explanation": before}, {"explanation": said}, said)
