"""Reads the settings of money in and out: ``XTRADER["CUSTODY"]``."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import environ
from django.core.exceptions import ImproperlyConfigured

#: Level -> what may leave in 24 hours and in 30 days, whole units of the reference currency.
LIMITS: Final = "0=0/0,1=5000000/50000000,2=50000000/500000000,3=500000000/5000000000"
MAIL: Final = ("always", "if_known", "never")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MANUAL: Final = '{"manual": {"kind": "manual"}}'


def custody(env: environ.Env, *, is_demo: bool) -> dict[str, Any]:
    """Raises ImproperlyConfigured."""
    limits = limits_of(env("CUSTODY_LIMITS", default=LIMITS))
    level = env.int("CUSTODY_LEVEL", default=2 if is_demo else 1)
    if level not in limits:
        raise ImproperlyConfigured(f"CUSTODY_LEVEL={level}: CUSTODY_LIMITS has no such level")
    mail = env("CUSTODY_MAIL", default="if_known" if is_demo else "always")
    if mail not in MAIL:
        raise ImproperlyConfigured(f"CUSTODY_MAIL={mail!r}: one of {', '.join(MAIL)}")
    return {
        # Name -> the options of who keeps and pays out money; ``kind`` says which sort it is.
        "PROVIDERS": _providers(env("CUSTODY_PROVIDERS", default=_MANUAL)),
        # Whether withdrawals and addresses are confirmed by a letter.
        "MAIL": mail,
        "CONFIRM_S": _seconds("CUSTODY_CONFIRM_S", env.int("CUSTODY_CONFIRM_S", default=86_400)),
        # Until a new address may be used, and a lock to the book ends.
        "ADDRESS_DELAY_S": _seconds(
            "CUSTODY_ADDRESS_DELAY_S", env.int("CUSTODY_ADDRESS_DELAY_S", default=60 if is_demo else 86_400)
        ),
        "LIMITS": limits,
        # Of users to whom no operator has given one.
        "LEVEL": level,
        # Withdrawals worth more than this in the reference currency wait for two operators.
        "REVIEW_ABOVE": _amount("CUSTODY_REVIEW_ABOVE", env("CUSTODY_REVIEW_ABOVE", default="10000000")),
        # An order to pay without a clear answer is for operators after this.
        "UNCLEAR_AFTER_S": _seconds(
            "CUSTODY_UNCLEAR_AFTER_S", env.int("CUSTODY_UNCLEAR_AFTER_S", default=3_600)
        ),
        # How long a provider has to answer, and how often it is asked what became of an order to pay.
        "TIMEOUT_S": _seconds("CUSTODY_TIMEOUT_S", env.int("CUSTODY_TIMEOUT_S", default=10)),
        "LOOK_EVERY_S": _seconds("CUSTODY_LOOK_EVERY_S", env.int("CUSTODY_LOOK_EVERY_S", default=30)),
    }


def limits_of(given: str) -> dict[int, tuple[Decimal, Decimal]]:
    """Level -> day and month. Raises ImproperlyConfigured."""
    found = {}
    for part in filter(None, (part.strip() for part in given.split(","))):
        level, _, amounts = part.partition("=")
        day, _, month = amounts.partition("/")
        if not level.isdecimal():
            raise ImproperlyConfigured(f"CUSTODY_LIMITS: {part!r} is no limit; write such as {LIMITS}")
        found[int(level)] = _amount("CUSTODY_LIMITS", day), _amount("CUSTODY_LIMITS", month)
    return found


def _providers(text: str) -> dict[str, dict[str, Any]]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    is_sound = isinstance(given, dict) and all(
        _NAME.fullmatch(name) and isinstance(options, dict) and isinstance(options.get("kind"), str)
        for name, options in given.items()
    )
    if not is_sound:
        expected = 'an object such as {"bank": {"kind": "manual"}}, names of small letters and digits'
        raise ImproperlyConfigured(f"CUSTODY_PROVIDERS: {expected}")
    return dict(given)


def _seconds(name: str, seconds: int) -> int:
    if seconds < 0:
        raise ImproperlyConfigured(f"{name}={seconds}: seconds, from 0 on")
    return seconds


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0:
        raise ImproperlyConfigured(f"{name}: {text!r} is no amount, such as 10000000")
    return amount
