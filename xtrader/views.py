"""The live page. Everything on it that moves comes from the public API, not from here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The shell the front end fills; tells it who is logged in."""
    page = {
        "username": request.user.get_username(),
        "isStaff": bool(getattr(request.user, "is_staff", False)),
        # Making the token also sets its cookie: only who can log out needs it.
        "csrfToken": get_token(request) if request.user.is_authenticated else "",
    }
    return render(request, "index.html", {"page": page})
