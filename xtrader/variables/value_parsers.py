"""Values of more than a word. Each parser raises UnfitError, whose message says what would do."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from exchange.telemetry.doors import read_addresses
from exchange.units.rates import parse_rates
from xtrader.variables.variable_kinds import UnfitError, one_line, split_names

#: Stands for every asset that has no amount of its own.
OTHERS: Final = "*"
OFF: Final = "off"
_PPM_PER_PERCENT: Final = 10_000
_PROVIDER_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_DATABASES: Final = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


def rate(given: str) -> str:
    """A rate, or several of different spans, as the limiter takes them."""
    try:
        parse_rates(given)
    except ValueError:
        expected = "a count and a span such as 500/s, 100/10s, 60/min, 20/h or 9000/day; several with blanks"
        raise UnfitError(f"{expected} between; or 0 for no limit") from None
    return given


def rates_by_account(given: str) -> dict[str, str]:
    found = {}
    for part in split_names(given):
        account, _, text = part.partition("=")
        try:
            if not account.isascii() or not account.isdecimal():
                raise UnfitError("an account")
            found[account] = rate(text)
        except UnfitError:
            raise UnfitError("accounts and their rates, such as 1001=20000/s,1002=0") from None
    return found


def amount(given: str) -> Decimal:
    """A decimal from 0 on."""
    try:
        number = Decimal(given.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number < 0:
        raise UnfitError("an amount from 0 on, such as 10000000 or 0.5")
    return number


def share(given: str) -> Decimal:
    """A part of a whole, from 0 to 1."""
    number = amount(given)
    if number > 1:
        raise UnfitError("a number from 0 to 1")
    return number


def percentage_points_as_ppm(given: str) -> int:
    return int(amount(given) * _PPM_PER_PERCENT)


def amounts_by_asset(given: str) -> dict[str, Decimal] | None:
    """Amounts in whole units of each asset; None for ``off``."""
    if given == OFF:
        return None
    found = {OTHERS: Decimal(0)}
    for part in split_names(given):
        asset, _, number = part.partition("=")
        try:
            found[asset.strip()] = amount(number)
        except UnfitError:
            raise UnfitError("amounts by asset, such as KRW=1000000,BTC=0.5,*=0, or off") from None
    return found


def limits_by_level(given: str) -> dict[int, tuple[Decimal, Decimal]]:
    """Verification level -> what may leave in a day and in 30."""
    found = {}
    for part in split_names(given):
        level, _, amounts = part.partition("=")
        day, _, month = amounts.partition("/")
        try:
            if not level.isascii() or not level.isdecimal():
                raise UnfitError("a level")
            found[int(level)] = amount(day), amount(month)
        except UnfitError:
            raise UnfitError("level=day/month, such as 0=0/0,1=5000000/50000000") from None
    return found


def providers(given: str) -> dict[str, dict[str, Any]]:
    """Name -> options of who keeps and pays out money; ``kind`` names the sort."""
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    is_sound = isinstance(found, dict) and all(
        _PROVIDER_NAME.fullmatch(name) and isinstance(options, dict) and isinstance(options.get("kind"), str)
        for name, options in found.items()
    )
    if not is_sound:
        raise UnfitError('an object such as {"bank": {"kind": "manual"}}, names of small letters and digits')
    return dict(found)


def origins(given: str) -> list[str]:
    """Origins as browsers write them, ``*`` for all."""
    found = split_names(given)
    for origin in found:
        parts = _split(origin)
        if origin != "*" and (not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}"):
            raise UnfitError(f"origins such as https://example.com, or *; {origin!r} is neither")
    return [origin.lower() for origin in found]


def public_url(given: str) -> str:
    parts = _split(given)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UnfitError("an address such as https://example.com")
    return given.rstrip("/")


def url_of(*schemes: str, example: str) -> Callable[[str], str]:
    """The parser of an address of one of these schemes; empty for none."""

    def parse(given: str) -> str:
        if given and (_split(given).scheme not in schemes or "://" not in given):
            raise UnfitError(f"an address such as {example}")
        return one_line(given)

    return parse


def side_doors(given: str) -> dict[str, tuple[str, int]]:
    """Addresses by process."""
    try:
        return read_addresses(given)
    except ValueError as error:
        raise UnfitError(str(error)) from None


def file_url(given: str) -> str:
    """``file://`` and an absolute path."""
    if not given.startswith("file:///"):
        raise UnfitError("file:// and an absolute path, such as file:///srv/journal")
    return one_line(given)


def domain(given: str) -> str:
    if given and not _HOST.fullmatch(given):
        raise UnfitError("a domain such as example.com")
    return given


def sender(given: str) -> str:
    if "@" not in one_line(given):
        raise UnfitError("a sender such as xTrader <noreply@example.com>")
    return given


def database(url: str) -> dict[str, Any]:
    """Django's settings of a database."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dict(environ.Env.db_url_config(url))
    except (ValueError, ImproperlyConfigured):
        found = {}
    if found.get("ENGINE") not in _DATABASES or not found.get("NAME"):
        raise UnfitError("sqlite:////path/of/a/file or postgresql://user:password@host/name")
    return found


def mail(url: str) -> dict[str, Any]:
    """Django's settings of a way to send mail; none for an empty address."""
    if not url:
        return {}
    try:
        found = dict(environ.Env.email_url_config(url))
    except (KeyError, ValueError, ImproperlyConfigured):
        raise UnfitError("a way to send mail such as smtp+tls://user:password@host:587") from None
    return found


def _split(url: str) -> Any:
    """The parts of an address; of one that is none, nothing."""
    try:
        return urlsplit(one_line(url))
    except UnfitError:
        raise
    except ValueError:
        return urlsplit("")
