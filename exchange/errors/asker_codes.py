"""Who asks, how that was proved, and what he may do."""

from __future__ import annotations

from typing import Final

from exchange.errors.error_kinds import ErrorKind, Retry

ASKER_CODES: Final[dict[str, ErrorKind]] = {
    "NOT_AUTHENTICATED": ErrorKind(
        2001,
        401,
        Retry.WHEN_CHANGED,
        "Log in, send a bearer token, or sign with an API key.",
        "로그인하거나 Bearer 토큰을 보내거나 API 키로 서명해 주십시오.",
        "No session, no token and no key.",
    ),
    "INVALID_TOKEN": ErrorKind(
        2002,
        401,
        Retry.WHEN_CHANGED,
        "The token is invalid or has expired.",
        "토큰이 올바르지 않거나 만료되었습니다.",
        "Ask for a new one at /api/v1/token/refresh or /api/v1/token.",
    ),
    "INVALID_CREDENTIALS": ErrorKind(
        2003,
        401,
        Retry.NEVER,
        "The user name or the password is wrong.",
        "사용자 이름 또는 비밀번호가 올바르지 않습니다.",
        "Says the same for an unknown user, a wrong password and a disabled user.",
    ),
    "MFA_REQUIRED": ErrorKind(
        2004,
        401,
        Retry.NEVER,
        "This log-in needs the code of a second factor.",
        "2단계 인증 코드가 필요한 로그인입니다.",
        "Send the code of the authenticator app, or a recovery code, as `otp`. `details.is_set_up` is "
        "false for staff who have to set it up at the log-in page first.",
    ),
    "INVALID_PASSKEY": ErrorKind(
        2005,
        401,
        Retry.NEVER,
        "The passkey's answer is not valid here, or came too late; try again.",
        "패스키 응답이 올바르지 않거나 너무 늦었습니다. 다시 시도해 주십시오.",
        "Ask for new options: an answer counts once, within five minutes, for what it was asked for.",
    ),
    "STEP_UP_REQUIRED": ErrorKind(
        2006,
        403,
        Retry.WHEN_CHANGED,
        "Prove once more that it is you.",
        "본인 확인이 다시 필요합니다.",
        "`details.ways` lists what would do, each the fields that POST /api/v1/step-up takes together; "
        "a proof lasts `details.max_age_s` seconds. Then send the same again.",
    ),
    "TERMS_NOT_ACCEPTED": ErrorKind(
        2007,
        403,
        Retry.WHEN_CHANGED,
        "Accept the present terms of service first.",
        "먼저 현재 이용약관에 동의해 주십시오.",
        "`details.version` names it. GET /api/v1/terms has the text; send the version as `terms` with "
        "the sign-up or the log-in, or as `version` to POST /api/v1/terms/accept. Until then you can "
        "read and cancel orders.",
    ),
    "PERMISSION_DENIED": ErrorKind(
        2008,
        403,
        Retry.WHEN_CHANGED,
        "You may not do this.",
        "권한이 없습니다.",
        "The user lacks the role for it.",
    ),
    "CSRF_FAILED": ErrorKind(
        2009,
        403,
        Retry.NEVER,
        "The CSRF token is missing or wrong.",
        "CSRF 토큰이 없거나 올바르지 않습니다.",
        "Requests with a session cookie need the X-CSRFToken header; programs should use a bearer token.",
    ),
    "INVALID_KEY": ErrorKind(
        2010,
        401,
        Retry.NEVER,
        "There is no such API key, or it has been revoked.",
        "API 키가 없거나 폐기되었습니다.",
        "Also of a user who may not log in any more, or has lost the key's account.",
    ),
    "INVALID_SIGNATURE": ErrorKind(
        2011,
        401,
        Retry.NEVER,
        "The signature is not this key's signature of this request.",
        "이 요청에 대한 API 키의 서명이 올바르지 않습니다.",
        "Sign timestamp, method, path with query as sent, and the body's bytes.",
    ),
    "KEY_EXPIRED": ErrorKind(
        2012,
        401,
        Retry.NEVER,
        "The API key has expired.",
        "API 키가 만료되었습니다.",
        "It was made with an end; make another.",
    ),
    "TIMESTAMP_OUT_OF_WINDOW": ErrorKind(
        2013,
        401,
        Retry.NEVER,
        "The timestamp of the signed request is too old, or in the future.",
        "서명된 요청의 시각이 허용 범위를 벗어났습니다.",
        "`details.server_time` has our clock: correct yours by it and sign anew.",
    ),
    "REPLAYED_REQUEST": ErrorKind(
        2014,
        401,
        Retry.NEVER,
        "A request with this signature has been taken before.",
        "같은 서명의 요청이 이미 처리되었습니다.",
        "A signature is good once. Sign again with another timestamp.",
    ),
    "ADDRESS_NOT_ALLOWED": ErrorKind(
        2015,
        403,
        Retry.NEVER,
        "The API key may not be used from this address.",
        "이 주소에서는 사용할 수 없는 API 키입니다.",
        "`details.address` is not in the key's list.",
    ),
    "SCOPE_REQUIRED": ErrorKind(
        2016,
        403,
        Retry.NEVER,
        "The API key lacks the scope for this.",
        "API 키에 필요한 권한 범위가 없습니다.",
        "`details.scope` names it: read, trade, transfer or withdraw.",
    ),
}
