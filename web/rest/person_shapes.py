"""Bodies and replies of the calls by which people join and see to their log-in."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from accounts.registration.joining_policy import LONGEST_CODE, POLICIES
from accounts.registration.sign_up import LONGEST_EMAIL
from accounts.registration.user_names import LONGEST, SHORTEST
from accounts.registration.waiting_sign_ups import LONGEST_TOKEN
from exchange.wire.shape_parts import Id, Milliseconds, one_of, text
from web.rest.request_shapes import Credential, Otp, TermsVersion

_Language = Annotated[str, one_of(("en", "ko"))]
_Token = Annotated[
    Annotated[str, Meta(max_length=LONGEST_TOKEN)], text("The last part of the link's address in the letter.")
]
_Email = Annotated[str, Meta(max_length=LONGEST_EMAIL)]
_Otp = Annotated[Otp | None, text("A code of your authenticator app, where you log in with one.")]


class Terms(msgspec.Struct):
    """A version of the terms of service."""

    version: int
    effective_at: Milliseconds
    text: Annotated[str, text("English, or Korean by Accept-Language.")]


class PresentTerms(msgspec.Struct):
    terms: Annotated[Terms | None, text("Null where none was published.")]


class TermsRequest(msgspec.Struct):
    version: Annotated[TermsVersion, text("The present version.")]


class AcceptedTerms(msgspec.Struct):
    accepted: Annotated[bool, text("Always true.")]


class Registration(msgspec.Struct):
    registration: Annotated[str, one_of(POLICIES)]
    terms_version: Annotated[int | None, text("To accept with the sign-up; null where there are none.")]


class SignUpRequest(msgspec.Struct):
    """A wish to join."""

    username: Annotated[
        Annotated[str, Meta(min_length=SHORTEST, max_length=LONGEST)],
        text("3 to 30 letters and digits of one script; `-` and `_` inside."),
    ]
    email: _Email
    password: Annotated[Credential, text("At least 8 characters, and not a common one.")]
    language: Annotated[_Language | None, text("Of letters; that of the request by default.")] = None
    terms: Annotated[TermsVersion | None, text("The version of the terms that you accept.")] = None
    invitation: Annotated[
        Annotated[str, Meta(max_length=LONGEST_CODE)] | None,
        text("The code, where registration is by invitation."),
    ] = None


class SignUp(msgspec.Struct):
    """A sign-up that waits for its address to be confirmed. The same for a known address."""

    username: str
    email: _Email
    expires_at: Annotated[Milliseconds, text("Until then the link in the letter is good.")]


class EmailRequest(msgspec.Struct):
    email: _Email


class Asked(msgspec.Struct):
    asked: Annotated[bool, text("Always true; whether there is anything to send, it does not tell.")]


class TokenOfLink(msgspec.Struct):
    token: _Token


class Joined(msgspec.Struct):
    username: str
    account: Id
    account_is_open: Annotated[bool, text("False until the engine has opened it, in a moment.")]


class NewPassword(msgspec.Struct):
    token: _Token
    password: Annotated[Credential, text("The new one.")]


class PasswordChange(msgspec.Struct):
    password: Annotated[Credential, text("The present one.")]
    new_password: Credential
    otp: _Otp = None


class ChangedPassword(msgspec.Struct):
    changed: Annotated[bool, text("Always true.")]


class EmailChange(msgspec.Struct):
    email: Annotated[_Email, text("The new address.")]
    password: Annotated[Credential, text("Your password, once more.")]
    otp: _Otp = None


class OwnEmail(msgspec.Struct):
    email: Annotated[str | None, text("Null where you have none.")]
    asked_for: Annotated[str | None, text("The address that waits for its link to be opened.")]
