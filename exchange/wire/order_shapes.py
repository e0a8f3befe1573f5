"""Orders and fills as the wire has them, and the replies to what is done with orders.

Structures, because a reply is made for every order: one costs a tenth of the dictionary it stands for, and
the encoder writes it faster. ``as_json`` gives the dictionary, for encoders that know no structures.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from exchange.engine.messages import (
    ORDER_STATUSES,
    PEGS,
    REASONS,
    SIDES,
    STP_MODES,
    TIMES_IN_FORCE,
    TRIGGER_SOURCES,
)
from exchange.wire.order_kinds import LIQUIDITIES, ORDER_KINDS
from exchange.wire.shape_parts import (
    ClientOrderId,
    Decimal,
    Error,
    ErrorCode,
    Id,
    Milliseconds,
    Page,
    RetryWord,
    one_of,
    text,
)

Side = Annotated[str, one_of(SIDES)]
OrderKind = Annotated[str, one_of(ORDER_KINDS)]
TimeInForce = Annotated[str, one_of(TIMES_IN_FORCE)]
StpMode = Annotated[str, one_of(STP_MODES)]
TriggerSource = Annotated[str, one_of(TRIGGER_SOURCES)]
Peg = Annotated[str, one_of(peg for peg in PEGS if peg)]
OrderStatus = Annotated[str, one_of(ORDER_STATUSES)]
Reason = Annotated[str, one_of(reason for reason in REASONS if reason)]
Liquidity = Annotated[str, one_of(LIQUIDITIES)]


# A simple order: it has none of the order options.
class SimpleOrder(msgspec.Struct, gc=False):
    order_id: Id
    client_order_id: ClientOrderId | None
    symbol: str
    side: Side
    order_type: OrderKind
    time_in_force: TimeInForce
    post_only: bool
    stp: StpMode
    price: Annotated[Decimal | None, text("Null for an order at market without a limit of its own.")]
    quantity: Annotated[Decimal | None, text("Null for an order by quote_amount.")]
    quote_amount: Decimal | None
    filled_quantity: Decimal
    remaining_quantity: Decimal | None
    filled_amount: Annotated[Decimal, text("What the fills came to in the quote asset, without fees.")]
    average_price: Annotated[Decimal | None, text("Null while nothing is filled.")]
    fee: Annotated[Decimal, text("All fees so far; negative for a rebate.")]
    fee_asset: str
    status: OrderStatus
    reason: Annotated[Reason | None, text("Why it ended other than by being filled.")]
    created_at: Milliseconds
    updated_at: Milliseconds


# An order with any of the options has all of these fields, null where they do not apply. They have defaults
# because the schema knows one kind of order, in which they may be absent.
class Order(SimpleOrder, gc=False):
    waiting: Annotated[
        bool, text("Off the book until its trigger fires, or its working order is filled.")
    ] = False
    trigger_price: Annotated[Decimal | None, text("Of a trailing stop null: it moves.")] = None
    trigger_source: TriggerSource | None = None
    trail_offset: Decimal | None = None
    trail_percent: Decimal | None = None
    triggered_at: Milliseconds | None = None
    display_quantity: Annotated[Decimal | None, text("What an iceberg shows at a time.")] = None
    expire_at: Milliseconds | None = None
    prevented_quantity: Annotated[
        Decimal, text("What self-trade prevention took off it: quantity - filled - prevented remains.")
    ] = "0"
    linked_order_id: Annotated[Id | None, text("The other order of an OCO.")] = None
    entry_order_id: Annotated[
        Id | None, text("Of an exit: the entry of its bracket; of a pending order: its working order.")
    ] = None
    take_profit_price: Annotated[Decimal | None, text("Of an entry: where its exits will be.")] = None
    stop_price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    cancel_on_disconnect: bool = False
    min_quantity: Annotated[
        Decimal | None, text("It trades at least this much as it enters, or is canceled.")
    ] = None
    pending: Annotated[bool, text("It enters, and is funded, when its working order is filled.")] = False
    quote_id: Annotated[ClientOrderId | None, text("Of a side of a quote: the quote's name.")] = None
    peg: Annotated[
        Peg | None,
        text(
            "What a pegged order's price follows: the best price of its own side, the middle, or the other's."
        ),
    ] = None
    peg_offset: Annotated[
        Decimal | None, text("How far it stays from there, away from the other side; price is its limit.")
    ] = None


# One side of a trade, as the owner of that side sees it.
class Fill(msgspec.Struct, gc=False):
    trade_id: Id
    order_id: Id
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    amount: Annotated[Decimal, text("Price times quantity, in the quote asset.")]
    fee: Annotated[Decimal, text("Negative for a rebate.")]
    fee_asset: str
    liquidity: Annotated[Liquidity, text("In an auction nobody takes; both pay their maker rate.")]
    timestamp: Milliseconds


class Placed(msgspec.Struct):
    """The outcome, after the journal has it and matching is done."""

    order: Order
    fills: list[Fill]
    sequence: int


class Changed(msgspec.Struct):
    order: Order
    sequence: int


class Oco(msgspec.Struct):
    orders: Annotated[list[Order], text("Both, first and second.")]
    fills: list[Fill]
    sequence: int


class Oto(msgspec.Struct):
    orders: Annotated[list[Order], text("The working order, then what it triggers.")]
    fills: list[Fill]
    sequence: int


class Bracket(msgspec.Struct):
    order: Annotated[Order, text("The entry.")]
    exits: Annotated[list[Order], text("Of what the entry bought at once; none if nothing.")]
    fills: list[Fill]
    sequence: int


#: An order, or the error that refused it. A component of the schema; msgspec's own unions of structures need
#: tags.
OrderOrError = Annotated[Any, Meta(title="OrderOrError", extra={"one_of": (Order, Error)})]


class CancelReplace(msgspec.Struct):
    canceled: OrderOrError
    order: OrderOrError
    fills: list[Fill]
    sequence: int


class QuoteResult(msgspec.Struct):
    """What came of a quote's sides: the id of the order that stands, and the code that refused the side."""

    symbol: str
    quote_id: ClientOrderId
    bid_order_id: Id | None
    bid_error: ErrorCode | None
    ask_order_id: Id | None
    ask_error: ErrorCode | None


class Quotes(msgspec.Struct):
    quotes: Annotated[list[QuoteResult], text("In the order of the request.")]
    orders: Annotated[list[Order], text("Every order that the command changed.")]
    sequence: int


class QuoteProtection(msgspec.Struct):
    window_ms: Annotated[int, text("0: there is none.")]
    max_fills: int
    asset: str | None
    max_net: Annotated[Decimal | None, text("In the asset; null: not bounded.")]
    sequence: int


class CancelAfter(msgspec.Struct):
    cancel_at: Annotated[Milliseconds | None, text("Null: not any more.")]
    sequence: int


class BatchItem(msgspec.Struct):
    """Either order, fills and sequence, or error, message and details."""

    order: Order | UnsetType = UNSET
    fills: list[Fill] | UnsetType = UNSET
    sequence: int | UnsetType = UNSET
    error: ErrorCode | UnsetType = UNSET
    number: int | UnsetType = UNSET
    retry: RetryWord | UnsetType = UNSET
    message: str | UnsetType = UNSET
    details: dict[str, Any] | UnsetType = UNSET


class Batch(msgspec.Struct):
    results: Annotated[list[BatchItem], text("In the order of the request.")]


class CanceledAll(msgspec.Struct):
    canceled: int
    orders: list[Order]
    sequence: int


class OneOrder(msgspec.Struct):
    order: Order
    as_of_sequence: int


class OrderPage(Page):
    orders: list[Order]


class FillPage(Page):
    fills: list[Fill]


class SymbolTotal(msgspec.Struct):
    """What orders or fills of one symbol come to."""

    symbol: str
    count: int
    bought_quantity: Decimal
    bought_amount: Annotated[Decimal, text("Without fees, as sold_amount.")]
    sold_quantity: Decimal
    sold_amount: Decimal
    fee: Annotated[Decimal, text("All fees; negative for a rebate.")]
    fee_asset: str


class Totals(msgspec.Struct):
    """What orders have traded, or fills come to."""

    count: int
    totals: Annotated[list[SymbolTotal], text("By symbol.")]
    as_of_sequence: int
