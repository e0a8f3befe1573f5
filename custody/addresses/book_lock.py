"""The lock to the address book: with it, withdrawals go to usable entries only. It holds at once, and ends
only after the delay of new addresses: whoever takes over a log-in gains no time by lifting it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.identity import notice_texts, notices
from accounts.models import User
from custody.addresses.address_book import delay
from custody.models import WithdrawalRules
from exchange import audit
from exchange.wire.rendering import Json


def holds(user_id: int) -> bool:
    """Whether the user's withdrawals go to the book only."""
    rules = WithdrawalRules.objects.filter(pk=user_id).first()
    return rules is not None and _holds(rules, timezone.now())


@transaction.atomic
def close(user: User) -> None:
    """From now on."""
    rules = _locked(user)
    if rules.book_only and rules.book_only_ends_at is None:
        return
    was = _holds(rules, timezone.now())
    WithdrawalRules.objects.filter(pk=user.pk).update(book_only=True, book_only_ends_at=None)
    notices.tell(user, notice_texts.BOOK_LOCKED, {})
    audit.record("address.lock_closed", user, user, {"book_only": was}, {"book_only": True})


@transaction.atomic
def lift(user: User) -> None:
    """It ends once the delay is over; asking again does not bring that nearer, nor put it off."""
    rules = _locked(user)
    if not rules.book_only or rules.book_only_ends_at is not None:
        return
    ends_at = timezone.now() + delay()
    WithdrawalRules.objects.filter(pk=user.pk).update(book_only_ends_at=ends_at)
    notices.tell(user, notice_texts.BOOK_UNLOCKED, {})
    audit.record("address.lock_lifted", user, user, {"book_only": True}, {"ends_at": ends_at})


def render(user_id: int) -> Json:
    """As the wire has it."""
    rules = WithdrawalRules.objects.filter(pk=user_id).first()
    is_held = rules is not None and _holds(rules, timezone.now())
    ends_at = rules.book_only_ends_at if rules is not None and is_held else None
    return {
        "book_only": is_held,
        "book_only_ends_at": None if ends_at is None else int(ends_at.timestamp() * 1000),
    }


def _locked(user: User) -> WithdrawalRules:
    """The user's row, made if there is none, changed by nobody else until the transaction ends."""
    # The lock that withdrawals are asked for under.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return WithdrawalRules.objects.get_or_create(user=user)[0]


def _holds(rules: WithdrawalRules, now: datetime) -> bool:
    return rules.book_only and (rules.book_only_ends_at is None or now < rules.book_only_ends_at)
