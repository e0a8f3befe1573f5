"""The audit log: searched, and exported as it is listed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any, Final

from channels.db import database_sync_to_async
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter, TextFilter
from unfold.decorators import display
from unfold.utils import parse_datetime_str

from accounts.models import User
from exchange import audit
from exchange.audit.reading import FORMATS, chunk
from exchange.models import AuditRecord
from web.console.base import ReadOnlyAdmin, as_id
from web.console.languages import lazily_said, said

_CONTENT_TYPES: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}


class KindFilter(DropdownFilter):
    title = lazily_said("act", "행위")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, said(*act)) for kind, act in audit.ACTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class ActorFilter(TextFilter):
    title = lazily_said("who acted", "행위자")
    parameter_name = "by"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        return queryset.filter(actor=self.value().strip()) if self.value() else queryset


class TargetFilter(TextFilter):
    title = lazily_said("what or whom it is about", "대상")
    parameter_name = "about"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        return queryset.filter(_about(self.value().strip())) if self.value() else queryset


class AddressFilter(TextFilter):
    title = lazily_said("address", "주소")
    parameter_name = "from"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        return queryset.filter(address=self.value().strip()) if self.value() else queryset


class TimeFilter(RangeDateTimeFilter):
    """From one time to another, in UTC; a day without a time is a whole one. Finds nothing by what is no
    time."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
        for end, lookup, otherwise in (("from", "at__gte", "00:00:00"), ("to", "at__lte", "23:59:59.999999")):
            day = self.used_parameters.get(f"at_{end}_0")
            if not day:
                continue
            at = parse_datetime_str(f"{day} {self.used_parameters.get(f'at_{end}_1') or otherwise}")
            queryset = queryset.none() if at is None else queryset.filter(**{lookup: at.replace(tzinfo=UTC)})
        return queryset


def _about(text: str) -> Q:
    """By key (an account's number, a symbol) or by name (a user's)."""
    return Q(target=text) | Q(target_name=text)


@admin.register(AuditRecord)
class AuditRecordAdmin(ReadOnlyAdmin):
    list_display = ("id", "time", "act", "who", "about", "what", "reason", "address")
    list_filter = (KindFilter, ActorFilter, TargetFilter, AddressFilter, ("at", TimeFilter))
    search_fields = ("actor",)
    search_help_text = lazily_said(
        "A record's id, or the name of who acted or was acted on",
        "기록 번호, 또는 행위자나 대상의 이름",
    )
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("id", "time"), ("act", "kind"), ("who", "actor_role"), "about", "reason")}),
        (lazily_said("From where", "출처"), {"fields": (("address", "agent"),)}),
        (lazily_said("Before and after", "이전과 이후"), {"fields": ("was", "became")}),
        (lazily_said("Chain", "연결"), {"fields": ("previous", "hash")}),
    )
    list_before_template = "admin/exchange/audit_export.html"

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        own = [path("export/<str:name>/", export, name="exchange_auditrecord_export")]
        return [*own, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditRecord], search_term: str
    ) -> tuple[QuerySet[AuditRecord], bool]:
        term = search_term.strip()
        number = as_id(term)
        if number is not None:
            return queryset.filter(pk=number), False
        return (queryset.filter(Q(actor=term) | _about(term)) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        query = request.GET.urlencode()
        exports = [
            (name.upper(), f"{reverse('admin:exchange_auditrecord_export', args=[name])}?{query}")
            for name in FORMATS
        ]
        return super().changelist_view(request, {**(extra_context or {}), "exports": exports})

    def export(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """What the list shows, all of it, the oldest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if name not in FORMATS:
            raise Http404
        by = request.user
        assert isinstance(by, User)  # the admin site admits no one else
        records = self._listed(request)
        filters = {key: request.GET.get(key) for key in request.GET}
        audit.record("audit.exported", by, after={"format": name, "filters": filters}, request=request)
        response = StreamingHttpResponse(_lines(records, name), content_type=_CONTENT_TYPES[name])
        response["Content-Disposition"] = (
            f'attachment; filename="audit-{timezone.now():%Y%m%dT%H%M%SZ}.{name}"'
        )
        response["Cache-Control"] = "no-store"
        return response

    def _listed(self, request: HttpRequest) -> QuerySet[AuditRecord]:
        try:
            records: QuerySet[AuditRecord] = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            raise Http404 from None
        return records

    @display(description=lazily_said("time (UTC)", "시각 (UTC)"))
    def time(self, record: AuditRecord) -> str:
        return f"{record.at:%Y-%m-%d %H:%M:%S.%f}"[:-3]

    @display(description=lazily_said("act", "행위"))
    def act(self, record: AuditRecord) -> str:
        return said(*audit.ACTS[record.kind]) if record.kind in audit.ACTS else record.kind

    @display(description=lazily_said("who", "행위자"))
    def who(self, record: AuditRecord) -> str:
        return record.actor or said("the exchange", "거래소")

    @display(description=lazily_said("about", "대상"), empty_value="—")
    def about(self, record: AuditRecord) -> str:
        return " ".join(filter(None, (record.target_kind, record.target_name or record.target)))

    @display(description=lazily_said("what changed", "변경 내용"), empty_value="—")
    def what(self, record: AuditRecord) -> str:
        before, after = _read(record.before), _read(record.after)
        texts = [_changed(name, before, after) for name in dict.fromkeys((*before, *after))]
        return "; ".join(texts)[:_LISTED_CHARS]

    @display(description=lazily_said("before", "이전"), empty_value="—")
    def was(self, record: AuditRecord) -> str:
        return _pretty(record.before)

    @display(description=lazily_said("after", "이후"), empty_value="—")
    def became(self, record: AuditRecord) -> str:
        return _pretty(record.after)


#: Longest text of the list's column of changes.
_LISTED_CHARS: Final = 200


async def _lines(records: QuerySet[AuditRecord], name: str) -> AsyncIterator[str]:
    """A chunk at a time, however many there are."""
    first, lines_of = FORMATS[name]
    yield first
    read, after_id = database_sync_to_async(chunk), 0
    while found := await read(records, after_id):
        yield lines_of(found)
        after_id = found[-1]["id"]


def _read(text: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(text) if text else {}
    return fields


def _changed(name: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    if name in before and name in after:
        return f"{name}: {before[name]} → {after[name]}"
    return f"{name}: {before[name]} → –" if name in before else f"{name}: {after[name]}"


def _pretty(text: str) -> str:
    return json.dumps(_read(text), ensure_ascii=False, indent=1)[2:-2] if text else ""
