"""A user's e-mail address, and its change: the new one counts once its mailbox has confirmed it.

``allauth.account`` keeps the addresses (its ``EmailAddress``) and makes the change; the confirmed one is the
user's ``email`` too.
"""

from __future__ import annotations

from allauth.account.internal.flows.email_verification import verify_email
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts.identity.passwords import invalid_link
from accounts.letters.posting import MayMail, post
from accounts.models import User
from exchange import audit

_LONGEST_KEY = 200


def asked_for(user: User) -> str | None:
    """The address that the user has asked for and not confirmed."""
    rows = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email)
    email: str | None = rows.order_by("-pk").values_list("email", flat=True).first()
    return email


def ask_for(user: User, email: str, language: str, *, may_mail: MayMail) -> None:
    """Send a link to confirm to the new address. Says and does the same for an address of another user's."""
    is_other = email != user.email
    mails = is_other and may_mail(email)
    with transaction.atomic():
        EmailAddress.objects.filter(user=user, verified=False).delete()
        if is_other:
            row = EmailAddress.objects.create(user=user, email=email, verified=False, primary=False)
        if mails:
            post("email_change", email, language, address=row.pk)


def address_of_key(key: str) -> EmailAddress | None:
    """The address that a link confirms; None for one that is forged, used or too old."""
    found = EmailConfirmationHMAC.from_key(key) if len(key) <= _LONGEST_KEY else None
    return None if found is None else found.email_address


def confirm(request: HttpRequest, key: str, language: str) -> User:
    """The link was opened: the address is the user's from now on, and the mailbox before hears of it. Once.
    ``language``: of that letter, unless the user has chosen one. Raises INVALID_LINK for a link that is
    forged, used or too old, or whose address another user has."""
    try:
        with transaction.atomic():
            address = address_of_key(key)
            if address is None or not address.user.is_active:
                raise invalid_link()
            before = address.user.email
            if not verify_email(request, address):
                raise invalid_link()
            user: User = address.user
            audit.record("user.changed", user, user, {"email": before}, {"email": user.email})
            return user
    except IntegrityError:
        # The address is another user's, though allauth did not know of it.
        raise invalid_link() from None


def adopt(user: User) -> None:
    """The address that an administrator has given to the user counts as confirmed."""
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).exclude(email=user.email, verified=True).delete()
        if user.email:
            EmailAddress.objects.filter(email=user.email, verified=True).exclude(user=user).delete()
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
