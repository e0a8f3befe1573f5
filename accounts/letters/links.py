"""Addresses in letters. They begin with ``PUBLIC_URL``, never with a host that a request named."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from django.conf import settings

#: Pages by their paths: the dispatcher sends letters and does not load the site. A test compares the two.
PATHS: Final = {
    "sign-up-verify": "/signup/verify/{}",
    "email-verify": "/accounts/email/verify/{}",
    "password-reset-confirm": "/accounts/password/reset/{}",
    "password-reset": "/accounts/password/reset",
    "index": "/",
    "own-pages": "/wallet",
    "admin:custody_reconciliation_changelist": "/admin/custody/reconciliation/",
    "withdrawal-confirm": "/wallet/withdrawals/confirm/{}",
    "address-confirm": "/wallet/addresses/confirm/{}",
}


def link(name: str, key: str = "") -> str:
    """The address of a page, of those with a key with it."""
    return str(settings.XTRADER["PUBLIC_URL"]).rstrip("/") + PATHS[name].format(quote(key, safe=":"))


def host() -> str:
    """The host of the site, as a Message-ID wants one."""
    return urlsplit(str(settings.XTRADER["PUBLIC_URL"])).hostname or "localhost"
