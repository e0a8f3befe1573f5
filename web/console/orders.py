"""Orders and fills, as the projection has written them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from exchange.engine import messages
from exchange.models import Fill, Order
from exchange.models.order_options import options_of_text
from exchange.units.decimals import format_ratio
from exchange.wire.rendering import kind_word, liquidity
from web.console import display_units
from web.console.base import (
    AccountFilter,
    LargeTableAdmin,
    SymbolFilter,
    UpToIdFilter,
    account_link,
    as_id,
)

SIDE_COLOURS: Final = {"buy": "success", "sell": "danger"}
STATUS_COLOURS: Final = {
    "new": "info",
    "partially filled": "info",
    "filled": "success",
    "canceled": "warning",
    "rejected": "danger",
    "expired": "warning",
}
#: Fills of an account that are searched for those of one order: there is no index by order.
_SEARCHED_FILLS: Final = 20_000
_AVERAGE_DECIMALS: Final = 4


class OfAccountAdmin(LargeTableAdmin):
    """Columns shared by the tables that belong to an account and a symbol."""

    @display(description="account")
    def account_number(self, row: Any) -> SafeString:
        return account_link(row.account)

    @display(description="side", label=SIDE_COLOURS)
    def side_word(self, row: Any) -> str:
        return str(row.get_side_display())


@admin.register(Order)
class OrderAdmin(OfAccountAdmin):
    list_display = (
        "order_id",
        "created",
        "account_number",
        "symbol",
        "side_word",
        "kind",
        "price",
        "quantity",
        "filled",
        "status_word",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        SymbolFilter,
        ("side", ChoicesDropdownFilter),
        AccountFilter,
        UpToIdFilter,
    )
    fieldsets = (
        (None, {"fields": (("order_id", "status_word"), ("account_number", "client_order_id"))}),
        ("Terms", {"fields": (("symbol", "side_word"), ("kind", "self_trade"), ("price", "quantity"))}),
        ("Beyond a simple order", {"fields": ("beyond",)}),
        ("Outcome", {"fields": (("filled", "average_price"), ("filled_amount", "fee"), "why_ended")}),
        ("When (UTC)", {"fields": (("created", "updated"), "sequence")}),
    )
    change_form_after_template = "admin/exchange/order_fills.html"

    @display(description="created (UTC)")
    def created(self, order: Order) -> str:
        return display_units.moment(order.created_ns)

    @display(description="last change (UTC)")
    def updated(self, order: Order) -> str:
        return display_units.moment(order.updated_ns)

    @display(description="type")
    def kind(self, order: Order) -> str:
        options = _options_of(order)
        kind = kind_word(order.order_type, options)
        words = f"{kind.replace('_', ' ')} {order.get_time_in_force_display()}"
        return f"{words}, post-only" if order.post_only else words

    @display(description="price")
    def price(self, order: Order) -> str:
        return display_units.price(order.symbol, order.price_ticks) if order.price_ticks else "market"

    @display(description="quantity")
    def quantity(self, order: Order) -> str:
        if order.quote_amount_minor:
            return f"for {display_units.quote_amount(order.symbol, order.quote_amount_minor)}"
        return display_units.quantity(order.symbol, order.quantity_lots)

    @display(description="what it asks for", empty_value="—")
    def beyond(self, order: Order) -> str | None:
        options = _options_of(order)
        return None if options is None else "; ".join(_described(order.symbol, options)) or None

    @display(description="filled")
    def filled(self, order: Order) -> str:
        return display_units.quantity(order.symbol, order.filled_lots)

    @display(description="filled amount")
    def filled_amount(self, order: Order) -> str:
        return display_units.quote_amount(order.symbol, order.filled_notional_minor)

    @display(description="fee")
    def fee(self, order: Order) -> str:
        return display_units.quote_amount(order.symbol, order.fee_minor)

    @display(description="average price")
    def average_price(self, order: Order) -> str:
        symbol = display_units.symbol_units(order.symbol)
        scale = display_units.asset_scale(symbol.quote) if symbol else None
        if symbol is None or scale is None or not order.filled_lots:
            return "—"
        average = format_ratio(
            order.filled_notional_minor * 10**symbol.quantity_scale,
            order.filled_lots * 10**scale,
            _AVERAGE_DECIMALS,
        )
        return f"{display_units.grouped(average)} {symbol.quote}"

    @display(description="status", label=STATUS_COLOURS)
    def status_word(self, order: Order) -> str:
        return order.get_status_display()

    @display(description="why it ended", empty_value="—")
    def why_ended(self, order: Order) -> str | None:
        return order.get_reason_display() or None

    @display(description="self-trade prevention")
    def self_trade(self, order: Order) -> str:
        return order.get_stp_display()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {**(extra_context or {}), "fills_table": _fills_table(object_id)}
        page: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return page


def _options_of(order: Order) -> messages.OrderExtra | None:
    return None if order.extra is None else options_of_text(order.extra)


def _described(symbol: str, options: messages.OrderExtra) -> Iterator[str]:
    """The order options as sentences."""
    if options.trigger_ticks:
        source = messages.TRIGGER_SOURCES[options.trigger_source]
        yield f"enters when the {source} price reaches {display_units.price(symbol, options.trigger_ticks)}"
    if options.trail_ticks:
        yield f"trails by {display_units.price(symbol, options.trail_ticks)}"
    if options.trail_ppm:
        yield f"trails by {display_units.rate(options.trail_ppm)}"
    if options.triggered_ns:
        yield f"fired at {display_units.moment(options.triggered_ns)}"
    if options.display_lots:
        yield f"shows {display_units.quantity(symbol, options.display_lots)} at a time"
    if options.expire_ns:
        yield f"expires at {display_units.moment(options.expire_ns)}"
    if options.linked_order_id:
        yield f"linked to order {options.linked_order_id}"
    if options.second != messages.NOT_SECOND:
        yield f"enters when order {options.entry_order_id} is filled"
    elif options.entry_order_id:
        yield f"follows order {options.entry_order_id}"
    if options.exits:
        take_profit, stop, _, _ = options.exits
        yield f"exits at {display_units.price(symbol, take_profit)} or {display_units.price(symbol, stop)}"
    if options.peg:
        offset = display_units.price(symbol, options.peg_offset_ticks)
        yield f"pegged to {messages.PEGS[options.peg]}, {offset} away"
    if options.min_lots:
        yield f"at least {display_units.quantity(symbol, options.min_lots)} as it enters"
    if options.prevented_lots:
        yield f"{display_units.quantity(symbol, options.prevented_lots)} prevented from self-trade"
    if options.session is not None:
        yield "ends with its connection"


def _fills_table(order_id: str | None) -> dict[str, Any]:
    """The fills of one order, oldest first, among the newest of its account."""
    number = as_id(order_id)
    order = None if number is None else Order.objects.filter(pk=number).first()
    fills = _fills_of(order) if order is not None and order.filled_lots else []
    return {
        "headers": ["trade", "time (UTC)", "price", "quantity", "amount", "fee", "liquidity"],
        "rows": [
            [
                fill.trade_id,
                display_units.moment(fill.time_ns),
                display_units.price(fill.symbol, fill.price_ticks),
                display_units.quantity(fill.symbol, fill.quantity_lots),
                display_units.quote_amount(fill.symbol, fill.notional_minor),
                display_units.quote_amount(fill.symbol, fill.fee_minor),
                liquidity(is_taker=fill.is_taker, is_auction=fill.is_auction),
            ]
            for fill in fills
        ],
    }


def _fills_of(order: Order) -> list[Fill]:
    recent = Fill.objects.filter(account=order.account).order_by("-id").values("pk")[:_SEARCHED_FILLS]
    return list(Fill.objects.filter(pk__in=recent, order_id=order.order_id).order_by("id")[:200])


@admin.register(Fill)
class FillAdmin(OfAccountAdmin):
    list_display = (
        "trade_id",
        "time",
        "account_number",
        "symbol",
        "side_word",
        "liquidity",
        "price",
        "quantity",
        "fee",
        "base_change",
        "quote_change",
    )
    list_filter = (
        SymbolFilter,
        ("side", ChoicesDropdownFilter),
        AccountFilter,
        UpToIdFilter,
    )
    fieldsets = (
        (
            None,
            {"fields": (("trade_id", "order_id"), ("account_number", "symbol"), ("side_word", "liquidity"))},
        ),
        ("Trade", {"fields": (("price", "quantity"), ("notional", "fee"))}),
        ("Ledger", {"fields": (("base_change", "base_balance"), ("quote_change", "quote_balance"))}),
        ("When", {"fields": (("time", "sequence"),)}),
    )
    search_help_text = "A trade id, or a user name"

    def keys_of(self, number: int) -> list[int]:
        """A trade's two fills."""
        return [number * 2, number * 2 + 1]

    @display(description="time (UTC)")
    def time(self, fill: Fill) -> str:
        return display_units.moment(fill.time_ns)

    @display(description="liquidity")
    def liquidity(self, fill: Fill) -> str:
        return liquidity(is_taker=fill.is_taker, is_auction=fill.is_auction)

    @display(description="price")
    def price(self, fill: Fill) -> str:
        return display_units.price(fill.symbol, fill.price_ticks)

    @display(description="quantity")
    def quantity(self, fill: Fill) -> str:
        return display_units.quantity(fill.symbol, fill.quantity_lots)

    @display(description="amount")
    def notional(self, fill: Fill) -> str:
        return display_units.quote_amount(fill.symbol, fill.notional_minor)

    @display(description="fee")
    def fee(self, fill: Fill) -> str:
        return display_units.quote_amount(fill.symbol, fill.fee_minor)

    @display(description="base change")
    def base_change(self, fill: Fill) -> str:
        return display_units.signed(display_units.base_amount(fill.symbol, fill.base_delta_minor))

    @display(description="quote change, fee included")
    def quote_change(self, fill: Fill) -> str:
        return display_units.signed(display_units.quote_amount(fill.symbol, fill.quote_delta_minor))

    @display(description="base balance after")
    def base_balance(self, fill: Fill) -> str:
        return display_units.base_amount(fill.symbol, fill.base_after)

    @display(description="quote balance after")
    def quote_balance(self, fill: Fill) -> str:
        return display_units.quote_amount(fill.symbol, fill.quote_after)
