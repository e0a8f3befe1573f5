"""What one command does, noted as it comes about."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.messages.places import LEVEL_SYMBOL, ORDER_ID
from tests.exchange.engine.reference_core.state.book import Order
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.guards import QuoteGuard


class Effects:
    """The events, levels and unfinished business of the command under way, and how many trades it may still
    make."""

    __slots__ = (
        "command_end",
        "entries",
        "events",
        "first_ticks",
        "interrupted",
        "levels",
        "now_ns",
        "order_end",
        "others",
        "repeats",
        "tripped",
    )

    def __init__(self, now_ns: Boxed, trade_end: int) -> None:
        self.now_ns: Boxed = now_ns
        self.events: list[m.Event] = []
        self.levels: list[m.Event] = []
        #: Whether ``events`` or ``levels`` may speak of the same order or level more than once.
        self.repeats = False
        #: Price of the first trade of the order that was matched last, 0 if it did not trade; and whether
        #: the dynamic band stopped it.
        self.first_ticks = 0
        self.interrupted = False
        #: Entries of brackets that have bought since their exits were last looked after.
        self.entries: list[Order] = []
        #: Protections of quotes that have reached a bound, by the symbol in which (rule MM5); and symbols
        #: that are settled at the command's end because quotes in them were canceled.
        self.tripped: dict[str, list[QuoteGuard]] | None = None
        self.others: set[str] | None = None
        #: No trade of the entering order takes an id from this on (rule X1); each meeting that self-trade
        #: prevention ends counts as a trade.
        self.order_end = trade_end
        #: Once the next trade's id is here no further fired order enters (rule X2).
        self.command_end = trade_end


def latest_orders(events: list[m.Event]) -> list[m.Event]:
    """One OrderEvent an order: its last state, where its first stood."""
    latest = {event[ORDER_ID]: event for event in events if event[0] == m.EV_ORDER}
    kept = []
    for event in events:
        if event[0] != m.EV_ORDER:
            kept.append(event)
        elif event[ORDER_ID] in latest:
            kept.append(latest.pop(event[ORDER_ID]))
    return kept


def latest_levels(levels: list[m.Event], *, at_first: bool = False) -> list[m.Event]:
    """One LevelEvent a level: its last state, where that stood, or (``at_first``) where its first stood."""
    latest: dict[tuple[str, int, int], m.Event] = {}
    for event in levels:
        key = event[LEVEL_SYMBOL:-1]
        if not at_first:
            latest.pop(key, None)
        latest[key] = event
    return list(latest.values())
