"""The entries of a user's address book: added, confirmed by a letter, usable after a delay, removed.

What an entry says never changes, so a withdrawal that names it goes where it was confirmed to go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.identity import notice_texts, notices
from accounts.letters.posting import post
from accounts.models import User
from custody import asset_terms, letter_keys, mail_policy
from custody.asset_terms import Target
from custody.models import MAX_LABEL, AssetTerms, WithdrawalAddress
from exchange import audit
from exchange.errors import RefusedError, RequestError, shown
from exchange.listing.symbol_table import symbols
from exchange.wire.field_readers import read_text, refuse_unknown
from exchange.wire.people_text import checked_text
from exchange.wire.rendering import Json

#: Entries of a user that are not removed.
MAX_ENTRIES: Final = 100
_ID_DIGITS: Final = 18


class Wish(NamedTuple):
    """An entry that is asked for."""

    asset: str
    target: Target
    label: str


def parse(data: Mapping[str, Any]) -> Wish:
    """The body of a new entry. Raises ASSET_NOT_FOUND, WITHDRAWALS_CLOSED, INVALID_ADDRESS, MISSING_FIELD,
    UNKNOWN_FIELD, INVALID_FIELD, INVALID_TEXT."""
    refuse_unknown(data, {"asset", "address", "tag", "label"})
    asset = read_text(data, "asset")
    symbols.asset_scale(asset)
    label = checked_text(read_text(data, "label"), "label", MAX_LABEL)
    terms = AssetTerms.objects.filter(asset=asset).first()
    if terms is None:
        raise RefusedError("WITHDRAWALS_CLOSED", {"asset": asset})
    return Wish(asset, asset_terms.read_target(data, terms), label)


def add(user: User, wish: Wish, language: str) -> WithdrawalAddress:
    """Save an entry; where letters are asked for one goes out to confirm it. Raises EMAIL_REQUIRED,
    TOO_MANY_ADDRESSES, ADDRESS_EXISTS."""
    with transaction.atomic():
        # One after the other, so that the limit holds. The row as it is now: that of the proof may be some
        # seconds old.
        user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        needs_letter = mail_policy.needs_letter(user)
        entries = list(entries_of(user.pk))
        if len(entries) >= MAX_ENTRIES:
            raise RefusedError("TOO_MANY_ADDRESSES", {"maximum": MAX_ENTRIES})
        if any((each.asset, each.address, each.tag) == (wish.asset, *wish.target) for each in entries):
            raise RefusedError("ADDRESS_EXISTS", {"field": "address"})
        entry = WithdrawalAddress.objects.create(
            user=user, asset=wish.asset, address=wish.target.address, tag=wish.target.tag, label=wish.label
        )
        if needs_letter:
            post("address_confirm", user.email, user.language or language, address=entry.pk)
        else:
            _confirm(entry)
        notices.tell(user, notice_texts.ADDRESS_ADDED, _facts(entry))
        audit.record("address.added", user, entry, None, _fields(entry))
    return entry


@transaction.atomic
def confirm(user: User, address_id: str, key: str) -> WithdrawalAddress:
    """The letter's link was opened: usable once the delay is over. Once more changes nothing. Raises
    ADDRESS_NOT_FOUND, INVALID_LINK."""
    entry = find(user.pk, address_id)
    letter_keys.check(letter_keys.ADDRESS, entry.pk, key)
    if entry.confirmed_at is not None:
        return entry
    if timezone.now() > confirm_by(entry):
        raise RequestError("INVALID_LINK", {"field": "key"})
    if _confirm(entry):
        audit.record("address.confirmed", user, entry, None, _fields(entry))
    return find(user.pk, address_id)


@transaction.atomic
def remove(user: User, address_id: str) -> None:
    """No further withdrawal goes there by the book. Raises ADDRESS_NOT_FOUND."""
    entry = find(user.pk, address_id)
    rows = WithdrawalAddress.objects.filter(pk=entry.pk, removed_at=None).order_by()
    if not rows.update(removed_at=timezone.now()):
        raise _not_found(address_id)
    notices.tell(user, notice_texts.ADDRESS_REMOVED, _facts(entry))
    audit.record("address.removed", user, entry, _fields(entry))


def entries_of(user_id: int) -> Any:
    """Those that are not removed, newest first."""
    return WithdrawalAddress.objects.filter(user_id=user_id, removed_at=None)


def find(user_id: int, address_id: str) -> WithdrawalAddress:
    """An entry of the user. Raises ADDRESS_NOT_FOUND."""
    is_id = address_id.isascii() and address_id.isdigit() and len(address_id) <= _ID_DIGITS
    found: WithdrawalAddress | None = (
        entries_of(user_id).filter(pk=int(address_id)).first() if is_id else None
    )
    if found is None:
        raise _not_found(address_id)
    return found


def find_target(user_id: int, asset: str, target: Target) -> WithdrawalAddress | None:
    """The user's usable entry with this address, if any."""
    same = entries_of(user_id).filter(asset=asset, address=target.address, tag=target.tag)
    return next((entry for entry in same if is_usable(entry)), None)


def is_usable(entry: WithdrawalAddress) -> bool:
    return entry.removed_at is None and entry.usable_at is not None and entry.usable_at <= timezone.now()


def confirm_by(entry: WithdrawalAddress) -> Any:
    """Until when its letter is good."""
    return entry.created_at + timedelta(seconds=settings.XTRADER["CUSTODY"]["CONFIRM_S"])


def delay() -> timedelta:
    """Until a new entry may be used."""
    return timedelta(seconds=settings.XTRADER["CUSTODY"]["ADDRESS_DELAY_S"])


def render(entry: WithdrawalAddress) -> Json:
    """An entry as the wire has it."""
    return {
        "address_id": str(entry.pk),
        "asset": entry.asset,
        "address": entry.address,
        "tag": entry.tag or None,
        "label": entry.label,
        "created_at": _ms(entry.created_at),
        "confirmed": entry.confirmed_at is not None,
        "usable_at": None if entry.usable_at is None else _ms(entry.usable_at),
        "is_usable": is_usable(entry),
    }


def _confirm(entry: WithdrawalAddress) -> bool:
    """Whether it was not confirmed before."""
    now = timezone.now()
    rows = WithdrawalAddress.objects.filter(pk=entry.pk, confirmed_at=None, removed_at=None).order_by()
    entry.confirmed_at, entry.usable_at = now, now + delay()
    return bool(rows.update(confirmed_at=entry.confirmed_at, usable_at=entry.usable_at))


def _not_found(address_id: str) -> RefusedError:
    return RefusedError("ADDRESS_NOT_FOUND", {"field": "address_id", "address_id": shown(address_id)})


def _fields(entry: WithdrawalAddress) -> Json:
    return {"asset": entry.asset, "address": entry.address, "tag": entry.tag, "label": entry.label}


def _facts(entry: WithdrawalAddress) -> dict[str, str]:
    return {"label": entry.label, "asset": entry.asset, "address": entry.address}


def _ms(at: Any) -> int:
    return int(at.timestamp() * 1000)
