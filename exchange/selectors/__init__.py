"""What a trader may read, as wire dictionaries.

The present (open orders, orders just finished, balances, books) comes from the engine; history from the
database, which follows the engine. Every reply names the engine sequence that it reflects.
"""

from __future__ import annotations

from exchange.selectors.balances import balances, fees
from exchange.selectors.market import auction, book_reply, order_book
from exchange.selectors.orders import order_event
from exchange.selectors.position import up_to_date
from exchange.selectors.window import Page, Window

__all__ = [
    "Page",
    "Window",
    "auction",
    "balances",
    "book_reply",
    "fees",
    "order_book",
    "order_event",
    "up_to_date",
]
