"""Accounts as they are opened, frozen, thawed and grouped: rows, and the change requests beside them.

All accounts of an owner are in one group, whose members' orders never trade with one another, unless an
operator has put them elsewhere.
"""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Count, Max

from exchange.control.services import ID_ATTEMPTS, request_change
from exchange.engine import messages
from exchange.errors import RefusedError
from exchange.models import Account, ChangeRequest, FrozenBy

Kind = ChangeRequest.Kind

#: The group of an owner is the user's id above this; numbers up to here are the operators'.
OWNER_GROUPS: Final = 2**30


def open_account(
    user: AbstractUser,
    *,
    name: str = "",
    is_demo: bool = False,
    requested_by: AbstractUser | None = None,
    is_own_wish: bool = False,
) -> Account:
    """The user's account of this name (none: the main one), opened now if there is none. It can trade once
    the engine has opened it (``status`` set); until then the engine answers ACCOUNT_NOT_FOUND.

    ``is_own_wish``: the owner asks, not an operator."""
    for _ in range(ID_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return _open(user, name, is_demo, requested_by, is_own_wish)
        except IntegrityError:
            continue  # another process took the number, or opened this user's account
    return _open(user, name, is_demo, requested_by, is_own_wish)


def _open(
    user: AbstractUser, name: str, is_demo: bool, requested_by: AbstractUser | None, is_own_wish: bool
) -> Account:
    existing = Account.objects.filter(user=user.pk, name=name).first()
    if existing is not None:
        return existing
    last = Account.objects.aggregate(last=Max("number"))["last"]
    number = messages.FIRST_TRADER_ACCOUNT if last is None else last + 1
    account = Account.objects.create(number=number, user_id=user.pk, name=name, is_demo=is_demo)
    opening = {"account": number, "status": messages.ACTIVE}
    request_change(Kind.SET_ACCOUNT, opening, requested_by, may_be_own=is_own_wish)
    _group(user.pk, account, requested_by, is_own_wish)
    return account


# --- groups ------------------------------------------------------------------------------------------------


def group_owned_accounts() -> int:
    """Ask for the groups of owners with several accounts from before there were such groups; how many
    accounts that concerned. What an operator has asked for stays."""
    owners = Account.objects.exclude(user=None).values("user").annotate(accounts=Count("number"))
    several = owners.filter(accounts__gt=1).order_by("user").values_list("user", flat=True)
    return sum(_group(user_id) for user_id in several)


def _group(
    user_id: int,
    new: Account | None = None,
    requested_by: AbstractUser | None = None,
    is_own_wish: bool = False,
) -> int:
    """Ask that a ``new`` account, and those of the user that are in no group and were never asked to be, join
    the group of the main one; how many they are."""
    owned = list(Account.objects.filter(user=user_id).order_by("number"))
    of_main = next((each.group for each in owned if not each.name), 0)
    group = of_main or OWNER_GROUPS + user_id
    joining = [each for each in owned if each == new or not (each.group or _was_grouped(each))]
    for account in joining:
        payload = {"account": account.number, "group": group}
        request_change(Kind.SET_GROUP, payload, requested_by, may_be_own=is_own_wish)
    return len(joining)


def _was_grouped(account: Account) -> bool:
    """Whether a group was asked for, of which the row may know nothing yet."""
    asked = ChangeRequest.objects.filter(kind=Kind.SET_GROUP, payload__account=account.number)
    return asked.exclude(state=ChangeRequest.State.REFUSED).exists()


# --- frozen and thawed by the owner ------------------------------------------------------------------------


@transaction.atomic
def freeze_own(account: Account, owner: AbstractUser) -> ChangeRequest | None:
    """Ask that the owner's account be frozen; None where it is."""
    active = Account.objects.filter(pk=account.pk, frozen_by="").exclude(status=messages.FROZEN)
    if not active.update(frozen_by=FrozenBy.OWNER):
        return None
    return _request_status(account, messages.FROZEN, owner)


@transaction.atomic
def thaw_own(account: Account, owner: AbstractUser) -> ChangeRequest | None:
    """Ask that the owner's account be thawed; None where it is not frozen. Raises FROZEN_BY_OPERATOR."""
    # The row is taken before the request gets its id: an operator's freeze at the same time has a later one,
    # so it reaches the engine after this.
    if Account.objects.filter(pk=account.pk, frozen_by=FrozenBy.OWNER).update(frozen_by=""):
        return _request_status(account, messages.ACTIVE, owner)
    account.refresh_from_db()
    if account.frozen_by or account.status == messages.FROZEN:
        raise RefusedError("FROZEN_BY_OPERATOR", {"account": str(account.number)})
    return None


def _request_status(account: Account, status: int, owner: AbstractUser) -> ChangeRequest:
    payload = {"account": account.number, "status": status}
    return request_change(Kind.SET_ACCOUNT, payload, owner, may_be_own=True)
