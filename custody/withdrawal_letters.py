"""Letters about withdrawals and addresses: to confirm one, and to tell of one. What they say is written when
they are sent (``accounts.delivery.writing``), from what the database says then."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from accounts.delivery.writing import Content, add_kind
from accounts.letters import links
from accounts.letters.posting import post
from accounts.models import Letter, User
from custody import letter_keys
from custody.addresses import address_book
from custody.models import Withdrawal, WithdrawalAddress
from custody.states import WithdrawalEnd, WithdrawalState
from exchange.models import Asset
from exchange.units.decimals import format_units

#: Kinds of notices.
REQUESTED: Final = "withdrawal_requested"
PAID: Final = "withdrawal_paid"
ENDED: Final = "withdrawal_ended"


def ask_to_confirm(withdrawal: Withdrawal, language: str = "") -> None:
    """A letter with the link that confirms it. ``language``: unless the user has chosen one."""
    user = withdrawal.user
    post("withdrawal_confirm", user.email, user.language or language, withdrawal=withdrawal.pk)


def tell(withdrawal: Withdrawal, kind: str, language: str = "") -> None:
    """A notice of a kind, to users who have an address. Nobody is told what they called back themselves.
    ``language``: as above."""
    user = withdrawal.user
    if user.email and withdrawal.end != WithdrawalEnd.CANCELED:
        post(kind, user.email, user.language or language, withdrawal=withdrawal.pk)


def connect() -> None:
    """Teach the postman these letters: when Django starts."""
    add_kind("withdrawal_confirm", _to_confirm)
    for kind in (REQUESTED, PAID, ENDED):
        add_kind(kind, _notice)
    add_kind("address_confirm", _address)


def _to_confirm(letter: Letter) -> Content | None:
    row = _withdrawal(letter)
    if row is None or row.state != WithdrawalState.UNCONFIRMED or row.user.email != letter.recipient:
        return None
    if row.confirm_by is None or row.confirm_by < timezone.now():
        return None
    key = letter_keys.key_of(letter_keys.WITHDRAWAL, row.pk)
    link = links.link("withdrawal-confirm", key)
    return Content("withdrawal_confirm", {**_described(row), "link": link, "until": row.confirm_by}, row.user)


def _notice(letter: Letter) -> Content | None:
    row = _withdrawal(letter)
    if row is None:
        return None
    values = {**_described(row), "reason": row.end_reason, "transaction": row.transaction, "end": row.end}
    return Content(letter.kind, {**values, "link": links.link("own-pages")}, row.user)


def _address(letter: Letter) -> Content | None:
    entry = WithdrawalAddress.objects.select_related("user").filter(pk=letter.about["address"]).first()
    if entry is None or entry.removed_at is not None or entry.confirmed_at is not None:
        return None
    until = address_book.confirm_by(entry)
    if until < timezone.now() or entry.user.email != letter.recipient:
        return None
    link = links.link("address-confirm", letter_keys.key_of(letter_keys.ADDRESS, entry.pk))
    values = {"asset": entry.asset, "address": entry.address, "tag": entry.tag, "label": entry.label}
    hours = _hours(address_book.delay().total_seconds())
    name = entry.user.username
    return Content(
        "address_confirm",
        {**values, "username": name, "link": link, "until": until, "delay_hours": hours},
        entry.user,
    )


def _withdrawal(letter: Letter) -> Withdrawal | None:
    return Withdrawal.objects.select_related("user").filter(pk=letter.about["withdrawal"]).first()


def _described(row: Withdrawal) -> dict[str, Any]:
    scale = Asset.objects.filter(code=row.asset).values_list("scale", flat=True).first()
    user: User = row.user
    return {
        "username": user.username,
        "number": row.pk,
        "asset": row.asset,
        "amount": _amount(row.amount_minor, scale),
        "fee": _amount(row.fee_minor, scale),
        "address": row.address,
        "tag": row.tag,
        "requested_at": row.requested_at,
    }


def _amount(amount_minor: int, scale: int | None) -> str:
    """The projection may not have written the asset yet."""
    return f"{amount_minor} minor units of" if scale is None else format_units(amount_minor, scale)


def _hours(seconds: float) -> int:
    return round(seconds / 3_600)
