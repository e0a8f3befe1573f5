"""Limits on how much and how often."""

from __future__ import annotations

from typing import Final

from exchange.errors.error_kinds import ErrorKind, Retry

LIMIT_CODES: Final[dict[str, ErrorKind]] = {
    "RATE_LIMITED": ErrorKind(
        7001,
        429,
        Retry.LATER,
        "Too many requests; try again later.",
        "요청이 너무 많습니다. 잠시 후 다시 시도해 주십시오.",
        "Wait as many seconds as the Retry-After header says.",
    ),
    "LOGIN_BUSY": ErrorKind(
        7002,
        503,
        Retry.LATER,
        "Too many people are logging in at once; try again in a moment.",
        "로그인 요청이 몰리고 있습니다. 잠시 후 다시 시도해 주십시오.",
        "Nothing was looked at. Wait as many seconds as the Retry-After header says.",
    ),
    "TOO_MANY_SUBSCRIPTIONS": ErrorKind(
        7003,
        429,
        Retry.WHEN_CHANGED,
        "This connection has too many subscriptions.",
        "이 연결의 구독 수가 너무 많습니다.",
        "WebSocket: unsubscribe from something first.",
    ),
    "TOO_MANY_CONNECTIONS": ErrorKind(
        7004,
        429,
        Retry.WHEN_CHANGED,
        "Too many connections are open.",
        "열려 있는 연결이 너무 많습니다.",
        "WebSocket: close one first.",
    ),
    "RATE_LIMIT_UNAVAILABLE": ErrorKind(
        7005,
        503,
        Retry.LATER,
        "Log-ins cannot be counted right now; try again in a moment.",
        "지금은 로그인 횟수를 확인할 수 없습니다. 잠시 후 다시 시도해 주십시오.",
        "The count that all web processes share is away, so each lets only a few log-ins of an address "
        "through. Nothing was looked at. Try again after Retry-After seconds.",
        retry_after_s=5,
    ),
}
