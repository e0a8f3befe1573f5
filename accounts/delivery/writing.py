"""Writing letters: what a letter says is decided when it is sent, from what the database says then.

So a request that asks for a letter does the same whether its address is known or not, and nothing that opens
a door stands in the table of letters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.identity import passwords
from accounts.identity.notice_texts import mail_of
from accounts.identity.users import owner_of
from accounts.letters import links
from accounts.models import Letter, PendingSignUp, User
from accounts.registration import waiting_sign_ups as pending


class Content(NamedTuple):
    """The template of a letter, without language and ending, and what it is filled with."""

    template: str
    values: dict[str, Any]
    #: Whose language counts, where there is one.
    user: User | None = None


def _sign_up(letter: Letter) -> Content | None:
    row = PendingSignUp.objects.filter(key=letter.about["key"], email=letter.recipient).first()
    if row is None or pending.is_over(row):
        return None
    owner = owner_of(letter.recipient)
    if owner is not None:
        return _already_here(owner)
    link = links.link("sign-up-verify", pending.token_of(row))
    return Content("sign_up", {"username": row.username, "link": link, "hours": pending.hours()})


def _email_change(letter: Letter) -> Content | None:
    address = (
        EmailAddress.objects.select_related("user")
        .filter(pk=letter.about["address"], email=letter.recipient, verified=False)
        .first()
    )
    if address is None:
        return None
    owner = owner_of(letter.recipient)
    if owner is not None and owner.pk != address.user_id:
        return _already_here(owner)
    link = links.link("email-verify", EmailConfirmationHMAC(address).key)
    return Content("email_change", {"username": address.user.username, "link": link}, address.user)


def _already_here(owner: User) -> Content:
    values = {"username": owner.username, "link": links.link("password-reset")}
    return Content("already_here", values, owner)


def _password_reset(letter: Letter) -> Content | None:
    user = owner_of(letter.recipient)
    if user is None or not user.is_active:
        return None
    link = links.link("password-reset-confirm", passwords.reset_key(user))
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    return Content("password_reset", {"username": user.username, "link": link, "minutes": minutes}, user)


def _security_act(letter: Letter) -> Content | None:
    """Tells a user of what has happened."""
    user = User.objects.filter(pk=letter.about["user"]).first()
    return None if user is None else Content("security_act", {"link": links.link("password-reset")}, user)


#: What a letter says now; None when there is nothing left to say.
Writer = Callable[[Letter], Content | None]
#: By kind.
KINDS: Final[dict[str, Writer]] = {
    "sign_up": _sign_up,
    "email_change": _email_change,
    "password_reset": _password_reset,
    "security_act": _security_act,
}


def add_kind(kind: str, writer: Writer) -> None:
    """Let rooms above this one write letters of their own: when Django starts."""
    KINDS[kind] = writer


def _said(letter: Letter, content: Content, language: str) -> tuple[str, str]:
    """Subject and text."""
    if letter.kind == "security_act":
        assert content.user is not None, "one without a user says nothing"
        about = letter.about
        return mail_of(about["act"], content.user.username, about["at"], about["facts"], language)
    text = render_to_string(f"letters/{content.template}.{language}.txt", content.values)
    subject, _, body = text.strip().partition("\n")
    return subject, body


def write(letter: Letter) -> EmailMultiAlternatives | None:
    """The mail, as text and as HTML; None when there is nothing left to say."""
    content = KINDS[letter.kind](letter)
    if content is None:
        return None
    language = (content.user.language if content.user else "") or letter.language
    with translation.override(language):
        subject, body = _said(letter, content, language)
        paragraphs = [part for part in body.strip().split("\n\n") if part]
        page = render_to_string(
            "letters/frame.html",
            {"paragraphs": paragraphs, "link": content.values["link"], "language": language},
        )
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=body.strip() + "\n",
        to=[letter.recipient],
        headers={
            # The same at every attempt: a mailbox that gets it twice may notice.
            "Message-ID": f"<letter-{letter.pk}-{letter.created_at:%Y%m%d%H%M%S}@{links.host()}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(page, "text/html")
    return mail
