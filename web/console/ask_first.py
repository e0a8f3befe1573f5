"""Pages that ask before they act on a user: a reason, and a button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from unfold.widgets import UnfoldAdminTextInputWidget

from exchange.control.given_reasons import MAX_REASON
from exchange.errors import ApiError
from web.access.language import active_language
from web.console.languages import lazily_said
from web.console.people_text_field import PeopleTextField


class ReasonField(PeopleTextField):
    """Why; the audit log keeps it."""

    def __init__(self, **kwargs: Any) -> None:
        defaults = {
            "label": lazily_said("reason", "사유"),
            "max_length": MAX_REASON,
            "help_text": lazily_said("Recorded with your name.", "이름과 함께 기록됩니다."),
            "widget": UnfoldAdminTextInputWidget,
        }
        super().__init__(**{**defaults, **kwargs})


class ReasonForm(forms.Form):
    reason = ReasonField()


class Question(NamedTuple):
    """What the page says."""

    title: str
    explanation: str
    submit_text: str
    back_url: str


def ask_first(
    request: HttpRequest, site: Any, question: Question, act: Callable[[str], None]
) -> HttpResponseBase:
    """Shows the question; once it is answered with a reason, does ``act`` with that and leads back. What
    ``act`` refuses with an ApiError the page says."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            act(form.cleaned_data["reason"])
            return HttpResponseRedirect(question.back_url)
        except ApiError as error:
            form.add_error(None, error.message(active_language()))
    context = {**site.each_context(request), **question._asdict(), "form": form}
    return render(request, "admin/exchange/change_request_form.html", context)
