"""Errors, parameters and examples of the OpenAPI schema; the errors come from the one table of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from typing import Any, Final, TypeVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from exchange.errors import ERRORS, ApiError
from exchange.selectors.statement import KINDS
from exchange.wire.field_readers import MAX_TIME_MS
from exchange.wire.order_kinds import LIQUIDITIES, ORDER_KINDS
from exchange.wire.shapes import Error
from web.rest.history_reads import STATUSES
from web.rest.parameter_texts import TEXTS
from web.rest.params import DEFAULT_LIMIT, MAX_LIMIT
from web.rest.struct_schema import StructExtension  # noqa: F401  # registers itself with drf-spectacular

_View = TypeVar("_View", bound=Callable[..., Any])

#: Every call can meet these.
_ALWAYS: Final = (
    "RATE_LIMITED",
    "NOT_ACCEPTABLE",
    "METHOD_NOT_ALLOWED",
    "INTERNAL",
    "DATABASE_UNAVAILABLE",
    "DATABASE_BUSY",
)
_ENGINE: Final = ("ENGINE_UNAVAILABLE", "ENGINE_BUSY", "VENUE_CANCEL_ONLY", "OUTCOME_UNKNOWN")
_PRIVATE: Final = (
    "NOT_AUTHENTICATED",
    "INVALID_TOKEN",
    "INVALID_KEY",
    "INVALID_SIGNATURE",
    "KEY_EXPIRED",
    "TIMESTAMP_OUT_OF_WINDOW",
    "REPLAYED_REQUEST",
    "MISSING_FIELD",
    "INVALID_FIELD",
    "ADDRESS_NOT_ALLOWED",
    "SCOPE_REQUIRED",
    "PERMISSION_DENIED",
    "TERMS_NOT_ACCEPTED",
    "CSRF_FAILED",
    "NO_ACCOUNT",
    "ACCOUNT_NOT_FOUND",
)
_BODY: Final = (
    "INVALID_JSON",
    # NaN and Infinity, wherever they stand in a body.
    "INVALID_NUMBER",
    "MISSING_FIELD",
    "UNKNOWN_FIELD",
    "INVALID_FIELD",
    "BODY_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
)
_QUERY: Final = ("UNKNOWN_FIELD", "INVALID_FIELD")
#: Of every private call.
_ACCOUNT: Final = OpenApiParameter(
    "X-Account",
    TEXTS["account"],
    OpenApiParameter.HEADER,
    description="The account of yours that the request is for, by number or name (UTF-8); the main one by "
    "default. A key is for its own account only.",
)
#: ``auth`` of what an API key may not do.
LOG_INS: Final[tuple[dict[str, list[str]], ...]] = ({"bearer": []}, {"cookieAuth": []})


class SchemaView(SpectacularAPIView):
    """The schema, made once in a process for each format: making it takes a quarter of a second of the
    processor, and every client may ask for it."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        renderer = request.accepted_renderer
        document = _document(type(renderer))  # type: ignore[arg-type]  # a class is hashable
        return HttpResponse(document, content_type=f"{renderer.media_type}; charset=utf-8")


@cache
def _document(renderer: type[BaseRenderer]) -> bytes:
    generator = SchemaView.generator_class()
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered = renderer().render(document, renderer_context={})
    return rendered if isinstance(rendered, bytes) else rendered.encode()


def operation(
    *,
    request: Any = None,
    reply: Any,
    errors: Iterable[str] = (),
    private: bool = True,
    engine: bool = True,
    creates: bool = False,
    media: str | None = None,
    **options: Any,
) -> Callable[[_View], _View]:
    """``extend_schema`` with every error the operation can answer, grouped by HTTP status; the view has their
    codes as ``answers``, and while tests run a plugin holds every answer to them. ``creates``: it
    answers 201 where something new was made. ``media``: of a reply that is no JSON."""
    codes = {*errors, *_ALWAYS, *(_BODY if request is not None else _QUERY)}
    if private:
        codes.update(_PRIVATE)
        options["parameters"] = [*options.get("parameters", ()), _ACCOUNT]
    if engine:
        codes.update(_ENGINE)
    if not private:
        options.setdefault("auth", [])
    success: dict[Any, Any] = {200: reply} if media is None else {(200, media): reply}
    if creates:
        success = {**success, 201: reply}
    described = extend_schema(request=request, responses={**success, **error_responses(codes)}, **options)

    def describe(view: _View) -> _View:
        view.answers = frozenset(codes)  # type: ignore[attr-defined]
        return described(view)

    return describe


def security_operation(**options: Any) -> Callable[[_View], _View]:
    """``operation`` of a user's own security: by a log-in, never by an API key."""
    return operation(tags=["security"], auth=list(LOG_INS), engine=False, **options)


def error_responses(codes: Iterable[str]) -> dict[int, OpenApiResponse]:
    """Responses by HTTP status, each with its codes explained and shown."""
    ordered = sorted(codes, key=lambda code: (ERRORS[code].status, code))
    return {
        status: _error_response(list(group))
        for status, group in groupby(ordered, key=lambda code: ERRORS[code].status)
    }


def _error_response(codes: list[str]) -> OpenApiResponse:
    lines = [f"- `{code}`: {ERRORS[code].doc}" for code in codes]
    return OpenApiResponse(
        Error, description="\n".join(lines), examples=[_example_of(code) for code in codes]
    )


def _example_of(code: str) -> OpenApiExample:
    return OpenApiExample(code, value=ApiError(code).body(), response_only=True)


def query(name: str, description: str, kind: Any = None, **options: Any) -> OpenApiParameter:
    """An optional query parameter: of its ``kind``, of its choices, or a text that ``TEXTS`` knows."""
    if kind is None:
        kind = OpenApiTypes.STR if "enum" in options else TEXTS[name]
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description, **options)


def whole(least: int, most: int, **more: Any) -> dict[str, Any]:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": least, "maximum": most, **more}


_TIME: Final = whole(0, MAX_TIME_MS, format="int64")
LIMIT: Final = query(
    "limit",
    f"Rows of a page: 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} by default.",
    whole(1, MAX_LIMIT, default=DEFAULT_LIMIT),
)
CURSOR: Final = query("cursor", "`next_cursor` of the page before.")
SYMBOL: Final = query("symbol", "Only this symbol.")
START: Final = query("start", "From this time on, milliseconds UTC.", _TIME)
END: Final = query("end", "Before this time, milliseconds UTC.", _TIME)
SPAN: Final = (SYMBOL, START, END)
PAGE: Final = (*SPAN, CURSOR, LIMIT)
SIDE: Final = query("side", "Only this side.", enum=["buy", "sell"])
ORDER_FILTERS: Final = (
    query("status", "`open` or `closed` orders, or those of one status. Absent: all.", enum=list(STATUSES)),
    SIDE,
    query("type", "Only orders of this type.", enum=list(ORDER_KINDS)),
)
FILL_FILTERS: Final = (
    query("order_id", "Only of this order."),
    SIDE,
    query("liquidity", "Only what made or took liquidity, or traded in an auction.", enum=list(LIQUIDITIES)),
)
LEDGER_FILTERS: Final = (
    query("asset", "Only this asset."),
    query("type", "Only entries of this type.", enum=list(KINDS)),
)

# --- examples ------------------------------------------------------------------------------------------

LIMIT_ORDER: Final = {
    "symbol": "BTC-KRW",
    "side": "buy",
    "order_type": "limit",
    "price": "95000000",
    "quantity": "0.015",
    "time_in_force": "gtc",
    "post_only": False,
    "client_order_id": "my-1",
    "stp": "cancel_newest",
}
MARKET_BUY: Final = {
    "symbol": "BTC-KRW",
    "side": "buy",
    "order_type": "market",
    "quote_amount": "100000",
}
PLACED: Final = {
    "order": {
        "order_id": "81234",
        "client_order_id": "my-1",
        "symbol": "BTC-KRW",
        "side": "buy",
        "order_type": "limit",
        "time_in_force": "gtc",
        "post_only": False,
        "stp": "cancel_newest",
        "price": "95000000",
        "quantity": "0.015",
        "quote_amount": None,
        "filled_quantity": "0.005",
        "remaining_quantity": "0.01",
        "filled_amount": "474950",
        "average_price": "94990000",
        "fee": "237.475",
        "fee_asset": "KRW",
        "status": "partially_filled",
        "reason": None,
        "created_at": 1795334675772,
        "updated_at": 1795334675772,
    },
    "fills": [
        {
            "trade_id": "5512",
            "order_id": "81234",
            "symbol": "BTC-KRW",
            "side": "buy",
            "price": "94990000",
            "quantity": "0.005",
            "amount": "474950",
            "fee": "237.475",
            "fee_asset": "KRW",
            "liquidity": "taker",
            "timestamp": 1795334675772,
        }
    ],
    "sequence": 990123,
}


def _example(name: str, value: Any) -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


_BUY: Final = {"symbol": "BTC-KRW", "side": "buy"}
_SELL: Final = {"symbol": "BTC-KRW", "side": "sell"}
#: Of each kind of order one; a test places every one of them.
ORDER_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Limit buy": LIMIT_ORDER,
    "Market buy by amount": MARKET_BUY,
    "Market buy with a limit of its own": {
        **_BUY,
        "order_type": "market",
        "quantity": "0.01",
        "price": "96000000",
    },
    "Market sell by amount": {**_SELL, "order_type": "market", "quote_amount": "100000"},
    "Immediate or cancel": {
        **_BUY,
        "order_type": "limit",
        "price": "95000000",
        "quantity": "0.01",
        "time_in_force": "ioc",
    },
    "Post-only, moved away if it would trade": {
        **_SELL,
        "order_type": "limit",
        "price": "94000000",
        "quantity": "0.01",
        "post_only": True,
        "post_only_mode": "reprice",
    },
    "Good till a date": {
        **_BUY,
        "order_type": "limit",
        "price": "94000000",
        "quantity": "0.01",
        "time_in_force": "gtd",
        "expire_at": 4102444800000,
    },
    "Good for the day": {
        **_BUY,
        "order_type": "limit",
        "price": "94000000",
        "quantity": "0.01",
        "time_in_force": "day",
    },
    "Iceberg": {
        **_BUY,
        "order_type": "limit",
        "price": "94000000",
        "quantity": "0.5",
        "display_quantity": "0.05",
    },
    "Market to limit": {**_BUY, "order_type": "market_to_limit", "quantity": "0.01"},
    "Pegged to the middle": {
        **_BUY,
        "order_type": "pegged",
        "price": "95000000",
        "quantity": "0.01",
        "peg": "mid",
        "peg_offset": "1000",
    },
    "At least half at once": {
        **_BUY,
        "order_type": "limit",
        "price": "95000000",
        "quantity": "0.01",
        "min_quantity": "0.005",
    },
    "Stop": {**_SELL, "order_type": "stop", "quantity": "0.01", "trigger_price": "90000000"},
    "Stop buy with a limit of its own": {
        **_BUY,
        "order_type": "stop",
        "quantity": "0.01",
        "trigger_price": "99000000",
        "price": "99500000",
    },
    "Stop limit": {
        **_SELL,
        "order_type": "stop_limit",
        "quantity": "0.01",
        "trigger_price": "90000000",
        "price": "89900000",
        "trigger_source": "quote",
    },
    "Take profit": {**_SELL, "order_type": "take_profit", "quantity": "0.01", "trigger_price": "110000000"},
    "Take profit limit": {
        **_SELL,
        "order_type": "take_profit_limit",
        "quantity": "0.01",
        "trigger_price": "110000000",
        "price": "109900000",
    },
    "Trailing stop by a distance": {
        **_SELL,
        "order_type": "trailing_stop",
        "quantity": "0.01",
        "trail_offset": "500000",
    },
    "Trailing stop by a percentage": {
        **_SELL,
        "order_type": "trailing_stop",
        "quantity": "0.01",
        "trail_percent": "1.5",
    },
}
_TAKE_PROFIT_LEG: Final = {**_SELL, "order_type": "limit", "price": "110000000", "quantity": "0.01"}
OCO: Final = {"first": _TAKE_PROFIT_LEG, "second": ORDER_EXAMPLES["Stop"]}
OTO: Final = {
    "working": {**_BUY, "order_type": "limit", "price": "95000000", "quantity": "0.01"},
    "pending": _TAKE_PROFIT_LEG,
}
OTOCO: Final = {"working": OTO["working"], **OCO}
QUOTES: Final = {
    "quotes": [
        {
            "symbol": "BTC-KRW",
            "bid_price": "94990000",
            "bid_quantity": "0.05",
            "ask_price": "95010000",
            "ask_quantity": "0.05",
        },
        {"symbol": "ETH-KRW", "quote_id": "a", "ask_price": "5010000", "ask_quantity": "1"},
    ]
}
QUOTE_PROTECTION: Final = {"window_ms": 1000, "max_fills": 10, "asset": "KRW", "max_net": "50000000"}
BRACKET: Final = {
    "entry": {**_BUY, "order_type": "limit", "price": "95000000", "quantity": "0.01"},
    "take_profit_price": "105000000",
    "stop_price": "90000000",
    "stop_limit_price": "89900000",
}
CANCEL_REPLACE: Final = {
    "client_order_id": "my-1",
    "mode": "allow_failure",
    "order": {
        **_BUY,
        "order_type": "limit",
        "price": "94500000",
        "quantity": "0.01",
        "client_order_id": "my-2",
    },
}
CANCEL_AFTER: Final = {"after_ms": 10000}
BATCH: Final = {"orders": [LIMIT_ORDER, ORDER_EXAMPLES["Stop"]]}
CANCEL: Final = {"client_order_id": "my-5"}
REDUCE: Final = {"client_order_id": "my-3", "quantity": "0.01"}
REPLACE: Final = {"client_order_id": "my-4", "price": "94900000", "quantity": "0.02"}

PLACE_EXAMPLES: Final = [
    *(_example(name, value) for name, value in ORDER_EXAMPLES.items()),
    OpenApiExample("Partly filled", value=PLACED, response_only=True, status_codes=["200"]),
]
OCO_EXAMPLES: Final = [_example("Take profit or stop", OCO)]
OTO_EXAMPLES: Final = [_example("Buy, then offer it", OTO)]
OTOCO_EXAMPLES: Final = [_example("Buy, then take profit or stop", OTOCO)]
QUOTES_EXAMPLES: Final = [_example("Two symbols", QUOTES)]
QUOTE_PROTECTION_EXAMPLES: Final = [_example("Ten fills a second", QUOTE_PROTECTION)]
BRACKET_EXAMPLES: Final = [_example("Buy with both exits", BRACKET)]
CANCEL_REPLACE_EXAMPLES: Final = [_example("Another price", CANCEL_REPLACE)]
CANCEL_AFTER_EXAMPLES: Final = [_example("In ten seconds", CANCEL_AFTER)]
