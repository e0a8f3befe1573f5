"""Change requests: what was asked, by whom, and what became of it. And the engine's own page."""

from __future__ import annotations

from typing import Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from exchange.admin import words
from exchange.admin.base import ReadOnlyAdmin, as_id
from exchange.admin.requests import banner
from exchange.models import ChangeRequest

STATE_COLOURS: Final = {"pending": "info", "submitted": "info", "applied": "success", "refused": "danger"}


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    list_display = ("id", "asked_at", "what", "asked_by", "state_word", "outcome")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("requested_by",)
    search_fields = ("id",)
    search_help_text = "A request id, or the name of who asked"
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("id", "state_word"), "what", "outcome", ("asked_by", "kind"))}),
        ("When (UTC)", {"fields": (("asked_at", "answered_at"), "sequence")}),
        ("As asked", {"fields": ("payload",)}),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:object_id>/banner/", view(banner), name="exchange_changerequest_banner"),
        ]
        return own + super().get_urls()

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
        return request.requested_by.get_username() if request.requested_by else "the system"

    @display(description="answered (UTC)", empty_value="—")
    def answered_at(self, request: ChangeRequest) -> str | None:
        return None if request.applied_at is None else f"{request.applied_at:%Y-%m-%d %H:%M:%S.%f}"[:-3]

    @display(description="what")
    def what(self, request: ChangeRequest) -> str:
        return words.describe(request)

    @display(description="state", label=STATE_COLOURS)
    def state_word(self, request: ChangeRequest) -> str:
        return request.get_state_display()

    @display(description="outcome")
    def outcome(self, request: ChangeRequest) -> str:
        return words.state(request)
