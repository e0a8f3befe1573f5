"""An order of the naive engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from exchange.engine import messages as m
from tests.exchange.engine.naive.rules import DAY_NS, MILLION, RESTING_TIMES, Symbol


class Place(Enum):
    """Where an order is."""

    ENTERING = "entering"
    RESTING = "on the book"
    WAITING = "off the book, for its trigger"
    FIRED = "off the book, its trigger has fired"
    FOR_CLOSE = "off the book, for the closing auction"
    SECOND = "off the book, for another order to be filled"
    PEGGED = "off the book, for an order that meets it"
    GONE = "gone"


#: Where an open order is, as others see it.
OPEN_PLACES = (Place.RESTING, Place.WAITING, Place.FIRED, Place.FOR_CLOSE, Place.SECOND, Place.PEGGED)


@dataclass
class Order:
    order_id: int
    command: m.PlaceOrder
    terms: m.OrderTerms
    price: int
    quantity: int
    trigger_ticks: int
    maker_ppm: int
    taker_ppm: int
    #: When it expires; 0: never by the clock.
    expires_ns: int
    created_ns: int
    updated_ns: int
    filled: int = 0
    filled_notional: int = 0
    fee: int = 0
    #: The sum of rate x notional over the fills, in millionths of a minor unit.
    accrued: int = 0
    #: What self-trade prevention took off it.
    prevented_lots: int = 0
    #: Of a quote-amount order: value taken off its budget by decrementing self-trade prevention.
    prevented_notional: int = 0
    place: Place = Place.ENTERING
    #: Its turn among the orders at its price, or among those that fired.
    arrival: int = 0
    #: Of an iceberg: what of it the book shows.
    shown: int = 0
    #: Of a trailing stop: the best watched price since it entered.
    best_seen: int = 0
    triggered_ns: int = 0
    #: S5: since when it has waited for its trigger price.
    trigger_since_ns: int = 0
    #: M6: the price its collar counts from once it has fired.
    collar_from: int | None = None
    #: M6: whether it became a limit order at the collar.
    became_limit: bool = False
    #: The other leg, and whether this one keeps the hold of both.
    linked_id: int = 0
    keeps_hold: bool = True
    #: Of an exit: the bracket's entry; of a second order: its working order, and how it stands to that.
    entry_id: int = 0
    second: int = m.NOT_SECOND
    #: Of a side of a quote: the quote's name.
    quote_id: str | None = None
    #: PG2: of a pegged order that an order may meet, what it trades at.
    pegged_at: int | None = None
    #: It has been on the book.
    has_rested: bool = False
    #: Of an entry: what its exits are to be, and the ids of the last pair entered.
    exits: tuple[int, int, int, int] | None = None
    exit_ids: tuple[int, int] = (0, 0)
    status: int = m.NEW
    reason: int = m.REASON_NONE

    @property
    def account(self) -> int:
        return self.command.account

    @property
    def symbol(self) -> str:
        return self.command.symbol

    @property
    def side(self) -> int:
        return self.command.side

    @property
    def is_buy(self) -> bool:
        return self.command.side == m.BUY

    @property
    def is_limit(self) -> bool:
        return self.became_limit or self.command.order_type == m.LIMIT

    @property
    def by_amount(self) -> bool:
        return self.command.quote_amount_minor > 0

    @property
    def meets_at(self) -> int:
        """The price at which an incoming order meets it."""
        return self.price if self.pegged_at is None else self.pegged_at

    @property
    def is_trailing(self) -> bool:
        return self.terms.trigger == m.TRAILING_STOP

    @property
    def may_rest(self) -> bool:
        return self.became_limit or (self.is_limit and self.command.time_in_force in RESTING_TIMES)

    @property
    def may_be_open(self) -> bool:
        lasts = self.may_rest or self.command.time_in_force in (m.OPG, m.CLS)
        return lasts or self.terms.trigger != m.NO_TRIGGER

    @property
    def is_open(self) -> bool:
        return self.place in OPEN_PLACES

    @property
    def open(self) -> int:
        return 0 if self.by_amount else self.quantity - self.filled - self.prevented_lots

    @property
    def displayed(self) -> int:
        """What of a resting order the book shows."""
        return self.shown if self.terms.display_lots else self.open

    def continue_part(self, traded: int) -> None:
        """I1: show what trades on entry left of the part the iceberg was at."""
        display = self.terms.display_lots
        if display and traded:
            self.shown = min(self.shown, display - traded % display)

    def show_next_part(self) -> None:
        self.shown = min(self.terms.display_lots, self.open)

    # --- triggers --------------------------------------------------------------------------------

    def see(self, price: int) -> None:
        """The watched price: what a trailing stop follows."""
        if self.is_trailing:
            best = min if self.is_buy else max
            self.best_seen = best(self.best_seen, price)
            self.trigger_ticks = self.trailed()

    def trailed(self) -> int:
        distance = self.terms.trail_ticks or self.best_seen * self.terms.trail_ppm // MILLION
        return self.best_seen + distance if self.is_buy else self.best_seen - distance

    def would_fire(self, price: int) -> bool:
        """Whether the trigger's condition holds at this watched price."""
        fires_when_low = self.is_buy == (self.terms.trigger == m.TAKE_PROFIT)
        return price <= self.trigger_ticks if fires_when_low else price >= self.trigger_ticks

    # --- what others see -----------------------------------------------------------------------------

    def event(self) -> m.Event:
        c = self.command
        plain = (
            m.EV_ORDER,
            self.order_id,
            c.account,
            c.client_order_id,
            c.symbol,
            c.side,
            m.LIMIT if self.became_limit else c.order_type,
            m.GTC if self.became_limit else c.time_in_force,
            c.post_only,
            c.stp,
            self.price,
            self.quantity,
            c.quote_amount_minor,
            self.filled,
            self.filled_notional,
            self.fee,
            self.status,
            self.reason,
            self.created_ns,
            self.updated_ns,
        )
        extra = self.extra()
        if extra == m.OrderExtra():
            return plain
        says_more = any((extra.to_limit, extra.min_lots, extra.second, extra.quote_id))
        fields = 21 if extra.peg else 19 if says_more else 15
        return (*plain, tuple(extra)[:fields])

    def extra(self) -> m.OrderExtra:
        hidden_trigger = self.is_trailing and not self.triggered_ns
        terms = self.terms._replace(
            expire_ns=self.expires_ns, trigger_ticks=0 if hidden_trigger else self.trigger_ticks
        )
        return m.OrderExtra(
            **terms._asdict(),
            triggered_ns=self.triggered_ns,
            prevented_lots=self.prevented_lots,
            linked_order_id=self.linked_id,
            entry_order_id=self.entry_id,
            exits=self.exits,
            second=self.second,
            quote_id=self.quote_id,
        )


def draft(
    command: m.PlaceOrder, symbol: Symbol, rates: tuple[int, int], now_ns: int, order_id: int = 0
) -> Order:
    """The order that a command asks for, nowhere yet."""
    terms = terms_of(command)
    expires_ns = terms.expire_ns
    if command.time_in_force == m.DAY and not symbol.protection.calendar:
        expires_ns = (now_ns // DAY_NS + 1) * DAY_NS
    return Order(
        order_id=order_id,
        command=command,
        terms=terms,
        price=command.price_ticks,
        quantity=command.quantity_lots,
        trigger_ticks=terms.trigger_ticks,
        maker_ppm=rates[0],
        taker_ppm=rates[1],
        expires_ns=expires_ns,
        created_ns=now_ns,
        updated_ns=now_ns,
        trigger_since_ns=now_ns,
    )


def terms_of(command: m.PlaceOrder) -> m.OrderTerms:
    return m.OrderTerms(*command.terms) if command.terms else m.OrderTerms()
