"""Passwords: what a new one has to be, and its change, by the old one or by a link in a letter.

A new password ends every other log-in of the user: sessions, tokens and sockets in every process within a
second (``accounts.identity.changes``). API keys are no log-ins and stay.
"""

from __future__ import annotations

import re
from typing import Final

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.identity import notice_texts, notices, tokens
from accounts.identity.hashing import hashing
from accounts.letters.posting import MayMail, post
from accounts.models import LogIn, User
from exchange import audit
from exchange.errors import RequestError

#: ``<user>-<time stamp>-<hash>``, as allauth writes it.
_RESET_KEY: Final = re.compile(r"([0-9a-z]{1,13})-([0-9a-z]{1,13}-[0-9a-f]{32,64})", re.ASCII)


@sensitive_variables("password")
def check_new(password: str, user: User, field: str = "password") -> None:
    """Raises WEAK_PASSWORD with what is wrong with it, in the language of the request in hand."""
    if not tokens.is_credential(password):
        expected = f"at most {tokens.MAX_CREDENTIAL_CHARS} characters"
        raise RequestError("INVALID_FIELD", {"field": field, "expected": expected})
    try:
        validate_password(password, user)
    except ValidationError as error:
        reasons = [str(one.code) for one in error.error_list]
        raise RequestError(
            "WEAK_PASSWORD", {"field": field, "reasons": reasons, "text": " ".join(error.messages)}
        ) from None


def invalid_link() -> RequestError:
    return RequestError("INVALID_LINK")


@sensitive_variables("new")
def change(user: User, new: str, language: str) -> None:
    """Give the user, who has just proved who it is, another password. ``language``: of the letter about it,
    unless the user has chosen one. Raises WEAK_PASSWORD, LOGIN_BUSY."""
    check_new(new, user, "new_password")
    _set(user, new, language)


def ask_for_reset(email: str, language: str, *, may_mail: MayMail) -> None:
    """Send a link to set a new password to whoever owns the address. Says and does the same for an address
    of no user: whose it is, the dispatcher looks up."""
    if may_mail(email):
        post("password_reset", email, language)


@transaction.atomic
def send_reset(user: User, by: User, reason: str) -> None:
    """Send the user a link to set a new password. ``by``: who has it sent, and sees nothing of it: the letter
    is written by the dispatcher, and no table has the link."""
    post("password_reset", user.email, user.language)
    audit.record("user.reset_link_sent", by, user, None, {"email": user.email}, reason)


def reset_key(user: User) -> str:
    """What the link carries. It is good until the user's password, e-mail address or last log-in is another,
    and for ``PASSWORD_RESET_TIMEOUT``."""
    return f"{user_pk_to_url_str(user)}-{PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)}"


def user_of_key(key: str) -> User | None:
    """Whose link it is; None for one that is forged, used or too old."""
    parts = _RESET_KEY.fullmatch(key)
    if parts is None:
        return None
    try:
        user = User.objects.filter(pk=url_str_to_user_pk(parts[1]), is_active=True).first()
    except (ValidationError, ValueError, OverflowError):
        return None
    is_good = user is not None and PASSWORD_RESET_TOKEN_GENERATOR().check_token(user, parts[2])
    return user if is_good else None


@sensitive_variables("new")
def reset(key: str, new: str, language: str) -> User:
    """Set a new password by the link in a letter, which is good once. Raises INVALID_LINK, WEAK_PASSWORD,
    LOGIN_BUSY."""
    user = user_of_key(key)
    if user is None:
        raise invalid_link()
    check_new(new, user)
    _set(user, new, language, key)
    return user


@sensitive_variables("new")
def _set(user: User, new: str, language: str, key: str | None = None) -> None:
    """``key``: of the link it is done by. Raises INVALID_LINK when that was used meanwhile."""
    hashing.run(lambda: user.set_password(new))
    hashed = user.password
    with transaction.atomic():
        # One at a time: of two with the same link the second finds it used.
        locked = User.objects.select_for_update().get(pk=user.pk)
        if key is not None and user_of_key(key) is None:
            raise invalid_link()
        locked.password = hashed
        locked.save(update_fields=["password"])
        by_link = None if key is None else {"by": "a link in a letter"}
        audit.record("user.password_changed", locked, locked, None, by_link)
        tokens.end_log_ins(LogIn.objects.filter(user=locked, ended_at=None), locked.pk)
        notices.tell(locked, notice_texts.PASSWORD_CHANGED, {})
