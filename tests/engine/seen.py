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


_WATCHES = [
    f"{watched}: {side} {kind}"
    for watched in m.TRIGGER_SOURCES
    for side in m.SIDES
    for kind in (
        *("stop limit", "stop market", "take_profit limit", "take_profit market"),
        "trailing_stop market",
    )
]
#: What a healthy run must have met, or it is not testing what it claims to.
MUST_SEE = (
    *("trade", "auction trade", "rebate", "recalled", "indicative price", "volatility interruption"),
    *("cancel after", "cancel after taken back", "oco", "bracket", "reduce", "replace", "cancel-replace"),
    *("oco refused", "bracket refused", "replace refused", "cancel-replace refused"),
    *("placed although the cancel failed", "canceled although the new order is refused"),
    *("iceberg shows its next part", "repriced buy", "repriced sell"),
    *(f"waits {watch}" for watch in _WATCHES),
    *(f"fired {watch}" for watch in _WATCHES),
    *(f"prevented {mode}" for mode in m.STP_MODES),
    *(f"symbol {status}" for status in m.SYMBOL_STATUSES),
    # What is refused.
    *("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND", "ORDER_NOT_FOUND", "ORDER_NOT_OPEN"),
    *("ACCOUNT_FROZEN", "SYMBOL_HALTED", "SYMBOL_CANCEL_ONLY", "SYMBOL_CLOSED", "SYMBOL_POST_ONLY"),
    *("SYMBOL_IN_AUCTION", "CLIENT_ORDER_ID_IN_USE", "SCALE_FIXED", "INVALID_ORDER", "INVALID_REDUCE"),
    *("INVALID_REPLACE", "INVALID_SYMBOL", "INVALID_STATUS", "INVALID_FEES", "INVALID_AMOUNT"),
    *("INVALID_EXPIRY", "INVALID_GROUP", "INVALID_CANCEL_AFTER", "PRICE_OUT_OF_BOUNDS", "PRICE_OFF_TICK"),
    *("QUANTITY_OUT_OF_BOUNDS", "QUANTITY_OFF_LOT", "BELOW_MIN_NOTIONAL", "ABOVE_MAX_NOTIONAL"),
    *("PRICE_OUT_OF_BAND", "TOO_MANY_OPEN_ORDERS", "NO_REFERENCE_PRICE", "TRIGGER_WOULD_FIRE"),
    *("POST_ONLY_WOULD_TAKE", "INSUFFICIENT_BALANCE"),
    # How orders stand and end: any, fired ones, exits of brackets, those by quote amount.
    *("new/", "partially_filled/", "filled/", "expired/time", "expired/closed"),
    *(f"canceled/{reason}" for reason in m.REASONS if reason not in ("", "time", "closed")),
    *("fired new/", "fired partially_filled/", "fired filled/", "fired canceled/no_liquidity"),
    *("fired canceled/price_limit", "fired canceled/fok_unfillable", "fired canceled/ioc_remainder"),
    *("fired canceled/self_trade", "fired canceled/user"),
    *("exit new/", "exit partially_filled/", "exit filled/", "exit canceled/linked", "exit canceled/user"),
    *("amount buy new/", "amount buy filled/", "amount buy canceled/no_liquidity"),
    *("amount buy canceled/amount_below_lot", "amount buy canceled/self_trade"),
    *("amount buy canceled/price_limit", "amount sell filled/", "amount sell canceled/no_liquidity"),
    *("amount sell canceled/amount_below_lot", "amount sell canceled/self_trade"),
)
