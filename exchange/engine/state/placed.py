"""Orders made from what commands ask for."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_CLIENT_ORDER_ID,
    PLACE_ORDER_TYPE,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_QUANTITY_LOTS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_STP,
    PLACE_TIME_IN_FORCE,
)
from exchange.engine.state.book import Book, Order
from exchange.engine.state.ledger import Account


def order_of(
    order_id: int, account: Account, book: Book, place: m.Command, rates: tuple[int, int], now_ns: int
) -> Order:
    """A new order as a PLACE tuple describes it."""
    return Order(
        order_id,
        book.seats.get(account.number) or book.seat(account),
        place[PLACE_SIDE],
        place[PLACE_ORDER_TYPE],
        place[PLACE_TIME_IN_FORCE],
        place[PLACE_POST_ONLY],
        place[PLACE_PRICE_TICKS],
        place[PLACE_QUANTITY_LOTS],
        place[PLACE_QUOTE_AMOUNT_MINOR],
        place[PLACE_STP],
        place[PLACE_CLIENT_ORDER_ID],
        *rates,
        now_ns,
    )
