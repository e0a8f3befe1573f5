"""A user's accounts as their owner opens, names, freezes and thaws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.identity import changes
from accounts.identity.own_accounts import OwnAccount, checked_name, shown_name
from accounts.models import User
from exchange import audit
from exchange.control import account_requests, services
from exchange.engine.messages import ACCOUNT_STATUSES, ACTIVE
from exchange.errors import EngineTroubleError, RefusedError, RequestError
from exchange.models import Account, ChangeRequest
from exchange.selectors.position import wait_for as wait_for_tables
from exchange.wire.field_readers import read_text, refuse_unknown

#: How long an answer waits for the dispatcher and the engine.
WAIT_S: Final = 5.0
#: Of an account that the engine has not opened yet.
OPENING: Final = "opening"
STATUSES: Final = (OPENING, *ACCOUNT_STATUSES)

Json = dict[str, Any]


class Change(NamedTuple):
    """What an owner changes of an account; None: stays."""

    name: str | None
    #: One of ``ACCOUNT_STATUSES``.
    status: str | None


def parse_new(data: Mapping[str, Any]) -> str:
    """The name of an account to open. Raises MISSING_FIELD, UNKNOWN_FIELD, INVALID_FIELD."""
    refuse_unknown(data, {"name"})
    return checked_name(read_text(data, "name"))


def parse_change(data: Mapping[str, Any]) -> Change:
    """Raises MISSING_FIELD for no change at all, UNKNOWN_FIELD, INVALID_FIELD."""
    refuse_unknown(data, {"name", "status"})
    name = None if data.get("name") is None else checked_name(read_text(data, "name"))
    status = None if data.get("status") is None else read_text(data, "status").lower()
    if status not in (None, *ACCOUNT_STATUSES):
        raise RequestError("INVALID_FIELD", {"field": "status", "allowed": list(ACCOUNT_STATUSES)})
    if name is None and status is None:
        raise RequestError("MISSING_FIELD", {"field": "name"})
    return Change(name, status)


def list_own(accounts: tuple[OwnAccount, ...]) -> list[Json]:
    """These accounts as the wire has them, the main one first."""
    rows = Account.objects.filter(number__in=[each.number for each in accounts])
    return [render(row) for row in sorted(rows, key=lambda row: (bool(row.name), row.number))]


def open_one(user: User, name: str) -> Json:
    """Open an account of the user and answer once the engine has; one that is not open in time is
    ``opening``. Raises TOO_MANY_ACCOUNTS, ACCOUNT_NAME_TAKEN."""
    with transaction.atomic():
        # One after the other, so that the limit holds.
        User.objects.select_for_update().get(pk=user.pk)
        owned = list(Account.objects.filter(user=user))
        if any(row.name == name for row in owned):
            raise RefusedError("ACCOUNT_NAME_TAKEN", {"field": "name"})
        maximum = settings.XTRADER["ACCOUNTS_PER_USER"]
        if len(owned) >= maximum:
            raise RefusedError("TOO_MANY_ACCOUNTS", {"maximum": maximum})
        is_demo = any(row.is_demo for row in owned)
        row = account_requests.open_account(
            user, name=name, is_demo=is_demo, requested_by=user, is_own_wish=True
        )
    _wait_for(_last_request_of(row))
    return _rendered(row)


def change_one(user: User, number: int, change: Change) -> Json:
    """Rename, freeze or thaw an account of the user, and answer once it is done. Raises INVALID_FIELD for a
    name of the main account, ACCOUNT_NAME_TAKEN, FROZEN_BY_OPERATOR, OUTCOME_UNKNOWN, and ACCOUNT_NOT_FOUND
    for one that is not the user's any more."""
    row = Account.objects.filter(number=number, user=user).first()
    if row is None:
        raise RefusedError("ACCOUNT_NOT_FOUND", {"field": "account", "account": str(number)})
    if change.name is not None:
        _rename(row, change.name, user)
    if change.status is not None:
        is_thaw = change.status == ACCOUNT_STATUSES[ACTIVE]
        ask = account_requests.thaw_own if is_thaw else account_requests.freeze_own
        request = ask(row, user)
        if request is not None and not _wait_for(request):
            raise EngineTroubleError("OUTCOME_UNKNOWN")
    return _rendered(row)


def render(row: Account) -> Json:
    """An account as the wire has it."""
    return {
        "account": str(row.number),
        "name": shown_name(row.name),
        "is_main": not row.name,
        "status": OPENING if row.status is None else ACCOUNT_STATUSES[row.status],
        "frozen_by": row.frozen_by or None,
        "created_at": int(row.created_at.timestamp() * 1000),
    }


def _rename(row: Account, name: str, by: User) -> None:
    if not row.name:
        raise RequestError("INVALID_FIELD", {"field": "name", "reason": "the main account keeps its name"})
    try:
        with transaction.atomic():
            Account.objects.filter(pk=row.pk).update(name=name)
            changes.announce(row.user_id or 0)
            audit.record("account.renamed", by, row, {"name": row.name}, {"name": name})
    except IntegrityError:
        raise RefusedError("ACCOUNT_NAME_TAKEN", {"field": "name"}) from None


def _last_request_of(row: Account) -> ChangeRequest:
    """The last of what was just asked for the account."""
    asked = ChangeRequest.objects.filter(requested_by_id=row.user_id, payload__account=row.number)
    return asked.order_by("-id")[0]


def _wait_for(request: ChangeRequest) -> bool:
    """Wait until the engine has answered, and a moment for the tables to show it; whether it has."""
    answered = services.wait_for(request, WAIT_S)
    if answered.is_open:
        return False
    wait_for_tables(answered.sequence or 0)
    return True


def _rendered(row: Account) -> Json:
    row.refresh_from_db()
    return render(row)
