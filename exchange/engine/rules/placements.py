"""A plain order as its record asks for it."""

from __future__ import annotations

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_CLIENT_ORDER_ID,
    PLACE_ORDER_TYPE,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_QUANTITY_LOTS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_STP,
    PLACE_TERMS,
    PLACE_TIME_IN_FORCE,
)
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_reader import read_text
from exchange.engine.records.record_shapes import AT_END, NARROW, NO_TEXT
from exchange.engine.records.record_words import rest_bytes


class Placement:
    """The fields of a PlaceOrder that a plain order has. One object serves all commands, one after the
    other."""

    __slots__ = (
        "account",
        "client_order_id",
        "id_end",
        "order_type",
        "post_only",
        "price_ticks",
        "quantity_lots",
        "side",
        "stp",
        "symbol_end",
        "time_in_force",
    )

    def __init__(self) -> None:
        self.account: i64 = 0
        self.side: i64 = m.BUY
        self.order_type: i64 = m.LIMIT
        self.time_in_force: i64 = m.GTC
        self.post_only = False
        self.stp: i64 = m.STP_CANCEL_NEWEST
        self.price_ticks: i64 = 0
        self.quantity_lots: i64 = 0
        self.client_order_id: str | None = None
        #: Where the rest of the command's id and that of the symbol's name begin, if they have one.
        self.id_end: i64 = 0
        self.symbol_end: i64 = 0

    def take(self, command: m.Command) -> bool:
        """Take the fields from a PLACE tuple; False if it asks for more than a plain order."""
        if len(command) > PLACE_TERMS or command[PLACE_QUOTE_AMOUNT_MINOR]:
            return False
        price_ticks: int = command[PLACE_PRICE_TICKS]
        quantity_lots: int = command[PLACE_QUANTITY_LOTS]
        side: int = command[PLACE_SIDE]
        order_type: int = command[PLACE_ORDER_TYPE]
        time_in_force: int = command[PLACE_TIME_IN_FORCE]
        stp: int = command[PLACE_STP]
        if (
            not m.BUY <= side <= m.SELL
            or order_type != m.LIMIT
            or not m.GTC <= time_in_force <= m.IOC
            or not 0 <= stp <= m.STP_DECREMENT
            or not 0 < price_ticks <= NARROW
            or not 0 < quantity_lots <= NARROW
        ):
            return False
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = command[PLACE_POST_ONLY]
        self.stp = stp
        self.price_ticks = price_ticks
        self.quantity_lots = quantity_lots
        self.client_order_id = command[PLACE_CLIENT_ORDER_ID]
        return not self.post_only or time_in_force == m.GTC

    def read(self, batch: bytes, at: i64, head: i64) -> bool:
        """Take the fields from the record that begins here; False if it asks for more than a plain order:
        one by quantity that rests or ends at once."""
        side: i64 = head >> places.PLACE_SIDE_AT & 3
        order_type: i64 = head >> places.PLACE_ORDER_TYPE_AT & 3
        time_in_force: i64 = head >> places.PLACE_TIME_IN_FORCE_AT & 7
        post_only: bool = head >> places.PLACE_POST_ONLY_AT & 1 == 1
        id_word: i64 = read_word(batch, at + 8 * places.COMMAND_ID)
        symbol_word: i64 = read_word(batch, at + 8 * places.PLACE_SYMBOL)
        client_word: i64 = read_word(batch, at + 8 * places.PLACE_CLIENT_ORDER_ID)
        if (
            side > m.SELL
            or order_type > m.MARKET
            or time_in_force > m.FOK
            or (post_only and (time_in_force != m.GTC or order_type == m.MARKET))
            or (order_type == m.MARKET and time_in_force == m.GTC)
            or id_word == NO_TEXT
            or read_word(batch, at + 8 * places.PLACE_QUOTE_AMOUNT_MINOR) != 0
            or read_word(batch, at + 8 * places.PLACE_TERMS) != 0
        ):
            return False
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.stp = head >> places.PLACE_STP_AT & 3
        self.account = read_word(batch, at + 8 * places.COMMAND_ACCOUNT)
        self.price_ticks = read_word(batch, at + 8 * places.PLACE_PRICE_TICKS)
        self.quantity_lots = read_word(batch, at + 8 * places.PLACE_QUANTITY_LOTS)
        end: i64 = at + 8 * places.PLACE_WORDS
        self.id_end = end
        if id_word & 255 == AT_END:
            end += rest_bytes(id_word)
        self.symbol_end = end
        if client_word == NO_TEXT:
            self.client_order_id = None
        else:
            end += rest_bytes(symbol_word)
            self.client_order_id = read_text(batch, at + 8 * places.PLACE_CLIENT_ORDER_ID, end)
        return True
