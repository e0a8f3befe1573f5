"""Log-in by password, the same for tokens, the log-in page and the operator pages.

``AUTHENTICATION_BACKENDS`` names it. ``accounts.identity.log_ins`` counts failures and slows them down, and
``accounts.identity.hashing`` hashes few passwords at a time.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from accounts.identity.hashing import hashing
from accounts.identity.log_ins import log_ins
from accounts.models import User, name_key
from accounts.registration.user_names import name_of
from exchange.errors import RefusedError
from web.access.addresses import address_of, network_of
from web.server.web_figures import web_figures


class PasswordBackend(ModelBackend):
    """Django's, with a bound on what guessing costs us and brings others."""

    @sensitive_variables("credentials", "check")
    def authenticate(  # type: ignore[override]  # the two bases differ among themselves
        self, request: HttpRequest | None, **credentials: Any
    ) -> User | None:
        """The user of a name or an e-mail address and a password; None for an unknown one or a wrong
        password, which take the same time. Raises RATE_LIMITED for one who has to wait, and LOGIN_BUSY."""
        given = credentials.get("username")
        if given is not None:
            credentials["username"] = name_of(given)
        check = partial(super().authenticate, request, **credentials)
        if request is None or given is None:
            return hashing.run(check)
        # In whatever letters it is written; but a name and the address of its user count apart, or the
        # waiting would tell whose address it is.
        counted = name_key(given)
        network = network_of(address_of(request))
        wait_s = log_ins.begin(counted, network, _is_operator_page(request))
        if wait_s is not None:
            web_figures.log_ins.add("delayed")
            raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})
        try:
            user = hashing.run(check)
        except RefusedError:
            web_figures.log_ins.add("busy")
            log_ins.gave_up(counted, network)
            raise
        if user is not None:
            log_ins.succeeded(counted, network)
        return user


def _is_operator_page(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))
