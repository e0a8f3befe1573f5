"""Symbols and assets: live rows, and the actions that ask for changes."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from exchange.admin import forms, units
from exchange.admin.base import ReadOnlyAdmin
from exchange.admin.requests import CHANGE_MARKET, FollowsRequests, change_form
from exchange.models import Asset, FeeOverride, Symbol

STATUS_COLOURS: Final = {
    "trading": "success",
    "halted": "danger",
    "cancel only": "warning",
    "pre open": "info",
    "opening auction": "info",
    "closing auction": "info",
    "volatility auction": "warning",
    "post only": "warning",
    "closed": "info",
}


@admin.register(Asset)
class AssetAdmin(FollowsRequests, ReadOnlyAdmin):
    list_display = ("code", "name", "scale")
    search_fields = ("code", "name")
    fieldsets = ((None, {"fields": ("code", "name", "scale")}),)
    actions_list = ("create_asset",)

    @action(description="New asset", url_path="new", permissions=["change_market"], icon="add")
    def create_asset(self, request: HttpRequest) -> HttpResponseBase:
        return change_form(
            self,
            request,
            CHANGE_MARKET,
            forms.AssetForm,
            title="New asset",
            explanation="The asset can be deposited and used by new symbols once the engine has applied this.",
            back_url=reverse("admin:exchange_asset_changelist"),
        )


@admin.register(Symbol)
class SymbolAdmin(FollowsRequests, ReadOnlyAdmin):
    list_display = ("code", "name", "status_word", "status_reason", "tick_range", "lot", "min_value", "fees")
    list_filter = (("status", ChoicesDropdownFilter),)
    search_fields = ("code", "name")
    fieldsets = (
        (None, {"fields": (("code", "name"), ("status_word", "status_reason"), ("base", "quote"))}),
        ("Prices", {"fields": ("tick_table", ("lowest_price", "highest_price"), "price_scale")}),
        ("Quantities", {"fields": (("lot", "quantity_scale"), ("smallest", "largest"), "min_value")}),
        ("Fees and limits", {"fields": (("maker_fee", "taker_fee"), ("max_open_orders", "sequence"))}),
        (
            "Protection",
            {"fields": (("max_value", "collar"), ("band", "volatility"), ("follows", "call_ends"))},
        ),
    )
    actions_list = ("create_symbol",)
    actions_detail = ("change_rules", "halt", "cancel_only", "resume", "change_state")

    @display(description="status", label=STATUS_COLOURS)
    def status_word(self, symbol: Symbol) -> str:
        return symbol.get_status_display()

    @display(description="tick sizes")
    def tick_range(self, symbol: Symbol) -> str:
        steps = sorted({step for _, step in symbol.tick_bands})
        smallest = units.price(symbol.code, steps[0])
        return smallest if len(steps) == 1 else f"{smallest} to {units.price(symbol.code, steps[-1])}"

    @display(description="tick table")
    def tick_table(self, symbol: Symbol) -> SafeString:
        lines = [
            (units.price(symbol.code, start), units.price(symbol.code, step))
            for start, step in reversed(symbol.tick_bands)
        ]
        return format_html("<div>{}</div>", format_html_join("", "<div>from {}: tick {}</div>", lines))

    @display(description="lot")
    def lot(self, symbol: Symbol) -> str:
        return units.quantity(symbol.code, symbol.lot_step)

    @display(description="lowest price")
    def lowest_price(self, symbol: Symbol) -> str:
        return units.price(symbol.code, symbol.min_price_ticks)

    @display(description="highest price")
    def highest_price(self, symbol: Symbol) -> str:
        return units.price(symbol.code, symbol.max_price_ticks)

    @display(description="smallest quantity")
    def smallest(self, symbol: Symbol) -> str:
        return units.quantity(symbol.code, symbol.min_quantity_lots)

    @display(description="largest quantity")
    def largest(self, symbol: Symbol) -> str:
        return units.quantity(symbol.code, symbol.max_quantity_lots)

    @display(description="smallest order")
    def min_value(self, symbol: Symbol) -> str:
        return units.quote_amount(symbol.code, symbol.min_notional_minor)

    @display(description="largest order", empty_value="—")
    def max_value(self, symbol: Symbol) -> str | None:
        return (
            units.quote_amount(symbol.code, symbol.max_notional_minor) if symbol.max_notional_minor else None
        )

    @display(description="collar of market orders", empty_value="—")
    def collar(self, symbol: Symbol) -> str | None:
        return units.rate(symbol.collar_ppm) if symbol.collar_ppm else None

    @display(description="price band", empty_value="—")
    def band(self, symbol: Symbol) -> str | None:
        return units.rate(symbol.band_ppm) if symbol.band_ppm else None

    @display(description="volatility band", empty_value="—")
    def volatility(self, symbol: Symbol) -> str | None:
        if not symbol.volatility_ppm:
            return None
        call = units.duration(symbol.volatility_ns // 1_000_000_000)
        return f"{units.rate(symbol.volatility_ppm)}, then an auction after {call}"

    @display(description="trading calendar")
    def follows(self, symbol: Symbol) -> str:
        return symbol.calendar or "around the clock"

    @display(description="volatility auction ends (UTC)", empty_value="—")
    def call_ends(self, symbol: Symbol) -> str | None:
        return units.moment(symbol.call_ends_ns) if symbol.call_ends_ns else None

    @display(description="maker fee")
    def maker_fee(self, symbol: Symbol) -> str:
        return units.rate(symbol.maker_ppm)

    @display(description="taker fee")
    def taker_fee(self, symbol: Symbol) -> str:
        return units.rate(symbol.taker_ppm)

    @display(description="fees maker / taker")
    def fees(self, symbol: Symbol) -> str:
        return f"{units.rate(symbol.maker_ppm)} / {units.rate(symbol.taker_ppm)}"

    @action(description="New symbol", url_path="new", permissions=["change_market"], icon="add")
    def create_symbol(self, request: HttpRequest) -> HttpResponseBase:
        return change_form(
            self,
            request,
            CHANGE_MARKET,
            forms.NewSymbolForm,
            title="New symbol",
            explanation="It trades as soon as the engine has applied this.",
            back_url=reverse("admin:exchange_symbol_changelist"),
        )

    @action(description="Change rules", url_path="rules", permissions=["change_market"], icon="edit")
    def change_rules(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        symbol = self.get_or_404(request, object_id)
        return self._about(
            request,
            symbol,
            forms.SymbolRulesForm,
            f"Rules of {symbol}",
            "Orders that rest on the book keep their terms; new orders meet the new rules.",
            initial=forms.rules_initial(symbol),
            submit_text="Change the rules",
        )

    @action(description="Halt", url_path="halt", permissions=["change_market"], variant=ActionVariant.DANGER)
    def halt(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._status(
            request,
            object_id,
            forms.HaltForm,
            "Halt",
            "No order enters and none can be canceled until it resumes.",
        )

    @action(
        description="Cancel only",
        url_path="cancel-only",
        permissions=["change_market"],
        variant=ActionVariant.WARNING,
    )
    def cancel_only(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._status(
            request,
            object_id,
            forms.CancelOnlyForm,
            "Cancel only:",
            "Orders may be canceled or reduced, none enters.",
        )

    @action(
        description="Resume", url_path="resume", permissions=["change_market"], variant=ActionVariant.SUCCESS
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._status(
            request, object_id, forms.ResumeForm, "Resume", "Trading goes on with the orders on the book."
        )

    @action(description="Market state", url_path="state", permissions=["change_market"], icon="schedule")
    def change_state(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._status(
            request,
            object_id,
            forms.MarketStateForm,
            "State of",
            "While orders gather (pre-open and the auctions) nothing trades and the book may be crossed.",
        )

    def _status(
        self,
        request: HttpRequest,
        object_id: str,
        form_class: type[forms.ChangeForm],
        verb: str,
        explanation: str,
    ) -> HttpResponseBase:
        symbol = self.get_or_404(request, object_id)
        return self._about(request, symbol, form_class, f"{verb} {symbol}", explanation)

    def _about(
        self,
        request: HttpRequest,
        symbol: Symbol,
        form_class: type[forms.ChangeForm],
        title: str,
        explanation: str,
        **options: Any,
    ) -> HttpResponseBase:
        return change_form(
            self,
            request,
            CHANGE_MARKET,
            form_class,
            row=symbol,
            title=title,
            explanation=explanation,
            back_url=reverse("admin:exchange_symbol_change", args=[symbol.pk]),
            **options,
        )


@admin.register(FeeOverride)
class FeeOverrideAdmin(ReadOnlyAdmin):
    """Set from the account's page."""

    list_display = ("symbol", "account", "maker_fee", "taker_fee")
    search_fields = ("symbol", "account")
    fieldsets = ((None, {"fields": (("symbol", "account"), ("maker_fee", "taker_fee"))}),)

    @display(description="maker fee")
    def maker_fee(self, override: FeeOverride) -> str:
        return units.rate(override.maker_ppm)

    @display(description="taker fee")
    def taker_fee(self, override: FeeOverride) -> str:
        return units.rate(override.taker_ppm)
