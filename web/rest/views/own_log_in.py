"""A user's password, e-mail address and acceptance of the terms over REST: the same steps as the pages
(``web.pages.log_in_settings``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import update_session_auth_hash
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import emails, passwords, step_up
from accounts.identity import terms_of_service as terms
from accounts.models import User
from accounts.registration.sign_up import read_email
from exchange.wire.field_readers import read_integer, read_text, refuse_unknown
from web.access.language import active_language
from web.access.people_limits import may_mail
from web.access.request_places import place_of
from web.rest import params, schema
from web.rest import person_shapes as shapes
from web.rest.base import PrivateView, PublicView
from web.rest.views.sign_ups import LettersView

_PROOF: Final = ("INVALID_CREDENTIALS", "MFA_REQUIRED", "LOGIN_BUSY")


class _PersonView(PrivateView):
    """For a user by a log-in."""

    rate_scope = "login"

    @staticmethod
    def demand_proof(request: Request, user: User, body: Mapping[str, Any]) -> None:
        """Raises as ``step_up.check_given`` does."""
        sent = request._request
        step_up.check_given(sent, place_of(sent), user, body)


class PasswordResetView(LettersView):
    @schema.operation(
        operation_id="ask_for_password_reset",
        summary="Send a link to set a new password",
        description="The answer is the same for an unknown address.",
        tags=["people"],
        request=shapes.EmailRequest,
        reply=shapes.Asked,
        private=False,
        engine=False,
    )
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, {"email"})
        email = read_email(read_text(body, "email"))
        passwords.ask_for_reset(email, active_language()[:2], may_mail=may_mail)
        return Response({"asked": True})


class PasswordResetConfirmView(LettersView):
    rate_scope = "login"

    @schema.operation(
        operation_id="reset_password",
        summary="Set a new password by the link in a letter, once",
        description="Ends all log-ins of the user; API keys stay.",
        tags=["people"],
        request=shapes.NewPassword,
        reply=shapes.ChangedPassword,
        private=False,
        engine=False,
        errors=("INVALID_LINK", "WEAK_PASSWORD", "LOGIN_BUSY"),
    )
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, {"token", "password"})
        passwords.reset(read_text(body, "token"), read_text(body, "password"), active_language()[:2])
        return Response({"changed": True})


class PasswordView(_PersonView):
    @schema.operation(
        operation_id="change_password",
        summary="Change your password",
        description="Ends all your log-ins but the session that asks; a program logs in again with the new "
        "password. API keys stay.",
        tags=["people"],
        auth=list(schema.LOG_INS),
        request=shapes.PasswordChange,
        reply=shapes.ChangedPassword,
        engine=False,
        errors=(*_PROOF, "WEAK_PASSWORD"),
    )
    def post(self, request: Request) -> Response:
        (user, _), body = self.log_in(request), self.body(request)
        refuse_unknown(body, {"password", "new_password", "otp"})
        new = read_text(body, "new_password")
        self.demand_proof(request, user, body)
        passwords.change(user, new, active_language()[:2])
        if self.identity(request).session_key is not None:
            update_session_auth_hash(request._request, user)
        return Response({"changed": True})


class EmailView(_PersonView):
    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "mail" if self.request.method == "POST" else "reads"

    @schema.operation(
        operation_id="get_email",
        summary="Your e-mail address, and the one that waits to be confirmed",
        description="`asked_for` is the address that waits for the link in its letter to be opened.",
        tags=["people"],
        auth=list(schema.LOG_INS),
        reply=shapes.OwnEmail,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return self._reply(self.log_in(request)[0])

    @schema.operation(
        operation_id="change_email",
        summary="Ask for another e-mail address; a letter with a link goes to it",
        description="The address counts once the link is opened. The answer is the same for one that another "
        "user has.",
        tags=["people"],
        auth=list(schema.LOG_INS),
        request=shapes.EmailChange,
        reply=shapes.OwnEmail,
        engine=False,
        errors=_PROOF,
    )
    def post(self, request: Request) -> Response:
        (user, _), body = self.log_in(request), self.body(request)
        refuse_unknown(body, {"email", "password", "otp"})
        email = read_email(read_text(body, "email"))
        self.demand_proof(request, user, body)
        emails.ask_for(user, email, active_language()[:2], may_mail=may_mail)
        return self._reply(user)

    @staticmethod
    def _reply(user: User) -> Response:
        return Response({"email": user.email or None, "asked_for": emails.asked_for(user)})


class EmailVerifyView(LettersView):
    rate_scope = "login"

    @schema.operation(
        operation_id="verify_email",
        summary="Confirm another e-mail address by the link in the letter, once",
        description="The mailbox before gets a letter about it.",
        tags=["people"],
        request=shapes.TokenOfLink,
        reply=shapes.OwnEmail,
        private=False,
        engine=False,
        errors=("INVALID_LINK",),
    )
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, {"token"})
        user = emails.confirm(request._request, read_text(body, "token"), active_language()[:2])
        return Response({"email": user.email, "asked_for": None})


class TermsView(PublicView):
    """Read by everybody."""

    @schema.operation(
        operation_id="get_terms",
        summary="The present terms of service",
        description="In English, or in Korean by Accept-Language. `terms` is null where none was published.",
        tags=["people"],
        reply=shapes.PresentTerms,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        present = terms.present()
        if present is None:
            return Response({"terms": None})
        return Response(
            {
                "terms": {
                    "version": present.version,
                    "effective_at": int(present.effective_at.timestamp() * 1000),
                    "text": terms.text_of(present, active_language()),
                }
            }
        )


class TermsAcceptView(_PersonView):
    rate_scope = "reads"

    @schema.operation(
        operation_id="accept_terms",
        summary="Accept the present terms of service",
        description="The version has to be the present one.",
        tags=["people"],
        auth=list(schema.LOG_INS),
        request=shapes.TermsRequest,
        reply=shapes.AcceptedTerms,
        engine=False,
        errors=("TERMS_NOT_ACCEPTED",),
    )
    def post(self, request: Request) -> Response:
        (user, _), body = self.log_in(request), self.body(request)
        refuse_unknown(body, {"version"})
        present = terms.check(read_integer(body, "version", (0, terms.MAX_VERSION)))
        if present is not None:
            terms.accept(user, present)
        return Response({"accepted": True})
