"""Pages of people: log in and log out by session."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts.registration.joining_policy import CLOSED, policy
from exchange.errors import RefusedError
from web.access.addresses import address_of
from web.access.limiter import limiter
from web.access.second_step import BySecondFactor, by_passkey
from web.pages.forms import LoginForm


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class LoginView(BySecondFactor, auth_views.LoginView):
    """The log-in page. Attempts are limited by address; the message never shows whether a user exists."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, **_beside())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            wait_s = limiter.charge("login", address_of(request))
            if wait_s is not None:
                return _try_later(request, wait_s)
            if "passkey" in request.POST:
                return self._by_passkey(request)
            return super().post(request, *args, **kwargs)
        except RefusedError as error:
            return _try_later(request, int(error.details["retry_after_s"]), error.status)

    def _by_passkey(self, request: HttpRequest) -> HttpResponse:
        """Of a browser that has signed with a passkey in place of a name and a password."""
        if by_passkey(request) is not None:
            return HttpResponseRedirect(self.get_redirect_url() or settings.LOGIN_REDIRECT_URL)
        return self.render_to_response(self.get_context_data(form=LoginForm(request), is_wrong_passkey=True))


class LogoutView(auth_views.LogoutView):
    """Ends the session; by POST only, so no link or image can log a user out."""


def _beside() -> dict[str, Any]:
    """What the page offers beside the form."""
    return {"may_sign_up": policy() != CLOSED}


def _try_later(request: HttpRequest, wait_s: int, status: int = 429) -> HttpResponse:
    context = {"wait_s": wait_s, "form": LoginForm(request), **_beside()}
    response = render(request, "accounts/login.html", context, status=status)
    response["Retry-After"] = str(wait_s)
    return response
