"""A request to withdraw: checked, saved, and held at the engine.

It is saved before the engine is asked, so that a process that dies in between loses nothing: the custody job
asks again under the same command id. A request goes by the id that the client gave it: sent again it is the
same withdrawal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.identity.identities import Identity
from accounts.identity.scopes import WITHDRAW
from accounts.models import User
from custody import asset_terms, mail_policy
from custody.addresses import address_book, book_lock
from custody.asset_terms import Target
from custody.models import AssetTerms, Withdrawal, WithdrawalAddress
from custody.states import WithdrawalState
from custody.withdrawals import engine_steps, withdrawal_limits
from custody.withdrawals.steps import first_step
from custody.withdrawals.withdrawal_limits import Worth
from exchange import audit
from exchange.errors import RefusedError, RequestError
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_units
from exchange.wire.field_readers import read_amount, read_client_id, read_text, refuse_unknown

#: No ledger holds as much; amounts and fees stay within the digits of the tables.
MAX_MINOR: Final = 10**30
#: Two operators, where any.
APPROVALS: Final = 2
_ID_FIELD: Final = "client_withdrawal_id"
_ID_ATTEMPTS: Final = 8


class Wish(NamedTuple):
    """A withdrawal that is asked for. ``entry`` or ``target`` says where it goes."""

    asset: str
    amount_minor: int
    terms: AssetTerms
    target: Target
    entry: WithdrawalAddress | None
    client_withdrawal_id: str | None


class Asker(NamedTuple):
    """Who asks, and for which account."""

    user: User
    account: int
    #: Empty: a log-in.
    key_id: str
    #: Of letters, where the user has chosen none.
    language: str


class Asked(NamedTuple):
    """``is_new``: it was not asked for before."""

    withdrawal: Withdrawal
    is_new: bool


def asker_of(user: User, identity: Identity) -> Asker:
    """Raises NO_ACCOUNT, PERMISSION_DENIED, SCOPE_REQUIRED, TERMS_NOT_ACCEPTED."""
    return Asker(user, identity.account_for(WITHDRAW), identity.key_id or "", identity.language)


def parse(data: Mapping[str, Any], user: User) -> Wish:
    """The body of a request. Raises ASSET_NOT_FOUND, WITHDRAWALS_CLOSED, INVALID_NUMBER, INVALID_AMOUNT,
    WITHDRAWAL_TOO_SMALL, INVALID_ADDRESS, ADDRESS_NOT_FOUND, MISSING_FIELD, UNKNOWN_FIELD, INVALID_FIELD."""
    refuse_unknown(data, {"asset", "amount", "address_id", "address", "tag", _ID_FIELD})
    client_id = read_client_id(data, _ID_FIELD)
    asset = read_text(data, "asset")
    scale = symbols.asset_scale(asset)
    amount_minor = read_amount(data, "amount", scale)
    terms = asset_terms.open_terms(asset)
    if amount_minor < terms.minimum_minor:
        least = format_units(terms.minimum_minor, scale)
        raise RequestError("WITHDRAWAL_TOO_SMALL", {"field": "amount", "minimum": least, "asset": asset})
    if amount_minor > MAX_MINOR:
        details = {"field": "amount", "maximum": format_units(MAX_MINOR, scale), "asset": asset}
        raise RequestError("INVALID_AMOUNT", details)
    entry = _read_entry(data, asset, user)
    target = asset_terms.read_target(data, terms) if entry is None else Target(entry.address, entry.tag)
    return Wish(asset, amount_minor, terms, target, entry, client_id)


def ask(wish: Wish, asker: Asker, submit: engine_steps.Submit) -> Asked:
    """Save the withdrawal and hold it. Where the engine does not answer it stays ``requested``, and the job
    goes on with it. Raises DUPLICATE_ID, ADDRESS_NOT_USABLE, BOOK_ONLY, WITHDRAWAL_LIMIT, EMAIL_REQUIRED, and
    the engine's refusals."""
    earlier = _earlier(wish, asker)
    if earlier is None:
        earlier, is_new = _save(wish, asker)
    else:
        is_new = False
    if earlier.state == WithdrawalState.REQUESTED:
        engine_steps.try_hold(earlier, submit, asker.language)
    if earlier.state == WithdrawalState.REFUSED:
        raise refusal_of(earlier)
    return Asked(earlier, is_new)


def refusal_of(withdrawal: Withdrawal) -> RefusedError:
    """Why the engine did not hold it, amounts as decimals."""
    scale, details = symbols.asset_scale(withdrawal.asset), {}
    for name, value in (withdrawal.refusal_details or {}).items():
        is_amount = name.endswith("_minor")
        details[name.removesuffix("_minor")] = format_units(int(value), scale) if is_amount else value
    return RefusedError(withdrawal.refusal_code, details)


def _read_entry(data: Mapping[str, Any], asset: str, user: User) -> WithdrawalAddress | None:
    """The entry of the book that is named, if one is. Raises ADDRESS_NOT_FOUND, INVALID_FIELD."""
    if data.get("address_id") is None:
        return None
    for field in ("address", "tag"):
        if data.get(field) is not None:
            raise RequestError("INVALID_FIELD", {"field": field, "expected": "nothing beside address_id"})
    entry = address_book.find(user.pk, read_text(data, "address_id"))
    if entry.asset != asset:
        raise RequestError("INVALID_FIELD", {"field": "address_id", "expected": f"an address for {asset}"})
    return entry


def _earlier(wish: Wish, asker: Asker) -> Withdrawal | None:
    """The withdrawal that this account has asked for under the client's id. Raises DUPLICATE_ID where it was
    another."""
    if wish.client_withdrawal_id is None:
        return None
    found = Withdrawal.objects.filter(
        account=asker.account, client_withdrawal_id=wish.client_withdrawal_id
    ).first()
    if found is None:
        return None
    asked = (found.asset, found.amount_minor, found.address, found.tag)
    if asked != (wish.asset, wish.amount_minor, *wish.target):
        raise RefusedError("DUPLICATE_ID", {"field": _ID_FIELD})
    return found


def _save(wish: Wish, asker: Asker) -> tuple[Withdrawal, bool]:
    """A new row, or that of the same request which was faster; whether it is new."""
    fee_minor = wish.terms.fee_minor
    worth = withdrawal_limits.worth_of(wish.asset, wish.amount_minor + fee_minor)
    for attempt in range(_ID_ATTEMPTS):
        try:
            return _save_once(wish, asker, worth), True
        except IntegrityError:
            # The same request at the same time; or another process drew the same microsecond.
            earlier = _earlier(wish, asker)
            if earlier is not None:
                return earlier, False
            if attempt == _ID_ATTEMPTS - 1:
                raise
    raise AssertionError("every attempt returns or raises")


@transaction.atomic
def _save_once(wish: Wish, asker: Asker, worth: Worth) -> Withdrawal:
    # One request of a user after the other: together they keep to the limits. The row as it is now: that of
    # the proof may be some seconds old.
    user = User.objects.select_for_update(no_key=True).get(pk=asker.user.pk)
    needs_letter = not asker.key_id and mail_policy.needs_letter(user)
    entry = _checked_entry(wish, asker)
    withdrawal_limits.standing_of(asker.user.pk).check(worth)
    confirm_s = settings.XTRADER["CUSTODY"]["CONFIRM_S"]
    now = timezone.now()
    withdrawal = Withdrawal.objects.create(
        user=user,
        account=asker.account,
        client_withdrawal_id=wish.client_withdrawal_id,
        key_id=asker.key_id,
        asset=wish.asset,
        amount_minor=wish.amount_minor,
        fee_minor=wish.terms.fee_minor,
        value_minor=worth.value_minor,
        is_priced=worth.is_priced,
        address=wish.target.address,
        tag=wish.target.tag,
        book_entry=entry,
        provider=wish.terms.provider,
        requested_at=now,
        confirm_by=now + timedelta(seconds=confirm_s) if needs_letter else None,
        approvals_needed=APPROVALS if withdrawal_limits.needs_review(worth) else 0,
    )
    first_step(withdrawal, user)
    audit.record("withdrawal.requested", user, withdrawal, None, described(withdrawal))
    return withdrawal


def _checked_entry(wish: Wish, asker: Asker) -> WithdrawalAddress | None:
    """The entry of the book it goes to, as the database has it now; None for an address of its own. Raises
    ADDRESS_NOT_USABLE for one that may not be used yet, or not any more, BOOK_ONLY where only the book will
    do."""
    if wish.entry is None:
        if asker.key_id or book_lock.holds(asker.user.pk):
            found = address_book.find_target(asker.user.pk, wish.asset, wish.target)
            if found is None:
                raise RefusedError("BOOK_ONLY", {"field": "address"})
            return found
        return None
    entry = WithdrawalAddress.objects.get(pk=wish.entry.pk)
    if not address_book.is_usable(entry):
        usable_at = None if entry.usable_at is None else int(entry.usable_at.timestamp() * 1000)
        raise RefusedError("ADDRESS_NOT_USABLE", {"field": "address_id", "usable_at": usable_at})
    return entry


def described(withdrawal: Withdrawal) -> dict[str, Any]:
    """What the audit log has of a withdrawal."""
    return {
        "account": withdrawal.account,
        "asset": withdrawal.asset,
        "amount_minor": withdrawal.amount_minor,
        "fee_minor": withdrawal.fee_minor,
        "address": withdrawal.address,
        "tag": withdrawal.tag,
        "state": withdrawal.state,
        **({"key": withdrawal.key_id} if withdrawal.key_id else {}),
    }
