"""The events of simple orders, written as records without a tuple in between. ``record_places`` says where
what stands, and a test holds every record to the one that the tuple would give."""

from __future__ import annotations

from typing import Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_shapes import AT_END, LENGTH_AT, NARROW, NO_TEXT, WIDE
from exchange.engine.records.record_words import TextWords, WordRow, text_bytes, text_word, words_for
from exchange.engine.state.book import Book, Level, Order
from exchange.engine.state.ledger import Balance

#: More words than a record here has, but for its texts.
_ROOM: Final = 64


class HotRecords:
    """Writes to the row of the batch under way."""

    __slots__ = ("_assets", "row")

    def __init__(self, row: WordRow) -> None:
        self.row = row
        self._assets: dict[str, TextWords] = {}

    def order(self, order: Order) -> None:
        """An order without options, as it is now."""
        row = self.row
        row.make_room(_ROOM)
        words = row.words
        at: i64 = row.at
        words[at + places.ORDER_ORDER_ID] = order.order_id
        words[at + places.ORDER_ACCOUNT] = order.account.number
        words[at + places.ORDER_PRICE_TICKS] = order.price_ticks
        words[at + places.ORDER_QUANTITY_LOTS] = order.quantity_lots
        words[at + places.ORDER_FILLED_LOTS] = order.filled_lots
        words[at + places.ORDER_CREATED_NS] = order.created_ns
        words[at + places.ORDER_UPDATED_NS] = order.updated_ns
        words[at + places.ORDER_EXTRA] = 0
        row.at = at + places.ORDER_WORDS
        self._put_text(at + places.ORDER_CLIENT_ORDER_ID, order.client_order_id)
        self._put_name(at + places.ORDER_SYMBOL, order.book.name)
        self._put_amount(at + places.ORDER_QUOTE_AMOUNT_MINOR, order.quote_amount_minor)
        self._put_amount(at + places.ORDER_FILLED_NOTIONAL_MINOR, order.filled_notional_minor)
        self._put_amount(at + places.ORDER_FEE_MINOR, order.fee_minor)
        self._close(at, _order_head(order))

    def order_words(self, order: Order) -> i64:
        """How many words ``order`` takes."""
        text: i64 = 0
        if order.client_order_id is not None:
            size: i64 = text_word(order.client_order_id)
            if size & 255 == AT_END:
                text = words_for(size >> 8)
        amounts: i64 = _wide_words(order.filled_notional_minor) + _wide_words(order.fee_minor)
        return places.ORDER_WORDS + text + order.book.name.rest_words + amounts

    def trade(
        self, trade_id: int, price: int, lots: int, taker: Order, maker: Order, sums: tuple[int, int, int]
    ) -> None:
        """A trade that is settled; ``sums``: what it was worth, and the fees of taker and maker."""
        row = self.row
        row.make_room(_ROOM)
        words = row.words
        at: i64 = row.at
        side: i64 = taker.side
        notional, taker_fee, maker_fee = sums
        words[at + places.TRADE_TRADE_ID] = trade_id
        words[at + places.TRADE_PRICE_TICKS] = price
        words[at + places.TRADE_QUANTITY_LOTS] = lots
        words[at + places.TRADE_TAKER_ORDER_ID] = taker.order_id
        words[at + places.TRADE_TAKER_ACCOUNT] = taker.account.number
        words[at + places.TRADE_MAKER_ORDER_ID] = maker.order_id
        words[at + places.TRADE_MAKER_ACCOUNT] = maker.account.number
        row.at = at + places.TRADE_WORDS
        self._put_name(at + places.TRADE_SYMBOL, taker.book.name)
        self._put_amount(at + places.TRADE_NOTIONAL_MINOR, notional)
        self._put_amount(at + places.TRADE_TAKER_FEE_MINOR, taker_fee)
        base, quote = taker.base, taker.quote
        self._put_amount(at + places.TRADE_TAKER_BASE_AFTER, base.available + base.held)
        self._put_amount(at + places.TRADE_TAKER_QUOTE_AFTER, quote.available + quote.held)
        self._put_amount(at + places.TRADE_MAKER_FEE_MINOR, maker_fee)
        base, quote = maker.base, maker.quote
        self._put_amount(at + places.TRADE_MAKER_BASE_AFTER, base.available + base.held)
        self._put_amount(at + places.TRADE_MAKER_QUOTE_AFTER, quote.available + quote.held)
        self._close(at, m.EV_TRADE | side << places.TRADE_TAKER_SIDE_AT)

    def level(self, book: Book, level: Level) -> None:
        """What a level shows."""
        row = self.row
        row.make_room(_ROOM)
        words = row.words
        at: i64 = row.at
        side: i64 = level.side
        words[at + places.LEVEL_PRICE_TICKS] = level.price_ticks
        words[at + places.LEVEL_QUANTITY_LOTS] = level.quantity_lots
        row.at = at + places.LEVEL_WORDS
        self._put_name(at + places.LEVEL_SYMBOL, book.name)
        self._close(at, m.EV_LEVEL | side << places.LEVEL_SIDE_AT)

    def balance(self, balance: Balance) -> None:
        """A balance as it is now."""
        row = self.row
        row.make_room(_ROOM)
        at: i64 = row.at
        row.words[at + places.BALANCE_ACCOUNT] = balance.account
        row.at = at + places.BALANCE_WORDS
        name = balance.name
        if name is None:
            name = balance.name = self._asset(balance.asset)
        self._put_name(at + places.BALANCE_ASSET, name)
        self._put_amount(at + places.BALANCE_AVAILABLE_MINOR, balance.available)
        self._put_amount(at + places.BALANCE_HELD_MINOR, balance.held)
        self._close(at, m.EV_BALANCE)

    def _asset(self, asset: str) -> TextWords:
        """The asset's name, one for all its balances."""
        found = self._assets.get(asset)
        if found is None:
            found = self._assets[asset] = TextWords(asset)
        return found

    def _put_name(self, place: i64, name: TextWords) -> None:
        row = self.row
        row.words[place] = name.word
        if name.rest_words:
            row.append_rest(name)

    def _put_text(self, place: i64, text: str | None) -> None:
        row = self.row
        if text is None:
            row.words[place] = NO_TEXT
            return
        word: i64 = text_word(text)
        row.words[place] = word
        if word & 255 == AT_END:
            row.append_bytes(text_bytes(text))

    def _put_amount(self, place: i64, amount: int) -> None:
        row = self.row
        if -NARROW <= amount <= NARROW:
            row.words[place] = amount
            return
        count: i64 = _wide_words(amount)
        row.words[place] = WIDE + count
        row.append_bytes(amount.to_bytes(8 * count, "little", signed=True))

    def _close(self, at: i64, head: i64) -> None:
        """End the record that began there."""
        row = self.row
        row.words[at] = head | (row.at - at) << LENGTH_AT


def _order_head(order: Order) -> i64:
    """The head of its record, but for the length."""
    side: i64 = order.side
    order_type: i64 = order.order_type
    time_in_force: i64 = order.time_in_force
    post_only: i64 = 1 if order.post_only else 0
    stp: i64 = order.stp
    status: i64 = order.status
    reason: i64 = order.reason
    return (
        m.EV_ORDER
        | side << places.ORDER_SIDE_AT
        | order_type << places.ORDER_ORDER_TYPE_AT
        | time_in_force << places.ORDER_TIME_IN_FORCE_AT
        | post_only << places.ORDER_POST_ONLY_AT
        | stp << places.ORDER_STP_AT
        | status << places.ORDER_STATUS_AT
        | reason << places.ORDER_REASON_AT
    )


def _wide_words(amount: int) -> i64:
    """How many words at the end of its record an amount takes."""
    if -NARROW <= amount <= NARROW:
        return 0
    return (amount.bit_length() >> 6) + 1
