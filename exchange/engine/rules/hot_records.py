"""The events of plain orders, written as records without a tuple in between. ``record_places`` says where
what stands, and a test holds every record to the one that the tuple would give."""

from __future__ import annotations

import exchange.engine.records.record_places as places
from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_shapes import LENGTH_AT, NARROW, NO_TEXT, WIDE
from exchange.engine.records.record_words import TextWords, WordRow
from exchange.engine.rules.plain_events import PlainEvents
from exchange.engine.state.book import Book, Level, Order
from exchange.engine.state.ledger import Balance


class HotRecords(PlainEvents):
    """Writes to the row of the batch under way. The caller has made room for what a record has but texts and
    wide amounts."""

    def __init__(self, row: WordRow) -> None:
        self.row = row
        self._assets: dict[str, TextWords] = {}
        #: Where room was reserved, and for how many words.
        self._reserved_at: i64 = 0
        self._reserved: i64 = 0

    def reserve(self, order: Order) -> None:
        row = self.row
        self._reserved_at = row.at
        self._reserved = self.order_words(order)
        row.make_room(self._reserved)
        row.at += self._reserved

    def fill(self, order: Order) -> None:
        row = self.row
        needed: i64 = self.order_words(order)
        if needed != self._reserved:
            # Sums that outgrew their words need more room.
            row.open_gap(self._reserved_at + self._reserved, needed - self._reserved)
        end: i64 = row.at
        row.at = self._reserved_at
        self.order(order)
        row.at = end

    def order(self, order: Order) -> None:
        row = self.row
        words = row.words
        at: i64 = row.at
        name = order.book.name
        words[at] = places.ORDER_HEAD | order.choices() << places.ORDER_SIDE_AT
        words[at + places.ORDER_ORDER_ID] = order.order_id
        words[at + places.ORDER_ACCOUNT] = order.account.number
        words[at + places.ORDER_CLIENT_ORDER_ID] = NO_TEXT
        words[at + places.ORDER_SYMBOL] = name.word
        words[at + places.ORDER_PRICE_TICKS] = order.price_ticks
        words[at + places.ORDER_QUANTITY_LOTS] = order.quantity_lots
        words[at + places.ORDER_QUOTE_AMOUNT_MINOR] = 0
        words[at + places.ORDER_FILLED_LOTS] = order.filled_lots
        words[at + places.ORDER_CREATED_NS] = order.created_ns
        words[at + places.ORDER_UPDATED_NS] = order.updated_ns
        words[at + places.ORDER_EXTRA] = 0
        row.at = at + places.ORDER_WORDS
        if order.client_order_id is not None:
            client = order.client_words()
            words[at + places.ORDER_CLIENT_ORDER_ID] = client.word
            if client.rest_words:
                row.append_rest(client)
        if name.rest_words:
            row.append_rest(name)
        words = row.words
        notional = order.filled_notional_minor
        fee = order.fee_minor
        if notional <= NARROW and -NARROW <= fee <= NARROW:
            words[at + places.ORDER_FILLED_NOTIONAL_MINOR] = notional
            words[at + places.ORDER_FEE_MINOR] = fee
        else:
            self._put_amount(at + places.ORDER_FILLED_NOTIONAL_MINOR, notional)
            self._put_amount(at + places.ORDER_FEE_MINOR, fee)
        if row.at != at + places.ORDER_WORDS:
            self._lengthen(at, places.ORDER_WORDS)

    def order_words(self, order: Order) -> i64:
        """How many words ``order`` takes."""
        count: i64 = places.ORDER_WORDS + order.book.name.rest_words
        if order.client_order_id is not None:
            count += order.client_words().rest_words
        return count + _wide_words(order.filled_notional_minor) + _wide_words(order.fee_minor)

    def trade(
        self, trade_id: i64, price: i64, lots: i64, taker: Order, maker: Order, sums: tuple[int, int, int]
    ) -> None:
        row = self.row
        words = row.words
        at: i64 = row.at
        side: i64 = taker.side
        name = taker.book.name
        notional, taker_fee, maker_fee = sums
        words[at] = places.TRADE_HEAD | side << places.TRADE_TAKER_SIDE_AT
        words[at + places.TRADE_TRADE_ID] = trade_id
        words[at + places.TRADE_SYMBOL] = name.word
        words[at + places.TRADE_PRICE_TICKS] = price
        words[at + places.TRADE_QUANTITY_LOTS] = lots
        words[at + places.TRADE_TAKER_ORDER_ID] = taker.order_id
        words[at + places.TRADE_TAKER_ACCOUNT] = taker.account.number
        words[at + places.TRADE_MAKER_ORDER_ID] = maker.order_id
        words[at + places.TRADE_MAKER_ACCOUNT] = maker.account.number
        row.at = at + places.TRADE_WORDS
        if name.rest_words:
            row.append_rest(name)
            words = row.words
        taker_base = taker.base.available + taker.base.held
        taker_quote = taker.quote.available + taker.quote.held
        maker_base = maker.base.available + maker.base.held
        maker_quote = maker.quote.available + maker.quote.held
        if (
            notional <= NARROW
            and taker_base <= NARROW
            and taker_quote <= NARROW
            and maker_base <= NARROW
            and maker_quote <= NARROW
        ):
            # A fee is at most a tenth of the notional.
            words[at + places.TRADE_NOTIONAL_MINOR] = notional
            words[at + places.TRADE_TAKER_FEE_MINOR] = taker_fee
            words[at + places.TRADE_TAKER_BASE_AFTER] = taker_base
            words[at + places.TRADE_TAKER_QUOTE_AFTER] = taker_quote
            words[at + places.TRADE_MAKER_FEE_MINOR] = maker_fee
            words[at + places.TRADE_MAKER_BASE_AFTER] = maker_base
            words[at + places.TRADE_MAKER_QUOTE_AFTER] = maker_quote
        else:
            self._put_amount(at + places.TRADE_NOTIONAL_MINOR, notional)
            self._put_amount(at + places.TRADE_TAKER_FEE_MINOR, taker_fee)
            self._put_amount(at + places.TRADE_TAKER_BASE_AFTER, taker_base)
            self._put_amount(at + places.TRADE_TAKER_QUOTE_AFTER, taker_quote)
            self._put_amount(at + places.TRADE_MAKER_FEE_MINOR, maker_fee)
            self._put_amount(at + places.TRADE_MAKER_BASE_AFTER, maker_base)
            self._put_amount(at + places.TRADE_MAKER_QUOTE_AFTER, maker_quote)
        if row.at != at + places.TRADE_WORDS:
            self._lengthen(at, places.TRADE_WORDS)

    def level(self, book: Book, level: Level) -> None:
        row = self.row
        words = row.words
        at: i64 = row.at
        side: i64 = level.side
        name = book.name
        words[at] = places.LEVEL_HEAD | side << places.LEVEL_SIDE_AT
        words[at + places.LEVEL_SYMBOL] = name.word
        words[at + places.LEVEL_PRICE_TICKS] = level.price_ticks
        words[at + places.LEVEL_QUANTITY_LOTS] = level.quantity_lots
        row.at = at + places.LEVEL_WORDS
        if name.rest_words:
            row.append_rest(name)
            self._lengthen(at, places.LEVEL_WORDS)

    def balance(self, balance: Balance) -> None:
        row = self.row
        words = row.words
        at: i64 = row.at
        name = balance.name
        if name is None:
            name = balance.name = self._asset(balance.asset)
        available, held = balance.available, balance.held
        words[at] = places.BALANCE_HEAD
        words[at + places.BALANCE_ACCOUNT] = balance.account
        words[at + places.BALANCE_ASSET] = name.word
        row.at = at + places.BALANCE_WORDS
        if name.rest_words:
            row.append_rest(name)
            words = row.words
        if available <= NARROW and held <= NARROW:
            words[at + places.BALANCE_AVAILABLE_MINOR] = available
            words[at + places.BALANCE_HELD_MINOR] = held
        else:
            self._put_amount(at + places.BALANCE_AVAILABLE_MINOR, available)
            self._put_amount(at + places.BALANCE_HELD_MINOR, held)
        if row.at != at + places.BALANCE_WORDS:
            self._lengthen(at, places.BALANCE_WORDS)

    def _asset(self, asset: str) -> TextWords:
        """The asset's name, one for all its balances."""
        found = self._assets.get(asset)
        if found is None:
            found = self._assets[asset] = TextWords(asset)
        return found

    def _put_amount(self, place: i64, amount: int) -> None:
        row = self.row
        if -NARROW <= amount <= NARROW:
            row.words[place] = amount
            return
        count: i64 = _wide_words(amount)
        row.words[place] = WIDE + count
        row.append_bytes(amount.to_bytes(8 * count, "little", signed=True))

    def _lengthen(self, at: i64, fields: i64) -> None:
        """Let the head of the record that begins there count what follows its fields, which are so many."""
        row = self.row
        row.words[at] += row.at - at - fields << LENGTH_AT


def _wide_words(amount: int) -> i64:
    """How many words at the end of its record an amount takes."""
    if -NARROW <= amount <= NARROW:
        return 0
    return (amount.bit_length() >> 6) + 1
