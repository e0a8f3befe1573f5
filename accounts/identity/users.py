"""Reading users with what their identity is made of: accounts and roles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Lower

from accounts.identity import terms_of_service as terms
from accounts.identity.own_accounts import OwnAccount
from accounts.identity.roles import ROLES
from accounts.models import User

#: Larger than any key of the table; databases refuse such a number with an error of their own.
_KEY_LIMIT = 2**63
#: 128 bits.
_AUTH_HASH_CHARS = 32


class ActiveUser(NamedTuple):
    """A user who may log in."""

    user: User
    #: By number; none where the user has no trading account.
    accounts: tuple[OwnAccount, ...]
    roles: frozenset[str]
    #: Of the log-ins asked for, those that have not ended.
    log_ins: frozenset[str] = frozenset()
    #: The last version of the terms of service that the user has accepted, 0 for none; None for a user who is
    #: not asked to.
    accepted_terms: int | None = None

    @property
    def account(self) -> int | None:
        """The main one."""
        return next((each.number for each in self.accounts if not each.name), None)


def auth_hash(known: ActiveUser) -> str:
    """What a token carries of its user's password and roles: other ones have another."""
    text = f"{known.user.get_session_auth_hash()} {' '.join(sorted(known.roles))}"
    return hashlib.sha256(text.encode()).hexdigest()[:_AUTH_HASH_CHARS]


def active_users(user_ids: Iterable[int], log_ins: Iterable[str] = ()) -> dict[int, ActiveUser]:
    """Those of these users who are active, by id, with those of ``log_ins`` that are theirs and go on. One
    query, however many they are."""
    wanted = [user_id for user_id in user_ids if 0 < user_id < _KEY_LIMIT]
    if not wanted:
        return {}
    found: dict[int, ActiveUser] = {}
    users = User.objects.filter(pk__in=wanted, is_active=True)
    # A row for each account, group and log-in of a user; one without any has a single row, with None for
    # them.
    named = {
        "account_number": F("accounts__number"),
        "account_name": F("accounts__name"),
        "group_name": F("groups__name"),
    }
    rows: Any = users.annotate(**named, **terms.columns()).order_by("accounts__number")
    if asked := list(log_ins):
        condition = Q(log_ins__key__in=asked, log_ins__ended_at=None)
        rows = rows.annotate(going_on=FilteredRelation("log_ins", condition=condition))
        rows = rows.annotate(log_in=F("going_on__key"))
    for user in rows:
        before = found.get(user.pk) or ActiveUser(user, (), frozenset())
        names = {user.group_name} & set(ROLES)
        log_in = getattr(user, "log_in", None)
        keys = before.log_ins if log_in is None else before.log_ins | {log_in}
        accounts = _with_account(before.accounts, user.account_number, user.account_name)
        accepted = _accepted_terms(user, has_account=bool(accounts))
        found[user.pk] = ActiveUser(user, accounts, before.roles | names, keys, accepted)
    return found


def _accepted_terms(row: Any, *, has_account: bool) -> int | None:
    terms.in_force.note(row.terms_in_force)
    return row.terms_accepted or 0 if terms.is_asked(row.username, has_account=has_account) else None


def _with_account(accounts: tuple[OwnAccount, ...], number: int | None, name: str) -> tuple[OwnAccount, ...]:
    """Accounts come by number, each with every group and log-in."""
    if number is None or (accounts and accounts[-1].number == number):
        return accounts
    return (*accounts, OwnAccount(number, name))


def active_user(user_id: int, log_in: str | None = None) -> ActiveUser | None:
    """The user of this id, if active."""
    return active_users([user_id], () if log_in is None else (log_in,)).get(user_id)


def owner_of(email: str) -> User | None:
    """The user of an e-mail address, however its letters are written."""
    if not email:
        return None
    return User.objects.alias(small_email=Lower("email")).filter(small_email=email.lower()).first()
