"""How ``allauth.account`` is used: its tables, keys and flows; letters are ours (``accounts.letters``)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """No page of allauth's is reached, and it sends no mail of its own: whoever uses a flow posts the letter
    beside it, with links that no request can point elsewhere."""

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Pages say themselves what has happened."""

    def send_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing: see above."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People sign up by ``accounts.registration`` alone."""
        return False
