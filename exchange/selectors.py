"""What a trader may read, as wire dictionaries.

The present (open orders, orders just finished, balances) comes from the engine; history from the database,
which follows the engine. Where both have an order the engine's word counts, so nobody misses an order he
has just placed, and none shows twice. Every reply says which engine sequence it reflects.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet

from exchange import projection
from exchange.checksum import DEPTH, book_checksum
from exchange.engine.messages import EV_ORDER, OPEN_STATUSES, SIDES, SYMBOL_STATUSES, OrderEvent
from exchange.errors import RefusedError
from exchange.models import Fill, Order
from exchange.orderextra import extra_of_text
from exchange.symbols import SymbolSpec, symbols
from exchange.wire import (
    Json,
    balance_dict,
    fee_rate,
    format_units,
    indicative_dict,
    level_pairs,
    liquidity,
    milliseconds,
    order_dict,
)
from exchange.worker import gateway
from exchange.worker.protocol import Answer

#: Orders just finished that the engine is asked for; and when the database is behind even those.
FEW_ORDERS: Final = 20
MANY_ORDERS: Final = 1_000


class Window(NamedTuple):
    """Which part of a history: of one symbol or all, from ``start_ns`` up to but not including
    ``end_ns``, rows with a key below ``before``, at most ``limit`` of them."""

    symbol: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    before: int | None = None
    limit: int = 100

    def holds(self, time_ns: int) -> bool:
        """Whether a time lies in the window."""
        after_start = self.start_ns is None or time_ns >= self.start_ns
        return after_start and (self.end_ns is None or time_ns < self.end_ns)


class Page(NamedTuple):
    """Rows newest first, the key of the next page (None at the end), and the sequence they reflect."""

    rows: list[Json]
    next_before: int | None
    as_of_sequence: int


# --- who -------------------------------------------------------------------------------------------


def account_of(user: AbstractBaseUser | AnonymousUser) -> int:
    """The number of the user's account. Raises NO_ACCOUNT (403)."""
    try:
        return int(user.account.number)  # type: ignore[union-attr]
    except (AttributeError, ObjectDoesNotExist):
        raise RefusedError("NO_ACCOUNT") from None


# --- orders ----------------------------------------------------------------------------------------


def order(account: int, order_id: int) -> Json:
    """One order of the account, however old. Raises ORDER_NOT_FOUND, for others' orders too."""
    sequence, event = gateway.query("order", account, order_id, None)
    if event is None:
        row = Order.objects.filter(order_id=order_id, account=account).first()
        if row is None:
            raise RefusedError("ORDER_NOT_FOUND", {"field": "order_id", "order_id": str(order_id)})
        event = order_event(row)
    return {"order": _order_json(event), "as_of_sequence": sequence}


def open_orders(account: int, window: Window) -> Page:
    """Open orders, newest first, from the engine alone."""
    sequence, events = _resting(account, window)
    found = (OrderEvent(*event) for event in reversed(events))
    return _order_page(_in_window(found, window), window, sequence)


def _resting(account: int, window: Window) -> tuple[int, list[Any]]:
    """The newest open orders of the window, one more than a page, so that the engine makes no others."""
    bounds = (window.limit + 1, window.before, window.start_ns, window.end_ns)
    sequence, events = gateway.query("open_orders", account, window.symbol, *bounds)
    return sequence, events


def closed_orders(account: int, window: Window) -> Page:
    """Finished orders, newest first: the engine's recent ones merged over the database's."""
    sequence, recent = _just_finished(account, window.symbol)
    stored = _stored_orders(account, window).exclude(status__in=OPEN_STATUSES)
    return _order_page(_merged(stored, recent, window), window, sequence)


def all_orders(account: int, window: Window) -> Page:
    """Open and finished orders together, newest first."""
    # Open ones first: an order that finishes between the two questions is then in both answers, and the
    # later word wins below; the other way round it could be in neither.
    sequence, resting = _resting(account, window)
    _, recent = _just_finished(account, window.symbol)
    known = [*resting, *recent]
    return _order_page(_merged(_stored_orders(account, window), known, window), window, sequence)


def _just_finished(account: int, symbol: str | None) -> Answer:
    """The account's orders that finished last, at least all those the database does not have yet.

    The projection follows in order: if it has the oldest of a few, it has all that finished before.
    """
    answer = gateway.query("finished_orders", account, symbol, FEW_ORDERS)
    if len(answer.value) < FEW_ORDERS or _is_stored(OrderEvent(*answer.value[-1])):
        return answer
    return gateway.query("finished_orders", account, symbol, MANY_ORDERS)


def _is_stored(event: OrderEvent) -> bool:
    return Order.objects.filter(order_id=event.order_id, status=event.status).exists()


def order_event(row: Order) -> OrderEvent:
    """A stored order in the shape the engine gives it."""
    values = {name: getattr(row, name) for name in OrderEvent._fields if name not in ("tag", "extra")}
    extra = None if row.extra is None else extra_of_text(row.extra)
    return OrderEvent(tag=EV_ORDER, **values, extra=extra)


def _stored_orders(account: int, window: Window) -> QuerySet[Order]:
    rows = Order.objects.filter(account=account).order_by("-order_id")
    if window.symbol is not None:
        rows = rows.filter(symbol=window.symbol)
    if window.before is not None:
        rows = rows.filter(order_id__lt=window.before)
    return within(rows, window, "created_ns")


def within(rows: QuerySet[Any], window: Window, column: str) -> QuerySet[Any]:
    """Rows whose time column lies in the window."""
    if window.start_ns is not None:
        rows = rows.filter(**{f"{column}__gte": window.start_ns})
    if window.end_ns is not None:
        rows = rows.filter(**{f"{column}__lt": window.end_ns})
    return rows


def _merged(stored: QuerySet[Order], known: list[Any], window: Window) -> list[OrderEvent]:
    """Stored orders with those the engine knows laid over them, newest first."""
    merged = {row.order_id: order_event(row) for row in stored[: window.limit + 1]}
    for event in _in_window((OrderEvent(*item) for item in known), window):
        merged[event.order_id] = event
    return [merged[order_id] for order_id in sorted(merged, reverse=True)]


def _in_window(events: Any, window: Window) -> list[OrderEvent]:
    return [
        event
        for event in events
        if (window.before is None or event.order_id < window.before) and window.holds(event.created_ns)
    ]


def _order_page(events: list[OrderEvent], window: Window, sequence: int) -> Page:
    shown = events[: window.limit]
    next_before = shown[-1].order_id if len(events) > window.limit else None
    return Page([_order_json(event) for event in shown], next_before, sequence)


def _order_json(event: Any) -> Json:
    return order_dict(event, symbols.known(event[4]))


# --- fills -----------------------------------------------------------------------------------------


def fills(account: int, window: Window, order_id: int | None = None) -> Page:
    """The account's sides of trades, newest first. Waits a moment for the database to be up to date."""
    reached = up_to_date()
    rows = _stored_fills(account, window)
    if order_id is not None:
        rows = rows.filter(order_id=order_id)
    found = list(rows[: window.limit + 1])
    shown = found[: window.limit]
    next_before = shown[-1].pk if len(found) > window.limit else None
    return Page([_fill_json(row) for row in shown], next_before, reached)


def _stored_fills(account: int, window: Window) -> QuerySet[Fill]:
    rows = Fill.objects.filter(account=account).order_by("-id")
    if window.symbol is not None:
        rows = rows.filter(symbol=window.symbol)
    if window.before is not None:
        rows = rows.filter(id__lt=window.before)
    return within(rows, window, "time_ns")


def _fill_json(row: Fill) -> Json:
    spec = symbols.known(row.symbol)
    return {
        "trade_id": str(row.trade_id),
        "order_id": str(row.order_id),
        "symbol": row.symbol,
        "side": SIDES[row.side],
        "price": format_units(row.price_ticks, spec.price_scale),
        "quantity": format_units(row.quantity_lots, spec.quantity_scale),
        "amount": format_units(row.notional_minor, spec.quote_scale),
        "fee": format_units(row.fee_minor, spec.quote_scale),
        "fee_asset": spec.quote,
        "liquidity": liquidity(is_taker=row.is_taker, is_auction=row.is_auction),
        "timestamp": milliseconds(row.time_ns),
    }


def up_to_date() -> int:
    """Wait a moment for the database to reflect the engine's present; the sequence it then reflects."""
    sequence, _ = gateway.query("status")
    return projection.wait_for(sequence)


# --- balances, fees, book ----------------------------------------------------------------------------


def balances(account: int) -> Json:
    """What the account has, by asset."""
    sequence, rows = gateway.query("balances", account)
    rendered = [
        balance_dict((0, account, asset, available, held), symbols.asset_scale(asset))
        for asset, available, held in rows
    ]
    return {"balances": rendered, "as_of_sequence": sequence}


def fees(account: int) -> Json:
    """The account's fee rates on every symbol."""
    sequence, rates = gateway.query("fees", account)
    rendered = [
        {"symbol": symbol, "maker_fee_rate": fee_rate(maker), "taker_fee_rate": fee_rate(taker)}
        for symbol, maker, taker in rates
    ]
    return {"fees": rendered, "as_of_sequence": sequence}


def order_book(spec: SymbolSpec, depth: int, timestamp_ms: int) -> Json:
    """The best ``depth`` levels of each side, with the checksum of the top ten."""
    sequence, levels = gateway.query("book", spec.name, max(depth, DEPTH))
    return book_reply(spec, depth, sequence, levels, timestamp_ms)


def book_reply(spec: SymbolSpec, depth: int, sequence: int, levels: Any, timestamp_ms: int) -> Json:
    """A book of which the best ``depth`` levels of each side, ten at least, are given as (bids, asks)."""
    bid_pairs, ask_pairs = (level_pairs(side, spec) for side in levels)
    return {
        "symbol": spec.name,
        "bids": bid_pairs[:depth],
        "asks": ask_pairs[:depth],
        "sequence": sequence,
        "timestamp": timestamp_ms,
        "checksum": book_checksum(ask_pairs, bid_pairs),
    }


def auction(spec: SymbolSpec, timestamp_ms: int) -> Json:
    """Where an auction would trade as the book stands."""
    sequence, event = gateway.query("indication", spec.name)
    return {
        "symbol": spec.name,
        "status": SYMBOL_STATUSES[spec.status],
        **indicative_dict(event, spec),
        "call_ends_at": milliseconds(spec.call_ends_ns) if spec.call_ends_ns else None,
        "sequence": sequence,
        "timestamp": timestamp_ms,
    }
