"""The terminal's document. Everything on it that moves comes from the public API, not from here."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from accounts.identity.own_accounts import shown_name
from accounts.identity.roles import ROLES, scopes_of
from accounts.identity.terms_of_service import in_force
from accounts.identity.users import active_user
from accounts.registration.joining_policy import CLOSED, policy


@require_safe
def terminal(request: HttpRequest, **_address: Any) -> HttpResponse:
    """The shell that the front end fills, with the user who is logged in. Who has yet to accept the terms of
    service does that first."""
    user = request.user
    known = None if user.pk is None else active_user(user.pk)
    if known is not None and in_force.due(known.accepted_terms) is not None:
        return HttpResponseRedirect(f"{reverse('terms')}?next={quote(request.get_full_path())}")
    page = {
        "username": user.get_username(),
        # The number of the main one; empty for visitors and for operators, who have none.
        "account": "" if known is None or known.account is None else str(known.account),
        "accounts": [
            {"account": str(each.number), "name": shown_name(each.name)}
            for each in (() if known is None else known.accounts)
        ],
        "role": "" if known is None else next((role for role in ROLES if role in known.roles), ""),
        "scopes": [] if known is None else sorted(scopes_of(known.roles)),
        "isStaff": bool(getattr(user, "is_staff", False)),
        "isDemo": bool(settings.XTRADER["DEMO"]),
        "maySignUp": policy() != CLOSED,
        # Making the token also sets its cookie: only who can log out needs it.
        "csrfToken": get_token(request) if user.is_authenticated else "",
    }
    response = render(request, "index.html", {"page": page})
    # It names the user who is logged in: no cache may show it to the next.
    patch_cache_control(response, private=True, no_cache=True)
    return response


#: Pages about the visitor: without a log-in they lead to the log-in page, and back.
own_terminal = login_required(terminal)
