"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy

from accounts.services import MAX_CREDENTIAL_CHARS


class LoginForm(AuthenticationForm):
    """User name and password, of bounded length."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=MAX_CREDENTIAL_CHARS,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
