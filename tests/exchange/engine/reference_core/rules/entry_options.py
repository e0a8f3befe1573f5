"""Market-to-limit orders and minimum quantities, rules M8 and Q1 of docs/orders.md; and what they have in
common with pegged orders.

A market-to-limit order is a limit order that takes its price from the book as it enters; from then on nothing
tells it from one that named the price."""

from __future__ import annotations

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_ORDER_TYPE,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_QUANTITY_LOTS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_TIME_IN_FORCE,
)
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.state.book import Book


def kind_well_formed(place: m.Command, terms: m.OrderTerms) -> bool:
    """Whether these two options go with the rest of the order. Neither does with one for an auction alone."""
    if place[PLACE_TIME_IN_FORCE] >= m.OPG:
        return False
    if terms.to_limit and (
        place[PLACE_ORDER_TYPE] != m.LIMIT
        or place[PLACE_PRICE_TICKS]
        or place[PLACE_POST_ONLY]
        or terms.display_lots
        or terms.trigger != m.NO_TRIGGER
    ):
        return False
    if not terms.min_lots:
        return True
    return bool(
        0 < terms.min_lots <= place[PLACE_QUANTITY_LOTS]
        and not place[PLACE_QUOTE_AMOUNT_MINOR]
        and not place[PLACE_POST_ONLY]
        and place[PLACE_TIME_IN_FORCE] != m.FOK
    )


def kind_code(place: m.Command, terms: m.OrderTerms, book: Book, rules_version: int) -> str:
    """Whether an order with one of these options, or a pegged one, may enter now."""
    if rules_version < VENUE_RULES:
        return codes.INVALID_COMMAND
    if terms.trigger == m.NO_TRIGGER and book.symbol.is_call():
        # Whether it trades at once, and at what price, is known only where orders trade as they enter.
        return codes.SYMBOL_IN_AUCTION
    if terms.to_limit and book.opposite(place[PLACE_SIDE]).best is None:
        return codes.NO_REFERENCE_PRICE
    return ""


def priced(place: m.Command, book: Book) -> m.Command:
    """A market-to-limit order's placement with the price that it takes."""
    best = book.opposite(place[PLACE_SIDE]).best
    assert best is not None, "refused where there is no price to take"
    return (*place[:PLACE_PRICE_TICKS], best.price_ticks, *place[PLACE_PRICE_TICKS + 1 :])
