"""Orders of an account: open ones from the engine, finished ones from the database, and where it is behind
from the engine as well.

Where both have an order the engine's answer counts, so a trader misses no order he has just placed, and none
shows twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from exchange.engine.messages import EV_ORDER, NO_TRIGGER, OPEN_STATUSES, OrderEvent
from exchange.engine.messages.places import ORDER_SYMBOL
from exchange.link import engine_link
from exchange.link.protocol import Answer
from exchange.listing.symbol_table import symbols
from exchange.models import Order
from exchange.models.order_options import options_of_text
from exchange.selectors.encoded_rows import encoded_rows
from exchange.selectors.stored_rows import Row, Rows, by_keys, fetch
from exchange.selectors.window import Page, Window
from exchange.wire import shapes
from exchange.wire.order_kinds import MARKET_TO_LIMIT, ORDER_KINDS, PEGGED, kind_word
from exchange.wire.rendering import order_shape
from exchange.wire.shape_parts import Encoded, encoded

#: Orders just finished that the engine is asked for; and when the database is behind even those.
FEW_ORDERS: Final = 20
MANY_ORDERS: Final = 1_000
#: As those of an event between its tag and its options, which follow with the sequence.
_COLUMNS: Final = ", ".join((*OrderEvent._fields[1:-1], "extra", "sequence"))
#: What a row's content goes by: its id, the sequence and the time of its last change.
_NAME_COLUMNS: Final = "order_id, sequence, updated_ns"
_Name = tuple[str, int, int, int]

#: Whether an order of a status is among those asked for.
IsAsked = Callable[[int], bool]


def stored_order(accounts: Sequence[int], order_id: int) -> OrderEvent | None:
    """One order of the accounts from the database; None for others' and where there is none."""
    for row in by_keys(Order, "order_id", _COLUMNS, [order_id]):
        event = event_of_row(row)
        return event if event.account in accounts else None
    return None


def question_of_open(account: int, window: Window) -> tuple[Any, ...]:
    """What the engine is asked for the newest open orders of a window: one more than a page, so that it
    makes no others; all where it cannot leave out those that are not asked for."""
    limit = None if window.is_picked else window.limit + 1
    bounds = (limit, window.before, window.start_ns, window.end_ns)
    return ("open_orders", account, window.symbol, *bounds)


def open_orders(window: Window, answer: Answer) -> Page:
    """Open orders, newest first, from the engine's answer alone."""
    events = [OrderEvent(*event) for event in reversed(answer.value)]
    return _page_of_events(events, window, answer.sequence)


def past_orders(
    accounts: Sequence[int],
    window: Window,
    statuses: Sequence[int] | None,
    sequence: int,
    reached: int,
) -> Page:
    """Orders with one of the statuses (None: all), newest first, as of the engine's ``sequence``; the
    database has ``reached``."""
    rows = order_rows(accounts, window, statuses)
    if reached < sequence:
        return _merged(rows, accounts, window, statuses)
    found = rows.newest(_NAME_COLUMNS, window.limit + 1)
    names = [("order", *row) for row in found[: window.limit]]
    next_before = names[-1][1] if len(found) > window.limit else None
    return Page(encoded_rows.of(names, _read), next_before, sequence)


def order_rows(accounts: Sequence[int], window: Window, statuses: Sequence[int] | None) -> Rows:
    """The stored orders that a window and the statuses name."""
    rows = Rows(Order, "order_id", accounts)
    if window.symbol is not None:
        rows.where("symbol = %s", window.symbol)
    if window.side is not None:
        rows.where("side = %s", window.side)
    if window.kind is not None:
        _of_kind(rows, window.kind)
    if statuses is not None:
        rows.is_one_of("status", statuses)
    rows.within("created_ns", window.start_ns, window.end_ns)
    rows.before(window.before)
    return rows


def _of_kind(rows: Rows, kind: str) -> None:
    """Options are kept as the JSON that ``options_text`` writes, without those that are not set."""
    order_type, trigger = ORDER_KINDS[kind]
    rows.where("order_type = %s", order_type)
    if kind in _SPECIAL_OPTIONS:
        rows.where("extra LIKE %s", _SPECIAL_OPTIONS[kind])
    elif trigger != NO_TRIGGER:
        rows.where("(extra LIKE %s OR extra LIKE %s)", f'%"trigger":{trigger},%', f'%"trigger":{trigger}}}')
    else:
        others = ('%"trigger":%', *_SPECIAL_OPTIONS.values())
        unlike = " AND ".join(["extra NOT LIKE %s"] * len(others))
        rows.where(f"(extra IS NULL OR ({unlike}))", *others)


#: The option by which a limit order has a name of its own.
_SPECIAL_OPTIONS: Final = {MARKET_TO_LIMIT: '%"to_limit":true%', PEGGED: '%"peg":%'}


def all_orders(
    accounts: Sequence[int], window: Window, statuses: Sequence[int] | None
) -> Iterable[list[shapes.SimpleOrder]]:
    """Every stored order that a window names, newest first, in lists of a bounded length."""
    for rows in order_rows(accounts, window, statuses).walk(_COLUMNS):
        yield [shape_of(event_of_row(row)) for row in rows]


def _read(names: Sequence[_Name]) -> Iterable[tuple[_Name, Encoded]]:
    """What has changed since its name was read has the place of what it was."""
    by_id = {name[1]: name for name in names}
    for row in by_keys(Order, "order_id", _COLUMNS, list(by_id)):
        yield by_id[row[0]], encoded(shape_of(event_of_row(row)))


# --- where the database is behind ------------------------------------------------------------------------


def _merged(rows: Rows, accounts: Sequence[int], window: Window, statuses: Sequence[int] | None) -> Page:
    """Stored orders with those the engine knows laid over them, newest first.

    Open ones are asked for first: an order that finishes between the two questions is then in both answers,
    and the later word wins; the other way round it could be in neither."""
    is_asked = _is_one_of(statuses)
    sequence, known = 0, []
    for account in accounts:
        if any(map(is_asked, OPEN_STATUSES)):
            answer = engine_link.query(*question_of_open(account, window))
            known += answer.value
        answer = _just_finished(account, window.symbol)
        known += answer.value
        sequence = answer.sequence
    stored = rows.newest(_COLUMNS, window.limit + 1)
    merged = {event.order_id: event for event in map(event_of_row, stored)}
    for item in known:
        event = OrderEvent(*item)
        merged[event.order_id] = event
    newest_first = (merged[order_id] for order_id in sorted(merged, reverse=True))
    return _page_of_events(_in_window(newest_first, window, is_asked), window, sequence)


def _just_finished(account: int, symbol: str | None) -> Answer:
    """The account's orders that finished last, at least all those the database does not have yet.

    The projection follows in order: if it has the oldest of a few, it has all that finished before.
    """
    answer = engine_link.query("finished_orders", account, symbol, FEW_ORDERS)
    if len(answer.value) < FEW_ORDERS or _is_stored(OrderEvent(*answer.value[-1])):
        return answer
    return engine_link.query("finished_orders", account, symbol, MANY_ORDERS)


def _is_stored(event: OrderEvent) -> bool:
    table = Order._meta.db_table
    statement = f"SELECT 1 FROM {table} WHERE order_id = %s AND status = %s"
    return bool(fetch(statement, [event.order_id, event.status]))


def _is_one_of(statuses: Sequence[int] | None) -> IsAsked:
    return lambda status: statuses is None or status in statuses


# --- rows and events ---------------------------------------------------------------------------------------


def event_of_row(row: Row) -> OrderEvent:
    """A stored order in the shape the engine gives it. ``row`` has ``_COLUMNS``."""
    values = list(row[:-2])
    extra = row[-2]
    values[_POST_ONLY] = bool(values[_POST_ONLY])
    for place in _AMOUNTS:
        values[place] = int(values[place])
    options = None if extra is None else options_of_text(extra)
    return OrderEvent._make((EV_ORDER, *values, options))


_POST_ONLY: Final = OrderEvent._fields.index("post_only") - 1
_AMOUNTS: Final = tuple(
    OrderEvent._fields.index(name) - 1
    for name in ("quote_amount_minor", "filled_notional_minor", "fee_minor")
)


def order_event(row: Order) -> OrderEvent:
    """The same of a model's object."""
    return event_of_row((*(getattr(row, name) for name in OrderEvent._fields[1:]), row.sequence))


def _in_window(events: Iterable[OrderEvent], window: Window, is_asked: IsAsked) -> list[OrderEvent]:
    return [
        event
        for event in events
        if (window.before is None or event.order_id < window.before)
        and window.holds(event.created_ns)
        and (window.side is None or event.side == window.side)
        and (window.kind is None or _kind_of(event) == window.kind)
        and is_asked(event.status)
    ]


def _kind_of(event: OrderEvent) -> str:
    return shape_of(event).order_type if event.extra is not None else kind_word(event.order_type, None)


def _page_of_events(events: list[OrderEvent], window: Window, sequence: int) -> Page:
    shown = events[: window.limit]
    next_before = shown[-1].order_id if len(events) > window.limit else None
    return Page([encoded(shape_of(event)) for event in shown], next_before, sequence)


def shape_of(event: Sequence[Any]) -> shapes.SimpleOrder:
    """An order's event as its owner sees it."""
    return order_shape(event, symbols.known(event[ORDER_SYMBOL]))
