"""What the site asks of the exchange outside the order path: saved first, submitted by the dispatcher.

Nothing here talks to the engine. A change is a row; ``exchange.control.dispatcher`` brings it to the engine,
and the projection writes what became of it into the live tables.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, transaction

from exchange.control import approval_rules, change_records
from exchange.control.given_reasons import MAX_REASON
from exchange.control.kinds import check_shape, command_of
from exchange.engine import messages
from exchange.engine.messages import Command, Event
from exchange.errors import RefusedError, RequestError
from exchange.listing.contradictions import contradictions
from exchange.listing.terms import SymbolTerms
from exchange.models import Account, Asset, ChangeRequest, FrozenBy
from exchange.wire.people_text import checked_text

#: How often a number is drawn again that another process was quicker to take.
ID_ATTEMPTS: Final = 8
_POLL_S: Final = 0.05
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def request_change(
    kind: str,
    payload: Mapping[str, Any],
    requested_by: AbstractUser | None = None,
    *,
    may_be_own: bool = False,
    reason: str = "",
) -> ChangeRequest:
    """Save a change to be made by the engine and return its request: pending, or waiting until a second
    operator approves it (``exchange.control.approvals``).

    ``payload`` has the fields of the command ``kind`` names (``exchange.control.kinds.FIELDS``). Inside a
    transaction the request goes with it: rolled back, nothing was asked. Raises RequestError when the payload
    has not the shape of its kind, or has terms of a symbol that contradict each other; what the engine
    refuses shows later on the request. Raises OWN_ACCOUNT when the change is about an account of the
    requester, unless it ``may_be_own``, as play money may; that needs no second operator either. People read
    ``reason``, the requester's own.
    """
    reason = checked_text(reason, "reason", MAX_REASON, least=0)
    if isinstance(payload.get("reason"), str):
        payload = {**payload, "reason": checked_text(payload["reason"], "reason", MAX_REASON, least=0)}
    check_shape(kind, payload)
    if requested_by is not None and "account" in payload and not may_be_own:
        refuse_own_account(requested_by, payload["account"])
    if kind == ChangeRequest.Kind.SET_SYMBOL:
        _check_terms(payload)
    for _ in range(ID_ATTEMPTS - 1):
        try:
            return _save(kind, payload, requested_by, may_be_own, reason)
        except IntegrityError:
            continue  # another process drew the same microsecond
    return _save(kind, payload, requested_by, may_be_own, reason)


def refuse_own_account(user: AbstractUser, number: int) -> None:
    """Raises OWN_ACCOUNT for the user's accounts and for those in one group with one of them, which are of
    one owner."""
    own = dict(Account.objects.filter(user=user.pk).values_list("number", "group"))
    groups = set(own.values()) - {0}
    if number in own or (groups and Account.objects.filter(number=number, group__in=groups).exists()):
        raise RefusedError("OWN_ACCOUNT", {"account": number})


def _check_terms(payload: Mapping[str, Any]) -> None:
    """Raises INVALID_SYMBOL naming the first term that contradicts another."""
    terms = SymbolTerms.of_payload(payload)
    scales = dict(Asset.objects.filter(code__in=(terms.base, terms.quote)).values_list("code", "scale"))
    for field, text in contradictions(terms, scales):
        raise RequestError("INVALID_SYMBOL", {"field": field, "reason": text})


@transaction.atomic
def _save(
    kind: str,
    payload: Mapping[str, Any],
    requested_by: AbstractUser | None,
    may_be_own: bool,
    reason: str,
) -> ChangeRequest:
    if kind == ChangeRequest.Kind.SET_ACCOUNT:
        _note_freeze(payload, is_owners=may_be_own)
    # Large changes of an operator are for another one to approve.
    operator = None if may_be_own else requested_by
    waits = operator is not None and approval_rules.is_needed(kind, payload, operator)
    request = ChangeRequest.objects.create(
        kind=kind,
        payload=dict(payload),
        requested_by_id=None if requested_by is None else requested_by.pk,
        reason=reason,
        state=ChangeRequest.State.WAITING if waits else ChangeRequest.State.PENDING,
    )
    change_records.note_request(request, requested_by)
    return request


def _note_freeze(payload: Mapping[str, Any], *, is_owners: bool) -> None:
    """Keep on the account's row that an operator freezes it, or that it is thawed. ``account_requests`` keeps
    the owner's own freeze."""
    accounts = Account.objects.filter(number=payload["account"])
    if payload["status"] == messages.ACTIVE:
        accounts.update(frozen_by="")
    elif not is_owners:
        accounts.update(frozen_by=FrozenBy.OPERATOR)


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
    return _answer(request_id, answer)


def record_malformed(request_id: int, code: str, details: Mapping[str, Any]) -> bool:
    """Close a request that cannot be made a command; it never reached the engine."""
    refusal = {"state": ChangeRequest.State.REFUSED, "refusal_code": code, "refusal_details": dict(details)}
    return _answer(request_id, refusal)


@transaction.atomic
def _answer(request_id: int, answer: Mapping[str, Any]) -> bool:
    still_open = ChangeRequest.objects.filter(pk=request_id, state__in=ChangeRequest.OPEN_STATES)
    if still_open.update(**answer) != 1:
        return False
    change_records.note_answer(request_id)
    return True


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
