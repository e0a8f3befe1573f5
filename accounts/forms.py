"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm

from accounts.services import MAX_CREDENTIAL_CHARS


class LoginForm(AuthenticationForm):
    """User name and password, of bounded length."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        password = self.fields["password"]
        password.max_length = MAX_CREDENTIAL_CHARS
        password.widget.attrs["maxlength"] = MAX_CREDENTIAL_CHARS
