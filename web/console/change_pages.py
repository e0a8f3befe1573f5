"""Change requests: what was asked, by whom, and what became of it. And the engine's own page."""

from __future__ import annotations

from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from exchange.models import ChangeRequest
from web.console import labels
from web.console.approval_pages import Decisions
from web.console.base import ReadOnlyAdmin, as_id
from web.console.languages import lazily_said
from web.console.request_views import FollowsRequests, banner

STATE_COLOURS: Final = {
    "waiting": "warning",
    "declined": "danger",
    "expired": "danger",
    "pending": "info",
    "submitted": "info",
    "applied": "success",
    "refused": "danger",
}


@admin.register(ChangeRequest)
class ChangeRequestAdmin(Decisions, FollowsRequests, ReadOnlyAdmin):
    list_display = ("id", "asked_at", "what", "asked_by", "state_word", "outcome")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("requested_by", "decided_by")
    actions_detail = ("approve", "decline")
    search_fields = ("id",)
    search_help_text = "A request id, or the name of who asked"
    sortable_by = ()
    fieldsets = (
        (
            None,
            {"fields": (("id", "state_word"), "what", "outcome", ("asked_by", "kind"), "reason", "decision")},
        ),
        ("When (UTC)", {"fields": (("asked_at", "decided"), ("answered_at", "sequence"))}),
        ("As asked", {"fields": ("payload",)}),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:object_id>/banner/", view(banner), name="exchange_changerequest_banner"),
        ]
        return [*own, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ChangeRequest], search_term: str
    ) -> tuple[QuerySet[ChangeRequest], bool]:
        term = search_term.strip()
        number = as_id(term)
        if number is not None:
            return queryset.filter(pk=number), False
        return (queryset.filter(requested_by__username=term) if term else queryset), False

    @display(description="asked (UTC)")
    def asked_at(self, request: ChangeRequest) -> str:
        return f"{request.created_at:%Y-%m-%d %H:%M:%S}"

    @display(description="asked by")
    def asked_by(self, request: ChangeRequest) -> str:
        return labels.requester(request)

    @display(description=lazily_said("decision", "결정"), empty_value="—")
    def decision(self, request: ChangeRequest) -> str | None:
        return labels.decision(request) or None

    @display(description=lazily_said("decided (UTC)", "결정 시각 (UTC)"), empty_value="—")
    def decided(self, request: ChangeRequest) -> str | None:
        return None if request.decided_at is None else f"{request.decided_at:%Y-%m-%d %H:%M:%S}"

    @action(
        description=lazily_said("Approve", "승인"),
        url_path="approve",
        permissions=["decide"],
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self.decide(request, object_id, approves=True)

    @action(
        description=lazily_said("Decline", "거절"),
        url_path="decline",
        permissions=["decide"],
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self.decide(request, object_id, approves=False)

    @display(description="answered (UTC)", empty_value="—")
    def answered_at(self, request: ChangeRequest) -> str | None:
        return None if request.applied_at is None else f"{request.applied_at:%Y-%m-%d %H:%M:%S.%f}"[:-3]

    @display(description="what")
    def what(self, request: ChangeRequest) -> str:
        return labels.describe(request)

    @display(description="state", label=STATE_COLOURS)
    def state_word(self, request: ChangeRequest) -> str:
        return request.get_state_display()

    @display(description="outcome")
    def outcome(self, request: ChangeRequest) -> str:
        return labels.state(request)
