"""A simple limit order as its record asks for it."""

from __future__ import annotations

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_reader import read_text
from exchange.engine.records.record_words import rest_bytes


class Placement:
    """The fields of a PlaceOrder that a simple order has. One object serves all commands, one after the
    other."""

    __slots__ = (
        "account",
        "client_order_id",
        "id_end",
        "price_ticks",
        "quantity_lots",
        "side",
        "stp",
        "symbol_end",
        "time_in_force",
    )

    def __init__(self) -> None:
        self.account: i64 = 0
        self.side: int = m.BUY
        self.time_in_force: int = m.GTC
        self.stp: int = m.STP_CANCEL_NEWEST
        self.price_ticks = 0
        self.quantity_lots = 0
        self.client_order_id: str | None = None
        #: Where the rest of the command's id and that of the symbol's name begin, if they have one.
        self.id_end: i64 = 0
        self.symbol_end: i64 = 0

    def read(self, batch: bytes, at: i64, head: i64) -> bool:
        """Take the fields from the record that begins here; False if it asks for more than a simple limit
        order that rests or ends at once."""
        side: i64 = head >> places.PLACE_SIDE_AT & 3
        time_in_force: i64 = head >> places.PLACE_TIME_IN_FORCE_AT & 7
        if (
            side > m.SELL
            or head >> places.PLACE_ORDER_TYPE_AT & 3 != m.LIMIT
            or time_in_force > m.IOC
            or head >> places.PLACE_POST_ONLY_AT & 1
            or read_word(batch, at + 8 * places.PLACE_QUOTE_AMOUNT_MINOR)
            or read_word(batch, at + 8 * places.PLACE_TERMS)
        ):
            return False
        self.side = side
        self.time_in_force = time_in_force
        self.stp = head >> places.PLACE_STP_AT & 3
        self.account = read_word(batch, at + 8 * places.COMMAND_ACCOUNT)
        self.price_ticks = read_word(batch, at + 8 * places.PLACE_PRICE_TICKS)
        self.quantity_lots = read_word(batch, at + 8 * places.PLACE_QUANTITY_LOTS)
        self.id_end = at + 8 * places.PLACE_WORDS
        self.symbol_end = self.id_end + rest_bytes(read_word(batch, at + 8 * places.COMMAND_ID))
        client_id_end: i64 = self.symbol_end + rest_bytes(read_word(batch, at + 8 * places.PLACE_SYMBOL))
        self.client_order_id = read_text(batch, at + 8 * places.PLACE_CLIENT_ORDER_ID, client_id_end)
        return True
