"""What kinds of things happened, so that a run can show that it met the hard cases."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m


def kinds(command: m.Command, events: list[m.Event]) -> Iterator[str]:
    """A name for everything in these events that a run wants to have met."""
    for event in events:
        if event[0] == m.EV_REJECTED:
            yield event[3]
            if command[0] in (m.PLACE_OCO, m.PLACE_BRACKET, m.CANCEL_REPLACE, m.REPLACE):
                yield f"{_COMMANDS[command[0]]} refused"
        elif event[0] == m.EV_ORDER:
            yield from _of_order(m.OrderEvent(*event))
        elif event[0] == m.EV_TRADE:
            yield "auction trade" if event[5] == m.NO_SIDE else "trade"
            if event[9] < 0 or event[14] < 0:
                yield "rebate"
        elif event[0] == m.EV_SYMBOL:
            yield f"symbol {m.SYMBOL_STATUSES[m.SymbolEvent(*event).status]}"
            if m.SymbolEvent(*event).status_reason == "volatility":
                yield "volatility interruption"
        elif event[0] == m.EV_INDICATIVE and event[3]:
            yield "indicative price"
        elif event[0] == m.EV_CANCEL_AFTER:
            yield "cancel after" if event[2] else "cancel after taken back"
    if events[0][0] == m.EV_ORDER and command[0] in _COMMANDS:
        yield _COMMANDS[command[0]]
    if [event[0] for event in events[:2]] == [m.EV_REJECTED, m.EV_ORDER]:
        yield "placed although the cancel failed"
    if [event[0] for event in events[:2]] == [m.EV_ORDER, m.EV_REJECTED]:
        yield "canceled although the new order is refused"


_COMMANDS = {
    m.PLACE_OCO: "oco",
    m.PLACE_BRACKET: "bracket",
    m.CANCEL_REPLACE: "cancel-replace",
    m.REPLACE: "replace",
    m.REDUCE: "reduce",
}


def _of_order(order: m.OrderEvent) -> Iterator[str]:
    state = f"{m.ORDER_STATUSES[order.status]}/{m.REASONS[order.reason]}"
    yield state
    extra = m.OrderExtra(*order.extra) if order.extra else m.OrderExtra()
    if extra.trigger:
        watched = m.TRIGGER_SOURCES[extra.trigger_source]
        kind = f"{m.SIDES[order.side]} {m.TRIGGERS[extra.trigger]} {m.ORDER_TYPES[order.order_type]}"
        yield f"{'fired' if extra.triggered_ns else 'waits'} {watched}: {kind}"
        if extra.triggered_ns:
            yield f"fired {state}"
    if extra.prevented_lots:
        yield f"prevented {m.STP_MODES[order.stp]}"
    if extra.display_lots and order.filled_lots > extra.display_lots:
        yield "iceberg shows its next part"
    if extra.entry_order_id:
        yield f"exit {state}"
    if extra.reprice:
        yield f"repriced {m.SIDES[order.side]}"
    if order.quote_amount_minor:
        yield f"amount {m.SIDES[order.side]} {state}"
