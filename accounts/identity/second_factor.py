"""The second factor: codes of an authenticator app (TOTP, RFC 6238), recovery codes, and passkeys
(``accounts.identity.passkeys``). Staff need one by setting; every other user may choose one.

``allauth.mfa`` keeps all three (its ``Authenticator``), secrets encrypted by ``MfaAdapter``. A code counts
once: the time step of the last one is kept with the secret, in the database, so that no other web process
takes it again.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest

from accounts.identity import notice_texts, notices
from accounts.identity.log_in_places import Place
from accounts.identity.log_ins import log_ins
from accounts.models import User
from exchange import audit
from exchange.errors import RefusedError

Type = Authenticator.Type

#: Where an authenticator of TOTP keeps the time step of the last code it has taken.
LAST_STEP: Final = "last_step"
#: What a user may log in with beside the password; recovery codes stand in for either.
FACTORS: Final = (Type.TOTP, Type.WEBAUTHN)
_CODE_TYPES: Final = (Type.TOTP, Type.RECOVERY_CODES)
#: What the audit log calls them.
APP: Final = "app"
PASSKEY: Final = "passkey"
KIND_NAMES: Final = {Type.TOTP: APP, Type.WEBAUTHN: PASSKEY}
LONGEST_CODE: Final = 32
#: No user name has a NUL: who guesses at names never counts as guessing at these codes.
_COUNTED_AS: Final = "\0second factor of {}"


class SetUp(NamedTuple):
    """What a user who sets it up gets to see: the secret, its address for apps (``otpauth:``), and that as an
    image (SVG)."""

    secret: str
    url: str
    image: str


def is_required(user: AbstractBaseUser) -> bool:
    """Whether the user logs in with a second factor."""
    return is_forced(user) or is_set_up(user)


def is_forced(user: AbstractBaseUser) -> bool:
    """Whether the user may not be without one."""
    is_staff = getattr(user, "is_staff", False) or getattr(user, "is_superuser", False)
    return bool(settings.XTRADER["STAFF_SECOND_FACTOR"]) and is_staff


def is_set_up(user: AbstractBaseUser) -> bool:
    return _has(user, *FACTORS)


def has_app(user: AbstractBaseUser) -> bool:
    """Whether the user has an authenticator app."""
    return _has(user, Type.TOTP)


def has_passkey(user: AbstractBaseUser) -> bool:
    return _has(user, Type.WEBAUTHN)


def _has(user: AbstractBaseUser, *types: str) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=types).exists())


def new_secret() -> str:
    """A secret of 160 bits, as authenticator apps read it."""
    return str(totp.generate_totp_secret())


def show(user: AbstractBaseUser, secret: str) -> SetUp:
    adapter = get_adapter()
    url = adapter.build_totp_url(user, secret)
    return SetUp(secret, url, adapter.build_totp_svg(url))


@transaction.atomic
def set_up(user: AbstractBaseUser, secret: str, code: str, place: Place | None = None) -> list[str] | None:
    """Keep the secret once a code shows that the user's app has it; the recovery codes, which are shown this
    once, or none where the user has some. None for a wrong code, or a user who has an app already."""
    step = _step_of(secret, code)
    owner = User.objects.select_for_update().get(pk=user.pk)
    if step is None or has_app(owner):
        return None
    kept = totp.TOTP.activate(owner, secret).instance
    kept.data[LAST_STEP] = step
    kept.save(update_fields=["data"])
    codes = first_codes(owner)
    notices.tell(owner, notice_texts.APP_ADDED, _facts(place))
    audit.record("second_factor.set_up", owner, owner, None, {"kind": APP, "codes_made": len(codes)})
    return codes


def first_codes(user: User) -> list[str]:
    """Recovery codes for a user who has just got a factor; none for one who has codes already."""
    if _has(user, Type.RECOVERY_CODES):
        return []
    return list(RecoveryCodes.activate(user).generate_codes())


@transaction.atomic
def renew_codes(user: User, place: Place) -> list[str]:
    """New recovery codes in place of the old ones. Raises FACTOR_NOT_FOUND for a user without a second
    factor."""
    User.objects.select_for_update().get(pk=user.pk)
    if not is_set_up(user):
        raise RefusedError("FACTOR_NOT_FOUND")
    left = codes_left(user)
    Authenticator.objects.filter(user_id=user.pk, type=Type.RECOVERY_CODES).delete()
    codes = first_codes(user)
    notices.tell(user, notice_texts.CODES_RENEWED, _facts(place))
    audit.record("second_factor.codes_renewed", user, user, {"left": left}, {"left": len(codes)})
    return codes


def codes_left(user: User) -> int:
    """Recovery codes of the user that are not used."""
    kept = Authenticator.objects.filter(user_id=user.pk, type=Type.RECOVERY_CODES).first()
    return 0 if kept is None else len(RecoveryCodes(kept).get_unused_codes())


@transaction.atomic
def remove_app(user: User, place: Place) -> None:
    """Forget the user's authenticator app. Raises FACTOR_NOT_FOUND, LAST_FACTOR."""
    User.objects.select_for_update().get(pk=user.pk)
    is_on = remove_one(user, Authenticator.objects.filter(user_id=user.pk, type=Type.TOTP))
    notices.tell(user, notice_texts.APP_REMOVED, _facts(place))
    audit.record("second_factor.removed", user, user, {"kind": APP}, {"is_on": is_on})


def remove_one(user: User, factor: Any) -> bool:
    """Remove a factor, given as a query; with the last one go the recovery codes. Whether the user has
    another. The user's row is locked. Raises FACTOR_NOT_FOUND, and LAST_FACTOR for a user who may not be
    without one."""
    if not factor.exists():
        raise RefusedError("FACTOR_NOT_FOUND")
    others = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exclude(
        pk__in=factor.values("pk")
    )
    is_last = not others.exists()
    if is_last and is_forced(user):
        raise RefusedError("LAST_FACTOR")
    factor.delete()
    if is_last:
        Authenticator.objects.filter(user_id=user.pk).delete()
    return not is_last


def state(user: User) -> dict[str, Any]:
    """The user's second factor, as the wire has it, but for passkeys."""
    kept = {each.type: each for each in Authenticator.objects.filter(user_id=user.pk, type__in=_CODE_TYPES)}
    app, codes = kept.get(Type.TOTP), kept.get(Type.RECOVERY_CODES)
    return {
        "is_on": is_set_up(user),
        "is_required": is_forced(user),
        "totp": None
        if app is None
        else {"created_at": ms(app.created_at), "last_used_at": ms(app.last_used_at)},
        "recovery_codes": None
        if codes is None
        else {"created_at": ms(codes.created_at), "left": len(RecoveryCodes(codes).get_unused_codes())},
    }


def ms(at: Any) -> int | None:
    """A time as the wire has it."""
    return None if at is None else int(at.timestamp() * 1000)


def verify(request: HttpRequest, user: AbstractBaseUser, code: str, place: Place) -> bool:
    """Whether it is the user's code now, or one of the recovery codes; either counts once. Failures slow
    down as those of passwords do, and are logged as such. Raises RATE_LIMITED."""
    with attempts(user, place) as attempt:
        attempt.succeeded = _is_right(user, code, place)
    if not attempt.succeeded:
        _tell_failure(request, user)
    return attempt.succeeded


class attempts:
    """One attempt at a user's code, counted. Raises RATE_LIMITED when there were too many; the first time the
    user is told, for only who knows the password comes this far."""

    def __init__(self, user: AbstractBaseUser, place: Place) -> None:
        self.succeeded = False
        self._user = user
        self._place = place
        self._of = _COUNTED_AS.format(user.pk), place.network

    def __enter__(self) -> attempts:
        wait_s = log_ins.begin(*self._of, True)
        if wait_s is not None:
            raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})
        return self

    def __exit__(self, *_: object) -> None:
        if self.succeeded:
            log_ins.succeeded(*self._of)
        elif log_ins.is_at_limit(*self._of, True) and isinstance(self._user, User):
            with transaction.atomic():
                notices.tell(self._user, notice_texts.GUESSED, _facts(self._place))
                # Not by the user: whoever has the password.
                audit.record("second_factor.guessed", None, self._user)


def demand(request: HttpRequest, user: AbstractBaseUser, code: str | None, place: Place) -> None:
    """For a log-in in one step. Raises MFA_REQUIRED without a code, or before it is set up;
    INVALID_CREDENTIALS for a wrong one; RATE_LIMITED."""
    if not is_required(user):
        return
    if code is None or not is_set_up(user):
        raise RefusedError("MFA_REQUIRED", {"field": "otp", "is_set_up": is_set_up(user)})
    if not verify(request, user, code, place):
        raise RefusedError("INVALID_CREDENTIALS")


@transaction.atomic
def reset(user: User, by: User | None = None, reason: str = "") -> None:
    """Forget the user's second factor: one who may not be without it sets it up anew at the next log-in.
    ``by``: who does it."""
    kept = Authenticator.objects.filter(user_id=user.pk)
    kinds = sorted(KIND_NAMES[one] for one in kept.values_list("type", flat=True) if one in KIND_NAMES)
    if kept.delete()[0]:
        notices.tell(user, notice_texts.FACTOR_RESET, {})
    audit.record("second_factor.reset", by, user, {"kinds": kinds}, {"kinds": []}, reason)


@transaction.atomic
def _is_right(user: AbstractBaseUser, code: str, place: Place) -> bool:
    if len(code) > LONGEST_CODE or not code.isascii():
        return False
    kept = {
        each.type: each
        for each in Authenticator.objects.select_for_update().filter(user_id=user.pk, type__in=_CODE_TYPES)
    }
    app, recovery = kept.get(Type.TOTP), kept.get(Type.RECOVERY_CODES)
    if app is not None and _takes(app, code):
        return True
    if recovery is not None and RecoveryCodes(recovery).validate_code(code):
        recovery.record_usage()
        _tell_code_used(user, place)
        return True
    return False


def _tell_code_used(user: AbstractBaseUser, place: Place) -> None:
    owner = User.objects.get(pk=user.pk)
    left = codes_left(owner)
    notices.tell(owner, notice_texts.CODE_USED, notices.facts_of(place, left=str(left)))
    audit.record("second_factor.code_used", owner, owner, {"left": left + 1}, {"left": left})


def _facts(place: Place | None) -> dict[str, str]:
    return {} if place is None else notices.facts_of(place)


def _takes(app: Authenticator, code: str) -> bool:
    step = _step_of(get_adapter().decrypt(app.data["secret"]), code)
    if step is None or step <= app.data.get(LAST_STEP, 0):
        return False
    app.data[LAST_STEP] = step
    app.save(update_fields=["data"])
    app.record_usage()
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The time step the code belongs to, within the tolerance; None for a wrong one."""
    for step in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return int(step)
    return None


def _tell_failure(request: HttpRequest, user: AbstractBaseUser) -> None:
    user_login_failed.send(sender=__name__, credentials={"username": user.get_username()}, request=request)
