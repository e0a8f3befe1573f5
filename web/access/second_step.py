"""The second step of a log-in of those with a second factor: a code or a passkey; for staff at the first
log-in the setting up. And the log-in by a passkey alone, which is both steps at once.

Between the two steps nobody is logged in: the session names the user whose password was right, for
``PATIENCE_S`` and ``TRIES`` codes. So no page, socket or call has to know of half a log-in.
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.identity import passkeys, second_factor
from accounts.identity.challenges import session_holder
from accounts.models import User
from exchange.errors import RefusedError
from web.access.addresses import address_of
from web.access.limiter import limiter
from web.access.request_places import passkey_domain, place_of

PATIENCE_S: Final = 300
TRIES: Final = 5
#: In a session: the user between the two steps, and that a log-in had both.
_PENDING: Final = "second_factor_pending"
PASSED: Final = "second_factor"
_TEMPLATE: Final = "accounts/second_factor.html"


class BySecondFactor:
    """For a log-in view: who has a second factor goes on to the second step."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.user_cache
        if not second_factor.is_required(user):
            return super().form_valid(form)  # type: ignore[misc, no-any-return]  # of Django's view
        _begin(self.request, user, self.get_success_url())  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("second-factor"))


def has_passed(request: HttpRequest) -> bool:
    """Whether the session may see the operator pages: it had a second factor where one is required."""
    return not second_factor.is_forced(request.user) or bool(request.session.get(PASSED))  # type: ignore[arg-type]


def note_passed(request: HttpRequest) -> None:
    """The session has shown a second factor, as by setting one up."""
    request.session[PASSED] = True


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "inputmode": "numeric"}
        ),
    )


@method_decorator([never_cache, sensitive_post_parameters("code")], name="dispatch")
class SecondFactorView(View):
    """Shows and takes the code of the user between the two steps."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user = _pending_user(request)
        return _to_log_in() if user is None else _page(request, user)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _pending_user(request)
        if user is None:
            return _to_log_in()
        try:
            wait_s = limiter.charge("login", address_of(request))
            if wait_s is not None:
                return _page(request, user, wait_s=wait_s)
            if "passkey" in request.POST:
                return _take_passkey(request, user)
            form = CodeForm(request.POST)
            return self._take(request, user, form.cleaned_data["code"] if form.is_valid() else "")
        except RefusedError as error:
            return _page(request, user, wait_s=int(error.details["retry_after_s"]))

    def _take(self, request: HttpRequest, user: User, code: str) -> HttpResponse:
        place = place_of(request)
        if second_factor.is_set_up(user):
            if second_factor.verify(request, user, code, place):
                return HttpResponseRedirect(_finish(request, user))
            return _wrong(request, user)
        with second_factor.attempts(user, place) as attempt:
            codes = second_factor.set_up(user, _secret(request), code, place)
            attempt.succeeded = codes is not None
        if codes is None:
            return _wrong(request, user)
        return render(request, _TEMPLATE, {"codes": codes, "next": _finish(request, user)})


def _take_passkey(request: HttpRequest, user: User) -> HttpResponse:
    """What a passkey of the user between the two steps has signed."""
    try:
        passkeys.verify(
            user, passkeys.SECOND_STEP, _holder(request), passkey_domain(request), _answer(request)
        )
    except RefusedError:
        return _wrong(request, user)
    return HttpResponseRedirect(_finish(request, user))


@method_decorator(never_cache, name="dispatch")
class SigningOptionsView(View):
    """What a browser signs a log-in by: of the user between the two steps, or of any user."""

    def post(self, request: HttpRequest) -> HttpResponse:
        wait_s = limiter.charge("login", address_of(request))
        if wait_s is not None:
            return JsonResponse({"retry_after_s": wait_s}, status=429, headers={"Retry-After": str(wait_s)})
        if request.session.session_key is None:
            request.session.create()
        user = _pending_user(request) if "second-step" in request.POST else None
        purpose = passkeys.LOG_IN if user is None else passkeys.SECOND_STEP
        options = passkeys.request_options(user, purpose, _holder(request), passkey_domain(request))
        return JsonResponse(options)


def by_passkey(request: HttpRequest) -> User | None:
    """Log in who has signed with a passkey, which verifies its user: no second step follows. None for an
    answer that is not valid."""
    try:
        answer = _answer(request)
        user = passkeys.user_of(answer)
        passkeys.verify(user, passkeys.LOG_IN, _holder(request), passkey_domain(request), answer)
    except RefusedError:
        return None
    _log_in(request, user)
    return user


def _answer(request: HttpRequest) -> dict[str, Any]:
    """A passkey's answer in a form. Raises INVALID_PASSKEY."""
    try:
        answer = json.loads(request.POST.get("passkey", ""))
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise RefusedError("INVALID_PASSKEY")
    return answer


def _holder(request: HttpRequest) -> str:
    return session_holder(str(request.session.session_key))


def _begin(request: HttpRequest, user: User, next_url: str) -> None:
    """Another key: what a stranger put into the browser before is worth nothing. ``hash``: the password that
    was given; with another one the first step starts again."""
    request.session.cycle_key()
    request.session[_PENDING] = {
        "user": user.pk,
        "next": next_url,
        "hash": user.get_session_auth_hash(),
        "until_s": time.time() + PATIENCE_S,
        "tries": TRIES,
        "secret": get_adapter().encrypt(second_factor.new_secret()),
    }


def _pending_user(request: HttpRequest) -> User | None:
    pending = request.session.get(_PENDING)
    if pending is None or pending["until_s"] < time.time() or pending["tries"] < 1:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    return None if user is None or user.get_session_auth_hash() != pending["hash"] else user


def _secret(request: HttpRequest) -> str:
    return str(get_adapter().decrypt(request.session[_PENDING]["secret"]))


def _finish(request: HttpRequest, user: User) -> str:
    """Log in; where the user wanted to go."""
    next_url = str(request.session[_PENDING]["next"])
    del request.session[_PENDING]
    _log_in(request, user)
    return next_url


def _log_in(request: HttpRequest, user: User) -> None:
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    note_passed(request)


def _wrong(request: HttpRequest, user: User) -> HttpResponse:
    pending = {**request.session[_PENDING], "tries": request.session[_PENDING]["tries"] - 1}
    request.session[_PENDING] = pending
    return _page(request, user, is_wrong=True) if pending["tries"] else _to_log_in()


def _page(
    request: HttpRequest, user: User, *, is_wrong: bool = False, wait_s: int | None = None
) -> HttpResponse:
    is_new = not second_factor.is_set_up(user)
    context: dict[str, Any] = {"form": CodeForm(), "is_wrong": is_wrong, "wait_s": wait_s, "is_new": is_new}
    if is_new:
        context["set_up"] = second_factor.show(user, _secret(request))
    else:
        context |= {"has_passkey": second_factor.has_passkey(user), "has_app": second_factor.has_app(user)}
    response = render(request, _TEMPLATE, context, status=429 if wait_s else 200)
    if wait_s:
        response["Retry-After"] = str(wait_s)
    return response


def _to_log_in() -> HttpResponse:
    return HttpResponseRedirect(reverse("login"))
