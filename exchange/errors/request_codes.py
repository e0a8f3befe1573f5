"""The shape of a request: what is refused before it is known what it would do."""

from __future__ import annotations

from typing import Final

from exchange.errors.error_kinds import ErrorKind, Retry

REQUEST_CODES: Final[dict[str, ErrorKind]] = {
    "INVALID_JSON": ErrorKind(
        1001,
        400,
        Retry.NEVER,
        "The body is not a valid JSON object.",
        "본문이 올바른 JSON 객체가 아닙니다.",
        "Malformed JSON, a repeated key, NaN or Infinity, not UTF-8, or not an object.",
    ),
    "MISSING_FIELD": ErrorKind(
        1002,
        400,
        Retry.NEVER,
        "A required field is missing.",
        "필수 항목이 없습니다.",
        "`details.field` names it.",
    ),
    "UNKNOWN_FIELD": ErrorKind(
        1003,
        400,
        Retry.NEVER,
        "The request has a field that is not known here.",
        "알 수 없는 항목이 있습니다.",
        "`details.field` names it; a misspelt field is never ignored.",
    ),
    "INVALID_FIELD": ErrorKind(
        1004,
        400,
        Retry.NEVER,
        "A field has a value that is not allowed.",
        "허용되지 않는 값입니다.",
        "Wrong type, not one of the choices, or outside the bounds given in `details`.",
    ),
    "INVALID_NUMBER": ErrorKind(
        1005,
        400,
        Retry.NEVER,
        "A number must be a plain decimal such as 0.015.",
        "숫자는 0.015와 같은 일반 십진수여야 합니다.",
        "NaN, an exponent, a plus sign, leading zeros, spaces, or more than 38 digits.",
    ),
    "INVALID_TEXT": ErrorKind(
        1006,
        400,
        Retry.NEVER,
        "The text has characters that are not allowed here.",
        "사용할 수 없는 문자가 들어 있습니다.",
        "Control, invisible and direction-changing characters, halves of a pair, and code points "
        "without a meaning. `details.character` names the first by its code point.",
    ),
    "BATCH_TOO_LARGE": ErrorKind(
        1007,
        400,
        Retry.NEVER,
        "Too many orders in one request.",
        "한 요청에 담긴 주문이 너무 많습니다.",
        "At most 100; `details.maximum` says so.",
    ),
    "DUPLICATE_ID": ErrorKind(
        1008,
        409,
        Retry.NEVER,
        "This id was used for another request.",
        "이미 다른 요청에 사용된 식별자입니다.",
        "The same client_order_id, client_transfer_id or client_withdrawal_id with another payload. "
        "The same payload gets the first reply again.",
        field="client_order_id",
    ),
    "BAD_REQUEST": ErrorKind(
        1009,
        400,
        Retry.NEVER,
        "The request could not be understood.",
        "요청을 이해할 수 없습니다.",
        "Anything malformed below the API: a header, a host name, an encoding.",
    ),
    "BODY_TOO_LARGE": ErrorKind(
        1010,
        413,
        Retry.NEVER,
        "The request body is too large.",
        "요청 본문이 너무 큽니다.",
        "At most 64 KiB.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": ErrorKind(
        1011,
        415,
        Retry.NEVER,
        "Send the body as application/json.",
        "본문은 application/json으로 보내 주십시오.",
        "The Content-Type is not accepted at this address.",
    ),
    "NOT_ACCEPTABLE": ErrorKind(
        1012,
        406,
        Retry.NEVER,
        "This address cannot answer in the format asked for.",
        "요청한 형식으로 응답할 수 없습니다.",
        "Ask for application/json.",
    ),
    "METHOD_NOT_ALLOWED": ErrorKind(
        1013,
        405,
        Retry.NEVER,
        "This method is not allowed here.",
        "허용되지 않는 메서드입니다.",
        "The Allow header lists the methods there are.",
    ),
    "NOT_FOUND": ErrorKind(
        1014,
        404,
        Retry.NEVER,
        "There is nothing at this address.",
        "요청한 주소를 찾을 수 없습니다.",
        "No such address.",
    ),
    "UNKNOWN_OP": ErrorKind(
        1015,
        400,
        Retry.NEVER,
        "This operation is not known.",
        "알 수 없는 작업입니다.",
        "WebSocket: `op` is not one of the documented operations.",
    ),
    "CHANNEL_NOT_FOUND": ErrorKind(
        1016,
        404,
        Retry.NEVER,
        "There is no such channel.",
        "존재하지 않는 채널입니다.",
        "WebSocket: a name in `channels` is not a channel.",
    ),
}
