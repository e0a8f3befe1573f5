"""Symbols and assets: live rows, and the actions that ask for changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from exchange.listing.terms import TERMS, PageText, Term, Unit
from exchange.models import Asset, FeeOverride, Symbol
from web.console import display_units, forms
from web.console.base import ReadOnlyAdmin
from web.console.request_views import CHANGE_MARKET, FollowsRequests, change_form

_Admin = TypeVar("_Admin")

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
            explanation="The asset can be deposited and used by new symbols "
            "once the engine has applied this.",
            back_url=reverse("admin:exchange_asset_changelist"),
        )


def with_terms(admin_class: type[_Admin]) -> type[_Admin]:
    """Gives the page of a symbol a column for each term that the table of terms names one for."""
    for term in TERMS:
        if term.page is not None:
            setattr(admin_class, term.page.name, _column(term, term.page))
    return admin_class


def _column(term: Term, text: PageText) -> Callable[[Any, Symbol], str | None]:
    """A computed column that shows the term with its unit, a dash for a protection that is off."""

    can_be_off = term.is_protection and term.unit is not Unit.CALENDAR

    @display(description=text.label, empty_value="—" if can_be_off else None)
    def column(_admin: Any, symbol: Symbol) -> str | None:
        value = getattr(symbol, term.name)
        return None if can_be_off and not value else _written(term, symbol, value)

    column.__name__ = text.name
    shown: Callable[[Any, Symbol], str | None] = column
    return shown


def _written(term: Term, symbol: Symbol, value: Any) -> str:
    match term.unit:
        case Unit.TICK_BANDS:
            return _tick_table(symbol)
        case Unit.PRICE_TICKS:
            return display_units.price(symbol.code, value)
        case Unit.QUANTITY_LOTS:
            return display_units.quantity(symbol.code, value)
        case Unit.QUOTE_MINOR:
            return display_units.quote_amount(symbol.code, value)
        case Unit.CALENDAR:
            return value or "around the clock"
        case Unit.SWITCH:
            return "yes"
        case Unit.SPAN_NS:
            return f"up to {display_units.duration(value // 1_000_000_000)}"
    if term.name == "volatility_ppm":
        call = display_units.duration(symbol.volatility_ns // 1_000_000_000)
        return f"{display_units.rate(value)}, then an auction after {call}"
    return display_units.rate(value)


def _tick_table(symbol: Symbol) -> SafeString:
    lines = [
        (display_units.price(symbol.code, start), display_units.price(symbol.code, step))
        for start, step in reversed(symbol.tick_bands)
    ]
    return format_html("<div>{}</div>", format_html_join("", "<div>from {}: tick {}</div>", lines))


@admin.register(Symbol)
@with_terms
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
            {
                "fields": (
                    *(("max_value", "collar"), ("band", "volatility"), ("static_band", "extension_band")),
                    *(("at_edge", "random_end"), ("auction_prevention", "follows"), "call_ends"),
                    ("rests_at_collar", "iceberg_goes_on"),
                )
            },
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
        smallest = display_units.price(symbol.code, steps[0])
        return smallest if len(steps) == 1 else f"{smallest} to {display_units.price(symbol.code, steps[-1])}"

    @display(description="volatility auction ends (UTC)", empty_value="—")
    def call_ends(self, symbol: Symbol) -> str | None:
        return display_units.moment(symbol.call_ends_ns) if symbol.call_ends_ns else None

    @display(description="fees maker / taker")
    def fees(self, symbol: Symbol) -> str:
        return f"{display_units.rate(symbol.maker_ppm)} / {display_units.rate(symbol.taker_ppm)}"

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
            forms.SymbolTermsForm,
            f"Rules of {symbol}",
            "Orders that rest on the book keep their terms; new orders meet the new rules.",
            initial=forms.terms_initial(symbol),
            submit_text="Change the rules",
        )

    @action(description="Halt", url_path="halt", permissions=["change_market"], variant=ActionVariant.DANGER)
    def halt(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        return self._status(
            request,
            object_id,
            forms.HaltForm,
            "Halt",
            "No order enters until it resumes; orders may be canceled.",
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
            request,
            object_id,
            forms.ResumeForm,
            "Resume",
            "Trading goes on with the orders on the book; after a halt an auction comes first.",
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

    list_display = ("where", "account", "maker_fee", "taker_fee")
    search_fields = ("symbol", "account")
    fieldsets = ((None, {"fields": (("where", "account"), ("maker_fee", "taker_fee"))}),)

    @display(description="symbol")
    def where(self, override: FeeOverride) -> str:
        return override.symbol or "all symbols"

    @display(description="maker fee")
    def maker_fee(self, override: FeeOverride) -> str:
        return display_units.rate(override.maker_ppm)

    @display(description="taker fee")
    def taker_fee(self, override: FeeOverride) -> str:
        return display_units.rate(override.taker_ppm)
