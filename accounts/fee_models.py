"""The tables of ``accounts.fees``: the fee schedule, grants to single accounts, days added up, referrals.

A tier and a grant are words about a change request: they hold from when the engine has applied it.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from exchange.models import ChangeRequest, MinorUnitsField


class FeeTier(models.Model):
    """One version of a tier. Of each number the version that the engine applied last is in force."""

    request = models.OneToOneField(ChangeRequest, models.PROTECT, primary_key=True, related_name="fee_tier")
    #: That of the engine's fee plan.
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    #: The least an owner trades in 30 days to be in it, in the reference currency.
    volume_minor = MinorUnitsField()
    #: [symbols, maker ppm, taker ppm] each; ``fee_schedule`` says what ``symbols`` may be.
    rates = models.JSONField()
    #: Not given to anyone any more.
    is_retired = models.BooleanField(default=False)

    class Meta:
        ordering = ("number", "-request")

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class FeeGrant(models.Model):
    """What an operator did about an account's own rates: gave them, until a time or for good, or took them
    back. Of an account and symbol the one that the engine applied last counts."""

    request = models.OneToOneField(ChangeRequest, models.PROTECT, primary_key=True, related_name="fee_grant")
    account = models.BigIntegerField()
    #: Empty: all symbols.
    symbol = models.CharField(max_length=32, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    takes_back = models.BooleanField(default=False)
    #: When the job has ended it, or found that another one had taken its place.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-request",)
        indexes: ClassVar = [
            models.Index(fields=("account", "symbol"), name="fee_grant_account"),
            models.Index(fields=("until",), condition=Q(ended_at__isnull=True), name="fee_grant_until"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol or 'all symbols'} of account {self.account}"


class FeeDay(models.Model):
    """What an account traded and paid in a symbol on a day (UTC). Amounts are in minor units of the symbol's
    quote asset, ``value_minor`` in those of the reference currency, by the prices at the day's end."""

    day = models.DateField()
    account = models.BigIntegerField()
    symbol = models.CharField(max_length=32)
    #: The account's tier when the day was added up.
    tier = models.PositiveSmallIntegerField()
    volume_minor = MinorUnitsField()
    value_minor = MinorUnitsField()
    #: Negative: more rebates than fees. Both sides of an auction pay their maker rate.
    maker_fee_minor = MinorUnitsField()
    taker_fee_minor = MinorUnitsField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("day", "account", "symbol"), name="fee_day_unique")
        ]
        indexes: ClassVar = [models.Index(fields=("account", "day"), name="fee_day_account")]

    def __str__(self) -> str:
        return f"{self.symbol} of account {self.account} on {self.day}"


class FeeRun(models.Model):
    """A day that was added up, and whether the tiers that follow from it have reached the engine."""

    day = models.DateField(primary_key=True)
    #: Names the run's commands; unlike the day it is never used again, not even after a restore.
    stamp = models.BigIntegerField()
    #: Fills up to this one are of this day or earlier ones.
    last_fill_id = models.BigIntegerField()
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    #: How many accounts changed their tier.
    moved = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-day",)

    def __str__(self) -> str:
        return str(self.day)


class FeeMove(models.Model):
    """An account that a run brings to another tier."""

    run = models.ForeignKey(FeeRun, models.CASCADE, related_name="moves")
    account = models.BigIntegerField()
    tier_before = models.PositiveSmallIntegerField()
    tier = models.PositiveSmallIntegerField()
    value_minor = MinorUnitsField()
    is_sent = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("run", "account"), name="fee_move_unique")]
        indexes: ClassVar = [models.Index(fields=("account", "-run"), name="fee_move_account")]

    def __str__(self) -> str:
        return f"account {self.account} from tier {self.tier_before} to {self.tier}"


class ReferralCode(models.Model):
    """The code that a user gives to others."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="referral_code"
    )
    code = models.CharField(max_length=12, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.code


class Referral(models.Model):
    """Who brought a user here; said once and never changed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="referral"
    )
    referrer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="referred")
    tied_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} by {self.referrer}"


class FeeShare(models.Model):
    """A referrer's share of what those they brought paid in fees of an asset on a day."""

    day = models.DateField()
    referrer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="fee_shares")
    asset = models.CharField(max_length=16)
    #: The referrer's account it is paid to.
    account = models.BigIntegerField()
    fees_minor = MinorUnitsField()
    amount_minor = MinorUnitsField()
    is_sent = models.BooleanField(default=False)
    #: Why the engine did not pay it; empty: it did, or was not asked yet.
    refusal_code = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("day", "referrer", "asset"), name="fee_share_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=("day",), condition=Q(is_sent=False), name="fee_share_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.asset} of {self.day}"

    @property
    def command_id(self) -> str:
        """The same for a day, referrer and asset for ever: what was paid once is never paid again, not even
        after a restore."""
        return f"referral:{self.day.isoformat()}:{self.referrer_id}:{self.asset}"
