"""What the site asks of the exchange outside the order path: saved first, submitted by the dispatcher.

Nothing here talks to the engine. A change is a row; ``exchange.dispatch`` brings it to the engine, and
the projection writes what became of it into the live tables.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from exchange.changes import check_shape, command_of
from exchange.engine import messages
from exchange.engine.messages import Command, Event
from exchange.models import Account, ChangeRequest

_ID_ATTEMPTS: Final = 8
_POLL_S: Final = 0.05
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def request_change(
    kind: str, payload: Mapping[str, Any], requested_by: AbstractUser | None = None
) -> ChangeRequest:
    """Save a change to be made by the engine and return its request, still pending.

    ``payload`` has the fields of the command ``kind`` names (``exchange.changes.FIELDS``). Inside a
    transaction the request goes with it: rolled back, nothing was asked. Raises InputError when the
    payload has not the shape of its kind; what the engine refuses shows later on the request.
    """
    check_shape(kind, payload)
    for _ in range(_ID_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return _save(kind, payload, requested_by)
        except IntegrityError:
            continue  # another process drew the same microsecond
    return _save(kind, payload, requested_by)


def _save(kind: str, payload: Mapping[str, Any], requested_by: AbstractUser | None) -> ChangeRequest:
    return ChangeRequest.objects.create(kind=kind, payload=dict(payload), requested_by=requested_by)


def open_account(
    user: AbstractUser, *, is_demo: bool = False, requested_by: AbstractUser | None = None
) -> Account:
    """The user's account, opened now if there is none. It can trade once the engine has opened it
    (``status`` set); until then the engine answers ACCOUNT_NOT_FOUND."""
    for _ in range(_ID_ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return _open_account(user, is_demo, requested_by)
        except IntegrityError:
            continue  # another process took the number, or opened this user's account
    return _open_account(user, is_demo, requested_by)


def _open_account(user: AbstractUser, is_demo: bool, requested_by: AbstractUser | None) -> Account:
    existing = Account.objects.filter(user=user).first()
    if existing is not None:
        return existing
    last = Account.objects.aggregate(last=Max("number"))["last"]
    number = messages.FIRST_TRADER_ACCOUNT if last is None else last + 1
    account = Account.objects.create(number=number, user=user, is_demo=is_demo)
    request_change(
        ChangeRequest.Kind.SET_ACCOUNT, {"account": number, "status": messages.ACTIVE}, requested_by
    )
    return account


def pending_commands() -> Iterator[tuple[int, Command]]:
    """(request id, command) of every request the engine has not answered, in the order they were asked:
    for the in-process sequencer that makes the first history. The dispatcher submits them again later
    under the same ids, and the engine answers with what it did the first time."""
    open_requests = ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES).order_by("id")
    for request in open_requests:
        yield request.pk, command_of(request)


def record_outcome(request_id: int, sequence: int, now_ns: int, events: list[Event]) -> bool:
    """Write the engine's answer on the request; the first writer wins, and any later one says the same.
    Returns whether this call wrote it."""
    answer: dict[str, Any] = {
        "sequence": sequence or None,
        "applied_at": _EPOCH + dt.timedelta(microseconds=now_ns // 1_000),
        "state": ChangeRequest.State.APPLIED,
    }
    if events and events[0][0] == messages.EV_REJECTED:
        refused = messages.RejectedEvent(*events[0])
        answer["state"] = ChangeRequest.State.REFUSED
        answer["refusal_code"] = refused.code
        answer["refusal_details"] = details_of(refused)
    return _still_open(request_id).update(**answer) == 1


def record_malformed(request_id: int, code: str, details: Mapping[str, Any]) -> bool:
    """Close a request that cannot be made a command; it never reached the engine."""
    return (
        _still_open(request_id).update(
            state=ChangeRequest.State.REFUSED, refusal_code=code, refusal_details=dict(details)
        )
        == 1
    )


def _still_open(request_id: int) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.filter(pk=request_id, state__in=ChangeRequest.OPEN_STATES)


def details_of(refused: messages.RejectedEvent) -> dict[str, Any]:
    """A refusal's details by name."""
    names_and_values = iter(refused.details)
    return dict(zip(names_and_values, names_and_values, strict=True))


def wait_for(request: ChangeRequest, timeout_s: float) -> ChangeRequest:
    """Wait until the engine has answered, at most ``timeout_s``; the request as it then stands."""
    deadline = time.monotonic() + timeout_s
    while request.is_open and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        request.refresh_from_db()
    return request
