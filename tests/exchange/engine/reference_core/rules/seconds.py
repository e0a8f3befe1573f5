"""What the end of a working order means for the orders that it was to trigger. Rule L8 of docs/orders.md."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.state.book import Options, options_of
from tests.exchange.engine.reference_core.state.orders import Orders


def release(orders: Orders, effects: Effects, working: Options) -> None:
    """The working order is filled: what waits for it queues up behind the orders that have fired."""
    queued = False
    for second in working.seconds:
        if second.order_id not in orders.open:
            continue
        options = options_of(second)
        options.second = m.SECOND_RELEASED
        second.updated_ns = effects.now_ns
        effects.events.append(second.event())
        if not queued:
            # The first leg of two brings in the other.
            second.book.fired.append(second)
        queued = True
    working.seconds = ()
