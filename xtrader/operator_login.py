"""The log-in form of the operator pages: attempts are limited as on the site's own log-in page.

It stands outside ``exchange.admin``: unfold imports it while it makes the admin site, and that package
registers its pages with the site once it is made.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from exchange import limits


class LoginForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        """Counts the attempt before the password is looked at."""
        wait_s = limits.charge("login", limits.address_of(self.request))
        if wait_s is not None:
            raise ValidationError(f"Too many attempts. Try again in {wait_s} seconds.", code="throttled")
        return dict(super().clean())
