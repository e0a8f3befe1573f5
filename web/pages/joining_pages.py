"""The pages of a sign-up: the form, "look into your mailbox", the link, and the opening of the account."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.identity import passwords
from accounts.identity import terms_of_service as terms
from accounts.registration import joining_policy, sign_up
from accounts.registration import waiting_sign_ups as pending
from exchange.errors import ApiError
from web.access.addresses import is_local
from web.access.language import active_language
from web.access.people_limits import charge_address, may_mail
from web.pages.people_forms import NothingForm, SignUpForm
from web.pages.problems import show

#: In a session: the address and the key of the sign-up that began in it, and the account that it opened.
_EMAIL: Final = "sign_up_email"
_KEY: Final = "sign_up_key"
_ACCOUNT: Final = "sign_up_account"
#: How often the page looks whether the account is open before it stops by itself, once a second.
LOOKS: Final = 30


def sign_up_form(data: Any = None) -> SignUpForm:
    """The form as the exchange's policy and terms want it."""
    return SignUpForm(
        data,
        asks_invitation=joining_policy.policy() == joining_policy.INVITATION,
        asks_terms=terms.present() is not None,
        initial={"language": active_language()[:2]},
    )


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class SignUpView(View):
    template = "accounts/sign_up.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("index"))
        try:
            joining_policy.refuse_closed()
        except ApiError as error:
            return show(request, self.template, {}, error)
        return self._page(request, sign_up_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = sign_up_form(request.POST)
        try:
            charge_address(request, "signup")
            joining_policy.refuse_closed()
            if not form.is_valid():
                return self._page(request, form)
            wish = self._wish(form)
            row = sign_up.begin(wish, may_mail=may_mail)
        except ApiError as error:
            return self._page(request, form, error)
        request.session[_EMAIL], request.session[_KEY] = row.email, row.key
        return HttpResponseRedirect(reverse("sign-up-sent"))

    @staticmethod
    def _wish(form: SignUpForm) -> sign_up.Wish:
        given = form.cleaned_data
        version = form.data.get("terms_version", "")
        return sign_up.Wish(
            given["username"],
            sign_up.read_email(given["email"]),
            given["password"],
            given["language"],
            # The version that the page showed, not the one there may be by now.
            int(version) if version.isascii() and version.isdecimal() and len(version) < 9 else None,
            given.get("invitation"),
        )

    def _page(self, request: HttpRequest, form: SignUpForm, error: ApiError | None = None) -> HttpResponse:
        return show(request, self.template, {"form": form, "terms": terms.present()}, error)


@method_decorator(never_cache, name="dispatch")
class SentView(View):
    """The letter is on its way; a button sends it again."""

    template = "accounts/sign_up_sent.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        email = request.session.get(_EMAIL)
        if email is None:
            return HttpResponseRedirect(reverse("sign-up"))
        return show(request, self.template, _about_mail(request, email))

    def post(self, request: HttpRequest) -> HttpResponse:
        email = request.session.get(_EMAIL)
        if email is None:
            return HttpResponseRedirect(reverse("sign-up"))
        context = _about_mail(request, email)
        try:
            charge_address(request, "mail")
            sign_up.send_again(email, active_language(), may_mail=may_mail)
        except ApiError as error:
            return show(request, self.template, context, error)
        return show(request, self.template, {**context, "sent_again": True})


@method_decorator(never_cache, name="dispatch")
class VerifyView(View):
    """The link in the letter. Opening it asks; the button confirms: programs that look at the links in mails
    confirm nothing."""

    template = "accounts/sign_up_verify.html"

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        row = pending.find(key)
        if row is None:
            return show(request, self.template, {}, passwords.invalid_link())
        return show(request, self.template, {"form": NothingForm(), "username": row.username})

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            charge_address(request, "login")
            joined = sign_up.confirm(key)
        except ApiError as error:
            return show(request, self.template, {}, error)
        began_here = request.session.get(_KEY) == pending.key_of(key)
        if began_here and not request.user.is_authenticated:
            # The browser in which the password was typed: whoever only has the link does not get in.
            login(request, joined.user, backend=settings.AUTHENTICATION_BACKENDS[0])
        for name in (_KEY, _EMAIL):
            request.session.pop(name, None)
        request.session[_ACCOUNT] = joined.account.number
        return HttpResponseRedirect(reverse("sign-up-opening"))


@never_cache
def opening(request: HttpRequest) -> HttpResponse:
    """Says whether the engine has opened the account, and looks again by itself for a while."""
    number = request.session.get(_ACCOUNT)
    if number is None:
        return HttpResponseRedirect(reverse("login"))
    asked = request.GET.get("look", "0")
    look = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 0
    context = {
        "is_open": sign_up.is_open(number),
        "next_look": look + 1 if look < LOOKS else None,
        "is_demo": bool(settings.XTRADER["DEMO"]),
    }
    return show(request, "accounts/sign_up_opening.html", context)


def _about_mail(request: HttpRequest, email: str) -> dict[str, Any]:
    """``folder``: where a newcomer on his own machine finds the mail that nothing sends."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    shows = folder and settings.XTRADER["DEMO"] and is_local(request)
    return {"form": NothingForm(), "email": email, "folder": folder if shows else None}
