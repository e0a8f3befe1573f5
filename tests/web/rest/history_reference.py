"""Rows of histories as the documents describe them, written plainly: by the decimal module, fractions and
dictionaries, from the engine's events, without anything of ``exchange.wire``.

What the exchange sends has to be equal to this, to the last byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from exchange.engine import messages as m
from exchange.listing.symbol_table import SymbolSpec

Row = dict[str, Any]
#: What a limit or market order with a trigger is called: docs/orders.md.
WITH_TRIGGER = {
    (m.LIMIT, m.NO_TRIGGER): "limit",
    (m.MARKET, m.NO_TRIGGER): "market",
    (m.MARKET, m.STOP): "stop",
    (m.LIMIT, m.STOP): "stop_limit",
    (m.MARKET, m.TAKE_PROFIT): "take_profit",
    (m.LIMIT, m.TAKE_PROFIT): "take_profit_limit",
    (m.MARKET, m.TRAILING_STOP): "trailing_stop",
}
FILL, LEDGER = "fill", "ledger"


def as_bytes(name: str, rows: list[Row], cursor: str | None, sequence: int) -> bytes:
    """A page as DRF's renderer writes it."""
    page = {name: rows, "next_cursor": cursor, "as_of_sequence": sequence}
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


def plain(units: int, scale: int) -> str:
    """``units`` of ``10**-scale`` as a plain decimal."""
    with localcontext(prec=100):
        text = f"{Decimal(units) / 10**scale:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ms(time_ns: int) -> int:
    return time_ns // 10**6


# --- orders ------------------------------------------------------------------------------------------------


def order_kind(event: m.OrderEvent) -> str:
    """What the wire calls the order."""
    extra = event.extra or m.OrderExtra()
    if extra.peg:
        return "pegged"
    return "market_to_limit" if extra.to_limit else WITH_TRIGGER[event.order_type, extra.trigger]


def order_row(event: m.OrderEvent, spec: SymbolSpec) -> Row:
    """An order; one without options lacks their fields."""
    row = _simple_order(event, spec)
    if event.extra is not None:
        row |= _options(event.extra, event.status in (m.NEW, m.PARTIALLY_FILLED), spec)
    return row


def _simple_order(event: m.OrderEvent, spec: SymbolSpec) -> Row:
    lots, money = spec.quantity_scale, spec.quote_scale
    prevented = event.extra.prevented_lots if event.extra else 0
    left = event.quantity_lots - event.filled_lots
    by_amount = event.quote_amount_minor != 0
    return {
        "order_id": str(event.order_id),
        "client_order_id": event.client_order_id,
        "symbol": event.symbol,
        "side": m.SIDES[event.side],
        "order_type": order_kind(event),
        "time_in_force": m.TIMES_IN_FORCE[event.time_in_force],
        "post_only": event.post_only,
        "stp": m.STP_MODES[event.stp],
        "price": plain(event.price_ticks, spec.price_scale) if event.price_ticks else None,
        "quantity": None if by_amount else plain(event.quantity_lots, lots),
        "quote_amount": plain(event.quote_amount_minor, money) if by_amount else None,
        "filled_quantity": plain(event.filled_lots, lots),
        # Only prevention can take more off an order than there is of it.
        "remaining_quantity": None
        if by_amount
        else plain(max(0, left - prevented) if event.extra else left, lots),
        "filled_amount": plain(event.filled_notional_minor, money),
        "average_price": _average(event, spec) if event.filled_lots else None,
        "fee": plain(event.fee_minor, money),
        "fee_asset": spec.quote,
        "status": m.ORDER_STATUSES[event.status],
        "reason": m.REASONS[event.reason] or None,
        "created_at": ms(event.created_ns),
        "updated_at": ms(event.updated_ns),
    }


def _average(event: m.OrderEvent, spec: SymbolSpec) -> str:
    """Rounded half up to four decimals more than a price has."""
    amount = Fraction(event.filled_notional_minor, 10**spec.quote_scale)
    quantity = Fraction(event.filled_lots, 10**spec.quantity_scale)
    decimals = spec.price_scale + 4
    return plain(int(amount / quantity * 10**decimals + Fraction(1, 2)), decimals)


def _options(extra: m.OrderExtra, is_open: bool, spec: SymbolSpec) -> Row:
    def price(ticks: int) -> str | None:
        return plain(ticks, spec.price_scale) if ticks else None

    def quantity(lots: int) -> str | None:
        return plain(lots, spec.quantity_scale) if lots else None

    exits = extra.exits or (0, 0, 0, 0)
    is_second = extra.second != m.NOT_SECOND
    has_trigger = extra.trigger != m.NO_TRIGGER
    return {
        "waiting": is_open and (is_second or (has_trigger and extra.triggered_ns == 0)),
        "trigger_price": price(extra.trigger_ticks),
        "trigger_source": m.TRIGGER_SOURCES[extra.trigger_source] if has_trigger else None,
        "trail_offset": price(extra.trail_ticks),
        "trail_percent": plain(extra.trail_ppm, 4) if extra.trail_ppm else None,
        "triggered_at": ms(extra.triggered_ns) if extra.triggered_ns else None,
        "display_quantity": quantity(extra.display_lots),
        "expire_at": ms(extra.expire_ns) if extra.expire_ns else None,
        "prevented_quantity": plain(extra.prevented_lots, spec.quantity_scale),
        "linked_order_id": str(extra.linked_order_id) if extra.linked_order_id else None,
        "entry_order_id": str(extra.entry_order_id) if extra.entry_order_id else None,
        "take_profit_price": price(exits[0]),
        "stop_price": price(exits[1]),
        "stop_limit_price": price(exits[2]),
        "cancel_on_disconnect": extra.session is not None,
        "min_quantity": quantity(extra.min_lots),
        "pending": is_second and is_open,
        "quote_id": extra.quote_id,
        "peg": m.PEGS[extra.peg] if extra.peg else None,
        "peg_offset": plain(extra.peg_offset_ticks, spec.price_scale) if extra.peg else None,
    }


# --- fills and ledger --------------------------------------------------------------------------------------


class Side:
    """One side of a trade."""

    def __init__(self, trade: m.TradeEvent, is_taker: bool, time_ns: int, sequence: int) -> None:
        self.trade, self.is_taker, self.time_ns, self.sequence = trade, is_taker, time_ns, sequence
        self.account = trade.taker_account if is_taker else trade.maker_account
        self.order_id = trade.taker_order_id if is_taker else trade.maker_order_id
        self.fee_minor = trade.taker_fee_minor if is_taker else trade.maker_fee_minor
        # In an auction the buyer stands in the taker's place.
        buyer_takes = trade.taker_side != m.SELL
        self.is_buyer = is_taker == buyer_takes
        self.key = trade.trade_id * 2 + is_taker

    @property
    def liquidity(self) -> str:
        if self.trade.taker_side == m.NO_SIDE:
            return "auction"
        return "taker" if self.is_taker else "maker"

    def fill_row(self, spec: SymbolSpec) -> Row:
        trade = self.trade
        return {
            "trade_id": str(trade.trade_id),
            "order_id": str(self.order_id),
            "symbol": trade.symbol,
            "side": "buy" if self.is_buyer else "sell",
            "price": plain(trade.price_ticks, spec.price_scale),
            "quantity": plain(trade.quantity_lots, spec.quantity_scale),
            "amount": plain(trade.notional_minor, spec.quote_scale),
            "fee": plain(self.fee_minor, spec.quote_scale),
            "fee_asset": spec.quote,
            "liquidity": self.liquidity,
            "timestamp": ms(self.time_ns),
        }

    def ledger_rows(self, spec: SymbolSpec) -> Iterator[Row]:
        """The base asset's entry, then the quote asset's."""
        trade, sign = self.trade, 1 if self.is_buyer else -1
        base_after = trade.taker_base_after if self.is_taker else trade.maker_base_after
        quote_after = trade.taker_quote_after if self.is_taker else trade.maker_quote_after
        base = trade.quantity_lots * 10 ** (spec.base_scale - spec.quantity_scale)
        quote = -sign * trade.notional_minor - self.fee_minor
        for number, asset, change, after, scale, fee in (
            (self.key * 2 + 1, spec.base, sign * base, base_after, spec.base_scale, 0),
            (self.key * 2, spec.quote, quote, quote_after, spec.quote_scale, self.fee_minor),
        ):
            yield {
                "entry_id": f"f{number}",
                "type": "trade",
                "asset": asset,
                "amount": plain(change, scale),
                "balance_after": plain(after, scale),
                "fee": plain(fee, scale),
                "symbol": trade.symbol,
                "trade_id": str(trade.trade_id),
                "order_id": str(self.order_id),
                "timestamp": ms(self.time_ns),
                "sequence": self.sequence,
                **dict.fromkeys(("counter_account", "memo", "withdrawal_id", "held")),
            }


#: What a kind of transfer does to the amount, and to its fee, in the ledger.
_SIGNS = {
    m.DEPOSITED: (1, 0),
    m.WITHDRAWN: (-1, -1),
    m.MOVED_OUT: (-1, -1),
    m.MOVED_IN: (1, 0),
    m.WITHDRAWAL_HELD: (0, 0),
    m.WITHDRAWAL_RELEASED: (0, 0),
}


def transfer_row(event: m.TransferEvent, scale: int, time_ns: int, sequence: int) -> Row:
    """The entry of a transfer."""
    of_amount, of_fee = _SIGNS[event.kind]
    change = of_amount * event.amount_minor + of_fee * event.fee_minor
    held = event.amount_minor + event.fee_minor
    sign = 1 if event.kind == m.WITHDRAWAL_HELD else -1
    return {
        "entry_id": f"t{sequence * 2 + (event.kind == m.MOVED_IN)}",
        "type": m.TRANSFER_KINDS[event.kind],
        "asset": event.asset,
        "amount": plain(change, scale),
        "balance_after": plain(event.balance_after_minor, scale),
        "fee": plain(event.fee_minor if change else 0, scale),
        **dict.fromkeys(("symbol", "trade_id", "order_id")),
        "timestamp": ms(time_ns),
        "sequence": sequence,
        "counter_account": str(event.counter_account) if event.counter_account >= 1000 else None,
        "memo": event.memo or None,
        "withdrawal_id": event.withdrawal_id or None,
        "held": plain(sign * held, scale) if event.withdrawal_id else None,
    }
