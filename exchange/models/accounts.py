"""Traders' accounts and what they hold."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from exchange.engine import messages
from exchange.models import choices
from exchange.models.fields import MinorUnitsField


class FrozenBy(models.TextChoices):
    """Who froze an account. Only an operator thaws what an operator froze."""

    OWNER = "owner", "owner"
    OPERATOR = "operator", "operator"


class Account(models.Model):
    """A trader's account at the engine. Opening it writes the number and the user; ``status`` is
    written by the projection and is empty until the engine has opened the account.

    A user may have several; the one without a name is the main one."""

    number = models.BigIntegerField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    #: The projection may be the first to write the row: the database fills in the name, too.
    name = models.CharField(max_length=40, blank=True, default="", db_default="")
    status = models.PositiveSmallIntegerField(choices=choices.ACCOUNT_STATUSES, null=True, blank=True)
    #: Who asked for the freeze that holds; empty of one that is not frozen, or was frozen before this was
    #: kept: that counts as an operator's.
    frozen_by = models.CharField(max_length=8, blank=True, default="", db_default="", choices=FrozenBy)
    #: Orders of accounts of one group never trade with one another; 0: none.
    group = models.IntegerField(default=0, db_column="stp_group")
    #: The fee plan that the engine has it on (``accounts.fees``); 0: none.
    fee_plan = models.PositiveSmallIntegerField(default=0, db_default=0)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("number",)
        constraints = (
            models.CheckConstraint(
                condition=Q(number__gte=messages.FIRST_TRADER_ACCOUNT), name="account_number_of_a_trader"
            ),
            models.UniqueConstraint(fields=("user", "name"), name="account_name_unique"),
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


def transfer_key(sequence: int, *, is_receiver: bool) -> int:
    """The id of a transfer of this engine sequence; of an amount that moved from account to account, each
    side has its own, the receiver's being the later one."""
    return sequence * 2 + is_receiver


class Transfer(models.Model):
    """One account's side of a deposit, of a withdrawal or of an amount that moved; see the engine's
    TransferEvent. ``id`` is the ``transfer_key``. Written by the projection."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=choices.TRANSFER_KINDS)
    account = models.BigIntegerField()
    asset = models.CharField(max_length=16)
    amount_minor = MinorUnitsField()
    balance_after_minor = MinorUnitsField()
    time_ns = models.BigIntegerField()
    command_id = models.CharField(max_length=64)
    sequence = models.BigIntegerField()
    #: The other side of an amount that moved, 0 for none.
    counter_account = models.BigIntegerField(default=0)
    memo = models.CharField(max_length=64, blank=True, default="")
    withdrawal_id = models.CharField(max_length=64, blank=True, default="")
    #: On top of the amount of a withdrawal that was held.
    fee_minor = MinorUnitsField(default=0)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("account", "-id"), name="transfer_account"),)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def change_minor(self) -> int:
        """What it did to the total of its account."""
        return messages.transfer_change(self.kind, self.amount_minor, self.fee_minor)
