"""Forms of the pages on which people join and see to their log-in. They read text; the services behind them
decide about it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings

from accounts.identity.tokens import MAX_CREDENTIAL_CHARS
from accounts.registration import user_names
from accounts.registration.joining_policy import LONGEST_CODE
from accounts.registration.sign_up import LONGEST_EMAIL
from web.access.language import lazily_said

_NEW: Final = "new-password"
_CURRENT: Final = "current-password"


def _password(en: str, ko: str, autocomplete: str, help_text: Any = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=lazily_said(en, ko),
        strip=False,
        max_length=MAX_CREDENTIAL_CHARS,
        widget=widget,
        help_text=help_text,
    )


def _email(en: str = "E-mail address", ko: str = "이메일 주소") -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(label=lazily_said(en, ko), max_length=LONGEST_EMAIL, widget=widget)


def _code() -> forms.CharField:
    return forms.CharField(
        label=lazily_said("Code of your second factor", "2단계 인증 코드"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PlainForm(forms.Form):
    """Labels without a colon; the browser's own bubbles are off, so that messages are in one language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


class SignUpForm(PlainForm):
    username = forms.CharField(
        label=lazily_said("User name", "사용자 이름"),
        max_length=user_names.LONGEST,
        help_text=lazily_said(
            "3 to 30 letters and digits; - and _ inside. Others do not see it.",
            "글자와 숫자 3~30자, 중간에 -와 _ 사용 가능. 다른 사용자에게 공개되지 않습니다.",
        ),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = _email()
    password = _password("Password", "비밀번호", _NEW, lazily_said("At least 8 characters.", "8자 이상."))
    language = forms.ChoiceField(label=lazily_said("Language", "언어"), choices=settings.LANGUAGES)
    invitation = forms.CharField(
        label=lazily_said("Invitation code", "초대 코드"),
        max_length=LONGEST_CODE,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    terms = forms.BooleanField(label=lazily_said("I accept the terms of service", "이용약관에 동의합니다"))

    def __init__(self, *args: Any, asks_invitation: bool, asks_terms: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_invitation:
            del self.fields["invitation"]
        if not asks_terms:
            del self.fields["terms"]


class EmailForm(PlainForm):
    email = _email()


class NewPasswordForm(PlainForm):
    password = _password("New password", "새 비밀번호", _NEW)


class ChangePasswordForm(PlainForm):
    password = _password("Present password", "현재 비밀번호", _CURRENT)
    otp = _code()
    new_password = _password("New password", "새 비밀번호", _NEW)


class ChangeEmailForm(PlainForm):
    email = _email("New e-mail address", "새 이메일 주소")
    password = _password("Password", "비밀번호", _CURRENT)
    otp = _code()


class NothingForm(PlainForm):
    """A button that needs no more than the CSRF token."""
