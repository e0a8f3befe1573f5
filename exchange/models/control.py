"""Change requests: what operators and services ask of the engine, and what it answered.

A request is its own outbox row. It is saved in one database transaction, submitted by the dispatcher
with its id as the command's id, and answered by the engine once, however often it is submitted.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

COMMAND_PREFIX = "r:"

_last_id = 0
_last_id_lock = threading.Lock()


def next_request_id() -> int:
    """Microseconds since the epoch, rising within this process.

    Not a database sequence: the engine remembers control ids for ever, so a database restored from a
    backup must not hand out again the ids of the requests it has lost. Two processes that draw the
    same microsecond meet the primary key, and ``services.request_change`` draws again.
    """
    global _last_id
    with _last_id_lock:
        _last_id = max(_last_id + 1, time.time_ns() // 1_000)
        return _last_id


class ChangeRequest(models.Model):
    """A change asked of the engine. ``payload`` holds the fields of the command ``kind`` names."""

    class Kind(models.TextChoices):
        SET_ASSET = "set_asset", "asset"
        SET_SYMBOL = "set_symbol", "symbol"
        SET_SYMBOL_STATUS = "set_symbol_status", "symbol status"
        SET_ACCOUNT = "set_account", "account"
        SET_FEES = "set_fees", "account fees"
        SET_GROUP = "set_group", "account group"
        DEPOSIT = "deposit", "deposit"
        WITHDRAW = "withdraw", "withdrawal"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SUBMITTED = "submitted", "submitted"
        APPLIED = "applied", "applied"
        REFUSED = "refused", "refused"

    #: States in which the engine's answer is still to come.
    OPEN_STATES = (State.PENDING, State.SUBMITTED)

    id = models.BigIntegerField(primary_key=True, default=next_request_id, editable=False)
    kind = models.CharField(max_length=24, choices=Kind)
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal_details = models.JSONField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("id",), condition=Q(state__in=("pending", "submitted")), name="change_open"),
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
