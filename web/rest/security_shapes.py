"""Bodies and replies of the calls for a user's own security: second factor, sessions, step-up."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from accounts.identity.notice_texts import KINDS
from accounts.identity.passkeys import MAX_NAME_CHARS
from exchange.wire.shape_parts import Milliseconds, one_of, text
from web.rest.request_shapes import Credential, Otp

#: Of WebAuthn, as browsers read and write it in JSON.
WebAuthnJson = dict[str, Any]
PasskeyText = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Codes = Annotated[list[str], text("Each is good once in place of a code. Shown this once; may be empty.")]


# --- second factor ----------------------------------------------------------------------------------------


class TotpState(msgspec.Struct):
    created_at: Milliseconds
    last_used_at: Milliseconds | None


class RecoveryCodesState(msgspec.Struct):
    created_at: Milliseconds
    left: Annotated[int, text("Codes that were not used yet, of ten.")]


class Passkey(msgspec.Struct):
    passkey_id: str
    name: str
    created_at: Milliseconds
    last_used_at: Milliseconds | None


class SecondFactor(msgspec.Struct):
    """What you log in with beside the password."""

    is_on: Annotated[bool, text("Whether log-ins need it.")]
    is_required: Annotated[bool, text("Whether you may not be without it.")]
    totp: Annotated[TotpState | None, text("The authenticator app.")]
    recovery_codes: RecoveryCodesState | None
    passkeys: list[Passkey]


class NewTotp(msgspec.Struct):
    secret: Annotated[str, text("To type into the app: base32.")]
    url: Annotated[str, text("The same as an `otpauth:` address.")]
    image: Annotated[str, text("The address as a QR code, SVG.")]


class TotpCode(msgspec.Struct):
    code: Annotated[Otp, text("The code that the app shows now.")]


class RecoveryCodesReply(msgspec.Struct):
    recovery_codes: Codes


class PublicKeyOptions(msgspec.Struct):
    public_key: Annotated[WebAuthnJson, text("For `navigator.credentials`, as WebAuthn's JSON has it.")]


class NewPasskey(msgspec.Struct):
    name: Annotated[PasskeyText, text(f"For you: 1 to {MAX_NAME_CHARS} characters.")]
    credential: Annotated[WebAuthnJson, text("What `navigator.credentials.create` gave, as JSON.")]


class NewPasskeyReply(msgspec.Struct):
    passkey: Passkey
    recovery_codes: Codes


class PasskeyName(msgspec.Struct):
    name: Annotated[PasskeyText, text(f"1 to {MAX_NAME_CHARS} characters.")]


class PasskeyReply(msgspec.Struct):
    passkey: Passkey


class Removed(msgspec.Struct):
    removed: Annotated[bool, text("Always true.")]


# --- step-up ----------------------------------------------------------------------------------------------


class StepUpRequest(msgspec.Struct):
    """A passkey alone; or the password, with a code where you log in with one."""

    password: Credential | None = None
    otp: Annotated[Otp | None, text("A code of the app, or a recovery code.")] = None
    passkey: Annotated[WebAuthnJson | None, text("What `navigator.credentials.get` gave, as JSON.")] = None


class SteppedUp(msgspec.Struct):
    proved_until: Annotated[Milliseconds, text("Until then this log-in need not prove it again.")]


# --- sessions and acts ------------------------------------------------------------------------------------


class Session(msgspec.Struct):
    """A log-in that goes on."""

    id: str
    kind: Annotated[str, one_of(("browser", "token"))]
    network: Annotated[str | None, text("Around the address it was begun from, such as 203.0.113.0/24.")]
    agent: Annotated[str | None, text("The browser and system, or the program.")]
    began_at: Milliseconds
    last_seen_at: Annotated[Milliseconds, text("To the minute.")]
    is_this: Annotated[bool, text("Whether it is the one that asks.")]


class Sessions(msgspec.Struct):
    sessions: list[Session]


class RevokedSession(msgspec.Struct):
    revoked: Annotated[bool, text("Always true.")]


class RevokedSessions(msgspec.Struct):
    revoked: Annotated[int, text("How many there were.")]


class SecurityAct(msgspec.Struct):
    kind: Annotated[str, one_of(KINDS)]
    at: Milliseconds
    facts: Annotated[dict[str, str], text("Texts by name: label, network, agent and others.")]


class SecurityActs(msgspec.Struct):
    acts: list[SecurityAct]
