"""The index of the operator pages: every market at a glance, and what waits for an operator."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exchange.admin import figures, units, words
from exchange.admin.requests import VIEW_REQUESTS
from exchange.models import ChangeRequest, Fill, Symbol
from exchange.worker import gateway
from exchange.worker.errors import EngineError

_NEWEST: Final = 12
_STATUS_CLASSES: Final = ("text-green-700", "text-red-700", "text-orange-700")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what the template shows to unfold's context, as far as the user may see it."""
    user = request.user
    if user.has_perm("exchange.view_symbol"):
        context["market_table"] = market_table()
    if user.has_perm("exchange.view_fill"):
        context["trades_table"] = trades_table()
    if user.has_perm(VIEW_REQUESTS):
        context["requests_table"] = requests_table()
    return context


def market_table() -> dict[str, Any]:
    """Status, best prices from the engine, last trade, and what is registered about each symbol."""
    books, title = _best_prices()
    symbols = list(Symbol.objects.all())
    extra = [figures.of_market(symbol.code) for symbol in symbols]
    labels = list(dict.fromkeys(label for found in extra for label in found))
    rows = [
        [
            _symbol_link(symbol),
            _status(symbol),
            _last_price(symbol.code),
            *_best(symbol.code, books),
            *(found.get(label, "—") for label in labels),
        ]
        for symbol, found in zip(symbols, extra, strict=True)
    ]
    return {"title": title, "headers": ["symbol", "status", "last", "bid", "ask", *labels], "rows": rows}


def _best_prices() -> tuple[dict[str, Any], str]:
    try:
        sequence, books = gateway.query("books", 1)
    except EngineError:
        return {}, "Markets (the engine does not answer)"
    return books, f"Markets at sequence {sequence:,}"


def _best(symbol: str, books: dict[str, Any]) -> list[str]:
    sides = books.get(symbol) or ((), ())
    return [units.price(symbol, levels[0][0]) if levels else "—" for levels in sides]


def _last_price(symbol: str) -> str:
    last = Fill.objects.filter(symbol=symbol, is_taker=True).order_by("-trade_id").first()
    return "—" if last is None else units.price(symbol, last.price_ticks)


def _symbol_link(symbol: Symbol) -> SafeString:
    url = reverse("admin:exchange_symbol_change", args=[symbol.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', url, symbol.code)


def _status(symbol: Symbol) -> SafeString:
    reason = f": {symbol.status_reason}" if symbol.status_reason else ""
    return format_html(
        '<span class="{}">{}{}</span>', _STATUS_CLASSES[symbol.status], symbol.get_status_display(), reason
    )


def trades_table() -> dict[str, Any]:
    """The newest trades, one row each, from the newest fills."""
    newest = list(Fill.objects.all()[: 2 * _NEWEST])
    rows = [
        [
            units.moment(fill.time_ns)[11:19],
            fill.symbol,
            fill.get_side_display(),
            units.price(fill.symbol, fill.price_ticks),
            units.quantity(fill.symbol, fill.quantity_lots),
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
    newest = ChangeRequest.objects.filter(requested_by__isnull=False).select_related("requested_by")[:_NEWEST]
    rows = [
        [
            f"{found.created_at:%Y-%m-%d %H:%M:%S}",
            found.requested_by.get_username(),
            _request_link(found),
            words.state(found),
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
    return format_html('<a class="text-link" href="{}">{}</a>', url, words.describe(request))
