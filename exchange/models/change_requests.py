"""Change requests: what operators and services ask of the engine, and what it answered.

A request is its own outbox row. It is saved in one database transaction, submitted by the dispatcher
with its id as the command's id, and answered by the engine once, however often it is submitted. Some
wait first until a second operator approves them (``exchange.control.approvals``): until then they are
not open, and the dispatcher does not see them.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from exchange import process

COMMAND_PREFIX = "r:"


class _RequestIds:
    """A part of the process: the last id it has drawn."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1_000)
            return self._last


def next_request_id() -> int:
    """Microseconds since the epoch, rising within this process.

    Not a database sequence: the engine remembers control ids for ever, so a database restored from a
    backup must not hand out again the ids of the requests it has lost. Two processes that draw the
    same microsecond meet the primary key, and ``services.request_change`` draws again.
    """
    return process.part(_RequestIds).next()


class ChangeRequest(models.Model):
    """A change asked of the engine. ``payload`` holds the fields of the command ``kind`` names."""

    class Kind(models.TextChoices):
        SET_ASSET = "set_asset", "asset"
        SET_SYMBOL = "set_symbol", "symbol"
        SET_SYMBOL_STATUS = "set_symbol_status", "symbol status"
        SET_ACCOUNT = "set_account", "account"
        SET_FEES = "set_fees", "account fees"
        SET_GROUP = "set_group", "account group"
        SET_FEE_PLAN = "set_fee_plan", "fee tier"
        DEPOSIT = "deposit", "deposit"
        WITHDRAW = "withdraw", "withdrawal"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for approval"
        DECLINED = "declined", "declined"
        EXPIRED = "expired", "expired"
        PENDING = "pending", "pending"
        SUBMITTED = "submitted", "submitted"
        APPLIED = "applied", "applied"
        REFUSED = "refused", "refused"

    #: States in which the engine's answer is still to come.
    OPEN_STATES = (State.PENDING, State.SUBMITTED)
    #: States of a request that a second operator had to approve and did not: the engine never saw it.
    NOT_APPROVED = (State.DECLINED, State.EXPIRED)

    id = models.BigIntegerField(primary_key=True, default=next_request_id, editable=False)
    kind = models.CharField(max_length=24, choices=Kind)
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The requester's own words on why.
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    #: The second operator, who approved or declined, when and why; none where no approval was needed.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal_details = models.JSONField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("id",), condition=Q(state__in=("pending", "submitted")), name="change_open"),
            models.Index(fields=("id",), condition=Q(state="waiting"), name="change_waiting"),
        )
        constraints = (
            models.CheckConstraint(
                condition=(Q(state="refused") & ~Q(refusal_code=""))
                | (~Q(state="refused") & Q(refusal_code="")),
                name="change_refused_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(sequence__isnull=False), name="change_applied_has_sequence"
            ),
            # No one is their own second person, whatever the code above this table does.
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | (Q(requested_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
                name="change_decided_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(decided_by__isnull=True), name="change_waiting_is_undecided"
            ),
        )
        permissions = (
            ("change_market", "Can change, halt and resume symbols"),
            ("move_funds", "Can deposit to and withdraw from accounts"),
            ("freeze_account", "Can open, freeze and thaw accounts"),
            ("view_engine", "Can see the state of the engine"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"

    @property
    def command_id(self) -> str:
        """The id the engine knows this request by."""
        return f"{COMMAND_PREFIX}{self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    def refusal(self) -> dict[str, Any]:
        return dict(self.refusal_details or {})
