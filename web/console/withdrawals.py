"""Withdrawals for operators: what waits for their leave, what they have to pay, what is unclear, and all of
them; and the pages on which they decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
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
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from custody.models import Withdrawal
from custody.providers import registry
from custody.states import CANCELABLE, WithdrawalEnd, WithdrawalState
from custody.withdrawals import reviewing
from custody.withdrawals.withdrawal_limits import currency
from exchange.errors import ApiError
from web.access.language import active_language
from web.console import display_units
from web.console.ask_first import ReasonField
from web.console.base import AccountFilter, ReadOnlyAdmin, account_link, as_id
from web.console.languages import lazily_said, said
from web.console.people_text_field import PeopleTextField

State = WithdrawalState
VIEW: Final = "custody.view_withdrawal"
STATE_COLOURS: Final = {
    State.IN_REVIEW: "warning",
    State.UNCLEAR: "danger",
    State.PAID: "success",
    State.REFUSED: "danger",
    State.ENDED: "danger",
}
#: In Korean; the model has the English.
_KOREAN: Final = {
    State.REQUESTED: "요청됨",
    State.REFUSED: "거부됨",
    State.UNCONFIRMED: "확인 대기",
    State.IN_REVIEW: "검토 대기",
    State.APPROVED: "승인됨",
    State.SENDING: "전송 중",
    State.SENT: "전송됨",
    State.UNCLEAR: "확인 필요",
    State.SETTLING: "정산 중",
    State.PAID: "지급 완료",
    State.RELEASING: "반환 중",
    State.ENDED: "종료",
}
_ENDS: Final = {
    WithdrawalEnd.CANCELED: "고객 취소",
    WithdrawalEnd.EXPIRED: "확인 기한 만료",
    WithdrawalEnd.DECLINED: "운영자 거절",
    WithdrawalEnd.FAILED: "미지급",
}
#: Rows of a table on the operators' home; its title counts all of them.
_LISTED: Final = 20


class ListFilter(DropdownFilter):
    """The lists that operators work through."""

    title = lazily_said("list", "목록")
    parameter_name = "list"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("review", said("in review", "검토 대기")),
            ("to-pay", said("to be paid", "지급 대기")),
            ("unclear", said("unclear", "확인 필요")),
            ("open", said("open", "진행 중")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = _LISTS.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(chosen()).order_by("id")


def to_be_paid() -> Q:
    """What operators have in hand: providers that are people."""
    found = (registry.find(name) for name in registry.names())
    manual = [provider.name for provider in found if provider is not None and provider.is_manual]
    return Q(state=State.SENT, provider__in=manual)


_LISTS: Final[dict[str, Callable[[], Q]]] = {
    "review": lambda: Q(state=State.IN_REVIEW),
    "to-pay": to_be_paid,
    "unclear": lambda: Q(state=State.UNCLEAR),
    "open": lambda: Q(ended_at=None),
}


class ReasonForm(forms.Form):
    reason = ReasonField(
        help_text=lazily_said("Recorded with your name.", "이름과 함께 기록됩니다."),
    )


class ToldForm(forms.Form):
    reason = ReasonField(
        help_text=lazily_said(
            "Recorded with your name; the customer sees the reason.",
            "이름과 함께 기록되며 고객에게 사유가 표시됩니다.",
        ),
    )


class PaidForm(forms.Form):
    transaction = PeopleTextField(
        label=lazily_said("transaction", "거래 번호"),
        max_length=reviewing.MAX_TRANSACTION,
        help_text=lazily_said(
            "What the customer can look for: a bank's reference, a hash.",
            "고객이 조회할 수 있는 은행 거래 번호 또는 해시입니다.",
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    reason = ReasonField(
        label=lazily_said("how you know", "확인 방법"),
        help_text=lazily_said("Recorded with your name.", "이름과 함께 기록됩니다."),
    )


class DecisionView(UnfoldModelAdminViewMixin, FormView):  # type: ignore[type-arg]  # no generic at run time
    """Takes an operator's word on ``row``."""

    template_name = "admin/exchange/change_request_form.html"
    permission_required = VIEW
    raise_exception = True
    row: Withdrawal = None  # type: ignore[assignment]  # given to as_view
    title = ""
    hint = ""
    submit_text = ""
    #: Takes the row, the operator and the form's fields. Raises ApiError.
    act: Any = None

    def form_valid(self, form: forms.Form) -> HttpResponse:
        user = self.request.user
        assert isinstance(user, User)  # the admin site admits nobody else
        try:
            self.act(self.row, user, form.cleaned_data)
        except ApiError as error:
            named = error.details.get("field")
            field = str(named) if named in form.fields else None
            form.add_error(field, error.message(active_language()))
            return self.form_invalid(form)
        return HttpResponseRedirect(page_of(self.row))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = [*summary(self.row), *([self.hint] if self.hint else [])]
        explanation = format_html_join("", "<span class='block'>{}</span>", ((line,) for line in lines))
        extra = {
            "explanation": explanation,
            "submit_text": self.submit_text,
            "back_url": page_of(self.row),
        }
        return super().get_context_data(**extra, **kwargs)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnlyAdmin):
    list_display = ("number", "asked", "customer", "total", "where", "state_word", "waits")
    list_filter = (ListFilter, AccountFilter)
    list_select_related = ("user",)
    sortable_by = ()
    search_fields = ("id",)
    search_help_text = lazily_said(
        "A number, a user name, or a transaction", "번호, 사용자 이름 또는 거래 번호"
    )
    actions_detail = ("approve", "decline", "paid", "failed")
    fieldsets = (
        (None, {"fields": (("number", "state_text"), ("customer", "by"), "waits")}),
        (
            lazily_said("Payment", "지급"),
            {
                "fields": (
                    ("amount", "fee"),
                    ("where", "tag_text"),
                    ("paid_by", "transaction_text"),
                    "trouble_text",
                )
            },
        ),
        (lazily_said("Review", "검토"), {"fields": ("worth", "leaves", "verdicts_said")}),
        (lazily_said("When (UTC)", "시각 (UTC)"), {"fields": (("asked", "sent"), "all_steps")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Withdrawal], search_term: str
    ) -> tuple[QuerySet[Withdrawal], bool]:
        term = search_term.strip()
        number = as_id(term)
        if not term:
            return queryset, False
        known = Q(user__username=term) | Q(transaction=term) | Q(reference=term)
        return queryset.filter(known if number is None else known | Q(pk=number)), False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What can be done in the state it is in."""
        row = Withdrawal.objects.filter(pk=as_id(str(object_id)) or 0).first()
        if row is None:
            return []
        possible: set[str] = set()
        if row.state == State.IN_REVIEW:
            possible.add("approve")
        if row.state in CANCELABLE:
            possible.add("decline")
        if reviewing.may_say(row):
            possible |= {"paid", "failed"}
        offered = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.method.__name__ in possible]

    # --- what operators do -----------------------------------------------------------------------------

    def has_review_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, reviewing.REVIEW)

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, reviewing.SETTLE)

    @action(
        description=lazily_said("Approve", "승인"),
        url_path="approve",
        permissions=["review"],
        icon="check",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._decide(
            request,
            object_id,
            form_class=ReasonForm,
            title=said("Approve a withdrawal", "출금 승인"),
            submit_text=said("Approve", "승인"),
            act=lambda row, by, given: reviewing.approve(row, by, given["reason"]),
        )

    @action(
        description=lazily_said("Decline", "거절"),
        url_path="decline",
        permissions=["review"],
        icon="close",
        variant=ActionVariant.DANGER,
    )
    def decline(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._decide(
            request,
            object_id,
            form_class=ToldForm,
            title=said("Decline a withdrawal", "출금 거절"),
            hint=said("Amount and fee go back to the account.", "수량과 수수료가 계정에 반환됩니다."),
            submit_text=said("Decline", "거절"),
            act=lambda row, by, given: reviewing.decline(row, by, given["reason"]),
        )

    @action(
        description=lazily_said("Paid", "지급됨"),
        url_path="paid",
        permissions=["settle"],
        icon="payments",
        variant=ActionVariant.SUCCESS,
    )
    def paid(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._decide(
            request,
            object_id,
            form_class=PaidForm,
            title=said("A withdrawal was paid", "출금 지급 완료"),
            submit_text=said("It was paid", "지급 완료"),
            act=lambda row, by, given: reviewing.say_paid(row, by, given["transaction"], given["reason"]),
        )

    @action(
        description=lazily_said("Not paid", "지급되지 않음"),
        url_path="failed",
        permissions=["settle"],
        icon="money_off",
        variant=ActionVariant.DANGER,
    )
    def failed(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        hint = said(
            "Only where it was not paid and never will be: amount and fee go back to the account.",
            "지급되지 않았고 앞으로도 지급되지 않을 때만 사용합니다. 수량과 수수료가 계정에 반환됩니다.",
        )
        return self._decide(
            request,
            object_id,
            form_class=ToldForm,
            title=said("A withdrawal was not paid", "출금 미지급"),
            hint=hint,
            submit_text=said("It was not paid", "지급되지 않음"),
            act=lambda row, by, given: reviewing.say_failed(row, by, given["reason"]),
        )

    def _may(self, request: HttpRequest, object_id: Any, permission: str) -> bool:
        """The service decides again, and looks at the state."""
        user = request.user
        row = Withdrawal.objects.filter(pk=as_id(str(object_id)) or 0).first()
        if row is None or not isinstance(user, User):
            return False
        try:
            reviewing.refuse_to_act(row, user, permission)
        except ApiError:
            return False
        return True

    def _decide(self, request: HttpRequest, object_id: str, **options: Any) -> HttpResponseBase:
        row = self.get_or_404(request, object_id)
        return DecisionView.as_view(model_admin=self, row=row, **options)(request)

    # --- what they see ---------------------------------------------------------------------------------

    @display(description=lazily_said("number", "번호"))
    def number(self, row: Withdrawal) -> str:
        return str(row.pk)

    @display(description=lazily_said("asked (UTC)", "요청 (UTC)"))
    def asked(self, row: Withdrawal) -> str:
        return moment(row.requested_at)

    @display(description=lazily_said("sent (UTC)", "전송 (UTC)"), empty_value="—")
    def sent(self, row: Withdrawal) -> str | None:
        return None if row.sent_at is None else moment(row.sent_at)

    @display(description=lazily_said("customer", "고객"))
    def customer(self, row: Withdrawal) -> SafeString:
        return format_html("{} · {}", row.user.get_username(), account_link(row.account))

    @display(description=lazily_said("asked by", "요청 수단"))
    def by(self, row: Withdrawal) -> str:
        return f"key {row.key_id}" if row.key_id else said("log-in", "로그인")

    @display(description=lazily_said("amount", "수량"))
    def total(self, row: Withdrawal) -> str:
        return display_units.amount(row.asset, row.amount_minor)

    @display(description=lazily_said("paid out", "지급 수량"))
    def amount(self, row: Withdrawal) -> str:
        return display_units.amount(row.asset, row.amount_minor)

    @display(description=lazily_said("fee", "수수료"))
    def fee(self, row: Withdrawal) -> str:
        return display_units.amount(row.asset, row.fee_minor)

    @display(description=lazily_said("to", "받는 곳"))
    def where(self, row: Withdrawal) -> str:
        return row.address

    @display(description=lazily_said("worth", "평가액"))
    def worth(self, row: Withdrawal) -> str:
        return worth(row)

    @display(description=lazily_said("state", "상태"), label=STATE_COLOURS)
    def state_word(self, row: Withdrawal) -> tuple[str, str]:
        return row.state, state_said(row.state)

    @display(description=lazily_said("state", "상태"))
    def state_text(self, row: Withdrawal) -> str:
        if not row.end:
            return state_said(row.state)
        end = WithdrawalEnd(row.end)
        why = f" ({row.end_reason})" if row.end_reason else ""
        return f"{state_said(row.state)}: {said(str(end.label), _ENDS[end])}{why}"

    @display(description=lazily_said("tag", "태그"), empty_value="—")
    def tag_text(self, row: Withdrawal) -> str | None:
        return row.tag or None

    @display(description=lazily_said("provider", "제공자"))
    def paid_by(self, row: Withdrawal) -> str:
        return f"{row.provider} · {row.reference}" if row.reference else row.provider

    @display(description=lazily_said("transaction", "거래 번호"), empty_value="—")
    def transaction_text(self, row: Withdrawal) -> str | None:
        return row.transaction or None

    @display(description=lazily_said("trouble", "문제"), empty_value="—")
    def trouble_text(self, row: Withdrawal) -> str | None:
        return row.trouble or None

    @display(description=lazily_said("waits for", "대기 사유"), empty_value="—")
    def waits(self, row: Withdrawal) -> str | None:
        return waits_for(row) or None

    @display(description=lazily_said("approved by", "승인"), empty_value="—")
    def leaves(self, row: Withdrawal) -> SafeString | None:
        found = row.approvals.select_related("by")
        rows = [(leave.by.get_username(), moment(leave.at), leave.reason) for leave in found]
        return format_html_join("", "<div>{} · {} · {}</div>", rows) or None

    @display(description=lazily_said("what operators found out", "운영자 확인"), empty_value="—")
    def verdicts_said(self, row: Withdrawal) -> SafeString | None:
        rows = [
            (
                verdict.by.get_username(),
                moment(verdict.at),
                verdict.transaction if verdict.is_paid else said("not paid", "지급되지 않음"),
                verdict.reason,
            )
            for verdict in row.verdicts.select_related("by")
        ]
        return format_html_join("", "<div>{} · {} · {} · {}</div>", rows) or None

    @display(description=lazily_said("steps", "진행"))
    def all_steps(self, row: Withdrawal) -> SafeString:
        rows = [
            (
                moment(step.at),
                state_said(step.to_state),
                "" if step.by is None else f" · {step.by.get_username()}",
                f" · {step.note}" if step.note else "",
            )
            for step in row.steps.select_related("by").order_by("id")[:200]
        ]
        return format_html_join("", "<div>{} · {}{}{}</div>", rows)


def state_said(state: str) -> str:
    """A state in words."""
    found = State(state)
    return said(str(found.label), _KOREAN[found])


def waits_for(row: Withdrawal) -> str:
    """What has to happen next, and what is in the way of it; empty where nothing does."""
    if row.state == State.IN_REVIEW:
        given, needed = row.approvals.count(), row.approvals_needed
        return said(f"{given} of {needed} approvals", f"승인 {needed}건 중 {given}건")
    if row.state == State.UNCLEAR:
        said_so = row.verdicts.count()
        words = said(
            f"two operators who agree, {said_so} so far", f"운영자 2명의 일치된 확인, 현재 {said_so}명"
        )
        return f"{words}: {row.trouble}"
    if row.state == State.SENT and reviewing.may_say(row):
        return said("an operator to pay it", "운영자의 지급")
    return row.trouble


def worth(row: Withdrawal) -> str:
    """What it was worth when it was asked for."""
    if not row.is_priced:
        return said("not known", "알 수 없음")
    return display_units.amount(currency()[0], row.value_minor)


def summary(row: Withdrawal) -> list[str]:
    """What an operator has to know before deciding."""
    to = f"{row.address} ({row.tag})" if row.tag else row.address
    asked, name = moment(row.requested_at), row.user.get_username()
    lines = [
        said(f"Withdrawal {row.pk}", f"출금 {row.pk}"),
        f"{display_units.amount(row.asset, row.amount_minor)} → {to}",
        said(
            f"Asked by {name}, account {row.account}, at {asked} UTC; worth {worth(row)}.",
            f"요청자 {name}, 계정 {row.account}, {asked} UTC, 평가액 {worth(row)}.",
        ),
    ]
    waiting = waits_for(row)
    return [*lines, waiting] if waiting else lines


def waiting_table() -> dict[str, Any] | None:
    """For the operators' home: what waits for people; None where nothing does."""
    waiting = Withdrawal.objects.filter(
        Q(state__in=(State.IN_REVIEW, State.UNCLEAR)) | to_be_paid()
    ).select_related("user")
    count = waiting.count()
    if not count:
        return None
    rows = [
        [
            moment(row.requested_at),
            row.user.get_username(),
            format_html(
                '<a class="text-link" href="{}">{}</a>',
                page_of(row),
                display_units.amount(row.asset, row.amount_minor),
            ),
            state_said(row.state),
            waits_for(row),
        ]
        for row in waiting.order_by("id")[:_LISTED]
    ]
    headers = said("asked (UTC),by,amount,state,waits for", "요청 시각 (UTC),요청자,수량,상태,대기 사유")
    return {
        "title": said(f"Withdrawals that wait for people: {count:,}", f"처리 대기 출금 {count:,}건"),
        "headers": headers.split(","),
        "rows": rows,
    }


def page_of(row: Withdrawal) -> str:
    return reverse("admin:custody_withdrawal_change", args=[row.pk])


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
