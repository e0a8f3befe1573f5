"""What new orders hold, and how they come by it. Rules F1, M2 and M4 of docs/orders.md."""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules.gathering import gathers
from tests.exchange.engine.reference_core.rules.looking_ahead import market_buy_cost_minor, market_sale_minor
from tests.exchange.engine.reference_core.state.book import Order
from tests.exchange.engine.reference_core.state.root import State

Details = tuple[Any, ...]


def fund(state: State, order: Order, required: int) -> Details:
    """Hold this for a new order and let it have its id; the details of the shortfall if it cannot be."""
    balance = order.held_in
    if required > balance.available:
        return shortfall_details(order, required)
    state.next_order_id += 1
    balance.available -= required
    balance.held += required
    if not balance.touched:
        balance.touched = True
        state.ledger.touched.append(balance)
    order.held_minor = required
    return ()


def required_minor(state: State, order: Order) -> int:
    """What an order that begins holds while it is matched, or waits for its trigger."""
    if order.order_type == m.MARKET and (order.options is None or order.options.trigger == m.NO_TRIGGER):
        if order.quote_amount_minor and order.side == m.SELL:
            return market_sale_minor(state, order)
        if gathers(order):
            return order.need_minor()
        if not order.quote_amount_minor and order.side == m.BUY:
            return market_buy_cost_minor(state, order)
    return order.need_minor()


def shortfall_details(order: Order, required: int) -> Details:
    """The details of INSUFFICIENT_BALANCE."""
    balance = order.held_in
    available = balance.available + order.held_minor
    return ("asset", balance.asset, "required_minor", required, "available_minor", available)
