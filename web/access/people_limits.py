"""How often letters may be asked for: by address, and by the mailbox they are for."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest

from exchange.errors import RefusedError
from web.access.addresses import address_of
from web.access.limiter import limiter


def charge_address(request: HttpRequest, scope: str) -> None:
    """Count a page's request in a scope of addresses. Raises RATE_LIMITED."""
    wait_s = limiter.charge(scope, address_of(request))
    if wait_s is not None:
        raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})


def may_mail(email: str) -> bool:
    """Whether the mailbox may get another letter that anybody can ask for, which counts as one. The answer to
    the request is the same."""
    try:
        return _charge_mailbox(email) is None
    except RefusedError:
        # The count is away: no letter, and the answer is the same.
        return False


def charge_mailbox(email: str) -> None:
    """The same for staff, who are told. Raises RATE_LIMITED."""
    wait_s = _charge_mailbox(email)
    if wait_s is not None:
        raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})


def _charge_mailbox(email: str) -> int | None:
    mailbox = hashlib.sha256(email.lower().encode("utf-8", "replace")).hexdigest()
    return limiter.charge("mailbox", f"mailbox {mailbox}")
