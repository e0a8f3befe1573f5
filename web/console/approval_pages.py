"""The second operator's pages: what waits, and the form that approves or declines it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from exchange.control import approvals
from exchange.control.given_reasons import MAX_REASON
from exchange.errors import ApiError
from exchange.models import ChangeRequest
from web.access.language import active_language
from web.console import labels
from web.console.base import as_id
from web.console.languages import lazily_said, said
from web.console.people_text_field import PeopleTextField
from web.console.request_views import VIEW_REQUESTS, follow

#: Rows of the table on the operators' home; its title counts all of them.
_LISTED: Final = 20


class DecisionForm(forms.Form):
    reason = PeopleTextField(
        label=lazily_said("reason", "사유"),
        max_length=MAX_REASON,
        help_text=lazily_said(
            "Recorded with your name; the requester sees it.", "이름과 함께 기록되며 요청자에게 표시됩니다."
        ),
        widget=UnfoldAdminTextInputWidget,
    )


class DecisionView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]  # no generic at run time
    """Approves or declines ``row``, a request that waits."""

    template_name = "admin/exchange/change_request_form.html"
    form_class = DecisionForm
    permission_required = VIEW_REQUESTS
    raise_exception = True
    row: ChangeRequest = None  # type: ignore[assignment]  # given to as_view
    approves: bool = False

    @property
    def title(self) -> str:
        what = labels.describe(self.row)
        return (
            said(f"Approve: {what}", f"승인: {what}")
            if self.approves
            else said(f"Decline: {what}", f"거절: {what}")
        )

    def form_valid(self, form: DecisionForm) -> HttpResponse:
        user = self.request.user
        assert isinstance(user, User)  # the admin site admits nobody else
        decide = approvals.approve if self.approves else approvals.decline
        try:
            decide(self.row, user, form.cleaned_data["reason"])
        except ApiError as error:
            form.add_error("reason" if "field" in error.details else None, error.message(active_language()))
            return self.form_invalid(form)
        return follow(self.row, _page_of(self.row))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        extra = {
            "explanation": summary(self.row),
            "submit_text": said("Approve", "승인") if self.approves else said("Decline", "거절"),
            "back_url": _page_of(self.row),
        }
        return super().get_context_data(**extra, **kwargs)


class Decisions:
    """For the ModelAdmin of change requests: the pages of the second operator."""

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may decide this request now; the service decides again."""
        number = as_id(None if object_id is None else str(object_id))
        found = None if number is None else approvals.waiting().filter(pk=number).first()
        user = request.user
        if found is None or not isinstance(user, User):
            return False
        try:
            approvals.refuse_to_decide(found, user)
        except ApiError:
            return False
        return True

    def decide(self, request: HttpRequest, object_id: str, *, approves: bool) -> HttpResponseBase:
        row = self.get_or_404(request, object_id)  # type: ignore[attr-defined]  # of ReadOnlyAdmin
        view = DecisionView.as_view(model_admin=self, row=row, approves=approves)
        return view(request)


def summary(request: ChangeRequest) -> SafeString:
    """What the second operator has to know before deciding."""
    requester, at = labels.requester(request), _moment(request.created_at)
    lines = [
        labels.describe(request),
        said(f"Asked by {requester} at {at} UTC.", f"요청자 {requester}, {at} UTC."),
        said("Reason: ", "사유: ") + (request.reason or said("none given", "없음")),
        labels.state(request),
    ]
    return format_html_join("", "<span class='block'>{}</span>", ((line,) for line in lines))


def waiting_table() -> dict[str, Any] | None:
    """For the operators' home: what waits for a second operator; None where nothing does."""
    waiting = approvals.waiting().select_related("requested_by")
    count = waiting.count()
    if not count:
        return None
    rows = [
        [
            _moment(found.created_at),
            labels.requester(found),
            format_html('<a class="text-link" href="{}">{}</a>', _page_of(found), labels.describe(found)),
            found.reason or "—",
            _moment(approvals.expires_at(found)),
        ]
        for found in waiting[:_LISTED]
    ]
    return {
        "title": said(f"Waiting for approval: {count:,}", f"승인 대기 {count:,}건"),
        "headers": [
            said("asked (UTC)", "요청 시각 (UTC)"),
            said("by", "요청자"),
            said("what", "내용"),
            said("reason", "사유"),
            said("until (UTC)", "만료 (UTC)"),
        ],
        "rows": rows,
    }


def _page_of(request: ChangeRequest) -> str:
    return reverse("admin:exchange_changerequest_change", args=[request.pk])


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
