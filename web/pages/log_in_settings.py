"""The pages on which people see to their log-in: password, e-mail address, terms of service."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.identity import emails, passwords, second_factor, step_up
from accounts.identity import terms_of_service as terms
from accounts.models import User
from accounts.registration.sign_up import read_email
from exchange.errors import ApiError
from web.access.language import active_language
from web.access.people_limits import charge_address, may_mail
from web.access.request_places import place_of
from web.pages.people_forms import (
    ChangeEmailForm,
    ChangePasswordForm,
    EmailForm,
    NewPasswordForm,
    NothingForm,
    PlainForm,
)
from web.pages.problems import show

_secret = method_decorator(
    [never_cache, sensitive_post_parameters("password", "new_password", "otp")], name="dispatch"
)


@_secret
class ForgottenView(View):
    """Asks for the address and sends a link to it, or nothing: the page does not tell."""

    template = "accounts/password_forgotten.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request, self.template, {"form": EmailForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EmailForm(request.POST)
        try:
            charge_address(request, "mail")
            if not form.is_valid():
                return show(request, self.template, {"form": form})
            email = read_email(form.cleaned_data["email"])
            passwords.ask_for_reset(email, active_language(), may_mail=may_mail)
        except ApiError as error:
            return show(request, self.template, {"form": form}, error)
        return show(request, self.template, {"email": email})


@_secret
class ResetView(View):
    """The link in the letter: a new password."""

    template = "accounts/password_reset.html"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        if passwords.user_of_key(key) is None:
            return show(request, self.template, {}, passwords.invalid_link())
        return show(request, self.template, {"form": NewPasswordForm()})

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        form = NewPasswordForm(request.POST)
        try:
            charge_address(request, "login")
            if not form.is_valid():
                return show(request, self.template, {"form": form})
            passwords.reset(key, form.cleaned_data["password"], active_language())
        except ApiError as error:
            is_over = error.code == "INVALID_LINK"
            return show(request, self.template, {} if is_over else {"form": form}, error)
        return show(request, self.template, {"is_done": True})


class _OwnView(LoginRequiredMixin, View):
    """Of the user who is logged in."""

    @staticmethod
    def user(request: HttpRequest) -> User:
        assert isinstance(request.user, User)  # the mixin admits no one else
        return request.user

    @classmethod
    def without_code(cls, request: HttpRequest, form: PlainForm) -> PlainForm:
        """The form, without the field for a code where the user has none."""
        if not second_factor.is_set_up(cls.user(request)):
            form.fields.pop("otp", None)
        return form


@_secret
class PasswordView(_OwnView):
    template = "accounts/password_change.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return show(request, self.template, {"form": self.without_code(request, ChangePasswordForm())})

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.user(request)
        form = self.without_code(request, ChangePasswordForm(request.POST))
        try:
            charge_address(request, "login")
            if not form.is_valid():
                return show(request, self.template, {"form": form})
            given = form.cleaned_data
            step_up.check_password(
                request, place_of(request), user, given["password"], given.get("otp") or None
            )
            passwords.change(user, given["new_password"], active_language())
        except ApiError as error:
            return show(request, self.template, {"form": form}, error)
        # This session goes on; all others have ended.
        update_session_auth_hash(request, user)
        return show(request, self.template, {"is_done": True})


@_secret
class EmailView(_OwnView):
    template = "accounts/email_change.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, self.without_code(request, ChangeEmailForm()))

    def post(self, request: HttpRequest) -> HttpResponse:
        user = self.user(request)
        form = self.without_code(request, ChangeEmailForm(request.POST))
        try:
            charge_address(request, "mail")
            if not form.is_valid():
                return self._page(request, form)
            given = form.cleaned_data
            step_up.check_password(
                request, place_of(request), user, given["password"], given.get("otp") or None
            )
            email = read_email(given["email"])
            emails.ask_for(user, email, active_language(), may_mail=may_mail)
        except ApiError as error:
            return self._page(request, form, error)
        return self._page(request, None)

    def _page(
        self, request: HttpRequest, form: PlainForm | None, error: ApiError | None = None
    ) -> HttpResponse:
        user = self.user(request)
        context: dict[str, Any] = {"present": user.email, "asked_for": emails.asked_for(user)}
        return show(request, self.template, {**context, **({"form": form} if form else {})}, error)


@method_decorator(never_cache, name="dispatch")
class EmailVerifyView(View):
    """The link in the letter; the button confirms."""

    template = "accounts/email_verify.html"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        address = emails.address_of_key(key)
        if address is None:
            return show(request, self.template, {}, passwords.invalid_link())
        context = {"form": NothingForm(), "email": address.email, "username": address.user.username}
        return show(request, self.template, context)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            charge_address(request, "login")
            user = emails.confirm(request, key, active_language())
        except ApiError as error:
            return show(request, self.template, {}, error)
        return show(request, self.template, {"is_done": True, "email": user.email})


@method_decorator(never_cache, name="dispatch")
class TermsView(View):
    """The present terms; a user who has yet to accept them finds the button here."""

    template = "accounts/terms.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        present, wanted = terms.present(), request.GET.get("next", "")
        asks = request.user.is_authenticated and terms.due_of(request.user) is not None
        if not asks and wanted:
            # They were accepted elsewhere.
            return HttpResponseRedirect(_own_address(request, wanted))
        text = "" if present is None else terms.text_of(present, active_language())
        return show(request, self.template, {"terms": present, "text": text, "asks": asks, "next": wanted})

    def post(self, request: HttpRequest) -> HttpResponse:
        present, given = terms.present(), request.POST.get("version", "")
        if isinstance(request.user, User) and present is not None and given == str(present.version):
            terms.accept(request.user, present)
            return HttpResponseRedirect(_own_address(request, request.POST.get("next", "")))
        return HttpResponseRedirect(reverse("terms"))


def _own_address(request: HttpRequest, wanted: str) -> str:
    """Where the user wanted to go, if it is on this site."""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and is_ours else reverse("index")
