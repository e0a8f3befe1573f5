"""Pages about fees: the schedule's tiers, the job's runs, and what fees earned."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.views.generic import TemplateView
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.fee_models import FeeRun, FeeTier
from accounts.fees import days, fee_schedule, revenue
from accounts.fees.revenue import Comparison, NotComparableError
from accounts.fees.standing import currency
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.models import Symbol
from exchange.units.decimals import format_units
from web.console import display_units
from web.console.base import ReadOnlyAdmin
from web.console.change_pages import STATE_COLOURS
from web.console.engine_page import OnSite
from web.console.fee_forms import FeeTierForm, RetireTierForm
from web.console.languages import lazily_said, said
from web.console.request_views import CHANGE_MARKET, FollowsRequests, change_form

VIEW_FEES: Final = "exchange.view_feeoverride"
_SHOWN_DAYS: Final = 7
#: How long the page waits for the tables to reach the engine.
_WAIT_S: Final = 1.0
#: Rows of the page; the file has all.
_MAX_ROWS: Final = 500


class _SeenWithFees(ReadOnlyAdmin):
    """Rows that everybody sees who sees accounts' own fees."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(VIEW_FEES)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(FeeTier)
class FeeTierAdmin(FollowsRequests, _SeenWithFees):
    """Every version of every tier, the newest first; those applied last are in force."""

    list_display = ("number", "name", "volume", "rates_said", "state", "in_force")
    list_select_related = ("request",)
    sortable_by = ()
    actions_list = ("add_tier",)
    actions_detail = ("change_tier", "retire_tier")
    fieldsets = (
        (None, {"fields": (("number", "name"), "volume", "rates_said", ("state", "in_force"), "asked_as")}),
    )

    @display(description=lazily_said("least traded in 30 days", "30일 최소 거래대금"))
    def volume(self, tier: FeeTier) -> str:
        code, scale = currency()
        return f"{display_units.grouped(format_units(tier.volume_minor, scale))} {code}"

    @display(description=lazily_said("maker / taker", "메이커 / 테이커"))
    def rates_said(self, tier: FeeTier) -> str:
        rates = (
            f"{scope}: {display_units.rate(maker)} / {display_units.rate(taker)}"
            for scope, maker, taker in tier.rates
        )
        return "; ".join(rates) or "—"

    @display(description=lazily_said("state", "상태"), label=STATE_COLOURS)
    def state(self, tier: FeeTier) -> str:
        return tier.request.get_state_display()

    @display(description=lazily_said("in force", "적용 중"), boolean=True)
    def in_force(self, tier: FeeTier) -> bool:
        latest = FeeTier.objects.filter(number=tier.number, request__state="applied")
        return not tier.is_retired and latest.order_by("-request__sequence").first() == tier

    @display(description=lazily_said("change request", "변경 요청"))
    def asked_as(self, tier: FeeTier) -> str:
        return str(tier.pk)

    @action(
        description=lazily_said("New tier", "새 등급"),
        url_path="new",
        permissions=["change_market"],
        icon="add",
    )
    def add_tier(self, request: HttpRequest) -> HttpResponseBase:
        return self._form(request, FeeTierForm, None, said("New fee tier", "새 수수료 등급"))

    @action(description=lazily_said("Change", "변경"), url_path="change-tier", permissions=["change_market"])
    def change_tier(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        tier = self.get_or_404(request, object_id)
        title = said(f"Change fee tier {tier}", f"수수료 등급 {tier} 변경")
        return self._form(request, FeeTierForm, tier, title)

    @action(
        description=lazily_said("Retire", "폐지"),
        url_path="retire",
        permissions=["change_market"],
        variant=ActionVariant.DANGER,
    )
    def retire_tier(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        tier = self.get_or_404(request, object_id)
        title = said(f"Retire fee tier {tier}", f"수수료 등급 {tier} 폐지")
        return self._form(request, RetireTierForm, tier, title)

    def _form(
        self, request: HttpRequest, form_class: type[FeeTierForm], tier: FeeTier | None, title: str
    ) -> HttpResponseBase:
        explanation = said(
            "New rates hold for orders entered from then on. Accounts come to their tiers with the next daily"
            " run.",
            "새 수수료율은 이후의 주문부터 적용됩니다. 계정의 등급은 다음 일일 작업에서 바뀝니다.",
        )
        return change_form(
            self,
            request,
            CHANGE_MARKET,
            form_class,
            row=tier,
            title=title,
            explanation=explanation,
            back_url=reverse("admin:accounts_feetier_changelist"),
        )


@admin.register(FeeRun)
class FeeRunAdmin(_SeenWithFees):
    """The daily job's runs."""

    list_display = ("day", "began", "finished", "moved")
    sortable_by = ()
    fieldsets = ((None, {"fields": ("day", ("began", "finished"), "moved")}),)

    @display(description=lazily_said("began (UTC)", "시작 (UTC)"))
    def began(self, run: FeeRun) -> str:
        return f"{run.began_at:%Y-%m-%d %H:%M:%S}"

    @display(description=lazily_said("finished (UTC)", "완료 (UTC)"), empty_value="—")
    def finished(self, run: FeeRun) -> str | None:
        return None if run.finished_at is None else f"{run.finished_at:%Y-%m-%d %H:%M:%S}"


class _SpanForm(forms.Form):
    start = forms.DateField(label=lazily_said("from", "부터"), widget=UnfoldAdminTextInputWidget)
    end = forms.DateField(label=lazily_said("to", "까지"), widget=UnfoldAdminTextInputWidget)
    symbol = forms.ModelChoiceField(
        Symbol.objects.all(),
        required=False,
        empty_label=lazily_said("all symbols", "모든 종목"),
        label=lazily_said("symbol", "종목"),
        widget=UnfoldAdminSelectWidget,
    )


class RevenueView(UnfoldModelAdminViewMixin, TemplateView):
    """What fees earned, and whether the engine's fee account has it."""

    title = lazily_said("Fee revenue", "수수료 수익")
    permission_required = VIEW_FEES
    raise_exception = True
    template_name = "admin/exchange/fee_revenue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = _form_of(self.request)
        tables = [_revenue_table(form), _comparison_table()] if form.is_valid() else [_comparison_table()]
        query = self.request.GET.urlencode()
        more = {"form": form, "tables": tables, "csv_url": f"{reverse('admin:fee_revenue_csv')}?{query}"}
        return super().get_context_data(**more, **kwargs)


@permission_required(VIEW_FEES, raise_exception=True)
def revenue_csv(request: HttpRequest) -> HttpResponseBase:
    """The report as a file: a row for each day, symbol and tier."""
    form = _form_of(request)
    chosen = form.cleaned_data if form.is_valid() else _last_days()
    rows = revenue.table(chosen["start"], chosen["end"], _symbol_of(chosen))
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    csv.writer(response).writerows(rows)
    response["Content-Disposition"] = 'attachment; filename="fee-revenue.csv"'
    return response


def urls() -> list[URLPattern]:
    """The report belongs to no model, so it hangs on the site itself."""
    view = admin.site.admin_view
    return [
        path("fees/revenue/", view(RevenueView.as_view(model_admin=OnSite())), name="fee_revenue"),
        path("fees/revenue.csv", view(revenue_csv), name="fee_revenue_csv"),
    ]


def _form_of(request: HttpRequest) -> _SpanForm:
    return _SpanForm(request.GET if "start" in request.GET else _last_days())


def _last_days() -> dict[str, Any]:
    today = dt.datetime.now(dt.UTC).date()
    return {"start": today - _SHOWN_DAYS * days.DAY, "end": today, "symbol": None}


def _symbol_of(chosen: dict[str, Any]) -> str:
    return chosen["symbol"].code if chosen["symbol"] else ""


def _revenue_table(form: _SpanForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    found = revenue.report(chosen["start"], chosen["end"], _symbol_of(chosen))
    names = {tier.number: tier.name for tier in fee_schedule.tiers()}
    rows = [
        [
            one.day.isoformat(),
            one.symbol,
            f"{one.tier} {names.get(one.tier, '')}".strip(),
            one.accounts,
            display_units.amount(one.asset, one.volume_minor),
            display_units.amount(one.asset, one.maker_fee_minor),
            display_units.amount(one.asset, one.taker_fee_minor),
            display_units.amount(one.asset, one.total_minor),
        ]
        for one, _ in zip(found, range(_MAX_ROWS), strict=False)
    ]
    headers = said(
        "day,symbol,tier,accounts,volume,maker fees,taker fees,fees",
        "날짜,종목,등급,계정 수,거래대금,메이커 수수료,테이커 수수료,합계",
    )
    return {"title": said("By day", "일별"), "headers": headers.split(","), "rows": rows}


def _comparison_table() -> dict[str, Any]:
    """The report against the engine's fee account, asset by asset."""
    title = said("Against the engine's fee account", "엔진 수수료 계정과 대조")
    try:
        sequence, found = revenue.compare(engine_link.query, _WAIT_S)
    except (EngineError, NotComparableError) as error:
        return {"title": f"{title}: {error}", "headers": [], "rows": []}
    headers = said(
        "asset,days added up,since then,of withdrawals,paid out,fee account,difference",
        "자산,집계된 날,이후,출금 수수료,지급,수수료 계정,차이",
    )
    return {
        "title": f"{title}, {said('sequence', '순번')} {sequence:,}",
        "headers": headers.split(","),
        "rows": [_comparison_row(one) for one in found],
    }


def _comparison_row(one: Comparison) -> list[str]:
    amounts = (
        *(one.reported_minor, one.since_minor, one.withdrawals_minor),
        *(one.paid_minor, one.engine_minor, one.difference_minor),
    )
    return [one.asset, *(display_units.amount(one.asset, amount) for amount in amounts)]
