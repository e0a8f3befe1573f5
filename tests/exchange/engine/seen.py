"""What kinds of things happened, so that a run can show that it met the hard cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from exchange.engine import messages as m


def kinds(command: m.Command, events: list[m.Event]) -> Iterator[str]:
    """A name for everything in these events that a run wants to have met."""
    for event in events:
        if event[0] == m.EV_REJECTED:
            yield event[3]
            if command[0] in (m.PLACE_OTO, m.PLACE_OCO, m.PLACE_BRACKET, m.CANCEL_REPLACE, m.REPLACE):
                yield f"{_COMMANDS[command[0]]} refused"
        elif event[0] in _OF_EVENT:
            view, of_event = _OF_EVENT[event[0]]
            yield from of_event(view(*event))
        elif event[0] == m.EV_TRADE:
            yield "auction trade" if event[5] == m.NO_SIDE else "trade"
            if event[9] < 0 or event[14] < 0:
                yield "rebate"
        elif event[0] == m.EV_INDICATIVE and event[3]:
            yield "indicative price"
        elif event[0] in (m.EV_QUOTES, m.EV_QUOTE_PROTECTION):
            yield from _of_quotes(event)
        elif event[0] in (m.EV_FEES, m.EV_FEE_PLAN, m.EV_ACCOUNT, m.EV_CANCEL_AFTER):
            yield _of_settings(event)
    if events[0][0] == m.EV_ORDER and command[0] in _COMMANDS:
        yield _COMMANDS[command[0]]
    if events[0][0] == m.EV_ORDER:
        yield from _of_first(command, m.OrderEvent(*events[0]))
    if [event[0] for event in events[:2]] == [m.EV_REJECTED, m.EV_ORDER]:
        yield "placed although the cancel failed"
    if [event[0] for event in events[:2]] == [m.EV_ORDER, m.EV_REJECTED]:
        yield "canceled although the new order is refused"


def _of_symbol(symbol: m.SymbolEvent) -> Iterator[str]:
    yield f"symbol {m.SYMBOL_STATUSES[symbol.status]}"
    if symbol.status_reason in ("volatility", "extended"):
        yield f"{symbol.status_reason} interruption"


def _of_settings(event: m.Event) -> str:
    if event[0] == m.EV_CANCEL_AFTER:
        return "cancel after" if event[2] else "cancel after taken back"
    if event[0] == m.EV_ACCOUNT:
        return "on a plan" if m.AccountEvent(*event).fee_plan else "on no plan"
    if event[0] == m.EV_FEE_PLAN:
        return "plan with rates" if event[2] else "plan without rates"
    fees = m.FeesEvent(*event)
    where = "a symbol" if fees.symbol else "every symbol"
    return f"own rates on {where} {'taken back' if fees.cleared else 'set'}"


def _of_transfer(transfer: m.TransferEvent) -> Iterator[str]:
    fee = " with a fee" if transfer.fee_minor else ""
    held = " that was held" if transfer.kind == m.WITHDRAWN and transfer.withdrawal_id else ""
    source = " from the fees" if transfer.counter_account == m.FEE_ACCOUNT else ""
    yield f"{m.TRANSFER_KINDS[transfer.kind]}{held}{source}{fee}"


def _of_quotes(event: m.Event) -> Iterator[str]:
    if event[0] == m.EV_QUOTE_PROTECTION:
        yield "protection tripped" if event[-1] else "protection set" if event[2] else "no protection"
        return
    yield "quotes"
    for bid_id, bid_code, ask_id, ask_code in event[2]:
        for number, code in ((bid_id, bid_code), (ask_id, ask_code)):
            yield f"quote {code}" if code else "quoted" if number else "no side"


_COMMANDS = {
    m.PLACE_OCO: "oco",
    m.PLACE_BRACKET: "bracket",
    m.PLACE_OTO: "oto",
    m.CANCEL_REPLACE: "cancel-replace",
    m.REPLACE: "replace",
    m.REDUCE: "reduce",
}


def _of_first(command: m.Command, order: m.OrderEvent) -> Iterator[str]:
    """What became of the order that a command enters or amends."""
    extra = m.OrderExtra(*order.extra) if order.extra else m.OrderExtra()
    if command[0] == m.PLACE and m.PlaceOrder(*command).order_type != order.order_type:
        yield f"{m.SIDES[order.side]} rests at the collar"
    if command[0] == m.REPLACE and extra.triggered_ns and order.created_ns < extra.triggered_ns:
        yield "replace fires"
    if command[0] == m.REPLACE and order.reason == m.REASON_REDUCED:
        yield "replace ends"


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
    if order.time_in_force in (m.OPG, m.CLS) or (order.order_type == m.MARKET and not extra.trigger):
        yield f"{m.ORDER_TYPES[order.order_type]} {m.TIMES_IN_FORCE[order.time_in_force]} {state}"
    if extra.prevented_lots:
        yield f"prevented {m.STP_MODES[order.stp]}"
    if extra.display_lots and order.filled_lots > extra.display_lots:
        yield "iceberg shows its next part"
    if extra.entry_order_id:
        yield f"exit {state}" if extra.second == m.NOT_SECOND else f"second {extra.second} {state}"
    if extra.to_limit:
        yield f"to limit {state}"
    if extra.peg:
        yield f"{m.PEGS[extra.peg]} peg {m.SIDES[order.side]} {state}"
    if extra.min_lots and order.filled_lots:
        yield "minimum met"
    if extra.reprice:
        yield f"repriced {m.SIDES[order.side]}"
    if order.quote_amount_minor:
        yield f"amount {m.SIDES[order.side]} {state}"


#: Tag of an event → its view, and what names its kinds.
_OF_EVENT: dict[int, tuple[Any, Any]] = {
    m.EV_ORDER: (m.OrderEvent, _of_order),
    m.EV_SYMBOL: (m.SymbolEvent, _of_symbol),
    m.EV_TRANSFER: (m.TransferEvent, _of_transfer),
}

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
    "extended interruption",
    *("on a plan", "on no plan", "plan with rates", "plan without rates", "INVALID_FEE_PLAN"),
    *("own rates on a symbol set", "own rates on every symbol set"),
    *("own rates on a symbol taken back", "own rates on every symbol taken back"),
    *("cancel after", "cancel after taken back", "oco", "bracket", "reduce", "replace", "cancel-replace"),
    *("buy rests at the collar", "sell rests at the collar", "replace fires", "replace ends"),
    *("quotes", "quoted", "no side", "protection tripped", "protection set", "no protection"),
    *("quote POST_ONLY_WOULD_TAKE", "quote TOO_MANY_OPEN_ORDERS", "quote SYMBOL_NOT_FOUND"),
    *("quote INVALID_ORDER", "quote PRICE_OFF_TICK", "quote SYMBOL_IN_AUCTION", "quote SYMBOL_HALTED"),
    *("INVALID_PROTECTION", "QUOTES_PROTECTED"),
    *("oto", "minimum met", "to limit filled/", "to limit new/", "to limit partially_filled/"),
    *(
        f"{peg} peg {side} {state}"
        for peg in m.PEGS[1:]
        for side in m.SIDES
        for state in ("new/", "partially_filled/", "filled/", "canceled/user")
    ),
    *("mid peg buy expired/time", "mid peg sell canceled/self_trade"),
    *("second 1 new/", "second 2 new/", "second 1 canceled/user", "second 1 canceled/linked"),
    *("second 1 expired/time", "second 2 canceled/insufficient_balance"),
    *("oto refused", "oco refused", "bracket refused", "replace refused", "cancel-replace refused"),
    *("placed although the cancel failed", "canceled although the new order is refused"),
    *("iceberg shows its next part", "repriced buy", "repriced sell"),
    *(f"waits {watch}" for watch in _WATCHES),
    *(f"fired {watch}" for watch in _WATCHES),
    *(f"prevented {mode}" for mode in m.STP_MODES),
    *(f"symbol {status}" for status in m.SYMBOL_STATUSES),
    # What is refused.
    *("ACCOUNT_NOT_FOUND", "SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND", "ORDER_NOT_FOUND", "ORDER_NOT_OPEN"),
    *("ACCOUNT_FROZEN", "SYMBOL_HALTED", "SYMBOL_CANCEL_ONLY", "SYMBOL_CLOSED", "SYMBOL_POST_ONLY"),
    *("OPENING_OVER", "HALT_ENDS_BY_AUCTION"),
    *("SYMBOL_IN_AUCTION", "CLIENT_ORDER_ID_IN_USE", "SCALE_FIXED", "INVALID_ORDER", "INVALID_REDUCE"),
    *("INVALID_REPLACE", "INVALID_SYMBOL", "INVALID_STATUS", "INVALID_FEES", "INVALID_AMOUNT"),
    *("INVALID_EXPIRY", "INVALID_GROUP", "INVALID_CANCEL_AFTER", "PRICE_OUT_OF_BOUNDS", "PRICE_OFF_TICK"),
    *("QUANTITY_OUT_OF_BOUNDS", "QUANTITY_OFF_LOT", "BELOW_MIN_NOTIONAL", "ABOVE_MAX_NOTIONAL"),
    *(
        "PRICE_OUT_OF_BAND",
        "DISPLAY_TOO_SMALL",
        "TOO_MANY_OPEN_ORDERS",
        "NO_REFERENCE_PRICE",
        "TRIGGER_WOULD_FIRE",
    ),
    *("POST_ONLY_WOULD_TAKE", "INSUFFICIENT_BALANCE"),
    *("SAME_ACCOUNT", "WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_ID_IN_USE", "TOO_MANY_WITHDRAWALS"),
    # Money that moves.
    *("deposit", "withdrawal", "transfer_out", "transfer_in", "transfer_in from the fees"),
    *("withdrawal_hold", "withdrawal_hold with a fee", "withdrawal_release", "withdrawal_release with a fee"),
    *("withdrawal that was held", "withdrawal that was held with a fee"),
    # Market orders and others that are for an auction.
    *("market ioc new/", "market ioc canceled/auction_remainder", "market cls filled/"),
    *("limit opg new/", "limit opg filled/", "limit opg canceled/auction_remainder"),
    *("market cls new/", "limit cls new/", "limit cls filled/", "limit cls expired/closed"),
    # How orders stand and end: any, fired ones, exits of brackets, those by quote amount.
    *("new/", "partially_filled/", "filled/", "expired/time", "expired/closed"),
    *(f"canceled/{reason}" for reason in m.REASONS if reason not in ("", "time", "closed", "reduced")),
    *("fired new/", "fired partially_filled/", "fired filled/", "fired canceled/no_liquidity"),
    *("fired canceled/price_limit", "fired canceled/fok_unfillable", "fired canceled/ioc_remainder"),
    *("fired canceled/self_trade", "fired canceled/user"),
    *("exit new/", "exit partially_filled/", "exit filled/", "exit canceled/linked", "exit canceled/user"),
    *("amount buy new/", "amount buy filled/", "amount buy canceled/no_liquidity"),
    *("amount buy canceled/amount_below_lot", "amount buy canceled/self_trade"),
    *("amount buy canceled/price_limit", "amount sell filled/", "amount sell canceled/no_liquidity"),
    *("amount sell canceled/amount_below_lot", "amount sell canceled/self_trade"),
)
