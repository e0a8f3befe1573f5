"""How an operator's action becomes a change request, and how its page follows what becomes of it.

A form is posted, the request is saved, and the browser returns to the page of the changed thing with
``?request=<id>``. A banner there asks for the request's state a few times a second until the engine
has answered and the projection has caught up, then reloads the page once. No thread waits.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin

from accounts.models import User
from exchange.errors import ApiError
from exchange.models import ChangeRequest
from exchange.selectors.position import projected_sequence
from web.console import labels
from web.console.base import as_id
from web.console.forms import ChangeForm

CHANGE_MARKET: Final = "exchange.change_market"
MOVE_FUNDS: Final = "exchange.move_funds"
FREEZE_ACCOUNT: Final = "exchange.freeze_account"
VIEW_ENGINE: Final = "exchange.view_engine"
VIEW_REQUESTS: Final = "exchange.view_changerequest"

PARAMETER: Final = "request"
#: How often a banner asks: quickly at first, since most requests are answered at once.
_POLL_MS: Final = 150
_SLOW_POLL_MS: Final = 1_000
_QUICK_POLLS: Final = 20


class ChangeFormView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]  # no generic at run time
    """A page with one ``ChangeForm`` about ``row``; posting it saves a change request."""

    template_name = "admin/exchange/change_request_form.html"
    form_class: type[ChangeForm]
    title = ""
    row: Any = None
    #: Said above the form: what will happen.
    explanation = ""
    submit_text = ""
    back_url = ""
    raise_exception = True

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "row": self.row}

    def form_valid(self, form: ChangeForm) -> HttpResponse:
        user = self.request.user
        assert isinstance(user, User)  # the admin site admits nobody else
        try:
            request = form.ask(user)
        except ApiError as error:
            form.refuse(error)
            return self.form_invalid(form)
        return follow(request, self.back_url)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        extra = {
            "explanation": self.explanation,
            "submit_text": self.submit_text or self.title,
            "back_url": self.back_url,
        }
        return super().get_context_data(**extra, **kwargs)


def change_form(
    model_admin: Any, request: HttpRequest, permission: str, form_class: type[ChangeForm], **options: Any
) -> HttpResponseBase:
    """Show or take the form; ``options`` are attributes of ``ChangeFormView``. 403 without ``permission``."""
    view = ChangeFormView.as_view(
        model_admin=model_admin, permission_required=permission, form_class=form_class, **options
    )
    return view(request)


def follow(request: ChangeRequest, back_url: str) -> HttpResponseRedirect:
    """Back to the page the change is about, with the banner that follows the request."""
    return HttpResponseRedirect(f"{back_url}?{PARAMETER}={request.pk}")


class ControlPermissions:
    """What the permissions of actions mean; as methods, since unfold's check of dotted names reads the
    database, which is empty when the first ``migrate`` runs."""

    def has_change_market_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(CHANGE_MARKET)

    def has_move_funds_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MOVE_FUNDS)

    def has_freeze_account_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(FREEZE_ACCOUNT)


class FollowsRequests(ControlPermissions):
    """For a ModelAdmin: shows the banner when the address names a request."""

    change_form_outer_before_template = "admin/exchange/request_banner_slot.html"
    list_before_template = "admin/exchange/request_banner_slot.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {**(extra_context or {}), **_followed(request, request.GET.get(PARAMETER))}
        return super().changeform_view(request, object_id, form_url, context)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """A list takes ``?request=`` too; the change list itself would not know the parameter."""
        wanted = request.GET.get(PARAMETER)
        if wanted is not None:
            remaining = request.GET.copy()
            del remaining[PARAMETER]
            request.GET = remaining  # type: ignore[assignment]
        context = {**(extra_context or {}), **_followed(request, wanted)}
        return super().changelist_view(request, context)  # type: ignore[misc]


def _followed(request: HttpRequest, wanted: str | None) -> dict[str, Any]:
    """The context of the banner when the address names a request this user may see."""
    number = as_id(wanted)
    if number is None or not request.user.has_perm(VIEW_REQUESTS):
        return {}
    found = ChangeRequest.objects.filter(pk=number).first()
    return {} if found is None else banner_context(found)


def banner_context(request: ChangeRequest, polls: int = 0) -> dict[str, Any]:
    """What the banner says of a request after it has asked ``polls`` times."""
    poll_url = reverse("admin:exchange_changerequest_banner", args=[request.pk])
    return {
        "followed": {
            "id": request.pk,
            "what": labels.describe(request),
            "state": labels.state(request),
            "tone": request.state,
            "is_settled": is_settled(request),
            "asks_again": request.state != ChangeRequest.State.WAITING and not is_settled(request),
            "url": reverse("admin:exchange_changerequest_change", args=[request.pk]),
            "poll_url": f"{poll_url}?polls={polls + 1}",
            "poll_ms": _POLL_MS if polls < _QUICK_POLLS else _SLOW_POLL_MS,
        }
    }


def is_settled(request: ChangeRequest) -> bool:
    """Refused or not approved, or applied and to be seen in the live rows: the projection is a moment
    behind."""
    if request.state == ChangeRequest.State.APPLIED:
        return request.sequence is not None and projected_sequence() >= request.sequence
    return request.state in (ChangeRequest.State.REFUSED, *ChangeRequest.NOT_APPROVED)


@permission_required(VIEW_REQUESTS, raise_exception=True)
def banner(request: HttpRequest, object_id: int) -> HttpResponse:
    """The banner's state now. Once settled it makes the page load again, which shows the live rows."""
    polls = as_id(request.GET.get("polls")) or 0
    context = banner_context(get_object_or_404(ChangeRequest, pk=object_id), polls)
    response = render(request, "admin/exchange/request_banner.html", context)
    if context["followed"]["is_settled"]:
        response["HX-Refresh"] = "true"
    return response
