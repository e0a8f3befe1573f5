"""The terminal's document. Everything on it that moves comes from the public API, not from here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from exchange.errors import RefusedError
from exchange.selectors import account_of


@require_safe
def terminal(request: HttpRequest, **_address: Any) -> HttpResponse:
    """The shell the front end fills; tells it who is logged in."""
    page = {
        "username": request.user.get_username(),
        "account": _account_number(request),
        "isStaff": bool(getattr(request.user, "is_staff", False)),
        "isDemo": bool(settings.XTRADER["DEMO"]),
        # Making the token also sets its cookie: only who can log out needs it.
        "csrfToken": get_token(request) if request.user.is_authenticated else "",
    }
    response = render(request, "index.html", {"page": page})
    # It says who is logged in: no cache may show it to the next.
    patch_cache_control(response, private=True, no_cache=True)
    return response


#: Pages about the visitor himself: whoever is not logged in is asked to, and then brought back.
own_terminal = login_required(terminal)


def _account_number(request: HttpRequest) -> str:
    """The trading account's number; empty for visitors and for operators, who have none."""
    try:
        return str(account_of(request.user))
    except RefusedError:
        return ""
