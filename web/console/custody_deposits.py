"""Deposits and providers' notices for operators: what came in, what is disputed, and what they rule."""

from __future__ import annotations

import json
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import FormView
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import UnfoldModelAdminViewMixin

from accounts.models import User
from custody.deposits import rulings
from custody.models import Deposit, DepositRuling, ProviderNotice
from custody.states import DepositState
from exchange.errors import ApiError
from exchange.units.decimals import TooPreciseError, format_units, parse_units
from web.access.language import active_language
from web.console import display_units
from web.console.ask_first import ReasonField, ReasonForm
from web.console.base import AccountFilter, ReadOnlyAdmin, account_link, as_id
from web.console.languages import lazily_said, said
from web.console.typed_numbers import UnitsField
from web.console.withdrawals import moment

State = DepositState
VIEW: Final = "custody.view_deposit"
STATE_COLOURS: Final = {
    State.DISPUTED: "danger",
    State.CREDITED: "success",
    State.REJECTED: "warning",
}
#: Rows of a table on the operators' home; its title counts all of them.
_LISTED: Final = 20


class CreditForm(forms.Form):
    account = forms.IntegerField(label=lazily_said("account", "계정"), min_value=1)
    amount = UnitsField(label=lazily_said("amount", "수량"))
    reason = ReasonField()


class RulingView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]  # no generic at run time
    """Takes an operator's word on the deposit ``row``."""

    template_name = "admin/exchange/change_request_form.html"
    permission_required = VIEW
    raise_exception = True
    row: Deposit = None  # type: ignore[assignment]  # given to as_view
    title = ""
    submit_text = ""
    #: Takes the row, the operator and the form's fields. Raises ApiError.
    act: Any = None

    def get_initial(self) -> dict[str, Any]:
        scale = display_units.asset_scale(self.row.asset) or 0
        return {"account": self.row.account, "amount": format_units(self.row.amount_minor, scale)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        user = self.request.user
        assert isinstance(user, User)  # the admin site admits no one else
        try:
            self.act(self.row, user, form.cleaned_data)
        except TooPreciseError:
            form.add_error("amount", said("Too many decimals.", "소수점 자릿수가 너무 많습니다."))
            return self.form_invalid(form)
        except ApiError as error:
            named = error.details.get("field")
            form.add_error(str(named) if named in form.fields else None, error.message(active_language()))
            return self.form_invalid(form)
        return HttpResponseRedirect(page_of(self.row))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = format_html_join("", "<span class='block'>{}</span>", ((line,) for line in summary(self.row)))
        extra = {"explanation": lines, "submit_text": self.submit_text, "back_url": page_of(self.row)}
        return super().get_context_data(**extra, **kwargs)


class DepositListFilter(DropdownFilter):
    """The lists that operators work through."""

    title = lazily_said("list", "목록")
    parameter_name = "list"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("disputed", said("disputed", "확인 필요")),
            ("trouble", said("credited, with trouble since", "반영 후 문제 발생")),
            ("open", said("open", "진행 중")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = _LISTS.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen)


_LISTS: Final = {
    "disputed": Q(state=State.DISPUTED),
    "trouble": Q(state=State.CREDITED) & ~Q(trouble=""),
    "open": Q(ended_at=None),
}


@admin.register(Deposit)
class DepositAdmin(ReadOnlyAdmin):
    list_display = ("number", "seen", "provider", "amount", "to_account", "state_word", "waits")
    list_filter = (DepositListFilter, AccountFilter)
    sortable_by = ()
    search_fields = ("id",)
    search_help_text = lazily_said("A number, or the provider's reference", "번호 또는 기관의 참조 번호")
    actions_detail = ("credit", "reject", "approve", "decline")
    fieldsets = (
        (None, {"fields": (("number", "state_word"), ("amount", "to_account"), "trouble")}),
        (
            lazily_said("Provider", "기관"),
            {"fields": (("provider", "reference"), ("address", "tag"), ("seen", "asked_next"))},
        ),
        (lazily_said("Operators", "운영자"), {"fields": ("rulings_said",)}),
        (lazily_said("Engine", "엔진"), {"fields": (("sequence", "ended"), "command_id")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Deposit], search_term: str
    ) -> tuple[QuerySet[Deposit], bool]:
        term = search_term.strip()
        number = as_id(term)
        if not term or "\0" in term:
            return (queryset if not term else queryset.none()), False
        known = Q(reference=term) | Q(address=term)
        return queryset.filter(known if number is None else known | Q(pk=number)), False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What can be done now."""
        row = _row(object_id)
        if row is None or row.state != State.DISPUTED:
            return []
        possible = {"credit", "reject"} if rulings.waiting_of(row) is None else {"approve", "decline"}
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.method.__name__ in possible]

    # --- what operators do -----------------------------------------------------------------------------

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(rulings.PERMISSION)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The service decides again."""
        row, user = _row(object_id), request.user
        waiting = None if row is None else rulings.waiting_of(row)
        if waiting is None or not isinstance(user, User):
            return False
        try:
            rulings.refuse_to_decide(waiting, user)
        except ApiError:
            return False
        return True

    @action(
        description=lazily_said("Credit", "반영"), url_path="credit", permissions=["settle"], icon="add_card"
    )
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        def act(row: Deposit, by: User, given: dict[str, Any]) -> None:
            amount_minor = parse_units(given["amount"], display_units.asset_scale(row.asset) or 0)
            rulings.ask(row, by, given["reason"], given["account"], amount_minor)

        title = said("Ask for a deposit to be credited", "입금 반영 요청")
        return self._rule(request, object_id, CreditForm, title, said("Ask", "요청"), act)

    @action(
        description=lazily_said("Reject", "거절"),
        url_path="reject",
        permissions=["settle"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        def act(row: Deposit, by: User, given: dict[str, Any]) -> None:
            rulings.ask(row, by, given["reason"])

        title = said("Ask for a deposit to be rejected", "입금 거절 요청")
        return self._rule(request, object_id, ReasonForm, title, said("Ask", "요청"), act)

    @action(
        description=lazily_said("Approve", "승인"),
        url_path="approve",
        permissions=["decide"],
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        title = said("Approve what was asked for", "요청 승인")
        return self._rule(request, object_id, ReasonForm, title, said("Approve", "승인"), _decides(True))

    @action(
        description=lazily_said("Decline", "반려"),
        url_path="decline",
        permissions=["decide"],
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        title = said("Decline what was asked for", "요청 반려")
        return self._rule(request, object_id, ReasonForm, title, said("Decline", "반려"), _decides(False))

    def _rule(
        self, request: HttpRequest, object_id: str, form_class: Any, title: str, submit_text: str, act: Any
    ) -> HttpResponseBase:
        row = self.get_or_404(request, object_id)
        view = RulingView.as_view(
            model_admin=self, row=row, form_class=form_class, title=title, submit_text=submit_text, act=act
        )
        return view(request)

    # --- what they see ---------------------------------------------------------------------------------

    @display(description=lazily_said("number", "번호"))
    def number(self, row: Deposit) -> str:
        return str(row.pk)

    @display(description=lazily_said("seen (UTC)", "확인 (UTC)"))
    def seen(self, row: Deposit) -> str:
        return moment(row.seen_at)

    @display(description=lazily_said("ended (UTC)", "종료 (UTC)"), empty_value="—")
    def ended(self, row: Deposit) -> str | None:
        return None if row.ended_at is None else moment(row.ended_at)

    @display(description=lazily_said("asked next (UTC)", "다음 조회 (UTC)"), empty_value="—")
    def asked_next(self, row: Deposit) -> str | None:
        return None if row.look_at is None else moment(row.look_at)

    @display(description=lazily_said("amount", "수량"))
    def amount(self, row: Deposit) -> str:
        return display_units.amount(row.asset, row.amount_minor)

    @display(description=lazily_said("account", "계정"))
    def to_account(self, row: Deposit) -> SafeString | str:
        return said("nobody's", "미확인") if row.account is None else account_link(row.account)

    @display(description=lazily_said("state", "상태"), label=STATE_COLOURS)
    def state_word(self, row: Deposit) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=lazily_said("waits for", "대기 사유"), empty_value="—")
    def waits(self, row: Deposit) -> str | None:
        return waits_for(row) or None

    @display(description=lazily_said("what operators ruled", "운영자 결정"), empty_value="—")
    def rulings_said(self, row: Deposit) -> SafeString | None:
        found = row.rulings.select_related("asked_by", "decided_by")
        return format_html_join("", "<div>{}</div>", ((_ruling_said(each),) for each in found)) or None


@admin.register(ProviderNotice)
class ProviderNoticeAdmin(ReadOnlyAdmin):
    """What providers have told, as it came."""

    list_display = ("received", "provider", "notice_id", "kind", "done", "trouble")
    list_filter = ("provider",)
    sortable_by = ()
    search_fields = ("notice_id",)
    fieldsets = ((None, {"fields": (("provider", "notice_id"), ("received", "done"), "trouble", "content")}),)

    @display(description=lazily_said("received (UTC)", "수신 (UTC)"))
    def received(self, row: ProviderNotice) -> str:
        return moment(row.received_at)

    @display(description=lazily_said("handled (UTC)", "처리 (UTC)"), empty_value="—")
    def done(self, row: ProviderNotice) -> str | None:
        return None if row.done_at is None else moment(row.done_at)

    @display(description=lazily_said("kind", "종류"))
    def kind(self, row: ProviderNotice) -> str:
        return str(row.body.get("kind", ""))

    @display(description=lazily_said("content", "내용"))
    def content(self, row: ProviderNotice) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(row.body, indent=1, ensure_ascii=False))


def _decides(approves: bool) -> Any:
    def act(row: Deposit, by: User, given: dict[str, Any]) -> None:
        waiting = rulings.waiting_of(row)
        if waiting is not None:
            rulings.decide(waiting, by, given["reason"], approves=approves)

    return act


def _row(object_id: Any) -> Deposit | None:
    return Deposit.objects.filter(pk=as_id(str(object_id)) or 0).first()


def _ruling_said(ruling: DepositRuling) -> str:
    """One line: what was asked for, by whom, and what the second said."""
    asset = ruling.deposit.asset
    what = (
        said("reject", "거절")
        if ruling.account is None
        else said(
            f"credit {display_units.amount(asset, ruling.amount_minor)} to {ruling.account}",
            f"{ruling.account}에 {display_units.amount(asset, ruling.amount_minor)} 반영",
        )
    )
    line = f"{what} · {ruling.asked_by.get_username()} · {moment(ruling.asked_at)} · {ruling.reason}"
    if ruling.decided_by is None or ruling.decided_at is None:
        return line
    word = said("approved", "승인") if ruling.is_approved else said("declined", "반려")
    decided = f"{ruling.decided_by.get_username()} · {moment(ruling.decided_at)} · {ruling.decision_reason}"
    return f"{line} → {word} · {decided}"


def waits_for(row: Deposit) -> str:
    """What is in the way of it, or what has to happen next; empty where nothing does."""
    if row.state != State.DISPUTED:
        return row.trouble
    ruling = rulings.waiting_of(row)
    if ruling is None:
        return said(f"operators: {row.trouble}", f"운영자 확인: {row.trouble}")
    return said(f"a second operator: {_ruling_said(ruling)}", f"두 번째 운영자: {_ruling_said(ruling)}")


def summary(row: Deposit) -> list[str]:
    """What an operator has to know before deciding."""
    to = f"{row.address} ({row.tag})" if row.tag else row.address
    lines = [
        said(
            f"Deposit {row.pk}, {row.provider} {row.reference}",
            f"입금 {row.pk}, {row.provider} {row.reference}",
        ),
        f"{display_units.amount(row.asset, row.amount_minor)} → {to}",
    ]
    waiting = waits_for(row)
    return [*lines, waiting] if waiting else lines


def disputed_table() -> dict[str, Any] | None:
    """For the operators' home: deposits that wait for people; None where none does."""
    disputed = Deposit.objects.filter(state=State.DISPUTED)
    count = disputed.count()
    if not count:
        return None
    rows = [
        [
            moment(row.seen_at),
            row.provider,
            format_html(
                '<a class="text-link" href="{}">{}</a>',
                page_of(row),
                display_units.amount(row.asset, row.amount_minor),
            ),
            waits_for(row),
        ]
        for row in disputed.order_by("id")[:_LISTED]
    ]
    headers = said("seen (UTC),provider,amount,waits for", "확인 시각 (UTC),기관,수량,대기 사유")
    title = said(f"Deposits that wait for people: {count:,}", f"처리 대기 입금 {count:,}건")
    return {"title": title, "headers": headers.split(","), "rows": rows}


def page_of(row: Deposit) -> str:
    return reverse("admin:custody_deposit_change", args=[row.pk])
