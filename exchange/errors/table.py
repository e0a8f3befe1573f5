"""Every error a client can meet, in one table: :data:`ERRORS`.

REST, the WebSocket, the OpenAPI schema and ``docs/rest.md`` read it; a code that is not in it cannot be
raised.
"""

from __future__ import annotations

from typing import Final, NamedTuple


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
        "Log in, send a bearer token, or sign with an API key.",
        "로그인하거나 Bearer 토큰을 보내거나 API 키로 서명해 주십시오.",
        "No session, no token and no key.",
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
    "MFA_REQUIRED": ErrorKind(
        401,
        "This log-in needs the code of a second factor.",
        "2단계 인증 코드가 필요한 로그인입니다.",
        "Send the code of the authenticator app, or a recovery code, as `otp`. "
        "`details.is_set_up` is false for staff who have to set it up at the log-in page first.",
    ),
    "INVALID_PASSKEY": ErrorKind(
        401,
        "The passkey's answer is not valid here, or came too late; try again.",
        "패스키 응답이 올바르지 않거나 너무 늦었습니다. 다시 시도해 주십시오.",
        "Ask for new options: an answer counts once, within five minutes, for what it was asked for.",
    ),
    "STEP_UP_REQUIRED": ErrorKind(
        403,
        "Prove once more that it is you.",
        "본인 확인이 다시 필요합니다.",
        "`details.ways` lists what would do, each the fields that POST /api/v1/step-up takes together; "
        "a proof lasts `details.max_age_s` seconds. Then send the same again.",
    ),
    "SIGN_UP_CLOSED": ErrorKind(
        403,
        "This exchange takes no new users.",
        "신규 가입을 받지 않습니다.",
        "The exchange runs with REGISTRATION=closed.",
    ),
    "INVALID_INVITATION": ErrorKind(
        403,
        "The invitation code is not valid, has expired, or has been used up.",
        "초대 코드가 올바르지 않거나 만료되었거나 모두 사용되었습니다.",
        "Ask whoever invited you for another one.",
    ),
    "TERMS_NOT_ACCEPTED": ErrorKind(
        403,
        "Accept the present terms of service first.",
        "먼저 현재 이용약관에 동의해 주십시오.",
        "`details.version` names it. GET /api/v1/terms has the text; send the version as `terms` with the "
        "sign-up or the log-in, or as `version` to POST /api/v1/terms/accept. Until then you can read and "
        "cancel orders.",
    ),
    "USERNAME_NOT_ALLOWED": ErrorKind(
        400,
        "User names have 3 to 30 letters and digits of one script, with - and _ inside, and none that looks "
        "like one of the exchange's own.",
        "사용자 이름은 한 가지 문자 체계의 글자와 숫자 3~30자이며 중간에 -와 _를 쓸 수 있습니다. "
        "거래소가 쓰는 이름과 비슷한 이름은 사용할 수 없습니다.",
        "`details.reason` is length, characters, scripts or reserved.",
    ),
    "USERNAME_TAKEN": ErrorKind(
        409,
        "This user name is taken.",
        "이미 사용 중인 사용자 이름입니다.",
        "By a user, or for some hours by a sign-up that has not been confirmed.",
    ),
    "WEAK_PASSWORD": ErrorKind(
        400,
        "This password is too easy to guess.",
        "추측하기 쉬운 비밀번호입니다.",
        "`details.reasons` has the codes of what is wrong with it, `details.text` the same in words.",
    ),
    "INVALID_LINK": ErrorKind(
        400,
        "The link is not valid: it was used, is too old, or is not complete.",
        "유효하지 않은 링크입니다. 이미 사용되었거나 만료되었거나 일부가 빠져 있습니다.",
        "Links in letters are good once and for a time; ask for another one.",
    ),
    "PERMISSION_DENIED": ErrorKind(
        403,
        "You may not do this.",
        "권한이 없습니다.",
        "The user lacks the role for it.",
    ),
    "INVALID_KEY": ErrorKind(
        401,
        "There is no such API key, or it has been revoked.",
        "API 키가 없거나 폐기되었습니다.",
        "Also of a user who may not log in any more, or has lost the key's account.",
    ),
    "INVALID_SIGNATURE": ErrorKind(
        401,
        "The signature is not this key's signature of this request.",
        "이 요청에 대한 API 키의 서명이 올바르지 않습니다.",
        "Sign timestamp, method, path with query as sent, and the body's bytes.",
    ),
    "KEY_EXPIRED": ErrorKind(
        401,
        "The API key has expired.",
        "API 키가 만료되었습니다.",
        "It was made with an end; make another.",
    ),
    "TIMESTAMP_OUT_OF_WINDOW": ErrorKind(
        401,
        "The timestamp of the signed request is too old, or in the future.",
        "서명된 요청의 시각이 허용 범위를 벗어났습니다.",
        "`details.server_time` has our clock: correct yours by it and sign anew.",
    ),
    "REPLAYED_REQUEST": ErrorKind(
        401,
        "A request with this signature has been taken before.",
        "같은 서명의 요청이 이미 처리되었습니다.",
        "A signature is good once. Sign again with another timestamp.",
    ),
    "ADDRESS_NOT_ALLOWED": ErrorKind(
        403,
        "The API key may not be used from this address.",
        "이 주소에서는 사용할 수 없는 API 키입니다.",
        "`details.address` is not in the key's list.",
    ),
    "SCOPE_REQUIRED": ErrorKind(
        403,
        "The API key lacks the scope for this.",
        "API 키에 필요한 권한 범위가 없습니다.",
        "`details.scope` names it: read, trade, transfer or withdraw.",
    ),
    "TOO_MANY_KEYS": ErrorKind(
        409,
        "You have as many API keys as a user may have; revoke one first.",
        "API 키 개수가 한도에 도달했습니다. 먼저 하나를 폐기해 주십시오.",
        "At most 20; `details.maximum` says so.",
    ),
    "TOO_MANY_ACCOUNTS": ErrorKind(
        409,
        "You have as many accounts as a user may have.",
        "계정 개수가 한도에 도달했습니다.",
        "`details.maximum` says how many, the main one included.",
    ),
    "ACCOUNT_NAME_TAKEN": ErrorKind(
        409,
        "You have another account of this name.",
        "같은 이름의 계정이 이미 있습니다.",
        "Names are unique among the accounts of a user.",
    ),
    "FROZEN_BY_OPERATOR": ErrorKind(
        403,
        "An operator froze this account; only an operator can thaw it.",
        "운영자가 동결한 계정입니다. 운영자만 해제할 수 있습니다.",
        "Owners thaw what they froze themselves.",
    ),
    "TOO_MANY_PASSKEYS": ErrorKind(
        409,
        "You have as many passkeys as a user may have; remove one first.",
        "패스키 개수가 한도에 도달했습니다. 먼저 하나를 삭제해 주십시오.",
        "At most 10; `details.maximum` says so.",
    ),
    "FACTOR_IN_USE": ErrorKind(
        409,
        "You have an authenticator app already; remove it first.",
        "이미 등록된 인증 앱이 있습니다. 먼저 삭제해 주십시오.",
        "A user has one app, and any number of passkeys up to ten.",
    ),
    "LAST_FACTOR": ErrorKind(
        409,
        "You may not be without a second factor; add another one first.",
        "2단계 인증을 사용해야 하는 사용자입니다. 다른 수단을 먼저 등록해 주십시오.",
        "Staff, where the exchange requires a second factor of them.",
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
        "An operator or its owner froze the account.",
    ),
    "OWN_ACCOUNT": ErrorKind(
        403,
        "You may not change or fund an account of your own; another operator can.",
        "본인 계정은 직접 변경하거나 입출금할 수 없습니다. 다른 운영자에게 요청해 주십시오.",
        "Operators: the requester owns the account, or it is in one group with the requester's.",
    ),
    "OWN_REQUEST": ErrorKind(
        403,
        "You asked for this change yourself; another operator has to decide it.",
        "본인이 요청한 변경입니다. 다른 운영자가 결정해야 합니다.",
        "Operators: no one approves or declines a change request of their own. `details.request` repeats it.",
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
    "LOGIN_BUSY": ErrorKind(
        503,
        "Too many people are logging in at once; try again in a moment.",
        "로그인 요청이 몰리고 있습니다. 잠시 후 다시 시도해 주십시오.",
        "Nothing was looked at. Wait as many seconds as the Retry-After header says.",
    ),
    "RATE_LIMIT_UNAVAILABLE": ErrorKind(
        503,
        "Log-ins cannot be counted right now; try again in a moment.",
        "지금은 로그인 횟수를 확인할 수 없습니다. 잠시 후 다시 시도해 주십시오.",
        "The count that all web processes share is away, so each lets only a few log-ins of an address "
        "through. Nothing was looked at. Try again after Retry-After seconds.",
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
        "Klines come in 1m, 5m, 15m, 30m, 1h, 4h, 1d and 1w.",
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
        "None of yours, whether it exists or not; not the account of the key; or not open yet.",
    ),
    "KEY_NOT_FOUND": ErrorKind(
        404,
        "You have no such API key.",
        "해당 API 키가 없습니다.",
        "Never made, another user's, or revoked already.",
    ),
    "SESSION_NOT_FOUND": ErrorKind(
        404,
        "You have no such session.",
        "해당 세션이 없습니다.",
        "Never begun, another user's, or over already.",
    ),
    "FACTOR_NOT_FOUND": ErrorKind(
        404,
        "You have no such second factor.",
        "해당 2단계 인증 수단이 없습니다.",
        "Never set up, another user's, or removed already; or nothing waits to be confirmed.",
    ),
    "ORDER_NOT_FOUND": ErrorKind(
        404,
        "There is no such order.",
        "존재하지 않는 주문입니다.",
        "Unknown, or someone else's: the answer is the same.",
    ),
    "PUBLICATION_NOT_FOUND": ErrorKind(
        404,
        "There is no such proof of solvency, or it is too old for proofs of accounts.",
        "해당 지급능력 증명이 없거나, 계정별 증명을 제공하는 기간이 지났습니다.",
        "/api/v1/solvency lists what has been published.",
    ),
    "WITHDRAWAL_NOT_FOUND": ErrorKind(
        404,
        "There is no such withdrawal.",
        "해당 출금을 찾을 수 없습니다.",
        "Never asked for, or another account's.",
    ),
    "ADDRESS_NOT_FOUND": ErrorKind(
        404,
        "Your address book has no such entry.",
        "주소록에 해당 주소가 없습니다.",
        "`address_id` names none of your withdrawal addresses, or one that was removed.",
    ),
    # --- the state forbids it --------------------------------------------------------------------
    "DUPLICATE_ID": ErrorKind(
        409,
        "This id was used for another request.",
        "이미 다른 요청에 사용된 식별자입니다.",
        "The same client_order_id, client_transfer_id or client_withdrawal_id with another payload. The same "
        "payload gets the first reply again.",
    ),
    "CLIENT_ORDER_ID_IN_USE": ErrorKind(
        409,
        "An open order has this client_order_id.",
        "해당 client_order_id의 미체결 주문이 있습니다.",
        "The id belongs to an open order, older than ids are remembered for.",
    ),
    "WITHDRAWAL_ID_IN_USE": ErrorKind(
        409,
        "An open withdrawal of this account has this id.",
        "이 계정의 진행 중인 출금에 사용된 식별자입니다.",
        "Every withdrawal of an account has an id of its own.",
    ),
    "WITHDRAWAL_STATE": ErrorKind(
        409,
        "The withdrawal has moved on; this can no longer be done.",
        "출금이 이미 다음 단계로 진행되어 처리할 수 없습니다.",
        "`details.state` is its present state: called back or paid already, for instance.",
    ),
    "WITHDRAWALS_CLOSED": ErrorKind(
        409,
        "This asset cannot be withdrawn at the moment.",
        "현재 이 자산은 출금할 수 없습니다.",
        "/v1/withdrawals/terms lists the assets that can.",
    ),
    "EMAIL_REQUIRED": ErrorKind(
        409,
        "Withdrawals are confirmed by e-mail: set an address first.",
        "출금에는 이메일 확인이 필요합니다. 먼저 이메일 주소를 등록해 주십시오.",
        "The user has no confirmed e-mail address, and this exchange asks for one.",
    ),
    "ADDRESS_NOT_USABLE": ErrorKind(
        409,
        "This withdrawal address cannot be used yet.",
        "아직 사용할 수 없는 출금 주소입니다.",
        "`details.usable_at` says from when on; null: it has to be confirmed first.",
    ),
    "ADDRESS_EXISTS": ErrorKind(
        409,
        "Your address book has this address already.",
        "이미 주소록에 있는 주소입니다.",
        "An entry of the same asset, address and tag, confirmed or not.",
    ),
    "BOOK_ONLY": ErrorKind(
        409,
        "Withdrawals go to usable addresses of the address book only.",
        "주소록에 등록된 사용 가능한 주소로만 출금할 수 있습니다.",
        "The user has limited withdrawals to the address book; for API keys that always holds.",
    ),
    "TOO_MANY_ADDRESSES": ErrorKind(
        409,
        "The address book is full.",
        "주소록이 가득 찼습니다.",
        "At most 100 entries; remove one first.",
    ),
    "ALREADY_APPROVED": ErrorKind(
        409,
        "You have approved this withdrawal already; another operator has to.",
        "이미 승인한 출금입니다. 다른 운영자의 승인이 필요합니다.",
        "Operator pages: the approvals of a withdrawal are by different people.",
    ),
    "OPENING_OVER": ErrorKind(
        409,
        "On-open orders are accepted before and during the opening auction only.",
        "장 시작 주문(opg)은 시가 단일가 매매 전과 진행 중에만 접수할 수 있습니다.",
        "The symbol is neither in pre_open nor in opening_auction.",
    ),
    "HALT_ENDS_BY_AUCTION": ErrorKind(
        409,
        "A halt ends with an auction or pre-open, unless trading is resumed at once for a stated reason.",
        "거래 정지는 단일가 매매나 장 개시 전 상태를 거쳐 해제됩니다. 바로 재개하려면 사유가 필요합니다.",
        "Set pre_open or an auction; or resume at once and give the reason.",
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
        "Orders can only be canceled until an operator resumes it.",
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
        "Limit orders that are ioc or post-only, fok orders and market orders by quote amount wait for "
        "continuous trading; "
        "limit orders and stops may enter.",
    ),
    "REQUEST_NOT_WAITING": ErrorKind(
        409,
        "This change request no longer waits for a decision.",
        "이미 처리되었거나 만료된 변경 요청입니다.",
        "Operators: approved, declined or expired before. `details.request` repeats it.",
    ),
    "REQUEST_OUTDATED": ErrorKind(
        409,
        "The same was changed after this was asked; it has to be asked anew.",
        "요청 이후 같은 항목이 변경되었습니다. 다시 요청해야 합니다.",
        "Operators: approving would undo the later change. `details.request` repeats it.",
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
    "SAME_ACCOUNT": ErrorKind(
        422,
        "A transfer goes from one account to another.",
        "보내는 계정과 받는 계정이 같습니다.",
        "Source and target are the same account.",
    ),
    "INVALID_SYMBOL": ErrorKind(
        400,
        "The symbol's settings contradict each other.",
        "종목 설정이 서로 모순됩니다.",
        "Operators: `details.field` names the setting, `details.reason` says why.",
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
    "DISPLAY_TOO_SMALL": ErrorKind(
        400,
        "The displayed part of the order is too small.",
        "표시 수량이 너무 작습니다.",
        "`details.minimum` gives the least: worth the minimum notional, and a hundredth of the quantity.",
    ),
    "INVALID_GROUP": ErrorKind(
        400,
        "The group is not allowed.",
        "허용되지 않는 그룹입니다.",
        "Operators: a number from 0 (none) up.",
    ),
    "REFERRAL_REFUSED": ErrorKind(
        409,
        "You cannot use this referral code.",
        "이 추천 코드는 사용할 수 없습니다.",
        "`details.reason`: `tied` already, too `late`, your `own`, or a `circle` of referrals.",
    ),
    "INVALID_FEE_PLAN": ErrorKind(
        400,
        "The fee plan is not allowed.",
        "허용되지 않는 수수료 등급입니다.",
        "Operators: a plan from 1 to 1000 with at most 2000 symbols, each once; an account's plan is there.",
    ),
    "INVALID_PROTECTION": ErrorKind(
        400,
        "The protection's window and number of fills must be within their bounds.",
        "보호 설정의 시간과 체결 횟수가 허용 범위를 벗어났습니다.",
        "`window_ms` to 3600000 and `max_fills` to 1000, `max_net` with its `asset`; or `window_ms` 0 alone.",
    ),
    "QUOTES_PROTECTED": ErrorKind(
        409,
        "Your quote protection has canceled your quotes. Set it again to go on quoting.",
        "호가 보호가 작동하여 호가가 취소되었습니다. 보호를 다시 설정하면 호가를 낼 수 있습니다.",
        "A bound of the protection was reached; setting it again arms it.",
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
    "INVALID_ADDRESS": ErrorKind(
        422,
        "This is no address of the asset.",
        "해당 자산의 주소 형식이 아닙니다.",
        "`address` does not have the asset's `address_pattern`, or a `tag` where it has none.",
    ),
    "WITHDRAWAL_TOO_SMALL": ErrorKind(
        422,
        "The amount is below the least that can be withdrawn.",
        "최소 출금 수량보다 적습니다.",
        "`details.minimum` says how much that is.",
    ),
    "WITHDRAWAL_LIMIT": ErrorKind(
        422,
        "The withdrawal is above what is left of your limit.",
        "출금 한도를 초과했습니다.",
        "`details.span` is `day` or `month`, `left` what may still leave, `value` what it is worth.",
    ),
    "TOO_MANY_WITHDRAWALS": ErrorKind(
        422,
        "The account has too many open withdrawals.",
        "진행 중인 출금이 너무 많습니다.",
        "At most 100 at a time; wait until one is paid out, or cancel one.",
    ),
    "INVALID_REDUCE": ErrorKind(
        422,
        "The new quantity must be below the present one.",
        "새 수량은 현재 수량보다 작아야 합니다.",
        "`quantity` is the new total, the filled part included. Linked orders cannot be reduced.",
    ),
    "INVALID_REPLACE": ErrorKind(
        422,
        "This order cannot be replaced like this.",
        "이 주문은 이렇게 정정할 수 없습니다.",
        "Linked orders, orders by quote amount and fired ones that have yet to enter cannot be replaced, "
        "and only orders that wait for a trigger have a `trigger_price` to change.",
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
    "VENUE_CANCEL_ONLY": ErrorKind(
        503,
        "The exchange takes cancels only for now; nothing was done.",
        "지금은 주문 취소만 가능합니다. 처리된 것은 없습니다.",
        "Its disks are nearly full. Orders can be canceled and reduced, withdrawals end; new orders, "
        "transfers and deposits wait. Try again after Retry-After seconds.",
    ),
    "PROVIDER_UNAVAILABLE": ErrorKind(
        503,
        "Who takes deposits of this asset does not answer.",
        "이 자산의 입금 기관이 응답하지 않습니다.",
        "The first call for an address asks the provider. Try again after Retry-After seconds.",
    ),
    "DATABASE_UNAVAILABLE": ErrorKind(
        503,
        "The database does not answer.",
        "데이터베이스가 응답하지 않습니다.",
        "Log-ins and histories need it; market data and the orders of a log-in seen moments ago do not. "
        "Try again after Retry-After seconds.",
    ),
    "DATABASE_BUSY": ErrorKind(
        503,
        "The database has no connection to spare; nothing was done.",
        "데이터베이스 연결이 모두 사용 중입니다. 처리된 것은 없습니다.",
        "All connections of this web process stayed in use. Try again after Retry-After seconds.",
    ),
    "OUTCOME_UNKNOWN": ErrorKind(
        504,
        "The engine did not answer in time; the outcome is unknown.",
        "제시간에 응답을 받지 못해 처리 결과를 알 수 없습니다.",
        "Send it again with the same client_order_id or client_transfer_id: the reply tells what happened.",
    ),
}

#: Seconds a client should wait before trying again, for the codes where waiting helps.
RETRY_AFTER_S: Final[dict[str, int]] = {
    "ENGINE_UNAVAILABLE": 2,
    "ENGINE_BUSY": 1,
    "RATE_LIMIT_UNAVAILABLE": 5,
    "VENUE_CANCEL_ONLY": 30,
    "DATABASE_BUSY": 1,
    "PROVIDER_UNAVAILABLE": 5,
    "DATABASE_UNAVAILABLE": 2,
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
    "OPENING_OVER": "time_in_force",
    "HALT_ENDS_BY_AUCTION": "status",
    "NO_REFERENCE_PRICE": "symbol",
    "TOO_MANY_OPEN_ORDERS": "symbol",
    "PRICE_OUT_OF_BOUNDS": "price",
    "PRICE_OFF_TICK": "price",
    "POST_ONLY_WOULD_TAKE": "price",
    "PRICE_OUT_OF_BAND": "price",
    "TRIGGER_WOULD_FIRE": "trigger_price",
    "INVALID_EXPIRY": "expire_at",
    "DISPLAY_TOO_SMALL": "display_quantity",
    "INVALID_CANCEL_AFTER": "after_ms",
    "INVALID_PROTECTION": "window_ms",
    "INVALID_GROUP": "group",
    "INVALID_FEE_PLAN": "plan",
    "QUANTITY_OUT_OF_BOUNDS": "quantity",
    "QUANTITY_OFF_LOT": "quantity",
    "BELOW_MIN_NOTIONAL": "quantity",
    "ABOVE_MAX_NOTIONAL": "quantity",
    "INVALID_REDUCE": "quantity",
    "INVALID_REPLACE": "quantity",
}


def message_of(code: str, language: str = "en") -> str:
    """The message of a code, in Korean when ``language`` starts with ``ko``, else in English."""
    kind = ERRORS[code]
    return kind.ko if language.lower().startswith("ko") else kind.en


def codes_of_status(status: int) -> list[str]:
    """Every code that answers with this HTTP status, for the schema and the docs."""
    return [code for code, kind in ERRORS.items() if kind.status == status]
