"""The audit log: who did what, from where, to what, and what it was before and after.

``exchange.audit`` writes it and checks it. Each row has the hash of the one before, and the database refuses
to change or delete a row (``exchange.models.append_only``).
"""

from __future__ import annotations

from django.db import models


class AuditRecord(models.Model):
    """One act. Ids count from 1 without a gap. Names stand as they were at the time: nothing here refers to
    rows that may change."""

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    #: One of ``exchange.audit.ACTS``.
    kind = models.CharField(max_length=40)
    #: The user who acted; None for the exchange itself and for commands at the machine.
    actor_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=150, blank=True)
    actor_role = models.CharField(max_length=80, blank=True)
    #: What was acted on: ``user``, ``account``, ``symbol`` …, its key, and a name people know it by.
    target_kind = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=64, blank=True)
    target_name = models.CharField(max_length=150, blank=True)
    #: JSON objects as text, as they were hashed; empty where there is nothing to say.
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    #: The actor's own words.
    reason = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    #: Of the row before; unique, so that no two rows follow the same one.
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=("kind", "-id"), name="audit_kind"),
            models.Index(fields=("actor", "-id"), name="audit_actor"),
            models.Index(fields=("target", "-id"), name="audit_target"),
            models.Index(fields=("target_name", "-id"), name="audit_target_name"),
            models.Index(fields=("address", "-id"), name="audit_address"),
            models.Index(fields=("at",), name="audit_at"),
        )

    def __str__(self) -> str:
        return f"audit record {self.id}"
