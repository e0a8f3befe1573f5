"""Custody against the ledger, for operators: the reports, and what they have counted by hand."""

from __future__ import annotations

import csv
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from custody.deposits import rulings
from custody.models import CustodyStatement, Reconciliation
from custody.providers import registry
from custody.reconciliation import by_hand
from exchange.errors import ApiError
from exchange.models import Asset
from exchange.units.decimals import TooPreciseError, parse_units
from web.access.language import active_language
from web.console import display_units
from web.console.ask_first import Question, ReasonField, ask_first
from web.console.base import ReadOnlyAdmin
from web.console.languages import lazily_said, said
from web.console.typed_numbers import UnitsField
from web.console.withdrawals import moment

#: Columns of a report, on the page and in its file.
COLUMNS: Final = (
    *("asset", "ledger", "providers", "play_money", "paid_not_settled", "final_not_credited"),
    *("difference", "counted_at", "is_stale"),
)
VIEW_STATEMENTS: Final = "custody.view_custodystatement"
_HEADERS: Final = lazily_said(
    "asset,ledger,kept by providers,play money,paid and not settled,final and not credited,difference",
    "자산,원장,기관 보관,모의 자금,지급 후 미정산,확정 후 미반영,차이",
)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ("made", "sequence", "is_well", "differs", "explanation")
    sortable_by = ()
    actions_detail = ("csv_file", "explain")
    fieldsets = (
        (None, {"fields": (("made", "sequence"), "is_well", "table")}),
        (lazily_said("Operators", "운영자"), {"fields": (("explanation", "explained_by"),)}),
    )

    @action(description="CSV", url_path="csv", permissions=["view"], icon="download")
    def csv_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        report: Reconciliation = self.get_or_404(request, object_id)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        writer = csv.writer(response)
        writer.writerow(["sequence", *COLUMNS])
        for row in report.rows:
            cells = [_providers(row) if name == "providers" else row[name] for name in COLUMNS]
            writer.writerow([report.sequence, *cells])
        response["Content-Disposition"] = f'attachment; filename="custody-{report.sequence}.csv"'
        return response

    @action(
        description=lazily_said("Explain", "설명"), url_path="explain", permissions=["settle"], icon="edit"
    )
    def explain(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        report = self.get_or_404(request, object_id)
        back = reverse("admin:custody_reconciliation_change", args=[report.pk])
        question = Question(
            said("Explain a difference", "차이 설명"),
            said(
                "Words for others who read the report. The alarm ends when custody and ledger agree.",
                "보고서를 읽는 사람을 위한 설명입니다. 보관 자산과 원장이 일치해야 경보가 끝납니다.",
            ),
            said("Explain", "설명"),
            back,
        )
        user = request.user
        assert isinstance(user, User)  # the admin site admits no one else
        return ask_first(
            request, self.admin_site, question, lambda words: by_hand.explain(report, user, words)
        )

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(rulings.PERMISSION)

    @display(description=lazily_said("made (UTC)", "작성 (UTC)"))
    def made(self, report: Reconciliation) -> str:
        return moment(report.at)

    @display(description=lazily_said("agrees", "일치"), boolean=True)
    def is_well(self, report: Reconciliation) -> bool:
        return report.agrees

    @display(description=lazily_said("differences", "차이"), empty_value="—")
    def differs(self, report: Reconciliation) -> str | None:
        found = [_difference(row) for row in report.rows if row["difference"] != "0" or row["is_stale"]]
        return ", ".join(found) or None

    @display(description=lazily_said("assets", "자산"))
    def table(self, report: Reconciliation) -> SafeString:
        cell = '<th class="px-3 py-1 text-left">{}</th>'
        head = format_html_join("", cell, ((name,) for name in str(_HEADERS).split(",")))
        lines = format_html_join("", "<tr>{}</tr>", ((_cells(row),) for row in report.rows))
        return format_html('<div class="overflow-x-auto"><table><tr>{}</tr>{}</table></div>', head, lines)


def _cells(row: dict[str, Any]) -> SafeString:
    amounts = ("play_money", "paid_not_settled", "final_not_credited")
    words = [
        row["asset"],
        display_units.grouped(row["ledger"]),
        _providers(row),
        *(display_units.grouped(row[name]) for name in amounts),
        _difference(row).removeprefix(f"{row['asset']} "),
    ]
    return format_html_join("", '<td class="px-3 py-1">{}</td>', ((word,) for word in words))


def _providers(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {display_units.grouped(amount)}" for name, amount in row["providers"].items())


def _difference(row: dict[str, Any]) -> str:
    words = f"{row['asset']} {display_units.grouped(row['difference'])}"
    stale = said("counted too long ago", "실사 기한 지남")
    return f"{words} ({stale})" if row["is_stale"] else words


# --- what is counted by hand -------------------------------------------------------------------------------


class CountForm(forms.Form):
    provider = forms.ChoiceField(label=lazily_said("provider", "기관"), widget=UnfoldAdminSelectWidget)
    asset = forms.ChoiceField(label=lazily_said("asset", "자산"), widget=UnfoldAdminSelectWidget)
    amount = UnitsField(label=lazily_said("counted", "실사 수량"))
    reason = ReasonField(
        label=lazily_said("how you counted", "실사 방법"),
        help_text=lazily_said("Recorded with your name.", "이름과 함께 기록됩니다."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = ((name, registry.find(name)) for name in registry.names())
        manual = [(name, name) for name, each in found if each is not None and each.is_manual]
        codes = [(code, code) for code in Asset.objects.values_list("code", flat=True)]
        for field, choices in (("provider", manual), ("asset", codes)):
            self.fields[field].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField


class CountView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]  # no generic at run time
    """Takes what an operator has counted."""

    template_name = "admin/exchange/change_request_form.html"
    form_class = CountForm
    permission_required = rulings.PERMISSION
    raise_exception = True
    title = lazily_said("What was counted", "실사 결과")

    def form_valid(self, form: CountForm) -> HttpResponse:
        user, given = self.request.user, form.cleaned_data
        assert isinstance(user, User)  # the admin site admits no one else
        try:
            amount_minor = parse_units(given["amount"], display_units.asset_scale(given["asset"]) or 0)
            by_hand.state_count(given["provider"], given["asset"], amount_minor, user, given["reason"])
        except TooPreciseError:
            form.add_error("amount", said("Too many decimals.", "소수점 자릿수가 너무 많습니다."))
            return self.form_invalid(form)
        except ApiError as error:
            named = error.details.get("field")
            form.add_error(str(named) if named in form.fields else None, error.message(active_language()))
            return self.form_invalid(form)
        return HttpResponseRedirect(_statements_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        explanation = said(
            "All that is kept by hand of the asset at this moment. Later bookings are added to it.",
            "지금 직접 보관 중인 자산 전체 수량입니다. 이후의 입출금 기록이 여기에 더해집니다.",
        )
        extra = {
            "explanation": explanation,
            "submit_text": said("Keep", "저장"),
            "back_url": _statements_url(),
        }
        return super().get_context_data(**extra, **kwargs)


@admin.register(CustodyStatement)
class CustodyStatementAdmin(ReadOnlyAdmin):
    """What operators have counted."""

    list_display = ("counted", "provider", "asset", "amount", "by", "note")
    list_select_related = ("by",)
    sortable_by = ()
    actions_list = ("count",)
    fieldsets = ((None, {"fields": (("provider", "asset"), ("amount", "counted"), ("by", "note"))}),)

    @action(description=lazily_said("Count", "실사"), url_path="count", permissions=["settle"], icon="add")
    def count(self, request: HttpRequest) -> HttpResponseBase:
        return CountView.as_view(model_admin=self)(request)

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(rulings.PERMISSION)

    @display(description=lazily_said("counted (UTC)", "실사 (UTC)"))
    def counted(self, row: CustodyStatement) -> str:
        return moment(row.at)

    @display(description=lazily_said("amount", "수량"))
    def amount(self, row: CustodyStatement) -> str:
        return display_units.amount(row.asset, row.amount_minor)


def _statements_url() -> str:
    return reverse("admin:custody_custodystatement_changelist")
