"""What the operator pages share: read-only pages, and lists that stay quick on large tables."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db.models import Max, Model, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter, TextFilter
from unfold.views import ChangeList

from exchange.models import Account, Symbol

#: Rows a list counts and pages through; further back one narrows by account or id.
MAX_LISTED: Final = 10_000
#: A list that is not narrowed looks at the newest ids only, so that no filter scans a whole table.
WINDOW: Final = 200_000


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # no generic at run time
    """Counts at most ``MAX_LISTED`` rows: a full count of a table of orders reads all of it."""

    template_name = "admin/exchange/pagination.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # lists are of rows alone
        return int(rows.order_by().values("pk")[:MAX_LISTED].count())


class ReadOnlyAdmin(ModelAdmin):
    """Live rows: the projection writes them, people only read them or ask for changes."""

    paginator = BoundedPaginator
    show_full_result_count = False
    #: Facets count every choice over the whole table.
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    compressed_fields = True
    list_filter_submit = True
    list_filter_sheet = False
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row, or None. PostgreSQL refuses to look for a text with NUL in it."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def get_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row a page of an action is about."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Everything the page shows, computed columns included."""
        return [name for _, options in self.get_fieldsets(request, obj) for name in _flat(options["fields"])]


def _flat(fields: Any) -> list[str]:
    return [name for item in fields for name in (item if isinstance(item, (list, tuple)) else (item,))]


class BoundedChangeList(ChangeList):
    """Knows no more of the total than the paginator has counted."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count
        self.is_cut = self.result_count >= MAX_LISTED


class WindowedChangeList(BoundedChangeList):
    """The newest ``WINDOW`` ids unless the list is narrowed to an account, or to one id by search."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        if request.GET.get(AccountFilter.parameter_name) or self.query:
            return rows
        up_to = as_id(request.GET.get(UpToIdFilter.parameter_name))
        if up_to is None:
            newest = self.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        else:
            newest = self.model_admin.keys_of(up_to)[-1]
        return rows.filter(pk__gt=newest - WINDOW)


class LargeTableAdmin(ReadOnlyAdmin):
    """A table too large to sort or count: newest first, found by id or account."""

    sortable_by = ()
    search_help_text = "An id, or a user name"

    def keys_of(self, number: int) -> list[int]:
        """The primary keys of what people call ``number``, ascending."""
        return [number]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WindowedChangeList

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the number people call a row by, or by the name of the account's user."""
        term = search_term.strip()
        if not term:
            return queryset, False
        number = as_id(term)
        if number is not None:
            return queryset.filter(pk__in=self.keys_of(number)), False
        return queryset.filter(account=account_of_term(term)), False


def account_of_term(term: str) -> int | None:
    """The account of this number, or of the user of this name."""
    number = as_id(term)
    by = {"user__username": term} if number is None else {"number": number}
    return Account.objects.filter(**by).values_list("number", flat=True).first()


def as_id(text: str | None) -> int | None:
    """A 64-bit id from text; None when it is not one."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)


class AccountFilter(TextFilter):
    title = "account"
    parameter_name = "of"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(account=account_of_term(self.value().strip()))


class UpToIdFilter(TextFilter):
    title = "up to id"
    parameter_name = "upto"

    def __init__(self, request: HttpRequest, params: Any, model: type[Model], model_admin: Any) -> None:
        self._model_admin = model_admin
        super().__init__(request, params, model, model_admin)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        number = as_id(self.value())
        return queryset if number is None else queryset.filter(pk__lte=self._model_admin.keys_of(number)[-1])


class SymbolFilter(DropdownFilter):
    title = "symbol"
    parameter_name = "symbol"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in Symbol.objects.values_list("code", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(symbol=self.value()) if self.value() else queryset


def account_link(number: int) -> SafeString:
    """The account's number, leading to its page."""
    return format_html(
        '<a class="text-link" href="{}">{}</a>',
        reverse("admin:exchange_account_change", args=[number]),
        number,
    )
