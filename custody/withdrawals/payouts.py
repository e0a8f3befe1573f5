"""The one order to pay, and what becomes of it.

``sending`` is written down before the provider is called, so a withdrawal whose order may have gone out is
never sent again: not after a crash, not after an answer that did not come. From then on the provider is only
asked. It is sent once more in a single case: the provider's own side of the connection was not reached, and
nothing left this machine (``NotSent``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from custody.models import Withdrawal
from custody.providers import registry
from custody.providers.interface import (
    Accepted,
    Failed,
    Found,
    NeverSeen,
    NotSent,
    Paid,
    Payout,
    Unknown,
)
from custody.states import WithdrawalEnd, WithdrawalState
from custody.withdrawals.steps import note, step
from exchange.engine.messages import FROZEN
from exchange.listing.symbol_table import symbols
from exchange.models import Account

State = WithdrawalState
#: Longest word of a provider that is kept, and longest name of its.
_WORDS: Final = 200
_NAME: Final = 128
#: Where nothing was sent it is tried again so much later, twice as much each time.
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=10)
#: What the customer reads where a provider did not pay: its own words are for operators.
_NOT_PAID: Final = "the provider did not pay"


def payout_of(withdrawal: Withdrawal) -> Payout:
    """The same at every question about it."""
    return Payout(
        str(withdrawal.pk),
        withdrawal.asset,
        withdrawal.amount_minor,
        symbols.asset_scale(withdrawal.asset),
        withdrawal.address,
        withdrawal.tag,
    )


def send(withdrawal: Withdrawal) -> None:
    """Send an approved one, once; one of a frozen account or user waits. Raises MovedOnError where another
    process was faster, or its customer has called it back."""
    provider = registry.find(withdrawal.provider)
    if provider is None:
        trouble = f"the settings have no provider {withdrawal.provider!r}"
        note(withdrawal, trouble=trouble, look_at=timezone.now() + _LONGEST_PAUSE)
        return
    if _is_frozen(withdrawal):
        note(withdrawal, trouble="the account is frozen, or its user not active", look_at=_later())
        return
    payout, now = payout_of(withdrawal), timezone.now()
    # Should this process die, the provider is asked once the answer can no longer come.
    fields: dict[str, Any] = {"sent_at": now, "look_at": now + 2 * _timeout(), "trouble": ""}
    step(withdrawal, State.SENDING, **fields)
    take(withdrawal, provider.send(payout))


def look_up(withdrawal: Withdrawal) -> None:
    """Ask the provider what became of it. Raises MovedOnError."""
    provider = registry.find(withdrawal.provider)
    if provider is None:
        note(withdrawal, look_at=timezone.now() + _LONGEST_PAUSE)
        return
    take(withdrawal, provider.look_up(payout_of(withdrawal)))


def look_soon(payout_id: str) -> None:
    """Have the provider asked about it at the next pass: a notice of it has come."""
    if payout_id.isascii() and payout_id.isdigit() and len(payout_id) <= 18:
        asked = Withdrawal.objects.filter(
            pk=int(payout_id), state__in=(State.SENDING, State.SENT, State.UNCLEAR), look_at__isnull=False
        )
        asked.order_by().update(look_at=timezone.now())


def take(withdrawal: Withdrawal, found: Found | NotSent) -> None:
    """Write down what the provider answered. Raises MovedOnError."""
    match found:
        case Accepted(reference):
            _accepted(withdrawal, reference)
        case Paid():
            _paid(withdrawal, found)
        case Failed(reason):
            fields: dict[str, Any] = {"end": WithdrawalEnd.FAILED, "end_reason": _NOT_PAID, "look_at": None}
            step(withdrawal, State.RELEASING, trouble=_words(reason), note=_NOT_PAID, **fields)
        case NotSent(trouble):
            _not_sent(withdrawal, trouble)
        case Unknown(trouble):
            _unknown(withdrawal, _words(trouble))
        case NeverSeen():
            _never_seen(withdrawal)


def _is_frozen(withdrawal: Withdrawal) -> bool:
    """Whether somebody has stopped the account since it was asked for."""
    account = Account.objects.filter(number=withdrawal.account).first()
    is_frozen = account is not None and (bool(account.frozen_by) or account.status == FROZEN)
    return is_frozen or not withdrawal.user.is_active


def _accepted(withdrawal: Withdrawal, reference: str) -> None:
    provider = registry.find(withdrawal.provider)
    is_manual = provider is not None and provider.is_manual
    fields: dict[str, Any] = {"look_at": None if is_manual else _later(), "trouble": ""}
    if reference:
        fields["reference"] = reference[:_NAME]
    if withdrawal.state == State.SENT:
        note(withdrawal, **fields)
        return
    with transaction.atomic():
        step(withdrawal, State.SENT, **fields)
        # What operators found out before is about an order that nobody had seen.
        withdrawal.verdicts.all().delete()


def _paid(withdrawal: Withdrawal, paid: Paid) -> None:
    names: dict[str, Any] = {"transaction": paid.transaction[:_NAME]}
    if paid.reference:
        names["reference"] = paid.reference[:_NAME]
    if paid.amount_minor == withdrawal.amount_minor:
        step(withdrawal, State.SETTLING, look_at=None, trouble="", **names)
        return
    scale = symbols.asset_scale(withdrawal.asset)
    trouble = f"the provider says that it paid another amount: {paid.amount_minor} units of 10^-{scale}"
    _unclear(withdrawal, trouble, look_at=None, **names)


def _not_sent(withdrawal: Withdrawal, trouble: str) -> None:
    """It may be sent again, later and later, and called back meanwhile."""
    if withdrawal.state != State.SENDING:
        # A look-up says nothing of what was sent before.
        _unknown(withdrawal, _words(trouble))
        return
    tries = withdrawal.steps.filter(from_state=State.SENDING, to_state=State.APPROVED).count()
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(tries, 20)))
    fields: dict[str, Any] = {"sent_at": None, "look_at": timezone.now() + pause, "trouble": _words(trouble)}
    step(withdrawal, State.APPROVED, **fields)


def _unknown(withdrawal: Withdrawal, trouble: str) -> None:
    """One that the provider has accepted is its to answer for, however long that takes."""
    if withdrawal.state == State.SENDING and _is_overdue(withdrawal):
        _unclear(withdrawal, trouble, look_at=_later())
    else:
        note(withdrawal, trouble=trouble, look_at=_later())


def _never_seen(withdrawal: Withdrawal) -> None:
    trouble = "the provider knows no such payout"
    if withdrawal.state != State.UNCLEAR and _is_overdue(withdrawal):
        _unclear(withdrawal, trouble, look_at=_later())
    else:
        note(withdrawal, trouble=trouble, look_at=_later())


def _unclear(withdrawal: Withdrawal, trouble: str, **fields: Any) -> None:
    """For operators to find out."""
    if withdrawal.state == State.UNCLEAR:
        note(withdrawal, trouble=trouble, **fields)
    else:
        step(withdrawal, State.UNCLEAR, trouble=trouble, **fields)


def _is_overdue(withdrawal: Withdrawal) -> bool:
    limit = timedelta(seconds=settings.XTRADER["CUSTODY"]["UNCLEAR_AFTER_S"])
    return withdrawal.sent_at is not None and timezone.now() - withdrawal.sent_at >= limit


def _later() -> datetime:
    return timezone.now() + timedelta(seconds=settings.XTRADER["CUSTODY"]["LOOK_EVERY_S"])


def _timeout() -> timedelta:
    return timedelta(seconds=settings.XTRADER["CUSTODY"]["TIMEOUT_S"])


def _words(text: str) -> str:
    return text[:_WORDS]
