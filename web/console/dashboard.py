"""The index of the operator pages: every market at a glance, and what waits for an operator."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from custody.deposits import rulings
from custody.withdrawals import reviewing
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.models import ChangeRequest, Fill, Symbol
from exchange.wire.order_kinds import AUCTION
from web.console import approval_pages, custody_deposits, display_units, labels, withdrawals
from web.console.market import STATUS_COLOURS
from web.console.market_figures import day_of
from web.console.request_views import VIEW_REQUESTS

_NEWEST: Final = 12
#: Of a symbol's newest trade, an auction's too: there the buyer's fill stands in the taker's place. The index
#: of public trades answers it.
_NEWEST_PRICE: Final = (
    Fill.objects.filter(symbol=OuterRef("code"), is_taker=True)
    .order_by("-trade_id")
    .values("price_ticks")[:1]
)
#: The text of a status in the colour its label has on the symbols' own pages.
_COLOUR_CLASSES: Final = {
    "success": "text-green-700 dark:text-green-400",
    "danger": "text-red-700 dark:text-red-400",
    "warning": "text-orange-700 dark:text-orange-400",
    "info": "text-blue-700 dark:text-blue-400",
}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what the template shows to unfold's context, as far as the user may see it."""
    user = request.user
    if user.has_perm("exchange.view_symbol"):
        context["market_table"] = market_table()
    if user.has_perm("exchange.view_fill"):
        context["trades_table"] = trades_table()
    if user.has_perm(VIEW_REQUESTS):
        context["waiting_table"] = approval_pages.waiting_table()
        context["requests_table"] = requests_table()
    if user.has_perm(reviewing.REVIEW) or user.has_perm(reviewing.SETTLE):
        context["withdrawals_table"] = withdrawals.waiting_table()
    if user.has_perm(rulings.PERMISSION):
        context["deposits_table"] = custody_deposits.disputed_table()
    return context


def market_table() -> dict[str, Any]:
    """Status, best prices from the engine, last trade, and the last 24 hours of each symbol. One question to
    the engine and one to the database, however many symbols there are."""
    books, title = _best_prices()
    symbols = list(Symbol.objects.annotate(last_price_ticks=Subquery(_NEWEST_PRICE)))
    extra = [day_of(symbol.code) for symbol in symbols]
    labels = list(dict.fromkeys(label for found in extra for label in found))
    rows = [
        [
            _symbol_link(symbol),
            _status(symbol),
            _last_price(symbol.code, symbol.last_price_ticks),
            *_best(symbol.code, books),
            *(found.get(label, "—") for label in labels),
        ]
        for symbol, found in zip(symbols, extra, strict=True)
    ]
    return {"title": title, "headers": ["symbol", "status", "last", "bid", "ask", *labels], "rows": rows}


def _best_prices() -> tuple[dict[str, Any], str]:
    try:
        sequence, books = engine_link.query("books", 1)
    except EngineError:
        return {}, "Markets (the engine does not answer)"
    return books, f"Markets at sequence {sequence:,}"


def _best(symbol: str, books: dict[str, Any]) -> list[str]:
    sides = books.get(symbol) or ((), ())
    return [display_units.price(symbol, levels[0][0]) if levels else "—" for levels in sides]


def _last_price(symbol: str, price_ticks: int | None) -> str:
    return "—" if price_ticks is None else display_units.price(symbol, price_ticks)


def _symbol_link(symbol: Symbol) -> SafeString:
    url = reverse("admin:exchange_symbol_change", args=[symbol.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, symbol.code)


def _status(symbol: Symbol) -> SafeString:
    status = symbol.get_status_display()
    reason = f": {symbol.status_reason}" if symbol.status_reason else ""
    colour = _COLOUR_CLASSES[STATUS_COLOURS.get(status, "info")]
    return format_html('<span class="{}">{}{}</span>', colour, status, reason)


def trades_table() -> dict[str, Any]:
    """The newest trades, one row each, from the newest fills."""
    newest = list(Fill.objects.all()[: 2 * _NEWEST])
    rows = [
        [
            display_units.moment(fill.time_ns)[11:19],
            fill.symbol,
            AUCTION if fill.is_auction else fill.get_side_display(),
            display_units.price(fill.symbol, fill.price_ticks),
            display_units.quantity(fill.symbol, fill.quantity_lots),
        ]
        for fill in newest
        if fill.is_taker
    ][:_NEWEST]
    return {
        "title": "Newest trades",
        "headers": ["time (UTC)", "symbol", "taker", "price", "quantity"],
        "rows": rows,
    }


def requests_table() -> dict[str, Any]:
    """The newest change requests that people asked for."""
    newest = ChangeRequest.objects.filter(requested_by__isnull=False).select_related(
        "requested_by", "decided_by"
    )[:_NEWEST]
    rows = [
        [
            f"{found.created_at:%Y-%m-%d %H:%M:%S}",
            labels.requester(found),
            _request_link(found),
            labels.state(found),
        ]
        for found in newest
    ]
    return {
        "title": "Newest change requests",
        "headers": ["asked (UTC)", "by", "what", "outcome"],
        "rows": rows,
    }


def _request_link(request: ChangeRequest) -> SafeString:
    url = reverse("admin:exchange_changerequest_change", args=[request.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, labels.describe(request))
