"""What an order has beyond a plain one. Plain orders, the many, carry none of this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exchange.engine import messages as m

if TYPE_CHECKING:
    from exchange.engine.book import Order
    from exchange.engine.triggers import TrailGroup


class Extra:
    """The fields of OrderTerms and OrderExtra by their names, and how the order stands with them."""

    __slots__ = (
        "display_lots",
        "entry_order_id",
        "exits",
        "expire_ns",
        "linked",
        "linked_order_id",
        "pair",
        "prevented_lots",
        "prevented_minor",
        "reprice",
        "session",
        "shown_lots",
        "to_exit_lots",
        "trail_group",
        "trail_ppm",
        "trail_ticks",
        "trigger",
        "trigger_now",
        "trigger_source",
        "trigger_ticks",
        "triggered_ns",
        "waiting",
    )

    def __init__(self, terms: tuple[Any, ...] = m.OrderTerms()) -> None:
        self.expire_ns: int = terms[0]
        self.reprice: bool = terms[1]
        self.display_lots: int = terms[2]
        self.trigger: int = terms[3]
        self.trigger_source: int = terms[4]
        self.trigger_ticks: int = terms[5]
        self.trail_ticks: int = terms[6]
        self.trail_ppm: int = terms[7]
        self.trigger_now: bool = terms[8]
        self.session: str | None = terms[9]
        #: Off the book until its trigger has fired and the symbol trades.
        self.waiting = self.trigger != m.NO_TRIGGER
        self.triggered_ns = 0
        #: Of an iceberg on the book: the part of its open quantity that the level counts.
        self.shown_lots = 0
        self.prevented_lots = 0
        #: Value that self-trade prevention took off a quote-amount sell.
        self.prevented_minor = 0
        #: The other leg of an OCO; None once either has ended. Its id stays.
        self.linked: Order | None = None
        self.linked_order_id = 0
        self.entry_order_id = 0
        #: Of a bracket's entry: the terms of its exits, the exits entered, and lots bought but not in them yet.
        self.exits: tuple[int, int, int, int] | None = None
        self.pair: tuple[Order, Order] | None = None
        self.to_exit_lots = 0
        #: Of a waiting trailing stop: those it moves together with.
        self.trail_group: TrailGroup | None = None

    def hide_trail(self) -> None:
        """Of a trailing stop that has not fired the trigger is not told."""
        if self.trigger == m.TRAILING_STOP:
            self.trigger_ticks = 0

    def view(self) -> tuple[Any, ...]:
        """As an OrderExtra."""
        return (
            self.expire_ns,
            self.reprice,
            self.display_lots,
            self.trigger,
            self.trigger_source,
            self.trigger_ticks,
            self.trail_ticks,
            self.trail_ppm,
            self.trigger_now,
            self.session,
            self.triggered_ns,
            self.prevented_lots,
            self.linked_order_id,
            self.entry_order_id,
            self.exits,
        )


#: The view of an order that has nothing beyond a plain one.
PLAIN: tuple[Any, ...] = Extra().view()


def extra_of(order: Order) -> Extra:
    """The order's extra, made at first use."""
    found = order.extra
    if found is None:
        found = order.extra = Extra()
    return found
