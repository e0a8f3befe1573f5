"""Accounts with what they hold, and the transfers to and from them."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from accounts.fees import overrides
from accounts.identity.own_accounts import shown_name
from exchange.engine.messages import FEE_ACCOUNT
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.models import Account, Balance, FeeOverride, Fill, Order, Transfer
from exchange.models.change_requests import COMMAND_PREFIX
from web.console import display_units, fee_forms, forms
from web.console.base import (
    AccountFilter,
    LargeTableAdmin,
    ReadOnlyAdmin,
    UpToIdFilter,
    account_link,
    as_id,
)
from web.console.request_views import CHANGE_MARKET, FREEZE_ACCOUNT, MOVE_FUNDS, FollowsRequests, change_form

STATUS_COLOURS: Final = {"active": "success", "frozen": "danger", "opening": "info"}
_NEWEST: Final = 10


@admin.register(Account)
class AccountAdmin(FollowsRequests, ReadOnlyAdmin):
    list_display = ("number", "owner", "account_name", "status_word", "group", "is_demo", "created")
    list_filter = (("status", ChoicesDropdownFilter), "is_demo")
    search_fields = ("number", "user__username", "name")
    search_help_text = "An account number, a user name or an account's name"
    list_select_related = ("user",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "owner"),
                    ("account_name", "is_demo"),
                    ("status_word", "frozen_by_word"),
                    ("group", "fee_plan"),
                    ("created",),
                )
            },
        ),
    )
    actions_detail = ("deposit", "withdraw", "freeze", "thaw", "set_fees", "clear_fees", "set_group")
    change_form_after_template = "admin/exchange/account_tables.html"

    @display(description="status", label=STATUS_COLOURS)
    def status_word(self, account: Account) -> str:
        return "opening" if account.status is None else account.get_status_display()

    @display(description="user", empty_value="—")
    def owner(self, account: Account) -> str | None:
        return account.user.get_username() if account.user else None

    @display(description="name")
    def account_name(self, account: Account) -> str:
        return shown_name(account.name)

    @display(description="frozen by", empty_value="—")
    def frozen_by_word(self, account: Account) -> str | None:
        return account.get_frozen_by_display() or None

    @display(description="opened (UTC)")
    def created(self, account: Account) -> str:
        return f"{account.created_at:%Y-%m-%d %H:%M:%S}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        term = search_term.strip()
        number = as_id(term)
        if number is not None:
            return queryset.filter(number=number), False
        named = Q(user__username__icontains=term) | Q(name__icontains=term)
        return (queryset.filter(named) if term else queryset), False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        number = as_id(object_id)
        tables = [] if number is None else account_tables(number)
        context = {**(extra_context or {}), "account_tables": tables}
        return super().changeform_view(request, object_id, form_url, context)

    @action(description="Deposit", url_path="deposit", permissions=["move_funds"], icon="add")
    def deposit(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "Credits the account's available balance; custody takes the other side."
        return self._about(request, object_id, MOVE_FUNDS, forms.DepositForm, "Deposit to", explanation)

    @action(description="Withdraw", url_path="withdraw", permissions=["move_funds"], icon="remove")
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "Takes from the account's available balance; what orders hold stays."
        return self._about(request, object_id, MOVE_FUNDS, forms.WithdrawForm, "Withdraw from", explanation)

    @action(
        description="Freeze", url_path="freeze", permissions=["freeze_account"], variant=ActionVariant.DANGER
    )
    def freeze(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "No new orders and no withdrawals; open orders stay and may be canceled."
        return self._about(request, object_id, FREEZE_ACCOUNT, forms.FreezeForm, "Freeze", explanation)

    @action(
        description="Thaw", url_path="thaw", permissions=["freeze_account"], variant=ActionVariant.SUCCESS
    )
    def thaw(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "The account may place orders and withdraw again."
        return self._about(request, object_id, FREEZE_ACCOUNT, forms.ThawForm, "Thaw", explanation)

    @action(description="Fees", url_path="fees", permissions=["change_market"], icon="percent")
    def set_fees(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "For orders entered from now on, instead of the rates of its tier and of the symbol."
        return self._about(
            request, object_id, CHANGE_MARKET, fee_forms.AccountFeesForm, "Set fees of", explanation
        )

    @action(description="Take fees back", url_path="clear-fees", permissions=["change_market"], icon="undo")
    def clear_fees(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "For orders entered from now on the account pays by its tier, or as the symbol says."
        form, verb = fee_forms.TakeBackFeesForm, "Take back the fees of"
        return self._about(request, object_id, CHANGE_MARKET, form, verb, explanation)

    @action(description="Group", url_path="group", permissions=["change_market"], icon="group")
    def set_group(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        explanation = "Orders of accounts of one group never trade with one another in continuous trading."
        return self._about(
            request, object_id, CHANGE_MARKET, forms.GroupForm, "Set the group of", explanation
        )

    def _about(
        self,
        request: HttpRequest,
        object_id: str,
        permission: str,
        form_class: type[forms.ChangeForm],
        verb: str,
        explanation: str,
    ) -> HttpResponseBase:
        account: Account = self.get_or_404(request, object_id)
        owner = f" ({account.user.get_username()})" if account.user else ""
        return change_form(
            self,
            request,
            permission,
            form_class,
            row=account,
            title=f"{verb} account {account.number}{owner}",
            explanation=explanation,
            back_url=reverse("admin:exchange_account_change", args=[account.pk]),
        )


def account_tables(number: int) -> list[dict[str, Any]]:
    """What an account holds, pays and did last, as tables for its page."""
    return [_balances(number), _fee_overrides(number), _orders(number), _fills(number), _transfers(number)]


def _balances(number: int) -> dict[str, Any]:
    """From the engine, as of now; from the projection when the engine does not answer."""
    try:
        sequence, balances = engine_link.query("balances", number)
        title = f"Balances, live at sequence {sequence:,}"
    except EngineError:
        balances = Balance.objects.filter(account=number).values_list(
            "asset", "available_minor", "held_minor"
        )
        title = "Balances as last written; the engine does not answer"
    rows = [
        [
            asset,
            display_units.amount(asset, available + held),
            display_units.amount(asset, available),
            display_units.amount(asset, held),
        ]
        for asset, available, held in balances
    ]
    return {"title": title, "headers": ["asset", "total", "available", "held by orders"], "rows": rows}


def _fee_overrides(number: int) -> dict[str, Any]:
    ends = {one.symbol: one.until for one in overrides.in_force([number])}
    rows = [
        [
            override.symbol or "all symbols",
            display_units.rate(override.maker_ppm),
            display_units.rate(override.taker_ppm),
            f"{end:%Y-%m-%d %H:%M}" if (end := ends.get(override.symbol)) else "—",
        ]
        for override in FeeOverride.objects.filter(account=number)
    ]
    headers = ["symbol", "maker", "taker", "until (UTC)"]
    return {"title": "Fees of its own", "headers": headers, "rows": rows}


def _orders(number: int) -> dict[str, Any]:
    rows = [
        [
            _row_link("order", order.pk, order.order_id),
            display_units.moment(order.created_ns),
            order.symbol,
            order.get_side_display(),
            display_units.price(order.symbol, order.price_ticks) if order.price_ticks else "market",
            display_units.quantity(order.symbol, order.filled_lots),
            order.get_status_display(),
        ]
        for order in Order.objects.filter(account=number)[:_NEWEST]
    ]
    headers = ["order", "created (UTC)", "symbol", "side", "price", "filled", "status"]
    return {"title": "Newest orders", "headers": headers, "rows": rows}


def _fills(number: int) -> dict[str, Any]:
    rows = [
        [
            _row_link("fill", fill.pk, fill.trade_id),
            display_units.moment(fill.time_ns),
            fill.symbol,
            display_units.price(fill.symbol, fill.price_ticks),
            display_units.signed(display_units.base_amount(fill.symbol, fill.base_delta_minor)),
            display_units.signed(display_units.quote_amount(fill.symbol, fill.quote_delta_minor)),
            display_units.quote_amount(fill.symbol, fill.fee_minor),
        ]
        for fill in Fill.objects.filter(account=number)[:_NEWEST]
    ]
    headers = ["trade", "time (UTC)", "symbol", "price", "base", "quote", "fee"]
    return {"title": "Newest fills", "headers": headers, "rows": rows}


def _transfers(number: int) -> dict[str, Any]:
    rows = [
        [
            display_units.moment(transfer.time_ns),
            transfer.get_kind_display(),
            display_units.amount(transfer.asset, transfer.amount_minor),
            display_units.amount(transfer.asset, transfer.balance_after_minor),
        ]
        for transfer in Transfer.objects.filter(account=number)[:_NEWEST]
    ]
    return {
        "title": "Newest transfers",
        "headers": ["time (UTC)", "kind", "amount", "balance after"],
        "rows": rows,
    }


def _row_link(model: str, key: int, number: int) -> SafeString:
    url = reverse(f"admin:exchange_{model}_change", args=[key])
    return format_html('<a class="text-link" href="{}">{}</a>', url, number)


@admin.register(Transfer)
class TransferAdmin(LargeTableAdmin):
    list_display = (
        "id",
        "time",
        "kind_word",
        "account_number",
        "amount",
        "balance_after",
        "counterparty",
        "asked_by_request",
    )
    list_filter = (("kind", ChoicesDropdownFilter), AccountFilter, UpToIdFilter)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("id", "sequence", "time"),
                    ("kind_word", "account_number", "counterparty"),
                    ("amount", "fee", "balance_after"),
                    ("memo", "withdrawal_id"),
                    "asked_by_request",
                )
            },
        ),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Their ids are made of engine sequences, far apart: a window of ids would show hardly any."""
        return super(LargeTableAdmin, self).get_changelist(request, **kwargs)

    @display(description="time (UTC)")
    def time(self, transfer: Transfer) -> str:
        return display_units.moment(transfer.time_ns)

    @display(description="kind", label={"deposit": "success", "withdrawal": "warning"})
    def kind_word(self, transfer: Transfer) -> str:
        return transfer.get_kind_display()

    @display(description="account")
    def account_number(self, transfer: Transfer) -> SafeString:
        return account_link(transfer.account)

    @display(description="amount")
    def amount(self, transfer: Transfer) -> str:
        return display_units.amount(transfer.asset, transfer.amount_minor)

    @display(description="fee")
    def fee(self, transfer: Transfer) -> str:
        return display_units.amount(transfer.asset, transfer.fee_minor)

    @display(description="other account", empty_value="—")
    def counterparty(self, transfer: Transfer) -> SafeString | str | None:
        if transfer.counter_account == FEE_ACCOUNT:
            return "fees"
        return account_link(transfer.counter_account) if transfer.counter_account else None

    @display(description="balance after")
    def balance_after(self, transfer: Transfer) -> str:
        return display_units.amount(transfer.asset, transfer.balance_after_minor)

    @display(description="request", empty_value="—")
    def asked_by_request(self, transfer: Transfer) -> SafeString | None:
        number = as_id(transfer.command_id.removeprefix(COMMAND_PREFIX))
        return None if number is None else _row_link("changerequest", number, number)


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    list_display = ("account_number", "asset", "total", "available", "held", "sequence")
    list_filter = (AccountFilter, "asset")
    fieldsets = (
        (None, {"fields": (("account_number", "asset"), ("available", "held"), ("total", "sequence"))}),
    )

    @display(description="account")
    def account_number(self, balance: Balance) -> SafeString:
        return account_link(balance.account)

    @display(description="total")
    def total(self, balance: Balance) -> str:
        return display_units.amount(balance.asset, balance.available_minor + balance.held_minor)

    @display(description="available")
    def available(self, balance: Balance) -> str:
        return display_units.amount(balance.asset, balance.available_minor)

    @display(description="held by orders")
    def held(self, balance: Balance) -> str:
        return display_units.amount(balance.asset, balance.held_minor)
