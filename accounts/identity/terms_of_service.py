"""The terms of service: versions, and who has accepted which.

Until a user with an account has accepted the version in force, the user's log-ins, tokens and keys read and
cancel orders, and do no more (``accounts.identity.identities``). An ``Identity`` carries the last version
that its user has accepted; each process knows the version in force (``TermsInForce``). So new terms hold up
everybody at once, without looking at anyone again.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.demo_bots import DEMO_BOTS
from accounts.identity import changes
from accounts.models import TermsAcceptance, TermsOfService, User
from exchange import audit, process
from exchange.errors import RefusedError

#: A version is no larger.
MAX_VERSION: Final = 2**31 - 1


class TermsInForce:
    """What one process knows of the version in force. A web process looks every half second
    (``web.live.user_changes``), and every reading of users brings it along."""

    def __init__(self) -> None:
        #: 0: none was published.
        self.version = 0

    def note(self, version: int | None) -> None:
        """It has just been read."""
        self.version = version or 0

    def look(self) -> None:
        """Read it. Asks the database."""
        self.note(_in_force().values_list("version", flat=True).first())

    def due(self, accepted: int | None) -> int | None:
        """The version that a user has yet to accept, by the last one accepted (0: none); None for a user who
        is not asked, as for one with nothing to accept."""
        return self.version if accepted is not None and self.version > accepted else None


#: Of this process.
in_force: Final = process.shared(TermsInForce)


def present() -> TermsOfService | None:
    """The version in force; None where none was published. Asks the database."""
    return _in_force().first()


def _in_force() -> QuerySet[TermsOfService]:
    """The newest of those in force comes first."""
    return TermsOfService.objects.filter(effective_at__lte=timezone.now()).order_by("-version")


def columns() -> dict[str, Any]:
    """For a query of users: ``terms_in_force``, and ``terms_accepted`` by the user last; None where there is
    none."""
    accepted = TermsAcceptance.objects.filter(user=OuterRef("pk")).order_by("-terms_id")
    return {
        "terms_in_force": Subquery(_in_force().values("version")[:1]),
        "terms_accepted": Subquery(accepted.values("terms_id")[:1]),
    }


def is_asked(username: str, *, has_account: bool) -> bool:
    """Whether a user has to accept terms at all: not those who cannot trade, nor the bots of a demo market,
    which are ours."""
    return has_account and not (settings.XTRADER["DEMO"] and username in DEMO_BOTS)


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
    """The version that the user has yet to accept; None where there is none. Asks the database."""
    terms = present()
    if terms is None or not isinstance(user, User):
        return None
    if not is_asked(user.username, has_account=user.accounts.exists()):
        return None
    return None if TermsAcceptance.objects.filter(user=user, terms=terms).exists() else terms


def accept(user: User, terms: TermsOfService) -> None:
    """Note that the user accepts the version now; once. Every web process learns of it within a second."""
    with transaction.atomic():
        earlier = TermsAcceptance.objects.filter(user=user).order_by("-terms_id")
        before = earlier.values_list("terms_id", flat=True).first()
        _, is_new = TermsAcceptance.objects.get_or_create(user=user, terms=terms)
        if is_new:
            changes.announce(user.pk)
            audit.record("terms.accepted", user, terms, {"version": before}, {"version": terms.version})


def accept_given(user: AbstractBaseUser, given: int | None) -> None:
    """For a log-in that may bring an acceptance along. Raises TERMS_NOT_ACCEPTED when it accepts another
    version than the one that is due."""
    terms = due_of(user)
    if given is None or terms is None or not isinstance(user, User):
        return
    if given != terms.version:
        raise not_accepted(terms.version)
    accept(user, terms)
