"""How each message lies in its record: the one description that writer, readers and docs/records.md follow.

A record is a row of 64-bit little-endian words. Its first word, the head, says what it is and how long, so
that a reader steps over what it does not know::

    bits 0-7 tag · 8-31 length in words, the head included · 32-60 small fields · 61 whole

Small fields lie in the head, one after the other from bit 32. Every other field has one word, in the order of
the message's named view. Where a word is not enough the rest follows behind the last field, again in their
order.

A message that has no layout here, or a value that does not fit its layout, is written *whole*: its second
word is a length in bytes, and its tuple follows as JSON. Nothing that a tuple can say is lost in a record.
"""

from __future__ import annotations

from typing import Any, Final

from exchange.engine import messages as m

# --- kinds of fields -----------------------------------------------------------------------------

#: An integer from 0 that fits its bits of the head.
SMALL: Final = 0
#: A bool in one bit of the head.
FLAG: Final = 1
#: An integer of 62 bits and a sign.
NUMBER: Final = 2
#: An integer of any width: as a NUMBER, or WIDE plus how many words at the end of the record have it.
AMOUNT: Final = 3
#: A string or None. The low byte is how many bytes of UTF-8 follow it in the word; or AT_END, and the word's
#: other bytes are the length of what stands at the end of the record; or NO_TEXT.
TEXT: Final = 4
#: A tuple as JSON at the end of the record; the word is its length in bytes, 0 where there is none.
NESTED: Final = 5
KIND_NAMES: Final = ("small", "flag", "number", "amount", "text", "nested")

# --- words ---------------------------------------------------------------------------------------

LENGTH_AT: Final = 8
LENGTH_MASK: Final = (1 << 24) - 1
SMALLS_AT: Final = 32
#: Bits of the head that small fields may take.
SMALL_BITS: Final = 29
WHOLE: Final = 1 << 61
#: The largest absolute value of a number of one word.
NARROW: Final = (1 << 62) - 1
#: The word of an amount that is wider, without the count of its words.
WIDE: Final = -(1 << 63)
#: More words no amount takes.
MAX_WIDE: Final = 100
#: The longest text that fits its word.
INLINE: Final = 7
AT_END: Final = 8
NO_TEXT: Final = 255
#: Tag of the record that ends the events of one command.
END: Final = 255
END_WORDS: Final = 3


class Field:
    """A field of a message, by its name in the view. ``bits``: of a SMALL or a FLAG."""

    __slots__ = ("bits", "kind", "name")

    def __init__(self, name: str, kind: int, bits: int) -> None:
        self.name = name
        self.kind = kind
        self.bits = bits


class Shape:
    """The layout of one kind of message. ``words``: of its record, without what follows the last field."""

    __slots__ = ("fields", "is_short", "name", "tag", "words")

    def __init__(
        self, tag: int, view: Any, kinds: dict[str, tuple[int, int]], *, is_short: bool = False
    ) -> None:
        """``view``: the named view; ``kinds``: kind and bits of each of its fields but the tag. ``is_short``:
        the last one is left out of the tuple where it is None."""
        self.tag = tag
        self.name: str = view.__name__
        names: tuple[str, ...] = view._fields[1:]
        self.fields: tuple[Field, ...] = tuple([Field(name, *kinds[name]) for name in names])
        self.is_short = is_short
        self.words = 1 + len([field for field in self.fields if field.kind > FLAG])


_NUMBER: Final = (NUMBER, 0)
_AMOUNT: Final = (AMOUNT, 0)
_TEXT: Final = (TEXT, 0)
_NESTED: Final = (NESTED, 0)
_FLAG: Final = (FLAG, 1)

#: Fields that an order has as a command and as an event.
_ORDER_FIELDS: Final = {
    "account": _NUMBER,
    "symbol": _TEXT,
    "side": (SMALL, 2),
    "order_type": (SMALL, 2),
    "time_in_force": (SMALL, 3),
    "post_only": _FLAG,
    "stp": (SMALL, 2),
    "price_ticks": _NUMBER,
    "quantity_lots": _NUMBER,
    "quote_amount_minor": _AMOUNT,
    "client_order_id": _TEXT,
}

COMMAND_SHAPES: Final = {
    m.PLACE: Shape(
        m.PLACE,
        m.PlaceOrder,
        _ORDER_FIELDS | {"command_id": _TEXT, "terms": _NESTED},
        is_short=True,
    ),
    m.CANCEL: Shape(
        m.CANCEL,
        m.CancelOrder,
        {"command_id": _TEXT, "account": _NUMBER, "order_id": _NUMBER, "client_order_id": _TEXT},
    ),
}

EVENT_SHAPES: Final = {
    m.EV_REJECTED: Shape(
        m.EV_REJECTED,
        m.RejectedEvent,
        {"command_id": _TEXT, "account": _NUMBER, "code": _TEXT, "details": _NESTED},
    ),
    m.EV_ORDER: Shape(
        m.EV_ORDER,
        m.OrderEvent,
        _ORDER_FIELDS
        | {
            "order_id": _NUMBER,
            "filled_lots": _NUMBER,
            "filled_notional_minor": _AMOUNT,
            "fee_minor": _AMOUNT,
            "status": (SMALL, 3),
            "reason": (SMALL, 6),
            "created_ns": _NUMBER,
            "updated_ns": _NUMBER,
            "extra": _NESTED,
        },
        is_short=True,
    ),
    m.EV_TRADE: Shape(
        m.EV_TRADE,
        m.TradeEvent,
        {
            "trade_id": _NUMBER,
            "symbol": _TEXT,
            "price_ticks": _NUMBER,
            "quantity_lots": _NUMBER,
            "taker_side": (SMALL, 2),
            "notional_minor": _AMOUNT,
            "taker_order_id": _NUMBER,
            "taker_account": _NUMBER,
            "taker_fee_minor": _AMOUNT,
            "taker_base_after": _AMOUNT,
            "taker_quote_after": _AMOUNT,
            "maker_order_id": _NUMBER,
            "maker_account": _NUMBER,
            "maker_fee_minor": _AMOUNT,
            "maker_base_after": _AMOUNT,
            "maker_quote_after": _AMOUNT,
        },
    ),
    m.EV_LEVEL: Shape(
        m.EV_LEVEL,
        m.LevelEvent,
        {"symbol": _TEXT, "side": (SMALL, 2), "price_ticks": _NUMBER, "quantity_lots": _NUMBER},
    ),
    m.EV_BALANCE: Shape(
        m.EV_BALANCE,
        m.BalanceEvent,
        {"account": _NUMBER, "asset": _TEXT, "available_minor": _AMOUNT, "held_minor": _AMOUNT},
    ),
}
