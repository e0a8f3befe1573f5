"""Joining over REST: the same steps as the pages (``web.pages.joining_pages``)."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import terms_of_service as terms
from accounts.registration import joining_policy, sign_up
from exchange.wire.field_readers import read_text, refuse_unknown
from web.access.language import active_language
from web.access.people_limits import may_mail
from web.rest import params, schema
from web.rest import person_shapes as shapes
from web.rest.base import PublicView


class LettersView(PublicView):
    """Limited by address, as what may send a letter is."""

    rate_scope = "mail"

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "no-store"}


class SignUpView(LettersView):
    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "signup" if self.request.method == "POST" else "public"

    @schema.operation(
        operation_id="get_registration",
        summary="Who may sign up, and the terms to accept",
        description="Registration is `open`, by `invitation`, or `closed`.",
        tags=["people"],
        reply=shapes.Registration,
        private=False,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        present = terms.present()
        version = None if present is None else present.version
        return Response({"registration": joining_policy.policy(), "terms_version": version})

    @schema.operation(
        operation_id="sign_up",
        summary="Ask to join; a letter with a link goes to the address",
        description="No user exists until the link is opened. The answer is the same for a known address.",
        tags=["people"],
        request=shapes.SignUpRequest,
        reply=shapes.SignUp,
        private=False,
        engine=False,
        errors=(
            "SIGN_UP_CLOSED",
            "INVALID_INVITATION",
            "TERMS_NOT_ACCEPTED",
            "USERNAME_NOT_ALLOWED",
            "USERNAME_TAKEN",
            "WEAK_PASSWORD",
            "LOGIN_BUSY",
        ),
    )
    def post(self, request: Request) -> Response:
        wish = sign_up.parse_wish(self.body(request), active_language()[:2])
        row = sign_up.begin(wish, may_mail=may_mail)
        expires_at = int(row.expires_at.timestamp() * 1000)
        return Response({"username": row.username, "email": row.email, "expires_at": expires_at})


class SignUpResendView(LettersView):
    @schema.operation(
        operation_id="resend_sign_up",
        summary="Send the letter of a sign-up once more",
        description="The answer is the same whether a sign-up waits or not.",
        tags=["people"],
        request=shapes.EmailRequest,
        reply=shapes.Asked,
        private=False,
        engine=False,
    )
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, {"email"})
        email = sign_up.read_email(read_text(body, "email"))
        sign_up.send_again(email, active_language()[:2], may_mail=may_mail)
        return Response({"asked": True})


class SignUpVerifyView(LettersView):
    rate_scope = "login"

    @schema.operation(
        operation_id="verify_sign_up",
        summary="Confirm the address of a sign-up: the user is made, and the account opened",
        description="Then log in at /api/v1/token.",
        tags=["people"],
        request=shapes.TokenOfLink,
        reply=shapes.Joined,
        private=False,
        engine=False,
        errors=("SIGN_UP_CLOSED", "INVALID_INVITATION", "INVALID_LINK"),
    )
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, {"token"})
        user, account = sign_up.confirm(read_text(body, "token"))
        is_open = sign_up.is_open(account.number)
        return Response(
            {"username": user.username, "account": str(account.number), "account_is_open": is_open}
        )
