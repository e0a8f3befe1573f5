"""Every error a client can meet, in one table, and the exceptions that carry them.

    ApiError                     has a wire code of the table and details that name the field
    ├── InputError               malformed, or against the symbol's rules: nothing was sent to the engine
    ├── RefusedError             the engine (or an access rule) said no; nothing changed
    └── EngineTroubleError       the engine could not be asked, or its answer did not come in time

REST, the WebSocket, the OpenAPI schema and ``docs/rest.md`` all read :data:`ERRORS`; a code that is
not in it cannot be raised. This module imports nothing, so every layer of the site may use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class ErrorKind(NamedTuple):
    """What a wire code means: HTTP status, the message in English and Korean, a line for the docs."""

    status: int
    en: str
    ko: str
    doc: str


ERRORS: Final[dict[str, ErrorKind]] = {
    # --- the shape of a request ----------------------------------------------------------------
    "INVALID_JSON": ErrorKind(
        400,
        "The body is not a valid JSON object.",
        "본문이 올바른 JSON 객체가 아닙니다.",
        "Malformed JSON, a repeated key, NaN or Infinity, not UTF-8, or not an object.",
    ),
    "MISSING_FIELD": ErrorKind(
        400,
        "A required field is missing.",
        "필수 항목이 없습니다.",
        "`details.field` names it.",
    ),
    "UNKNOWN_FIELD": ErrorKind(
        400,
        "The request has a field that is not known here.",
        "알 수 없는 항목이 있습니다.",
        "`details.field` names it; a misspelt field is never ignored.",
    ),
    "INVALID_FIELD": ErrorKind(
        400,
        "A field has a value that is not allowed.",
        "허용되지 않는 값입니다.",
        "Wrong type, not one of the choices, or outside the bounds given in `details`.",
    ),
    "INVALID_NUMBER": ErrorKind(
        400,
        "A number must be a plain decimal such as 0.015.",
        "숫자는 0.015와 같은 일반 십진수여야 합니다.",
        "NaN, an exponent, a sign in front, spaces, or more than 38 digits.",
    ),
    "INVALID_CURSOR": ErrorKind(
        400,
        "The cursor is not one this address handed out.",
        "이 주소에서 발급한 커서가 아닙니다.",
        "Take `next_cursor` of the page before, unchanged and with the same filters.",
    ),
    "BATCH_TOO_LARGE": ErrorKind(
        400,
        "Too many orders in one request.",
        "한 요청에 담긴 주문이 너무 많습니다.",
        "At most 100; `details.maximum` says so.",
    ),
    "BAD_REQUEST": ErrorKind(
        400,
        "The request could not be understood.",
        "요청을 이해할 수 없습니다.",
        "Anything malformed below the API: a header, a host name, an encoding.",
    ),
    "BODY_TOO_LARGE": ErrorKind(
        413,
        "The request body is too large.",
        "요청 본문이 너무 큽니다.",
        "At most 64 KiB.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ErrorKind(
        415,
        "Send the body as application/json.",
        "본문은 application/json으로 보내 주십시오.",
        "The Content-Type is not accepted at this address.",
    ),
    "NOT_ACCEPTABLE": ErrorKind(
        406,
        "This address cannot answer in the format asked for.",
        "요청한 형식으로 응답할 수 없습니다.",
        "Ask for application/json.",
    ),
    "METHOD_NOT_ALLOWED": ErrorKind(
        405,
        "This method is not allowed here.",
        "허용되지 않는 메서드입니다.",
        "The Allow header lists the methods there are.",
    ),
    "NOT_FOUND": ErrorKind(
        404,
        "There is nothing at this address.",
        "요청한 주소를 찾을 수 없습니다.",
        "No such address.",
    ),
    "UNKNOWN_OP": ErrorKind(
        400,
        "This operation is not known.",
        "알 수 없는 작업입니다.",
        "WebSocket: `op` is not one of the documented operations.",
    ),
    "CHANNEL_NOT_FOUND": ErrorKind(
        404,
        "There is no such channel.",
        "존재하지 않는 채널입니다.",
        "WebSocket: a name in `channels` is not a channel.",
    ),
    "TOO_MANY_SUBSCRIPTIONS": ErrorKind(
        429,
        "This connection has too many subscriptions.",
        "이 연결의 구독 수가 너무 많습니다.",
        "WebSocket: unsubscribe from something first.",
    ),
    "TOO_MANY_CONNECTIONS": ErrorKind(
        429,
        "Too many connections are open.",
        "열려 있는 연결이 너무 많습니다.",
        "WebSocket: close one first.",
    ),
    # --- who asks --------------------------------------------------------------------------------
    "NOT_AUTHENTICATED": ErrorKind(
        401,
        "Log in, or send a bearer token.",
        "로그인하거나 Bearer 토큰을 보내 주십시오.",
        "No session and no token.",
    ),
    "INVALID_TOKEN": ErrorKind(
        401,
        "The token is invalid or has expired.",
        "토큰이 올바르지 않거나 만료되었습니다.",
        "Ask for a new one at /api/v1/token/refresh or /api/v1/token.",
    ),
    "INVALID_CREDENTIALS": ErrorKind(
        401,
        "The user name or the password is wrong.",
        "사용자 이름 또는 비밀번호가 올바르지 않습니다.",
        "Says the same for an unknown user, a wrong password and a disabled user.",
    ),
    "PERMISSION_DENIED": ErrorKind(
        403,
        "You may not do this.",
        "권한이 없습니다.",
        "The user lacks the role for it.",
    ),
    "CSRF_FAILED": ErrorKind(
        403,
        "The CSRF token is missing or wrong.",
        "CSRF 토큰이 없거나 올바르지 않습니다.",
        "Requests with a session cookie need the X-CSRFToken header; programs should use a bearer token.",
    ),
    "NO_ACCOUNT": ErrorKind(
        403,
        "This user has no trading account.",
        "거래 계정이 없는 사용자입니다.",
        "Operators and auditors have none; an operator can open one.",
    ),
    "ACCOUNT_FROZEN": ErrorKind(
        403,
        "This account is frozen; only cancels are accepted.",
        "동결된 계정입니다. 주문 취소만 가능합니다.",
        "An operator froze the account.",
    ),
    "DEMO_ONLY": ErrorKind(
        403,
        "This is only possible on a demo exchange.",
        "데모 거래소에서만 가능합니다.",
        "The exchange does not run with DEMO=1.",
    ),
    "RATE_LIMITED": ErrorKind(
        429,
        "Too many requests; try again later.",
        "요청이 너무 많습니다. 잠시 후 다시 시도해 주십시오.",
        "Wait as many seconds as the Retry-After header says.",
    ),
    # --- what is named does not exist ------------------------------------------------------------
    "SYMBOL_NOT_FOUND": ErrorKind(
        404,
        "There is no such symbol.",
        "존재하지 않는 종목입니다.",
        "`details.symbol` repeats it. /api/v1/symbols lists them all.",
    ),
    "INTERVAL_NOT_FOUND": ErrorKind(
        404,
        "There is no such interval.",
        "존재하지 않는 간격입니다.",
        "Klines come in 1m, 5m, 15m, 1h, 4h, 1d and 1w.",
    ),
    "ASSET_NOT_FOUND": ErrorKind(
        404,
        "There is no such asset.",
        "존재하지 않는 자산입니다.",
        "`details.asset` repeats it.",
    ),
    "ACCOUNT_NOT_FOUND": ErrorKind(
        404,
        "There is no such account.",
        "존재하지 않는 계정입니다.",
        "The engine has not been told of this account (yet).",
    ),
    "ORDER_NOT_FOUND": ErrorKind(
        404,
        "There is no such order.",
        "존재하지 않는 주문입니다.",
        "Unknown, or someone else's: the answer is the same.",
    ),
    # --- the state forbids it --------------------------------------------------------------------
    "DUPLICATE_ID": ErrorKind(
        409,
        "This id was used for another request.",
        "이미 다른 요청에 사용된 식별자입니다.",
        "The same client_order_id with another payload. The same payload gets the first reply again.",
    ),
    "CLIENT_ORDER_ID_IN_USE": ErrorKind(
        409,
        "An open order has this client_order_id.",
        "해당 client_order_id의 미체결 주문이 있습니다.",
        "The id belongs to an open order, older than ids are remembered for.",
    ),
    "ORDER_NOT_OPEN": ErrorKind(
        409,
        "The order is no longer open.",
        "이미 종료된 주문입니다.",
        "It was filled, canceled or expired before.",
    ),
    "SYMBOL_HALTED": ErrorKind(
        409,
        "Trading in this symbol is halted.",
        "거래가 정지된 종목입니다.",
        "Nothing enters or leaves the book until an operator resumes it.",
    ),
    "SYMBOL_CANCEL_ONLY": ErrorKind(
        409,
        "Orders of this symbol can only be canceled or reduced.",
        "주문 취소와 수량 감소만 가능한 종목입니다.",
        "The symbol is in cancel-only.",
    ),
    "SYMBOL_CLOSED": ErrorKind(
        409,
        "The market of this symbol is closed.",
        "장이 마감된 종목입니다.",
        "Orders can only be canceled until it opens.",
    ),
    "SYMBOL_POST_ONLY": ErrorKind(
        409,
        "Only post-only orders are accepted in this symbol now.",
        "지금은 post-only 주문만 가능한 종목입니다.",
        "The symbol is in post-only.",
    ),
    "SYMBOL_IN_AUCTION": ErrorKind(
        409,
        "This order cannot enter during an auction.",
        "단일가 매매 시간에는 접수할 수 없는 주문입니다.",
        "Market, ioc, fok and post-only orders wait for continuous trading; limit orders and stops may enter.",
    ),
    "SCALE_FIXED": ErrorKind(
        409,
        "Scales and assets cannot be changed once they exist.",
        "이미 존재하는 자산과 소수 자릿수는 변경할 수 없습니다.",
        "Operators: set when the asset or symbol is made.",
    ),
    # --- against the symbol's rules --------------------------------------------------------------
    "INVALID_ORDER": ErrorKind(
        400,
        "These order options do not go together.",
        "함께 사용할 수 없는 주문 조건입니다.",
        "For example a stop without a trigger_price, or post_only with ioc. `details` says which.",
    ),
    "PRICE_OUT_OF_BOUNDS": ErrorKind(
        400,
        "The price is outside the symbol's bounds.",
        "가격이 허용 범위를 벗어났습니다.",
        "`details.minimum` and `details.maximum` give them.",
    ),
    "PRICE_OFF_TICK": ErrorKind(
        400,
        "The price is not a multiple of the tick size.",
        "가격이 호가 단위에 맞지 않습니다.",
        "`details.tick_size` gives the step at this price.",
    ),
    "QUANTITY_OUT_OF_BOUNDS": ErrorKind(
        400,
        "The quantity is outside the symbol's bounds.",
        "수량이 허용 범위를 벗어났습니다.",
        "`details.minimum` and `details.maximum` give them.",
    ),
    "QUANTITY_OFF_LOT": ErrorKind(
        400,
        "The quantity is not a multiple of the lot size.",
        "수량이 주문 단위에 맞지 않습니다.",
        "`details.lot_size` gives the step.",
    ),
    "BELOW_MIN_NOTIONAL": ErrorKind(
        400,
        "The order value is below the minimum.",
        "주문 금액이 최소 금액보다 작습니다.",
        "`details.minimum` gives it, in the quote asset.",
    ),
    "ABOVE_MAX_NOTIONAL": ErrorKind(
        422,
        "The order value is above the maximum.",
        "주문 금액이 최대 금액보다 큽니다.",
        "`details.maximum` gives it, in the quote asset.",
    ),
    "INVALID_AMOUNT": ErrorKind(
        400,
        "The amount is not allowed.",
        "허용되지 않는 금액입니다.",
        "Zero, negative, finer than the asset allows, or more than the limit in `details`.",
    ),
    "INVALID_SYMBOL": ErrorKind(
        400,
        "The symbol's settings contradict each other.",
        "종목 설정이 서로 모순됩니다.",
        "Operators: `details` names the setting.",
    ),
    "INVALID_ASSET": ErrorKind(
        400,
        "The asset's settings are not allowed.",
        "허용되지 않는 자산 설정입니다.",
        "Operators: a name of 1 to 16 capitals and digits, a scale of 0 to 18.",
    ),
    "INVALID_COMMAND": ErrorKind(
        400,
        "The request is not allowed.",
        "허용되지 않는 요청입니다.",
        "Operators: a value of a change request is out of range.",
    ),
    "INVALID_STATUS": ErrorKind(
        400,
        "The status is not allowed.",
        "허용되지 않는 상태입니다.",
        "Operators: not a status of a symbol or account.",
    ),
    "INVALID_RULES": ErrorKind(
        400,
        "The rules version is not known.",
        "알 수 없는 규칙 버전입니다.",
        "Operators: this engine does not have that version, or it is behind the present one.",
    ),
    "INVALID_FEES": ErrorKind(
        400,
        "The fee rates are not allowed.",
        "허용되지 않는 수수료율입니다.",
        "Operators: at most 10 %, and maker and taker together never below zero.",
    ),
    "INVALID_EXPIRY": ErrorKind(
        400,
        "expire_at must be a time in the future.",
        "expire_at은 미래의 시각이어야 합니다.",
        "Milliseconds UTC, after the exchange's clock; gtd orders only.",
    ),
    "INVALID_GROUP": ErrorKind(
        400,
        "The group is not allowed.",
        "허용되지 않는 그룹입니다.",
        "Operators: a number from 0 (none) up.",
    ),
    "INVALID_CANCEL_AFTER": ErrorKind(
        400,
        "after_ms must be 0, or between 1 second and 24 hours.",
        "after_ms는 0이거나 1초에서 24시간 사이여야 합니다.",
        "Milliseconds: 0, or 1000 to 86400000.",
    ),
    # --- the market forbids it -------------------------------------------------------------------
    "INSUFFICIENT_BALANCE": ErrorKind(
        422,
        "The available balance is too small.",
        "사용 가능한 잔고가 부족합니다.",
        "`details` has the asset and the amounts required and available.",
    ),
    "POST_ONLY_WOULD_TAKE": ErrorKind(
        422,
        "A post-only order at this price would trade at once.",
        "이 가격의 post-only 주문은 즉시 체결됩니다.",
        "Nothing was placed.",
    ),
    "TRIGGER_WOULD_FIRE": ErrorKind(
        422,
        "The trigger price is already reached.",
        "감시 가격이 이미 조건에 도달했습니다.",
        "With `trigger_if_met` set to trigger such an order enters at once.",
    ),
    "NO_REFERENCE_PRICE": ErrorKind(
        422,
        "There is no price yet that this order could follow.",
        "주문이 따라갈 기준 가격이 아직 없습니다.",
        "A trailing stop needs a last price, or a quote if that is its source.",
    ),
    "PRICE_OUT_OF_BAND": ErrorKind(
        422,
        "The price is too far from the market.",
        "가격이 시장 가격과 너무 다릅니다.",
        "Outside the band around the reference price; `details` give its ends.",
    ),
    "TOO_MANY_OPEN_ORDERS": ErrorKind(
        422,
        "The account has too many open orders in this symbol.",
        "이 종목의 미체결 주문이 너무 많습니다.",
        "`details.maximum` gives the limit.",
    ),
    "INVALID_REDUCE": ErrorKind(
        422,
        "The new quantity must lie between the filled and the present quantity.",
        "새 수량은 체결 수량보다 크고 현재 수량보다 작아야 합니다.",
        "`quantity` is the new total, the filled part included. Linked orders cannot be reduced.",
    ),
    "INVALID_REPLACE": ErrorKind(
        422,
        "This order cannot be replaced like this.",
        "이 주문은 이렇게 정정할 수 없습니다.",
        "`quantity` is the new total and must exceed what is filled; linked orders cannot be replaced, and only orders that wait for a trigger have a `trigger_price` to change.",
    ),
    # --- trouble on this side --------------------------------------------------------------------
    "INTERNAL": ErrorKind(
        500,
        "Something went wrong here; it has been recorded.",
        "내부 오류가 발생했습니다. 오류가 기록되었습니다.",
        "A fault of the exchange. The request changed nothing.",
    ),
    "ENGINE_UNAVAILABLE": ErrorKind(
        503,
        "The matching engine is not available; nothing was done.",
        "거래 엔진에 연결할 수 없습니다. 처리된 것은 없습니다.",
        "Try again after Retry-After seconds.",
    ),
    "ENGINE_BUSY": ErrorKind(
        503,
        "The matching engine is busy; nothing was done.",
        "거래 엔진이 혼잡합니다. 처리된 것은 없습니다.",
        "Its queue is full. Try again after Retry-After seconds.",
    ),
    "OUTCOME_UNKNOWN": ErrorKind(
        504,
        "The engine did not answer in time; the outcome is unknown.",
        "제시간에 응답을 받지 못해 처리 결과를 알 수 없습니다.",
        "Send it again with the same client_order_id: the reply tells what happened.",
    ),
}

#: Seconds a client should wait before trying again, for the codes where waiting helps.
RETRY_AFTER_S: Final[dict[str, int]] = {
    "ENGINE_UNAVAILABLE": 2,
    "ENGINE_BUSY": 1,
    "OUTCOME_UNKNOWN": 1,
}

#: The field a refusal of the engine is about, where there is one; validation names its own.
FIELD_OF: Final[dict[str, str]] = {
    "DUPLICATE_ID": "client_order_id",
    "CLIENT_ORDER_ID_IN_USE": "client_order_id",
    "ORDER_NOT_FOUND": "order_id",
    "ORDER_NOT_OPEN": "order_id",
    "SYMBOL_NOT_FOUND": "symbol",
    "SYMBOL_HALTED": "symbol",
    "SYMBOL_CANCEL_ONLY": "symbol",
    "SYMBOL_CLOSED": "symbol",
    "SYMBOL_POST_ONLY": "symbol",
    "SYMBOL_IN_AUCTION": "symbol",
    "NO_REFERENCE_PRICE": "symbol",
    "TOO_MANY_OPEN_ORDERS": "symbol",
    "PRICE_OUT_OF_BOUNDS": "price",
    "PRICE_OFF_TICK": "price",
    "POST_ONLY_WOULD_TAKE": "price",
    "PRICE_OUT_OF_BAND": "price",
    "TRIGGER_WOULD_FIRE": "trigger_price",
    "INVALID_EXPIRY": "expire_at",
    "INVALID_CANCEL_AFTER": "after_ms",
    "INVALID_GROUP": "group",
    "QUANTITY_OUT_OF_BOUNDS": "quantity",
    "QUANTITY_OFF_LOT": "quantity",
    "BELOW_MIN_NOTIONAL": "quantity",
    "ABOVE_MAX_NOTIONAL": "quantity",
    "INVALID_REDUCE": "quantity",
    "INVALID_REPLACE": "quantity",
}


class ApiError(Exception):
    """A request that ends in an error of the table. Raises ``KeyError`` for a code that is not in it."""

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        self.kind = ERRORS[code]
        self.code = code
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(code, self.details)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.kind.status

    @property
    def retry_after_s(self) -> int | None:
        """Value of the Retry-After header, or None where waiting does not help."""
        return RETRY_AFTER_S.get(self.code)

    def message(self, language: str = "en") -> str:
        return message_of(self.code, language)

    def body(self, language: str = "en") -> dict[str, Any]:
        """The error as it goes over the wire, in Korean when ``language`` starts with ``ko``."""
        return {"error": self.code, "message": self.message(language), "details": self.details}


class InputError(ApiError):
    """The request is malformed or against the symbol's rules; no command was built."""


class RefusedError(ApiError):
    """The engine or an access rule refused the request; nothing changed."""


class EngineTroubleError(ApiError):
    """ENGINE_UNAVAILABLE, ENGINE_BUSY or OUTCOME_UNKNOWN."""


def message_of(code: str, language: str = "en") -> str:
    """The message of a code, in Korean when ``language`` starts with ``ko``, else in English."""
    kind = ERRORS[code]
    return kind.ko if language.lower().startswith("ko") else kind.en


def codes_of_status(status: int) -> list[str]:
    """Every code that answers with this HTTP status, for the schema and the docs."""
    return [code for code, kind in ERRORS.items() if kind.status == status]
