"""The events of plain orders, as the short way reports them: to records (``hot_records``) or to tuples."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.records.machine_words import i64
from exchange.engine.state.book import Book, Level, Order
from exchange.engine.state.ledger import Balance


class PlainEvents:
    """What a command leads to, in its order."""

    def reserve(self, order: Order) -> None:
        """Let an order's event come here, which is written once what follows it has happened."""

    def fill(self, order: Order) -> None:
        """Write the event that room was reserved for."""

    def order(self, order: Order) -> None:
        """An order without options, as it is now."""

    def trade(
        self, trade_id: i64, price: i64, lots: i64, taker: Order, maker: Order, sums: tuple[int, int, int]
    ) -> None:
        """A trade that is settled; ``sums``: what it was worth, and the fees of taker and maker."""

    def level(self, book: Book, level: Level) -> None:
        """What a level shows."""

    def balance(self, balance: Balance) -> None:
        """A balance as it is now."""


class TupleEvents(PlainEvents):
    """Events as tuples, of one command after the other."""

    def __init__(self) -> None:
        self.events: list[m.Event] = []
        self._reserved = 0

    def reserve(self, order: Order) -> None:
        self._reserved = len(self.events)
        self.events.append(())

    def fill(self, order: Order) -> None:
        self.events[self._reserved] = order.event()

    def order(self, order: Order) -> None:
        self.events.append(order.event())

    def trade(
        self, trade_id: i64, price: i64, lots: i64, taker: Order, maker: Order, sums: tuple[int, int, int]
    ) -> None:
        notional, taker_fee, maker_fee = sums
        taker_base, taker_quote, maker_base, maker_quote = taker.base, taker.quote, maker.base, maker.quote
        self.events.append(
            (
                m.EV_TRADE,
                int(trade_id),
                taker.book.symbol.name,
                int(price),
                int(lots),
                taker.side,
                notional,
                taker.order_id,
                taker.account.number,
                taker_fee,
                taker_base.available + taker_base.held,
                taker_quote.available + taker_quote.held,
                maker.order_id,
                maker.account.number,
                maker_fee,
                maker_base.available + maker_base.held,
                maker_quote.available + maker_quote.held,
            )
        )

    def level(self, book: Book, level: Level) -> None:
        self.events.append((m.EV_LEVEL, book.symbol.name, level.side, level.price_ticks, level.quantity_lots))

    def balance(self, balance: Balance) -> None:
        self.events.append((m.EV_BALANCE, balance.account, balance.asset, balance.available, balance.held))
