"""A user's open log-ins over REST, the proof that it is the user, and what has happened to the user's
security."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import notice_texts, notices, open_log_ins, passkeys, step_up
from accounts.identity.challenges import holder_of
from exchange.wire.field_readers import refuse_unknown
from web.rest import params, schema
from web.rest import security_shapes as shapes
from web.rest.base import LogInView

#: Acts that are shown.
MOST_ACTS_SHOWN: Final = 50


class StepUpView(LogInView):
    rate_scope = "login"

    @schema.security_operation(
        operation_id="step_up",
        summary="Prove once more that it is you",
        description="For what needs a recent proof. It counts for the log-in that asks, and for no other.",
        request=shapes.StepUpRequest,
        reply=shapes.SteppedUp,
        errors=("INVALID_CREDENTIALS", "MFA_REQUIRED", "INVALID_PASSKEY", "LOGIN_BUSY"),
    )
    @sensitive_variables("body")
    def post(self, request: Request) -> Response:
        body = self.body(request)
        refuse_unknown(body, step_up.FIELDS)
        user, identity = self.log_in(request)
        step_up.prove(self.asked(request), user, identity, body)
        until = timezone.now() + timedelta(seconds=settings.XTRADER["STEP_UP_MAX_AGE_S"])
        return Response({"proved_until": int(until.timestamp() * 1000)})


class StepUpOptionsView(LogInView):
    @schema.security_operation(
        operation_id="step_up_options",
        summary="What one of your passkeys signs to prove that it is you",
        description="Give it to `navigator.credentials.get`, and what that returns to POST "
        "/api/v1/step-up as `passkey`.",
        reply=shapes.PublicKeyOptions,
    )
    def post(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        refuse_unknown(self.body(request), ())
        domain = self.asked(request).domain
        options = passkeys.request_options(user, passkeys.STEP_UP, holder_of(identity), domain)
        return Response({"public_key": options})


class SessionsView(LogInView):
    @schema.security_operation(
        operation_id="list_sessions",
        summary="Your log-ins that go on, in browsers and by token",
        description="Those seen last first, a hundred at most.",
        reply=shapes.Sessions,
    )
    def get(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        params.refuse_unknown(self.query(request), ())
        own = open_log_ins.row_of(identity)
        return Response({"sessions": [open_log_ins.render(row, own) for row in open_log_ins.going_on(user)]})


class SessionView(LogInView):
    @schema.security_operation(
        operation_id="revoke_session",
        summary="End one of your log-ins, within a second everywhere",
        description="Its tokens, requests and sockets end within a second in every web process. API "
        "keys stay.",
        reply=shapes.RevokedSession,
        errors=("SESSION_NOT_FOUND",),
    )
    def delete(self, request: Request, session_id: str) -> Response:
        user, _ = self.log_in(request)
        params.refuse_unknown(self.query(request), ())
        open_log_ins.end(user, session_id)
        notices.tell(user, notice_texts.SESSION_ENDED, notices.facts_of(self.asked(request).place))
        return Response({"revoked": True})


class RevokeOthersView(LogInView):
    @schema.security_operation(
        operation_id="revoke_other_sessions",
        summary="End all your log-ins but this one",
        description="Within a second in every web process. API keys stay.",
        reply=shapes.RevokedSessions,
    )
    def post(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        refuse_unknown(self.body(request), ())
        count = open_log_ins.end_others(user, open_log_ins.row_of(identity))
        notices.tell(user, notice_texts.OTHERS_ENDED, notices.facts_of(self.asked(request).place))
        return Response({"revoked": count})


class SecurityActsView(LogInView):
    @schema.security_operation(
        operation_id="list_security_acts",
        summary="What has happened to your security, newest first",
        description=f"The last {MOST_ACTS_SHOWN}. Each was also told by mail.",
        reply=shapes.SecurityActs,
    )
    def get(self, request: Request) -> Response:
        user, _ = self.log_in(request)
        params.refuse_unknown(self.query(request), ())
        return Response({"acts": [notices.render(act) for act in notices.recent(user, MOST_ACTS_SHOWN)]})
