"""Signing up, in two steps: the wish is kept until its e-mail address is confirmed; then the user is made.

No user exists before that. So an address belongs to whoever reads its mail and to nobody else: strangers may
type it as often as they like, and its owner still joins with it. A sign-up with a known address is kept in
the same way, does the same work and gets the same answer; the letter differs (``accounts.delivery.writing``).
A name is taken or free for everybody to see, so a waiting sign-up holds its name; who knows its password
may correct it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from accounts.identity import passwords, roles
from accounts.identity import terms_of_service as terms
from accounts.identity.hashing import hashing
from accounts.letters.posting import MayMail, post
from accounts.models import Invitation, PendingSignUp, TermsOfService, User, name_key
from accounts.registration import joining_policy, user_names
from accounts.registration import waiting_sign_ups as pending
from exchange import audit
from exchange.control.account_requests import open_account
from exchange.errors import RequestError
from exchange.models import Account
from exchange.wire.field_readers import read_integer, read_text, refuse_unknown

LONGEST_EMAIL: Final = 254


class Wish(NamedTuple):
    """What a person signs up with."""

    username: str
    email: str
    password: str
    language: str
    terms: int | None
    invitation: str | None


class Joined(NamedTuple):
    """A new user and the account, which the engine opens in a moment."""

    user: User
    account: Account


def parse_wish(data: Mapping[str, Any], language: str) -> Wish:
    """The members of a sign-up. ``language``: of the request, where none is given."""
    refuse_unknown(data, set(Wish._fields))
    return Wish(
        read_text(data, "username"),
        read_email(read_text(data, "email")),
        read_text(data, "password"),
        read_language(data, language),
        read_integer(data, "terms", (0, terms.MAX_VERSION)) if data.get("terms") is not None else None,
        read_text(data, "invitation") if data.get("invitation") is not None else None,
    )


def read_email(given: str, field: str = "email") -> str:
    """An e-mail address as it is kept. Raises INVALID_FIELD."""
    email = given.strip().lower()
    try:
        if len(email) > LONGEST_EMAIL:
            raise ValidationError("too long")
        validate_email(email)
    except ValidationError:
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "an e-mail address"}) from None
    return email


def read_language(data: Mapping[str, Any], otherwise: str) -> str:
    """Raises INVALID_FIELD."""
    given = data.get("language")
    if given is None:
        return otherwise
    allowed = [code for code, _ in settings.LANGUAGES]
    if given not in allowed:
        raise RequestError("INVALID_FIELD", {"field": "language", "allowed": allowed})
    return str(given)


@sensitive_variables("wish", "hashed")
def begin(wish: Wish, *, may_mail: MayMail) -> PendingSignUp:
    """Keep the wish and send the link to confirm, unless the mailbox has had enough for now.

    Raises SIGN_UP_CLOSED, INVALID_INVITATION, TERMS_NOT_ACCEPTED, USERNAME_NOT_ALLOWED, USERNAME_TAKEN,
    WEAK_PASSWORD, LOGIN_BUSY."""
    joining_policy.refuse_closed()
    invitation = joining_policy.check_invitation(wish.invitation)
    accepted = terms.check(wish.terms)
    name = user_names.read_name(wish.username)
    passwords.check_new(wish.password, User(username=name, email=wish.email))
    if user_names.is_taken(name):
        raise user_names.taken()
    _make_way(name, wish.password)
    hashed = hashing.run(lambda: make_password(wish.password))
    mails = may_mail(wish.email)
    try:
        with transaction.atomic():
            return _keep(wish, name, hashed, accepted, invitation, mails)
    except IntegrityError:
        # Somebody was faster.
        raise user_names.taken() from None


@sensitive_variables("password")
def _make_way(name: str, password: str) -> None:
    """A sign-up that holds the name goes, if it is over or of the same password. Raises USERNAME_TAKEN."""
    held = user_names.pending_of(name)
    if held is None:
        return
    if not pending.is_over(held) and not hashing.run(lambda: check_password(password, held.password)):
        raise user_names.taken()
    held.delete()


def _keep(
    wish: Wish,
    name: str,
    hashed: str,
    accepted: TermsOfService | None,
    invitation: Invitation | None,
    mails: bool,
) -> PendingSignUp:
    row = PendingSignUp.objects.create(
        key=pending.new_key(),
        username=name,
        name_key=name_key(name),
        email=wish.email,
        password=hashed,
        language=wish.language,
        terms=accepted,
        invitation=invitation,
        expires_at=pending.end_of_waiting(),
    )
    if mails:
        post("sign_up", row.email, row.language, key=row.key)
    return row


def send_again(email: str, language: str, *, may_mail: MayMail) -> None:
    """Send the link of the last sign-up with the address once more. Says and does the same without one."""
    last = PendingSignUp.objects.filter(email=email).order_by("-created_at").first()
    if may_mail(email):
        key = pending.new_key() if last is None else last.key
        post("sign_up", email, language if last is None else last.language, key=key)


def confirm(token: str) -> Joined:
    """The link was opened: make the user, a trader, and ask for an account. Once.

    Raises INVALID_LINK for a link that is forged, used or too old, or whose address or name has become
    another user's; SIGN_UP_CLOSED, INVALID_INVITATION."""
    joining_policy.refuse_closed()
    try:
        with transaction.atomic():
            row = pending.find(token, for_update=True)
            if row is None or user_names.is_taken(row.username):
                raise passwords.invalid_link()
            return _join(row)
    except IntegrityError:
        # The address or the name belongs to another user by now.
        raise passwords.invalid_link() from None


def _join(row: PendingSignUp) -> Joined:
    user = User.objects.create(
        username=row.username, email=row.email, password=row.password, language=row.language
    )
    audit.record("user.created", user, user, None, {"username": user.username, "email": user.email})
    roles.assign_role(user, roles.TRADER)
    EmailAddress.objects.create(user=user, email=row.email, verified=True, primary=True)
    if row.terms is not None:
        terms.accept(user, row.terms)
    if row.invitation is not None:
        joining_policy.use(row.invitation, user)
    row.delete()
    return Joined(user, open_account(user, is_demo=bool(settings.XTRADER["DEMO"])))


def is_open(number: int) -> bool:
    """Whether the engine has opened the account."""
    return Account.objects.filter(number=number, status__isnull=False).exists()
