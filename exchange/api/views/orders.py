"""Orders: enter, change, cancel, read."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from exchange import replies, selectors, trading, validation
from exchange.api import params, schema
from exchange.api import serializers as shapes
from exchange.api.base import PrivateView
from exchange.api.exceptions import language
from exchange.errors import ApiError, InputError
from exchange.selectors import Page
from exchange.symbols import symbols
from exchange.wire import Json

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
    "TOO_MANY_OPEN_ORDERS",
    "DUPLICATE_ID",
    "CLIENT_ORDER_ID_IN_USE",
)
_CHANGE = ("ACCOUNT_NOT_FOUND", "ORDER_NOT_FOUND", "ORDER_NOT_OPEN", "SYMBOL_HALTED")


class OrderEntryView(PrivateView):
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
        request=shapes.OrderRequestSerializer,
        reply=shapes.PlacedSerializer,
        errors=_RULES,
        examples=schema.PLACE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_order(self.body(request), symbols)
        return Response(trading.place(self.account(request), terms))


class CancelOrderView(OrderEntryView):
    @schema.operation(
        operation_id="cancel_order",
        summary="Cancel an open order",
        tags=["orders"],
        request=shapes.OrderNameSerializer,
        reply=shapes.ChangedSerializer,
        errors=_CHANGE,
    )
    def post(self, request: Request) -> Response:
        name = validation.parse_cancel(self.body(request))
        return Response(trading.cancel(self.account(request), name))


class ReduceOrderView(OrderEntryView):
    @schema.operation(
        operation_id="reduce_order",
        summary="Lower an open order's quantity; it keeps its place in the queue",
        tags=["orders"],
        request=shapes.ReduceRequestSerializer,
        reply=shapes.ChangedSerializer,
        errors=(
            *_CHANGE,
            "SYMBOL_CLOSED",
            "INVALID_NUMBER",
            "INVALID_REDUCE",
            "QUANTITY_OUT_OF_BOUNDS",
            "QUANTITY_OFF_LOT",
        ),
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_reduce(self.body(request))
        return Response(trading.reduce(self.account(request), terms))


class ReplaceOrderView(OrderEntryView):
    @schema.operation(
        operation_id="replace_order",
        summary="Give an open order a new price and quantity",
        description="Atomic: refused terms leave the old order as it was. Only a lower quantity at the same price "
        "keeps the place in the queue. One that waits for its trigger may get another trigger price.",
        tags=["orders"],
        request=shapes.ReplaceRequestSerializer,
        reply=shapes.PlacedSerializer,
        errors=(*_RULES, *_CHANGE, "INVALID_REPLACE"),
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_replace(self.body(request))
        return Response(trading.replace(self.account(request), terms))


class CancelAllView(OrderEntryView):
    @schema.operation(
        operation_id="cancel_all_orders",
        summary="Cancel all open orders, or those of one symbol",
        description="Without a symbol, orders in halted symbols stay.",
        tags=["orders"],
        request=shapes.CancelAllRequestSerializer,
        reply=shapes.CanceledAllSerializer,
        errors=("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND", "SYMBOL_HALTED"),
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_cancel_all(self.body(request), symbols)
        return Response(trading.cancel_all(self.account(request), terms))


class CancelAfterView(OrderEntryView):
    @schema.operation(
        operation_id="cancel_orders_after",
        summary="Cancel all open orders later, unless this is said again before",
        description="A dead man's switch: say it every few seconds; should you fall silent, every order of the "
        "account is canceled when the time is up. 0 takes it back.",
        tags=["orders"],
        request=shapes.CancelAfterRequestSerializer,
        reply=shapes.CancelAfterSerializer,
        errors=("ACCOUNT_NOT_FOUND", "INVALID_CANCEL_AFTER"),
        examples=schema.CANCEL_AFTER_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_cancel_after(self.body(request))
        return Response(trading.cancel_after(self.account(request), terms))


class OcoView(OrderEntryView):
    def rate_cost(self, request: Request) -> int:
        """Two orders count as two."""
        return validation.order_count(self.body(request))

    @schema.operation(
        operation_id="place_oco",
        summary="Enter two orders of which one is to trade",
        description="One cancels the other. They share one hold of funds, and either both enter or neither.",
        tags=["orders"],
        request=shapes.OcoRequestSerializer,
        reply=shapes.OcoSerializer,
        errors=_RULES,
        examples=schema.OCO_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_oco(self.body(request), symbols)
        return Response(trading.place_oco(self.account(request), terms))


class BracketView(OrderEntryView):
    @schema.operation(
        operation_id="place_bracket",
        summary="Enter a buy with a take-profit and a stop for what it buys",
        description="Each fill of the entry enters, or enlarges, a linked pair of sells.",
        tags=["orders"],
        request=shapes.BracketRequestSerializer,
        reply=shapes.BracketSerializer,
        errors=_RULES,
        examples=schema.BRACKET_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_bracket(self.body(request), symbols)
        return Response(trading.place_bracket(self.account(request), terms))


class CancelReplaceView(OrderEntryView):
    @schema.operation(
        operation_id="cancel_replace_order",
        summary="Cancel one order and enter another in one step",
        description="If the new order is refused the cancel stands: then `order` is the error. With `allow_failure` "
        "the order enters though the cancel failed: then `canceled` is the error.",
        tags=["orders"],
        request=shapes.CancelReplaceRequestSerializer,
        reply=shapes.CancelReplaceSerializer,
        errors=(*_RULES, *_CHANGE),
        examples=schema.CANCEL_REPLACE_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        terms = validation.parse_cancel_replace(self.body(request), symbols)
        reply = trading.cancel_replace(self.account(request), terms)
        return Response(replies.with_errors(reply, _item))


class OrdersView(PrivateView):
    """A batch of orders in, or the account's orders out."""

    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "orders" if self.request.method == "POST" else "reads"

    def rate_cost(self, request: Request) -> int:
        """A batch counts each of its orders."""
        return validation.order_count(self.body(request)) if request.method == "POST" else 1

    @schema.operation(
        operation_id="place_orders",
        summary="Enter up to 100 orders",
        description="In their order, sharing one journal write. Each stands for itself: a refused one stops "
        "none after it.",
        tags=["orders"],
        request=shapes.OrderBatchRequestSerializer,
        reply=shapes.BatchSerializer,
        errors=("BATCH_TOO_LARGE",),
    )
    def post(self, request: Request) -> Response:
        orders = validation.parse_orders(self.body(request), symbols)
        results = trading.place_many(self.account(request), orders)
        return Response({"results": [_item(result) for result in results]})

    @schema.operation(
        operation_id="list_orders",
        summary="Orders of the account, newest first",
        tags=["orders"],
        reply=shapes.OrderPageSerializer,
        errors=("SYMBOL_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[schema.query("status", "Absent: all.", enum=["open", "closed"]), *schema.PAGE],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, params.PAGE_PARAMS | {"status"})
        read = _READERS[params.read_choice(query, "status", ("open", "closed"))]
        page = read(self.account(request), params.read_window(query))
        return Response(page_body("orders", page))


_READERS = {
    "open": selectors.open_orders,
    "closed": selectors.closed_orders,
    None: selectors.all_orders,
}


class OrderView(PrivateView):
    @schema.operation(
        operation_id="get_order",
        summary="One order of the account",
        tags=["orders"],
        reply=shapes.OneOrderSerializer,
        errors=("ORDER_NOT_FOUND",),
    )
    def get(self, request: Request, order_id: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.order(self.account(request), _order_id_of_path(order_id)))


class FillsView(PrivateView):
    @schema.operation(
        operation_id="list_fills",
        summary="The account's sides of trades, newest first",
        tags=["orders"],
        reply=shapes.FillPageSerializer,
        errors=("SYMBOL_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[schema.query("order_id", "Only of this order."), *schema.PAGE],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, params.PAGE_PARAMS | {"order_id"})
        named = query.get("order_id")
        order_id = None if named is None else validation.read_order_id(named)
        page = selectors.fills(self.account(request), params.read_window(query), order_id)
        return Response(page_body("fills", page))


def page_body(name: str, page: Page) -> Json:
    """A page of rows under their name, with the cursor of the next."""
    next_cursor = None if page.next_before is None else str(page.next_before)
    return {name: page.rows, "next_cursor": next_cursor, "as_of_sequence": page.as_of_sequence}


def _item(result: Any) -> Json:
    return result.body(language()) if isinstance(result, ApiError) else result


def _order_id_of_path(text: str) -> int:
    """The order id in an address; what is no id names no order."""
    try:
        return validation.read_order_id(text)
    except InputError:
        raise InputError("ORDER_NOT_FOUND", {"field": "order_id"}) from None
