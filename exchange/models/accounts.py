"""Traders' accounts and what they hold."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from exchange.engine import messages
from exchange.models import choices
from exchange.models.fields import MinorUnitsField


class Account(models.Model):
    """A trader's account at the engine. Opening it writes the number and the user; ``status`` is
    written by the projection and is empty until the engine has opened the account."""

    number = models.BigIntegerField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="account"
    )
    status = models.PositiveSmallIntegerField(choices=choices.ACCOUNT_STATUSES, null=True, blank=True)
    #: Orders of accounts of one group never trade with one another; 0: none.
    group = models.IntegerField(default=0, db_column="stp_group")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(number__gte=messages.FIRST_TRADER_ACCOUNT), name="account_number_of_a_trader"
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class Balance(models.Model):
    """What an account has of an asset after engine sequence ``sequence``; written by the projection."""

    account = models.BigIntegerField()
    asset = models.CharField(max_length=16)
    available_minor = MinorUnitsField()
    held_minor = MinorUnitsField()
    sequence = models.BigIntegerField()

    class Meta:
        ordering = ("account", "asset")
        constraints = (models.UniqueConstraint(fields=("account", "asset"), name="balance_unique"),)

    def __str__(self) -> str:
        return f"{self.asset} of account {self.account}"


class Transfer(models.Model):
    """A deposit or withdrawal; ``id`` is its engine sequence. Written by the projection."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=choices.TRANSFER_KINDS)
    account = models.BigIntegerField()
    asset = models.CharField(max_length=16)
    amount_minor = MinorUnitsField()
    balance_after_minor = MinorUnitsField()
    time_ns = models.BigIntegerField()
    command_id = models.CharField(max_length=64)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("account", "-id"), name="transfer_account"),)

    def __str__(self) -> str:
        return str(self.id)
