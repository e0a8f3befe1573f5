"""The log-in form of the operator pages: attempts are limited as on the site's own log-in page.

It stands outside ``web.console``: unfold imports it while it makes the admin site, and that package
registers its pages with the site once it is made.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from exchange.errors import RefusedError
from web.access.addresses import address_of
from web.access.limiter import limiter


class LoginForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Counts the attempt before the password is looked at."""
        wait_s = limiter.charge("login", address_of(self.request))
        if wait_s is not None:
            raise _throttled(wait_s)
        try:
            return dict(super().clean())
        except RefusedError as error:
            raise _throttled(int(error.details["retry_after_s"])) from None


def _throttled(wait_s: int) -> ValidationError:
    return ValidationError(f"Too many attempts. Try again in {wait_s} seconds.", code="throttled")
