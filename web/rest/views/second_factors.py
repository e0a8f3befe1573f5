"""The second factor over REST: authenticator app, recovery codes, passkeys. By a log-in alone; what changes
something takes a recent proof that it is the user."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import challenges, passkeys, second_factor, step_up
from accounts.identity.challenges import holder_of
from accounts.identity.identities import Identity
from exchange.errors import RefusedError
from exchange.wire.field_readers import read_text, refuse_unknown
from exchange.wire.people_text import checked_text
from web.access.second_step import note_passed
from web.rest import params, schema
from web.rest import security_shapes as shapes
from web.rest.base import LogInView

#: A secret that waits for its first code.
_APP: Final = "totp"
_PROOF: Final = "Needs a log-in that has proved lately that it is the user (POST /api/v1/step-up)."


class FactorsView(LogInView):
    @schema.security_operation(
        operation_id="get_second_factor",
        summary="Your second factor: app, recovery codes, passkeys",
        description="`is_required` is true of staff where the exchange asks it of them.",
        reply=shapes.SecondFactor,
    )
    def get(self, request: Request) -> Response:
        user, _ = self.log_in(request)
        params.refuse_unknown(self.query(request), ())
        kept = [passkeys.render(row) for row in passkeys.of(user)]
        return Response({**second_factor.state(user), "passkeys": kept})


class TotpView(LogInView):
    @schema.security_operation(
        operation_id="begin_totp",
        summary="A secret for an authenticator app",
        description=f"It counts once its first code has come, within five minutes. {_PROOF}",
        reply=shapes.NewTotp,
        errors=("STEP_UP_REQUIRED", "FACTOR_IN_USE"),
    )
    def post(self, request: Request) -> Response:
        user, identity = self.proved(request)
        refuse_unknown(self.body(request), ())
        if second_factor.has_app(user):
            raise RefusedError("FACTOR_IN_USE")
        secret = second_factor.new_secret()
        state = {"secret": get_adapter().encrypt(secret)}
        challenges.ask(secrets.token_hex(16), _APP, holder_of(identity), state)
        shown = second_factor.show(user, secret)
        return Response({"secret": shown.secret, "url": shown.url, "image": shown.image})

    @schema.security_operation(
        operation_id="remove_totp",
        summary="Forget the authenticator app",
        description=f"With the last factor go the recovery codes. {_PROOF}",
        reply=shapes.Removed,
        errors=("STEP_UP_REQUIRED", "FACTOR_NOT_FOUND", "LAST_FACTOR"),
    )
    def delete(self, request: Request) -> Response:
        user, _ = self.proved(request)
        params.refuse_unknown(self.query(request), ())
        second_factor.remove_app(user, self.asked(request).place)
        return Response({"removed": True})


class TotpConfirmView(LogInView):
    rate_scope = "login"

    @schema.security_operation(
        operation_id="confirm_totp",
        summary="Keep the secret by the first code of the app",
        description="Of the log-in that has asked for the secret. From now on you log in with the app.",
        request=shapes.TotpCode,
        reply=shapes.RecoveryCodesReply,
        errors=("INVALID_CREDENTIALS", "FACTOR_NOT_FOUND", "FACTOR_IN_USE"),
    )
    def post(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        refuse_unknown(self.body(request), {"code"})
        code = read_text(self.body(request), "code")
        holder, place = holder_of(identity), self.asked(request).place
        waiting = challenges.newest(_APP, holder)
        if waiting is None:
            raise RefusedError("FACTOR_NOT_FOUND")
        with second_factor.attempts(user, place) as attempt:
            secret = str(get_adapter().decrypt(waiting["secret"]))
            codes = second_factor.set_up(user, secret, code, place)
            attempt.succeeded = codes is not None
        if codes is None:
            raise RefusedError("FACTOR_IN_USE" if second_factor.has_app(user) else "INVALID_CREDENTIALS")
        challenges.forget(_APP, holder)
        _note_passed(request, identity)
        return Response({"recovery_codes": codes})


class RecoveryCodesView(LogInView):
    @schema.security_operation(
        operation_id="renew_recovery_codes",
        summary="Ten new recovery codes; the old ones are void",
        description=_PROOF,
        reply=shapes.RecoveryCodesReply,
        errors=("STEP_UP_REQUIRED", "FACTOR_NOT_FOUND"),
    )
    def post(self, request: Request) -> Response:
        user, _ = self.proved(request)
        refuse_unknown(self.body(request), ())
        return Response({"recovery_codes": second_factor.renew_codes(user, self.asked(request).place)})


class PasskeyOptionsView(LogInView):
    @schema.security_operation(
        operation_id="begin_passkey",
        summary="What a browser makes a passkey by",
        description=_PROOF,
        reply=shapes.PublicKeyOptions,
        errors=("STEP_UP_REQUIRED", "TOO_MANY_PASSKEYS"),
    )
    def post(self, request: Request) -> Response:
        user, identity = self.proved(request)
        refuse_unknown(self.body(request), ())
        options = passkeys.creation_options(user, holder_of(identity), self.asked(request).domain)
        return Response({"public_key": options})


class PasskeysView(LogInView):
    @schema.security_operation(
        operation_id="add_passkey",
        summary="Keep a passkey that the browser has made",
        description="Of the log-in that has asked for the options. From now on you log in with it, "
        "alone or after the password.",
        request=shapes.NewPasskey,
        reply=shapes.NewPasskeyReply,
        errors=("INVALID_PASSKEY", "TOO_MANY_PASSKEYS", "INVALID_TEXT"),
    )
    def post(self, request: Request) -> Response:
        user, identity = self.log_in(request)
        body = self.body(request)
        refuse_unknown(body, {"name", "credential"})
        name, answer = _name(body), step_up.read_answer(body, "credential")
        asked = self.asked(request)
        row, codes = passkeys.register(user, holder_of(identity), asked.domain, name, answer, asked.place)
        _note_passed(request, identity)
        return Response({"passkey": passkeys.render(row), "recovery_codes": codes})


class PasskeyView(LogInView):
    @schema.security_operation(
        operation_id="rename_passkey",
        summary="Give a passkey another name",
        description="The name is for you alone.",
        request=shapes.PasskeyName,
        reply=shapes.PasskeyReply,
        errors=("FACTOR_NOT_FOUND", "INVALID_TEXT"),
    )
    def patch(self, request: Request, passkey_id: str) -> Response:
        user, _ = self.log_in(request)
        refuse_unknown(self.body(request), {"name"})
        return Response(
            {"passkey": passkeys.render(passkeys.rename(user, passkey_id, _name(self.body(request))))}
        )

    @schema.security_operation(
        operation_id="remove_passkey",
        summary="Forget a passkey",
        description=f"With the last factor go the recovery codes. {_PROOF}",
        reply=shapes.Removed,
        errors=("STEP_UP_REQUIRED", "FACTOR_NOT_FOUND", "LAST_FACTOR"),
    )
    def delete(self, request: Request, passkey_id: str) -> Response:
        user, _ = self.proved(request)
        params.refuse_unknown(self.query(request), ())
        passkeys.remove(user, passkey_id, self.asked(request).place)
        return Response({"removed": True})


def _name(body: Mapping[str, Any]) -> str:
    return checked_text(read_text(body, "name"), "name", passkeys.MAX_NAME_CHARS)


def _note_passed(request: Request, identity: Identity) -> None:
    """The browser that sets a factor up has shown it: the operator pages stay open to it."""
    if identity.session_key is not None:
        note_passed(request._request)
