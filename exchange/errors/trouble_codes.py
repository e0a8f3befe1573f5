"""The venue's own trouble."""

from __future__ import annotations

from typing import Final

from exchange.errors.error_kinds import ErrorKind, Retry

TROUBLE_CODES: Final[dict[str, ErrorKind]] = {
    "INTERNAL": ErrorKind(
        9001,
        500,
        Retry.SAME_ID,
        "Something went wrong here; it has been recorded.",
        "내부 오류가 발생했습니다. 오류가 기록되었습니다.",
        "A fault of the exchange. A command may have been carried out: send it again with the same id, "
        "or read what became of it.",
    ),
    "ENGINE_UNAVAILABLE": ErrorKind(
        9002,
        503,
        Retry.LATER,
        "The matching engine is not available; nothing was done.",
        "거래 엔진에 연결할 수 없습니다. 처리된 것은 없습니다.",
        "Try again after Retry-After seconds.",
        retry_after_s=2,
    ),
    "ENGINE_BUSY": ErrorKind(
        9003,
        503,
        Retry.LATER,
        "The matching engine is busy; nothing was done.",
        "거래 엔진이 혼잡합니다. 처리된 것은 없습니다.",
        "Its queue is full. Try again after Retry-After seconds.",
        retry_after_s=1,
    ),
    "PROVIDER_UNAVAILABLE": ErrorKind(
        9004,
        503,
        Retry.LATER,
        "Who takes deposits of this asset does not answer.",
        "이 자산의 입금 기관이 응답하지 않습니다.",
        "The first call for an address asks the provider. Try again after Retry-After seconds.",
        retry_after_s=5,
    ),
    "DATABASE_UNAVAILABLE": ErrorKind(
        9005,
        503,
        Retry.SAME_ID,
        "The database does not answer.",
        "데이터베이스가 응답하지 않습니다.",
        "Log-ins and histories need it; market data and the orders of a log-in seen moments ago do "
        "not. Try again after Retry-After seconds.",
        retry_after_s=2,
    ),
    "OUTCOME_UNKNOWN": ErrorKind(
        9006,
        504,
        Retry.SAME_ID,
        "The engine did not answer in time; the outcome is unknown.",
        "제시간에 응답을 받지 못해 처리 결과를 알 수 없습니다.",
        "Send it again with the same client_order_id or client_transfer_id: the reply tells what happened.",
        retry_after_s=1,
    ),
    "VENUE_CANCEL_ONLY": ErrorKind(
        9007,
        503,
        Retry.LATER,
        "The exchange takes cancels only for now; nothing was done.",
        "지금은 주문 취소만 가능합니다. 처리된 것은 없습니다.",
        "Its disks are nearly full. Orders can be canceled and reduced, withdrawals end; new orders, "
        "transfers and deposits wait. Try again after Retry-After seconds.",
        retry_after_s=30,
    ),
    "DATABASE_BUSY": ErrorKind(
        9008,
        503,
        Retry.LATER,
        "The database has no connection to spare; nothing was done.",
        "데이터베이스 연결이 모두 사용 중입니다. 처리된 것은 없습니다.",
        "All connections of this web process stayed in use. Try again after Retry-After seconds.",
        retry_after_s=1,
    ),
}
