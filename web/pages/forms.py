"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy

from accounts.identity.tokens import MAX_CREDENTIAL_CHARS
from web.access.language import lazily_said


class LoginForm(AuthenticationForm):
    """User name or e-mail address, and password, of bounded length."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": lazily_said(
            "The user name, the e-mail address or the password is wrong. Capital letters count in passwords.",
            "사용자 이름, 이메일 주소 또는 비밀번호가 올바르지 않습니다. 비밀번호는 대소문자를 구분합니다.",
        ),
    }

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=MAX_CREDENTIAL_CHARS,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        name = self.fields["username"]
        name.label = lazily_said("User name or e-mail address", "사용자 이름 또는 이메일 주소")
        name.validators = [MaxLengthValidator(MAX_CREDENTIAL_CHARS), ProhibitNullCharactersValidator()]
        name.widget.attrs["maxlength"] = MAX_CREDENTIAL_CHARS
