"""What a request names to read: symbols, assets, intervals, pages."""

from __future__ import annotations

from typing import Final

from exchange.errors.error_kinds import ErrorKind, Retry

READ_CODES: Final[dict[str, ErrorKind]] = {
    "SYMBOL_NOT_FOUND": ErrorKind(
        6001,
        404,
        Retry.NEVER,
        "There is no such symbol.",
        "존재하지 않는 종목입니다.",
        "`details.symbol` repeats it. /api/v1/symbols lists them all.",
        field="symbol",
    ),
    "ASSET_NOT_FOUND": ErrorKind(
        6002,
        404,
        Retry.NEVER,
        "There is no such asset.",
        "존재하지 않는 자산입니다.",
        "`details.asset` repeats it.",
    ),
    "INTERVAL_NOT_FOUND": ErrorKind(
        6003,
        404,
        Retry.NEVER,
        "There is no such interval.",
        "존재하지 않는 간격입니다.",
        "Klines come in 1m, 5m, 15m, 30m, 1h, 4h, 1d and 1w.",
    ),
    "INVALID_CURSOR": ErrorKind(
        6004,
        400,
        Retry.NEVER,
        "The cursor is not one this address handed out.",
        "이 주소에서 발급한 커서가 아닙니다.",
        "Take `next_cursor` of the page before, unchanged and with the same filters.",
    ),
    "PUBLICATION_NOT_FOUND": ErrorKind(
        6005,
        404,
        Retry.NEVER,
        "There is no such proof of solvency, or it is too old for proofs of accounts.",
        "해당 지급능력 증명이 없거나, 계정별 증명을 제공하는 기간이 지났습니다.",
        "/api/v1/solvency lists what has been published.",
    ),
}
