"""Users, what is kept of their log-ins, open and failed, of acts of their security, and of users that have
changed; what has to do with joining: sign-ups, invitations, terms of service; and letters, the mails that are
to be sent."""

from __future__ import annotations

import unicodedata
import zoneinfo
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.fee_models import (
    FeeDay,
    FeeGrant,
    FeeMove,
    FeeRun,
    FeeShare,
    FeeTier,
    Referral,
    ReferralCode,
)
from accounts.rate_models import RateTier

__all__ = [
    "ApiKey",
    "FeeDay",
    "FeeGrant",
    "FeeMove",
    "FeeRun",
    "FeeShare",
    "FeeTier",
    "LogIn",
    "LogInCount",
    "RateTier",
    "Referral",
    "ReferralCode",
    "User",
    "UserChange",
]

#: In which a person's worth is shown, where no page says otherwise.
DEFAULT_CURRENCY: Final = "KRW"


def check_time_zone(name: str) -> None:
    """Raises ValidationError unless the tz database has it."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(gettext_lazy("There is no time zone of this name."), "invalid")


def name_key(name: str) -> str:
    """What two user names have in common that differ only in the case or the form of their letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class User(AbstractUser):
    """A person who logs in. Owns any number of accounts, of which one has no name: the main one.

    The table is the one Django's own user had; ``accounts.adoption`` tells how older data folders come to
    it."""

    #: As Django's, so that the table and what refers to it stay as they are.
    id = models.AutoField(primary_key=True)
    #: ``name_key`` of the user name: no two new users have the same. Empty for older ones whose name differs
    #: from another's by the case of its letters alone.
    name_key = models.CharField(max_length=300, unique=True, null=True, editable=False)
    #: In small letters. Empty, or nobody else's.
    email = models.EmailField(gettext_lazy("email address"), blank=True)
    #: Empty: as the browser asks.
    language = models.CharField(
        gettext_lazy("language"), max_length=2, blank=True, default="", choices=settings.LANGUAGES
    )
    time_zone = models.CharField(
        gettext_lazy("time zone"), max_length=64, default="UTC", validators=[check_time_zone]
    )
    display_currency = models.CharField(
        gettext_lazy("display currency"), max_length=16, default=DEFAULT_CURRENCY
    )

    #: Of the rates of requests; none: those of the settings.
    rate_tier = models.ForeignKey(
        RateTier,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=gettext_lazy("rate tier"),
    )

    class Meta(AbstractUser.Meta):
        db_table = "auth_user"
        permissions = (
            ("view_staff", "Can see users who are staff"),
            ("end_log_ins", "Can end log-ins and keys of other users"),
            ("send_reset_link", "Can have other users sent a link to set a new password"),
        )
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                condition=~Q(email=""),
                violation_error_message=gettext_lazy("Another user has this email address."),
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower()
        if self._has_key_of_its_own():
            self.name_key = name_key(self.username)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Raises ValidationError for a name that another user has, however its letters are written."""
        super().clean()
        if not self.username:
            # A form has refused it.
            return
        others = User.objects.exclude(pk=self.pk).filter(name_key=name_key(self.username))
        if self._has_key_of_its_own() and others.exists():
            message = gettext_lazy("A user with that username already exists.")
            raise ValidationError({"username": message}, "unique")

    def _has_key_of_its_own(self) -> bool:
        return self._state.adding or self.name_key is not None


class LogIn(models.Model):
    """A log-in: a browser's session, or for tokens everything that was given for one password, until it is
    revoked (``accounts.identity.open_log_ins``).

    Of tokens each refresh gives the next generation; the one before is used up by it."""

    key = models.CharField(max_length=32, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="log_ins")
    #: Django's, of a browser's session; empty: a log-in for tokens.
    session_key = models.CharField(max_length=40, blank=True, default="", db_index=True)
    #: Of tokens: ``users.auth_hash`` when it began; with another one they are void. Empty: from before this
    #: was kept.
    auth_hash = models.CharField(max_length=32, blank=True, default="")
    generation = models.PositiveIntegerField(default=0)
    began_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    #: After it no token of the log-in is valid any more; a session's row of Django says when that ends.
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    #: To the minute.
    last_seen_at = models.DateTimeField(null=True)
    #: When the user last proved to be who logged in (``accounts.identity.step_up``).
    proved_at = models.DateTimeField(null=True)
    #: Where it began: the network around the address, and the browser or program in short.
    network = models.CharField(max_length=64, blank=True, default="")
    agent = models.CharField(max_length=64, blank=True, default="")


class KnownPlace(models.Model):
    """A network and a device from which a user has logged in (``accounts.identity.notices``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="known_places")
    network = models.CharField(max_length=64)
    agent = models.CharField(max_length=64)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "network", "agent"], name="known_place_once")
        ]


class SecurityAct(models.Model):
    """What happened to the security of a user, for the user to see (``accounts.identity.notices``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="security_acts")
    #: One of ``accounts.identity.notice_texts.KINDS``.
    kind = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)
    #: Texts by name, such as the label of a key.
    facts = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-at"], name="security_acts_newest")]


class Challenge(models.Model):
    """What a browser or program has to answer once, within minutes (``accounts.identity.challenges``)."""

    key = models.CharField(max_length=64, primary_key=True)
    purpose = models.CharField(max_length=16)
    #: Who was asked: a session or a log-in for tokens.
    holder = models.CharField(max_length=80)
    state = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)


class ApiKey(models.Model):
    """What a program of a user signs its requests with (``accounts.keys``)."""

    #: Public: it names the key in every request.
    key_id = models.CharField(max_length=32, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    #: The number of the account it is for.
    account = models.BigIntegerField()
    label = models.CharField(max_length=40)
    #: Names of ``accounts.identity.scopes``.
    scopes = models.JSONField()
    #: One of ``accounts.keys.signatures.KINDS``.
    kind = models.CharField(max_length=8)
    #: Of an HMAC key until it is revoked: the secret, sealed under the key-encryption key of this id.
    kek_id = models.CharField(max_length=16, blank=True, default="")
    sealed_secret = models.BinaryField(null=True)
    #: Of an Ed25519 key: 32 bytes.
    public_key = models.BinaryField(null=True)
    #: Networks it may be used from; none: from everywhere.
    addresses = models.JSONField(default=list)
    #: Orders a second; None: as many as the account.
    order_rate = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    #: To the minute.
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        #: Of operators, beside the user.
        permissions: ClassVar = [("revoke_apikey", "Can revoke API keys")]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.label} ({self.key_id})"


class UserChange(models.Model):
    """A user whose log-ins every web process has to look at again. Short-lived: a queue, not a history."""

    user_id = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True, db_index=True)


class LogInCount(models.Model):
    """Failed log-ins of a name, a network, or a name from a network, and whether it is known there
    (``accounts.identity.log_ins``). Short-lived: rows that mean nothing any more are removed."""

    #: A hash: people type passwords into the field for the name.
    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_ms = models.BigIntegerField(db_index=True)
    known_until_ms = models.BigIntegerField(default=0)


class TermsOfService(models.Model):
    """A version of the terms: fixed once it is published."""

    version = models.PositiveIntegerField(primary_key=True)
    text_en = models.TextField(gettext_lazy("English text"))
    text_ko = models.TextField(gettext_lazy("Korean text"))
    #: From then on it is the present version, until a later one is.
    effective_at = models.DateTimeField(gettext_lazy("effective from (UTC)"))
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-version",)
        verbose_name_plural = "terms of service"

    def __str__(self) -> str:
        return f"version {self.version}"


class TermsAcceptance(models.Model):
    """That a user has accepted a version of the terms, and when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="accepted_terms")
    terms = models.ForeignKey(TermsOfService, models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-pk",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("user", "terms"), name="accepted_once")]

    def __str__(self) -> str:
        return f"{self.user} accepted {self.terms}"


class Invitation(models.Model):
    """A code with which so many people may sign up."""

    code = models.CharField(max_length=32, primary_key=True)
    note = models.CharField(gettext_lazy("note"), max_length=200, blank=True, default="")
    max_uses = models.PositiveIntegerField(gettext_lazy("uses"), default=1)
    uses = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(gettext_lazy("expires (UTC)"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-created_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(uses__lte=models.F("max_uses")), name="invitation_not_overused"
            )
        ]

    def __str__(self) -> str:
        return self.code


class InvitationUse(models.Model):
    """Who has joined with an invitation."""

    invitation = models.ForeignKey(Invitation, models.PROTECT, related_name="used_by")
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="invitation_use")
    used_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user} by {self.invitation}"


class PendingSignUp(models.Model):
    """A sign-up whose e-mail address has not been confirmed. It holds the user name; the user is made when
    the address is confirmed (``accounts.registration.sign_up``)."""

    key = models.CharField(max_length=32, primary_key=True)
    username = models.CharField(max_length=30)
    name_key = models.CharField(max_length=300, unique=True)
    email = models.EmailField()
    #: Hashed.
    password = models.CharField(max_length=128)
    language = models.CharField(max_length=2)
    terms = models.ForeignKey(TermsOfService, models.PROTECT, null=True)
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=("email",), name="pending_sign_up_email")]


class Letter(models.Model):
    """A mail to a person: saved by whoever has a reason for it, sent by the dispatcher
    (``accounts.delivery``)."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        #: When it was to be sent there was nothing left to say.
        MOOT = "moot"
        #: The mail server wants no mail for this address.
        REFUSED = "refused"
        #: It could not be sent for so long that nobody wants it any more.
        EXPIRED = "expired"

    #: One of ``accounts.delivery.writing.KINDS``.
    kind = models.CharField(max_length=32)
    recipient = models.EmailField()
    language = models.CharField(max_length=2)
    about = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    #: Not before then.
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    #: Why the last attempt failed.
    trouble = models.CharField(max_length=200, blank=True, default="")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)
        indexes: ClassVar = [
            models.Index(fields=("due_at",), name="letter_due", condition=Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
