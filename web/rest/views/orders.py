"""Orders: enter, change, cancel, read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from exchange.errors import ApiError
from exchange.orders.desk import Entry, order_count, rest_desk, with_errors
from exchange.wire import shapes
from exchange.wire.rendering import Json
from web.access.language import active_language
from web.access.limiter import ORDERS, limiter
from web.access.weights import CANCEL_ALL
from web.rest import history_reads, request_shapes, schema
from web.rest.authentication import identity_of
from web.rest.base import PrivateView
from web.rest.views.histories import history_reply

_RULES = (
    "SYMBOL_NOT_FOUND",
    "ACCOUNT_NOT_FOUND",
    "ACCOUNT_FROZEN",
    "SYMBOL_HALTED",
    "SYMBOL_CANCEL_ONLY",
    "SYMBOL_CLOSED",
    "SYMBOL_POST_ONLY",
    "SYMBOL_IN_AUCTION",
    "INVALID_NUMBER",
    "INVALID_ORDER",
    "INVALID_EXPIRY",
    "DISPLAY_TOO_SMALL",
    "PRICE_OUT_OF_BOUNDS",
    "PRICE_OFF_TICK",
    "QUANTITY_OUT_OF_BOUNDS",
    "QUANTITY_OFF_LOT",
    "BELOW_MIN_NOTIONAL",
    "ABOVE_MAX_NOTIONAL",
    "PRICE_OUT_OF_BAND",
    "INVALID_AMOUNT",
    "INSUFFICIENT_BALANCE",
    "POST_ONLY_WOULD_TAKE",
    "TRIGGER_WOULD_FIRE",
    "NO_REFERENCE_PRICE",
    "OPENING_OVER",
    "TOO_MANY_OPEN_ORDERS",
    "DUPLICATE_ID",
    "CLIENT_ORDER_ID_IN_USE",
)
_CHANGE = ("ACCOUNT_NOT_FOUND", "ORDER_NOT_FOUND", "ORDER_NOT_OPEN", "SYMBOL_HALTED")


#: A method of the desk.
Operation = Callable[[int, Any], Entry]


class DeskView(PrivateView):
    """A view of an operation of the desk."""

    def enter(self, request: Request, operation: Operation) -> Response:
        """Decode, enter, render. Raises ApiError."""
        sent = self.body(request)
        reply = operation(self.account(request), sent).wait()
        return Response(msgspec.to_builtins(with_errors(reply, _error_body)))


class OrderEntryView(DeskView):
    """A view that enters or changes orders."""

    rate_scope = "orders"


class PlaceOrderView(OrderEntryView):
    @schema.operation(
        operation_id="place_order",
        summary="Enter an order",
        description=(
            "Answers after the journal has the order and matching is done: the reply is the real outcome. "
            "An IOC or FOK order that finds nothing is a 200 with status `canceled`."
        ),
        tags=["orders"],
        request=request_shapes.OrderRequest,
        reply=shapes.Placed,
        errors=_RULES,
        examples=schema.PLACE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place)


class CancelOrderView(OrderEntryView):
    only_cancels = True

    @schema.operation(
        operation_id="cancel_order",
        summary="Cancel an open order",
        description="By the exchange's id or yours. One that has ended before is `ORDER_NOT_OPEN`.",
        tags=["orders"],
        request=request_shapes.OrderName,
        reply=shapes.Changed,
        errors=_CHANGE,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.cancel)


class ReduceOrderView(OrderEntryView):
    @schema.operation(
        operation_id="reduce_order",
        summary="Lower an open order's quantity; it keeps its place in the queue",
        description="`quantity` is the new total, the filled part included; lowered to no more than "
        "that, the order ends.",
        tags=["orders"],
        request=request_shapes.ReduceRequest,
        reply=shapes.Changed,
        errors=(
            *_CHANGE,
            "SYMBOL_CLOSED",
            "INVALID_NUMBER",
            "INVALID_REDUCE",
            "QUANTITY_OUT_OF_BOUNDS",
            "QUANTITY_OFF_LOT",
            "BELOW_MIN_NOTIONAL",
        ),
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.reduce)


class ReplaceOrderView(OrderEntryView):
    @schema.operation(
        operation_id="replace_order",
        summary="Give an open order a new price and quantity",
        description="Atomic: refused terms leave the old order as it was. "
        "Only a lower quantity at the same price "
        "keeps the place in the queue. One that waits for its trigger may get another trigger price.",
        tags=["orders"],
        request=request_shapes.ReplaceRequest,
        reply=shapes.Placed,
        errors=(*_RULES, *_CHANGE, "INVALID_REPLACE"),
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.replace)


class CancelAllView(OrderEntryView):
    only_cancels = True

    def rate_cost(self, request: Request) -> int:
        """One command for any number of orders; never more than the account has."""
        identity = identity_of(request)
        return CANCEL_ALL if identity is None else limiter.heaviest(ORDERS, identity, CANCEL_ALL)

    @schema.operation(
        operation_id="cancel_all_orders",
        summary="Cancel all open orders, or those of one symbol",
        description="Without a symbol, orders in halted symbols stay.",
        tags=["orders"],
        request=request_shapes.CancelAllRequest,
        reply=shapes.CanceledAll,
        errors=("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND", "SYMBOL_HALTED"),
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.cancel_all)


class CancelAfterView(OrderEntryView):
    only_cancels = True

    @schema.operation(
        operation_id="cancel_orders_after",
        summary="Cancel all open orders later, unless this is said again before",
        description="A dead man's switch: say it every few seconds; should you fall silent, "
        "every order of the account is canceled when the time is up. 0 takes it back.",
        tags=["orders"],
        request=request_shapes.CancelAfterRequest,
        reply=shapes.CancelAfter,
        errors=("ACCOUNT_NOT_FOUND", "INVALID_CANCEL_AFTER"),
        examples=schema.CANCEL_AFTER_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.cancel_after)


class OcoView(OrderEntryView):
    def rate_cost(self, request: Request) -> int:
        """Two orders count as two."""
        return order_count(self.body(request))

    @schema.operation(
        operation_id="place_oco",
        summary="Enter two orders of which one is to trade",
        description="One cancels the other. They share one hold of funds, and either both enter or neither.",
        tags=["orders"],
        request=request_shapes.OcoRequest,
        reply=shapes.Oco,
        errors=_RULES,
        examples=schema.OCO_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_oco)


class OtoView(OrderEntryView):
    def rate_cost(self, request: Request) -> int:
        """Each order counts."""
        return order_count(self.body(request))

    @schema.operation(
        operation_id="place_oto",
        summary="Enter an order that triggers another",
        description="The pending order, of either side, enters when the working order is filled; its funds "
        "are held then. If the working order ends otherwise, so does the pending one.",
        tags=["orders"],
        request=request_shapes.OtoRequest,
        reply=shapes.Oto,
        errors=_RULES,
        examples=schema.OTO_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_oto)


class OtocoView(OrderEntryView):
    def rate_cost(self, request: Request) -> int:
        """Each order counts."""
        return order_count(self.body(request))

    @schema.operation(
        operation_id="place_otoco",
        summary="Enter an order that triggers two, of which one is to trade",
        description="The pair enters as an OCO when the working order is filled.",
        tags=["orders"],
        request=request_shapes.OtocoRequest,
        reply=shapes.Oto,
        errors=_RULES,
        examples=schema.OTOCO_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_otoco)


class BracketView(OrderEntryView):
    @schema.operation(
        operation_id="place_bracket",
        summary="Enter a buy with a take-profit and a stop for what it buys",
        description="Each fill of the entry enters, or enlarges, a linked pair of sells.",
        tags=["orders"],
        request=request_shapes.BracketRequest,
        reply=shapes.Bracket,
        errors=_RULES,
        examples=schema.BRACKET_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_bracket)


class CancelReplaceView(OrderEntryView):
    @schema.operation(
        operation_id="cancel_replace_order",
        summary="Cancel one order and enter another in one step",
        description="If the new order is refused the cancel stands: then `order` is the error. "
        "With `allow_failure` the order enters though the cancel failed: then `canceled` is the error.",
        tags=["orders"],
        request=request_shapes.CancelReplaceRequest,
        reply=shapes.CancelReplace,
        errors=(*_RULES, *_CHANGE),
        examples=schema.CANCEL_REPLACE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.cancel_replace)


class QuoteView(OrderEntryView):
    """A view for market makers; whoever may trade takes quotes back."""

    @classmethod
    def account(cls, request: Request) -> int:
        """As of any private view, and PERMISSION_DENIED for a trader who is no market maker."""
        identity = cls.identity(request)
        return identity.canceling_account() if request.method == "DELETE" else identity.quoting_account()


class QuotesView(QuoteView):
    """Quotes in, or taken back."""

    def rate_cost(self, request: Request) -> int:
        """Each quote counts once for both its sides."""
        return order_count(self.body(request)) if request.method == "POST" else 1

    @schema.operation(
        operation_id="place_quotes",
        summary="Replace up to 50 quotes in one step",
        description="A quote is a post-only bid and ask under a name; each replaces the one of its symbol "
        "and quote_id. Funds are tested for all together. A side that is refused ends with no order, and its "
        "code is in the reply.",
        tags=["quotes"],
        request=request_shapes.QuotesRequest,
        reply=shapes.Quotes,
        errors=(
            *("ACCOUNT_NOT_FOUND", "ACCOUNT_FROZEN", "SYMBOL_NOT_FOUND", "INVALID_NUMBER", "INVALID_ORDER"),
            *(
                "PRICE_OFF_TICK",
                "QUANTITY_OFF_LOT",
                "BATCH_TOO_LARGE",
                "INSUFFICIENT_BALANCE",
                "QUOTES_PROTECTED",
            ),
        ),
        examples=schema.QUOTES_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_quotes)

    @schema.operation(
        operation_id="cancel_quotes",
        summary="Cancel quotes",
        description="Those of a symbol, of a name, or all.",
        tags=["quotes"],
        reply=shapes.CanceledAll,
        errors=("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND"),
        parameters=[
            schema.query("symbol", "Only of this symbol."),
            schema.query("quote_id", "Only of this name."),
        ],
    )
    def delete(self, request: Request) -> Response:
        reply = rest_desk.cancel_quotes(self.account(request), dict(self.query(request))).wait()
        return Response(msgspec.to_builtins(reply))


class QuoteProtectionView(QuoteView):
    @schema.operation(
        operation_id="protect_quotes",
        summary="Set the protection of the account's quotes",
        description="When a bound is reached all quotes are canceled with the reason `protection`, and none "
        "is taken until the protection is set again. A window of 0 takes it back.",
        tags=["quotes"],
        request=request_shapes.QuoteProtectionRequest,
        reply=shapes.QuoteProtection,
        errors=("ACCOUNT_NOT_FOUND", "ASSET_NOT_FOUND", "INVALID_AMOUNT", "INVALID_PROTECTION"),
        examples=schema.QUOTE_PROTECTION_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.protect_quotes)


class OrdersView(DeskView):
    """A batch of orders in, or the account's orders out."""

    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "orders" if self.request.method == "POST" else "reads"

    def rate_cost(self, request: Request) -> int:
        """A batch counts each of its orders."""
        return order_count(self.body(request)) if request.method == "POST" else 1

    @schema.operation(
        operation_id="place_orders",
        summary="Enter up to 100 orders",
        description="In their order, sharing one journal write. Each stands for itself: a refused one stops "
        "none after it.",
        tags=["orders"],
        request=request_shapes.OrderBatchRequest,
        reply=shapes.Batch,
        errors=("BATCH_TOO_LARGE",),
    )
    def post(self, request: Request) -> Response:
        return self.enter(request, rest_desk.place_many)

    @schema.operation(
        operation_id="list_orders",
        summary="Orders of the account, newest first",
        description="From the engine, and for what is older from the database: an order is here the "
        "moment its reply has left.",
        tags=["orders"],
        reply=shapes.OrderPage,
        errors=("SYMBOL_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[*schema.ORDER_FILTERS, *schema.PAGE],
    )
    def get(self, request: Request) -> Response:
        read = history_reads.read_orders(self.query(request))
        return Response(history_reply(read, self.account(request)))


class OrderView(PrivateView):
    @schema.operation(
        operation_id="get_order",
        summary="One order of the account",
        description="However old. An order of somebody else's is `ORDER_NOT_FOUND`.",
        tags=["orders"],
        reply=shapes.OneOrder,
        errors=("ORDER_NOT_FOUND",),
    )
    def get(self, request: Request, order_id: str) -> Response:
        read = history_reads.read_order(order_id, self.query(request))
        return Response(history_reply(read, self.account(request)))


def _error_body(error: ApiError) -> Json:
    return error.body(active_language())
