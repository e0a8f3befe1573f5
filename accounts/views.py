"""Pages of people: log in and log out by session."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import LoginForm
from exchange import limits


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class LoginView(auth_views.LoginView):
    """The log-in page. Attempts are limited by address; the message never says whether a user exists."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wait_s = limits.charge("login", limits.address_of(request))
        if wait_s is not None:
            return _try_later(request, wait_s)
        return super().post(request, *args, **kwargs)


class LogoutView(auth_views.LogoutView):
    """Ends the session; by POST only, so no link or image can log anybody out."""


def _try_later(request: HttpRequest, wait_s: int) -> HttpResponse:
    context = {"wait_s": wait_s, "form": LoginForm(request)}
    response = render(request, "accounts/login.html", context, status=429)
    response["Retry-After"] = str(wait_s)
    return response
