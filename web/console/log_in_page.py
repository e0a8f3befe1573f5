"""The log-in page of the operator pages: the second step is that of the site's own log-in page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponseBase
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from web.access.second_step import BySecondFactor, has_passed
from web.console.log_in_form import LoginForm


class OperatorLoginView(BySecondFactor, LoginView):
    """What ``AdminSite.login`` shows, at its address."""

    authentication_form = LoginForm
    template_name = "admin/login.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "GET" and admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        request.current_app = admin.site.name
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        extra = {
            **admin.site.each_context(self.request),
            "title": gettext("Log in"),
            "subtitle": None,
            "app_path": self.request.get_full_path(),
            "username": self.request.user.get_username(),
        }
        return super().get_context_data(**extra, **kwargs)


def own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponseRedirect:
    """Of the admin site: staff change their own password where everybody does."""
    return HttpResponseRedirect(reverse("password-change"))


def has_permission(request: HttpRequest) -> bool:
    """Of the admin site: staff whose log-in had all its steps."""
    user: Any = request.user
    return bool(user.is_active and user.is_staff) and has_passed(request)
