"""The tables of money in and out. Amounts are minor units of their asset."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from custody.states import CANCELABLE, OPEN_STATES, DepositState, WithdrawalEnd, WithdrawalState
from exchange.models import MinorUnitsField
from exchange.models.change_requests import next_request_id

MAX_ADDRESS: int = 128
MAX_TAG: int = 64
MAX_LABEL: int = 40


class AssetTerms(models.Model):
    """How an asset comes in and goes out. An asset without a row does neither."""

    asset = models.CharField(max_length=16, primary_key=True)
    #: A name of ``custody.providers``.
    provider = models.CharField(max_length=40)
    takes_deposits = models.BooleanField(default=True)
    takes_withdrawals = models.BooleanField(default=True)
    #: On top of what is paid out.
    fee_minor = MinorUnitsField(default=0)
    minimum_minor = MinorUnitsField(default=1)
    #: A regular expression that a whole address must match; empty: any printable text.
    address_pattern = models.CharField(max_length=200, blank=True, default="")
    #: Whether addresses may have a tag (a memo, a destination tag).
    has_tag = models.BooleanField(default=False)

    class Meta:
        ordering = ("asset",)
        verbose_name_plural = "asset terms"
        permissions = (
            ("review_withdrawals", "Can approve and decline withdrawals"),
            ("settle_withdrawals", "Can say what became of payouts and deposits"),
            ("set_withdrawal_level", "Can set a customer's verification level"),
        )

    def __str__(self) -> str:
        return self.asset


class WithdrawalRules(models.Model):
    """What holds for one user; a user without a row has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="withdrawal_rules"
    )
    #: Verification level: ``settings.XTRADER["CUSTODY"]["LIMITS"]`` has its limits. None: the default level.
    level = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Only addresses of the book, after their delay.
    book_only = models.BooleanField(default=False)
    #: When the lock to the book ends, once its user has asked for that.
    book_only_ends_at = models.DateTimeField(null=True, blank=True)


class WithdrawalAddress(models.Model):
    """An entry of a user's address book. What it says never changes: another address is another entry."""

    id = models.BigIntegerField(primary_key=True, default=next_request_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="withdrawal_addresses")
    asset = models.CharField(max_length=16)
    address = models.CharField(max_length=MAX_ADDRESS)
    tag = models.CharField(max_length=MAX_TAG, blank=True, default="")
    label = models.CharField(max_length=MAX_LABEL)
    created_at = models.DateTimeField(default=timezone.now)
    #: None until it is confirmed by mail, where that is asked for.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    #: From then on it may be used.
    usable_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=("user", "-id"), name="withdrawal_address_user")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "asset", "address", "tag"),
                condition=Q(removed_at__isnull=True),
                name="withdrawal_address_once",
            )
        ]


class Withdrawal(models.Model):
    """One withdrawal. ``custody.states`` says what its states mean; it changes by
    ``custody.withdrawals.steps.step`` alone, which writes a ``WithdrawalStep`` beside it."""

    #: Also the engine's ``withdrawal_id`` and the provider's ``payout_id``, as text.
    id = models.BigIntegerField(primary_key=True, default=next_request_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="withdrawals")
    account = models.BigIntegerField()
    #: The id that the client gave it: sent again, it is the same withdrawal. Unique in the account.
    client_withdrawal_id = models.CharField(max_length=36, null=True)
    #: The key that asked for it; empty: a log-in.
    key_id = models.CharField(max_length=32, blank=True, default="")
    asset = models.CharField(max_length=16)
    amount_minor = MinorUnitsField()
    fee_minor = MinorUnitsField()
    #: Worth of amount and fee in the reference currency when it was asked for.
    value_minor = MinorUnitsField(default=0)
    #: Whether a rate was known by which to value it.
    is_priced = models.BooleanField(default=True)
    address = models.CharField(max_length=MAX_ADDRESS)
    tag = models.CharField(max_length=MAX_TAG, blank=True, default="")
    #: The entry of the book it goes to; None: an address of its own.
    book_entry = models.ForeignKey(WithdrawalAddress, models.PROTECT, null=True, related_name="+")
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=WithdrawalState, default=WithdrawalState.REQUESTED)
    end = models.CharField(max_length=12, choices=WithdrawalEnd, blank=True, default="")
    #: In words, for the customer: an operator's reason, the provider's.
    end_reason = models.CharField(max_length=200, blank=True, default="")
    #: Of ``refused``: the engine's code.
    refusal_code = models.CharField(max_length=40, blank=True, default="")
    refusal_details = models.JSONField(null=True, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    #: Until then it can be confirmed by mail.
    confirm_by = models.DateTimeField(null=True, blank=True)
    #: How many operators have to approve it.
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    #: When the one order to pay was written down as going out; None again where nothing of it had gone out.
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: The provider's name for it, and what the customer can look for.
    reference = models.CharField(max_length=128, blank=True, default="")
    transaction = models.CharField(max_length=128, blank=True, default="")
    #: Of ``unclear`` and of a look-up that failed, for operators.
    trouble = models.CharField(max_length=200, blank=True, default="")
    #: The next look-up at the provider; of ``approved``: when it is sent, if not now.
    look_at = models.DateTimeField(null=True, blank=True)
    #: Sequences of the engine's hold, and of its settlement or release.
    hold_sequence = models.BigIntegerField(null=True)
    end_sequence = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("account", "-id"), name="withdrawal_account"),
            models.Index(fields=("user", "requested_at"), name="withdrawal_user"),
            models.Index(
                fields=("state", "id"), condition=Q(state__in=sorted(OPEN_STATES)), name="withdrawal_open"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("account", "client_withdrawal_id"), name="withdrawal_client_id"),
            # Nothing is both called back and sent.
            models.CheckConstraint(
                condition=~Q(state__in=sorted(CANCELABLE)) | Q(sent_at__isnull=True),
                name="withdrawal_not_sent_before_leave",
            ),
        ]

    def __str__(self) -> str:
        return f"withdrawal {self.id}"


class WithdrawalStep(models.Model):
    """A step of a withdrawal from one state to another. Append-only."""

    withdrawal = models.ForeignKey(Withdrawal, models.PROTECT, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    #: Empty: the first.
    from_state = models.CharField(max_length=12, choices=WithdrawalState, blank=True)
    to_state = models.CharField(max_length=12, choices=WithdrawalState)
    #: Who did it; None: the exchange itself.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("id",)


class WithdrawalApproval(models.Model):
    """An operator's leave. No two of a withdrawal are by the same person, and none by its user."""

    withdrawal = models.ForeignKey(Withdrawal, models.PROTECT, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200)
    #: The withdrawal's user, so that the database itself can compare.
    user_id = models.BigIntegerField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("withdrawal", "by"), name="withdrawal_approved_once_by_each"),
            models.CheckConstraint(condition=~Q(by=F("user_id")), name="withdrawal_approved_by_another"),
        ]


class WithdrawalVerdict(models.Model):
    """What an operator has found out about an unclear withdrawal. Two of different people, which agree, end
    it."""

    withdrawal = models.ForeignKey(Withdrawal, models.PROTECT, related_name="verdicts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    is_paid = models.BooleanField()
    #: Of one that was paid: what the customer can look for.
    transaction = models.CharField(max_length=128, blank=True, default="")
    reason = models.CharField(max_length=200)
    #: The withdrawal's user, so that the database itself can compare.
    user_id = models.BigIntegerField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("withdrawal", "by"), name="withdrawal_verdict_once_by_each"),
            models.CheckConstraint(condition=~Q(by=F("user_id")), name="withdrawal_verdict_by_another"),
        ]


class DepositAddress(models.Model):
    """Where an account's deposits of an asset come in."""

    account = models.BigIntegerField()
    asset = models.CharField(max_length=16)
    provider = models.CharField(max_length=40)
    address = models.CharField(max_length=MAX_ADDRESS)
    tag = models.CharField(max_length=MAX_TAG, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("account", "asset", "provider"), name="deposit_address_of_account"
            ),
            # One address may take several assets, and is then told by each of them.
            models.UniqueConstraint(
                fields=("provider", "asset", "address", "tag"), name="deposit_address_is_one_account"
            ),
        ]


class Deposit(models.Model):
    """A deposit that a provider has told of. It is credited once, whatever it is told how often."""

    id = models.BigIntegerField(primary_key=True, default=next_request_id, editable=False)
    provider = models.CharField(max_length=40)
    #: The provider's name for it.
    reference = models.CharField(max_length=128)
    #: None: its address is nobody's.
    account = models.BigIntegerField(null=True)
    asset = models.CharField(max_length=16)
    amount_minor = MinorUnitsField()
    address = models.CharField(max_length=MAX_ADDRESS, blank=True, default="")
    tag = models.CharField(max_length=MAX_TAG, blank=True, default="")
    state = models.CharField(max_length=12, choices=DepositState, default=DepositState.SEEN)
    #: What operators should know; of a credited one: what was said of it afterwards.
    trouble = models.CharField(max_length=200, blank=True, default="")
    seen_at = models.DateTimeField(default=timezone.now)
    #: When the provider is asked about it next; None: it is not.
    look_at = models.DateTimeField(null=True, blank=True)
    #: Of the engine's command that credits it: made of provider and reference alone, so that not even a row
    #: that was lost and made again is credited twice (``custody.deposits.crediting``).
    command_id = models.CharField(max_length=64, unique=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("account", "-id"), name="deposit_account"),
            models.Index(fields=("look_at",), condition=Q(look_at__isnull=False), name="deposit_looks"),
            models.Index(
                fields=("id",), condition=Q(state__in=("seen", "crediting", "disputed")), name="deposit_open"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("provider", "reference"), name="deposit_once"),
        ]

    def __str__(self) -> str:
        return f"deposit {self.id}"


class DepositRuling(models.Model):
    """What an operator wants done with a disputed deposit, and what a second one has said to that."""

    deposit = models.ForeignKey(Deposit, models.PROTECT, related_name="rulings")
    #: To be credited to this account; None: to be rejected.
    account = models.BigIntegerField(null=True)
    #: What is credited, which need not be what was said first.
    amount_minor = MinorUnitsField(default=0)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_approved = models.BooleanField(null=True)
    decision_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("deposit",), condition=Q(decided_at__isnull=True), name="deposit_ruling_one_waits"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="deposit_ruling_by_another",
            ),
        ]


class ProviderNotice(models.Model):
    """What a provider has told, kept as it came, before anything follows from it."""

    provider = models.CharField(max_length=40)
    #: The provider's id of the notice: told again, it is the same.
    notice_id = models.CharField(max_length=64)
    body = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    #: What came of it, where it was not simply done.
    trouble = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(fields=("id",), condition=Q(done_at__isnull=True), name="provider_notice_open")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("provider", "notice_id"), name="provider_notice_once")
        ]


class CustodyStatement(models.Model):
    """What operators have counted of an asset that a manual provider keeps."""

    provider = models.CharField(max_length=40)
    asset = models.CharField(max_length=16)
    amount_minor = MinorUnitsField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("-id",)


class Reconciliation(models.Model):
    """Custody held against the ledger, at one sequence of the engine. ``rows``: one for each asset,
    amounts as decimal strings: ledger, providers, on its way, difference. It agrees where every difference is
    zero."""

    at = models.DateTimeField(default=timezone.now)
    sequence = models.BigIntegerField()
    agrees = models.BooleanField()
    rows = models.JSONField()
    #: An operator's words about a difference that was looked into.
    explanation = models.CharField(max_length=200, blank=True, default="")
    explained_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
