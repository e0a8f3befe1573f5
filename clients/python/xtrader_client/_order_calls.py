"""Placing, changing and canceling orders, over the WebSocket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xtrader_client._base import BaseClient
from xtrader_client._decimals import Number, wire_number, wire_numbers
from xtrader_client._errors import ApiError
from xtrader_client._literals import (
    CancelReplaceMode,
    OrderType,
    Peg,
    PostOnlyMode,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TriggerIfMet,
    TriggerSource,
)
from xtrader_client._orders import NewOrder, Order
from xtrader_client._outcomes import (
    BracketResult,
    CanceledOrders,
    CancelReplaceResult,
    OcoResult,
    OrderResult,
    OtoResult,
    result_or_error,
)

#: The exchange takes at most this many orders in one request.
MAX_BATCH = 100

Json = dict[str, Any]


class OrderCalls(BaseClient):
    """Every call returns the real outcome, after the journal and the match. All raise ApiError when the
    exchange refuses, ConnectionLost when nothing was sent, and OutcomeUnknown when a command was sent and its
    outcome could not be learned within ``timeout_s``. Numbers are Decimal, str or int; a float raises
    TypeError."""

    async def place_order(
        self,
        symbol: str,
        side: Side,
        *,
        price: Number | None = None,
        quantity: Number | None = None,
        quote_amount: Number | None = None,
        order_type: OrderType | None = None,
        time_in_force: TimeInForce | None = None,
        post_only: bool = False,
        stp: SelfTradePrevention | None = None,
        client_order_id: str | None = None,
        expire_at: int | None = None,
        post_only_mode: PostOnlyMode | None = None,
        display_quantity: Number | None = None,
        trigger_price: Number | None = None,
        trigger_source: TriggerSource | None = None,
        trigger_if_met: TriggerIfMet | None = None,
        trail_offset: Number | None = None,
        trail_percent: Number | None = None,
        cancel_on_disconnect: bool | None = None,
        min_quantity: Number | None = None,
        peg: Peg | None = None,
        peg_offset: Number | None = None,
    ) -> OrderResult:
        """Place one order. Prices are in the quote asset, quantities in the base asset; ``docs/orders.md``
        has all rules.

        - ``order_type``: not given, it is limit with a ``price`` and market without one, or with a
        ``trigger_price``
          stop_limit and stop, or with a ``trail_*`` trailing_stop, or with a ``peg`` pegged.
        - ``price``: of an order at market its own limit, no worse than which it trades.
        - ``quote_amount``: instead of ``quantity``, what an order at market spends, or sells for.
        - ``time_in_force``: gtc (default; ioc of a market order), ioc, fok, gtd (until ``expire_at``, ms UTC)
        or day.
        - ``post_only``: never trade on entry; ``post_only_mode`` says what happens to an order that would.
        - ``stp``: what happens when it meets an own order; cancel_newest by default.
        - ``client_order_id``: your own id, 1 to 36 of ``A-Z a-z 0-9 _ . : -``; made up if not given. Sent
        again under
          the same id, the order is placed once and the exchange answers with the first outcome.
        - ``display_quantity``: an iceberg; what the book shows at a time.
        - ``trail_offset``, ``trail_percent``: distance of a trailing stop, in price, or in percent (1.5 is
        1.5 %).
        - ``cancel_on_disconnect``: cancel it when the connection it came by ends.
        - ``min_quantity``: trade at least this much on entry, or be canceled.
        - ``peg``, ``peg_offset``: what a pegged order's price follows, and how far it stays from there;
        ``price`` is its limit.

        Raises Refused (too little balance …), Conflict (halted, another order under the id), BadRequest (off
        the tick …), NotFound (no such symbol). An ioc or fok order that finds nothing is no error: its status
        is ``canceled``.
        """
        order = NewOrder(
            symbol=symbol,
            side=side,
            price=price,
            quantity=quantity,
            quote_amount=quote_amount,
            order_type=order_type,
            time_in_force=time_in_force,
            post_only=post_only,
            stp=stp,
            client_order_id=client_order_id,
            expire_at=expire_at,
            post_only_mode=post_only_mode,
            display_quantity=display_quantity,
            trigger_price=trigger_price,
            trigger_source=trigger_source,
            trigger_if_met=trigger_if_met,
            trail_offset=trail_offset,
            trail_percent=trail_percent,
            cancel_on_disconnect=cancel_on_disconnect,
            min_quantity=min_quantity,
            peg=peg,
            peg_offset=peg_offset,
        )
        reply = await self._command("order.place", order.to_wire_named(), repeatable=True)
        return OrderResult.from_wire(reply)

    async def place_orders(self, orders: Sequence[NewOrder]) -> list[OrderResult | ApiError]:
        """Place up to 100 orders in one message. Each has its own outcome: a result or, returned and not
        raised, the error that refused it. Raises ValueError for more."""
        if len(orders) > MAX_BATCH:
            raise ValueError(f"at most {MAX_BATCH} orders at a time")
        rows = [order.to_wire_named() for order in orders]
        reply = await self._command("order.batch", {"orders": rows}, repeatable=True)
        return [result_or_error(row) for row in reply["results"]]

    async def cancel_order(self, order_id: str | None = None, *, client_order_id: str | None = None) -> Order:
        """Cancel one open order, by either id. Raises NotFound, or Conflict when it is not open."""
        return Order.from_wire(
            (await self._command("order.cancel", _name(order_id, client_order_id)))["order"]
        )

    async def reduce_order(self, order_id: str, quantity: Number) -> Order:
        """Lower the total quantity (base asset, filled part included); the order keeps its place in the
        queue. Raises NotFound, Conflict when it is not open, Refused when the quantity is not between the
        filled and the present one."""
        fields = {"order_id": order_id, "quantity": wire_number(quantity)}
        return Order.from_wire((await self._command("order.reduce", fields))["order"])

    async def replace_order(
        self,
        order_id: str,
        *,
        price: Number | None = None,
        quantity: Number,
        trigger_price: Number | None = None,
        trigger_if_met: TriggerIfMet | None = None,
    ) -> OrderResult:
        """New price and total quantity (filled part included), and of one that waits a new trigger price;
        ``trigger_if_met`` is what happens if that is reached already, as of a new order.
        Only a lower quantity at the same price keeps the place in the queue; any other may trade at once. An
        order lowered to no more than is filled ends (``reduced``). If the new terms are refused the old order
        stands. Raises NotFound, Conflict, Refused, BadRequest."""
        numbers = wire_numbers({"price": price, "quantity": quantity, "trigger_price": trigger_price})
        chosen = {} if trigger_if_met is None else {"trigger_if_met": trigger_if_met}
        reply = await self._command("order.replace", {"order_id": order_id, **numbers, **chosen})
        return OrderResult.from_wire(reply)

    async def place_oco(self, first: NewOrder, second: NewOrder) -> OcoResult:
        """Two orders of one symbol, side and quantity, at least one with a trigger, of which one is to trade:
        what one trades the other loses, and when one ends so does the other. Either both enter or neither.
        Raises as ``place_order``."""
        fields = {"first": first.to_wire_named(), "second": second.to_wire_named()}
        return OcoResult.from_wire(await self._command("order.oco", fields, repeatable=True))

    async def place_oto(self, working: NewOrder, pending: NewOrder) -> OtoResult:
        """An order that triggers another, of either side: ``pending`` enters, and is funded, when ``working``
        is filled, and ends when that ends otherwise. Raises as ``place_order``."""
        fields = {"working": working.to_wire_named(), "pending": pending.to_wire_named()}
        return OtoResult.from_wire(await self._command("order.oto", fields, repeatable=True))

    async def place_otoco(self, working: NewOrder, first: NewOrder, second: NewOrder) -> OtoResult:
        """An order that triggers two of which one is to trade (``place_oco``). Raises as ``place_order``."""
        orders = {"working": working, "first": first, "second": second}
        fields = {name: order.to_wire_named() for name, order in orders.items()}
        return OtoResult.from_wire(await self._command("order.otoco", fields, repeatable=True))

    async def place_bracket(
        self,
        entry: NewOrder,
        *,
        take_profit_price: Number,
        stop_price: Number,
        stop_limit_price: Number | None = None,
        trigger_source: TriggerSource | None = None,
    ) -> BracketResult:
        """A buy whose fills are sold again: by a limit order at ``take_profit_price`` or by a stop at
        ``stop_price`` (limit ``stop_limit_price``, or at market), whichever comes first. Raises as
        ``place_order``."""
        fields: Json = {
            "entry": entry.to_wire_named(),
            **wire_numbers(
                {
                    "take_profit_price": take_profit_price,
                    "stop_price": stop_price,
                    "stop_limit_price": stop_limit_price,
                }
            ),
        }
        if trigger_source is not None:
            fields["trigger_source"] = trigger_source
        return BracketResult.from_wire(await self._command("order.bracket", fields, repeatable=True))

    async def cancel_replace(
        self,
        order: NewOrder,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        mode: CancelReplaceMode = "stop_on_failure",
    ) -> CancelReplaceResult:
        """Cancel one order, named by either id, and enter another of any kind in one step. ``mode``: when the
        cancel fails ``stop_on_failure`` refuses the whole, ``allow_failure`` enters the order all the same.
        When only the new order is refused the cancel stands, and the result has the error."""
        fields: Json = {
            "mode": mode,
            "order": order.to_wire_named(),
            **_name(order_id, client_order_id),
        }
        reply = await self._command("order.cancel_replace", fields, repeatable=True)
        return CancelReplaceResult.from_wire(reply)

    async def cancel_orders(self, symbol: str | None = None) -> CanceledOrders:
        """Cancel every open order of the account, or those of one symbol. Without a symbol, halted ones keep
        their orders."""
        reply = await self._command("orders.cancel_all", {"symbol": symbol} if symbol else {})
        return CanceledOrders.from_wire(reply)

    async def cancel_after(self, after_ms: int) -> int | None:
        """A dead man's switch: cancel every order of the account ``after_ms`` (1,000 to 86,400,000) from now
        unless it is called again before; 0 takes it back. Returns when that will be, ms UTC; None: not any
        more. Raises BadRequest for another figure."""
        reply = await self._command("orders.cancel_after", {"after_ms": after_ms})
        cancel_at: int | None = reply["cancel_at"]
        return cancel_at


def _name(order_id: str | None, client_order_id: str | None) -> Json:
    named = {"order_id": order_id, "client_order_id": client_order_id}
    return {name: value for name, value in named.items() if value is not None}
