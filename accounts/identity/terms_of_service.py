"""The terms of service: versions, and who has accepted which.

A user with an account who has not accepted the present version is asked at the next log-in. A log-in for
tokens brings the acceptance along; a browser's session that has not given it reads, and does no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.demo_bots import DEMO_BOTS
from accounts.models import TermsAcceptance, TermsOfService, User
from exchange import audit
from exchange.errors import RefusedError

#: In a session: the version that its user has to accept.
DUE: Final = "terms_due"


def present() -> TermsOfService | None:
    """The version in force; None where none was published."""
    return TermsOfService.objects.filter(effective_at__lte=timezone.now()).order_by("-version").first()


def text_of(terms: TermsOfService, language: str) -> str:
    return terms.text_ko if language.startswith("ko") else terms.text_en


def check(given: int | None) -> TermsOfService | None:
    """The present version, which ``given`` accepts. Raises TERMS_NOT_ACCEPTED for another or none."""
    terms = present()
    if terms is not None and given != terms.version:
        raise not_accepted(terms.version)
    return terms


def not_accepted(version: int) -> RefusedError:
    return RefusedError("TERMS_NOT_ACCEPTED", {"field": "terms", "version": version})


def due_of(user: AbstractBaseUser) -> TermsOfService | None:
    """The version that the user has yet to accept; None where there is none, for those who cannot trade, and
    for the bots of a demo market, which are ours."""
    terms = present()
    if terms is None or not isinstance(user, User) or not user.accounts.exists():
        return None
    if settings.XTRADER["DEMO"] and user.username in DEMO_BOTS:
        return None
    return None if TermsAcceptance.objects.filter(user=user, terms=terms).exists() else terms


def accept(user: User, terms: TermsOfService) -> None:
    """Note that the user accepts the version now; once."""
    with transaction.atomic():
        _, is_new = TermsAcceptance.objects.get_or_create(user=user, terms=terms)
        if is_new:
            audit.record("terms.accepted", user, terms)


def demand(user: AbstractBaseUser, given: int | None) -> None:
    """For a log-in in one step. Raises TERMS_NOT_ACCEPTED unless the present version is accepted with it, or
    was before."""
    terms = due_of(user)
    if terms is None:
        return
    if given != terms.version or not isinstance(user, User):
        raise not_accepted(terms.version)
    accept(user, terms)


def due_in(session: Mapping[str, Any]) -> int | None:
    """The version that the user of a session has yet to accept."""
    version = session.get(DUE)
    return version if isinstance(version, int) else None


def _on_log_in(user: AbstractBaseUser, request: HttpRequest | None = None, **_: Any) -> None:
    terms = None if request is None else due_of(user)
    if request is not None and terms is not None:
        request.session[DUE] = terms.version


def connect() -> None:
    """Look at each log-in of a session: when Django starts."""
    user_logged_in.connect(_on_log_in, dispatch_uid="accounts.terms")
