"""Bodies of requests, for the OpenAPI schema.

``exchange.orders.parsing`` reads them (and the WebSocket's): it takes choices in any case and numbers digit
by digit, and its errors name the field. Tests hold the fields here and there equal.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from accounts.fees.referrals import CODE_LENGTH
from accounts.identity.identities import MAX_TOKEN_BYTES
from accounts.identity.second_factor import LONGEST_CODE
from accounts.identity.terms_of_service import MAX_VERSION
from accounts.identity.tokens import MAX_CREDENTIAL_CHARS
from exchange.engine.messages import CANCEL_REPLACE_MODES
from exchange.orders.desk import (
    MAX_BATCH,
    MAX_CANCEL_AFTER_MS,
    MAX_FILLS,
    MAX_QUOTES,
    MAX_WINDOW_MS,
    POST_ONLY_MODES,
    TRIGGER_IF_MET,
)
from exchange.wire.field_readers import MAX_TIME_MS
from exchange.wire.order_shapes import OrderKind, Peg, Side, StpMode, TimeInForce, TriggerSource
from exchange.wire.shape_parts import (
    AssetName,
    ClientOrderId,
    Decimal,
    Id,
    SymbolName,
    one_of,
    text,
)

#: A decimal sent as text or as a JSON number, read digit by digit (no exponent, no NaN).
DecimalInput = Decimal | float
#: What a user proves itself with.
Credential = Annotated[str, Meta(max_length=MAX_CREDENTIAL_CHARS)]
Otp = Annotated[str, Meta(max_length=LONGEST_CODE)]
RefreshToken = Annotated[str, Meta(max_length=MAX_TOKEN_BYTES)]
TermsVersion = Annotated[int, Meta(ge=0, le=MAX_VERSION)]
#: A time that is sent.
Time = Annotated[int, Meta(ge=0, le=MAX_TIME_MS, extra_json_schema={"format": "int64"})]


class OrderRequest(msgspec.Struct):
    """An order to enter. Words may be sent in any case; an explicit null counts as absent."""

    symbol: Annotated[SymbolName, text("As /api/v1/symbols lists it.")]
    side: Side
    order_type: OrderKind
    price: Annotated[
        DecimalInput | None,
        text("Of a limit order; of any other its own limit, no worse than which it trades."),
    ] = None
    quantity: Annotated[
        DecimalInput | None, text("In the base asset; always, unless quote_amount is given.")
    ] = None
    quote_amount: Annotated[
        DecimalInput | None,
        text(
            "Instead of quantity on orders at market: what to spend, the fee included, or (a sell) what to "
            "sell for, before the fee."
        ),
    ] = None
    time_in_force: Annotated[
        TimeInForce | None, text("Default gtc; of market orders ioc (the only other is fok).")
    ] = None
    expire_at: Annotated[Time | None, text("When a gtd order ends; milliseconds UTC.")] = None
    post_only: Annotated[
        bool | None, text("Never trade on entry; limit orders that stay, without a trigger.")
    ] = None
    post_only_mode: Annotated[
        Annotated[str, one_of(POST_ONLY_MODES)] | None,
        text("What happens to a post-only order that would trade: refused, or moved one tick away."),
    ] = None
    display_quantity: Annotated[DecimalInput | None, text("An iceberg: what the book shows at a time.")] = (
        None
    )
    min_quantity: Annotated[
        DecimalInput | None, text("Trade at least this much on entry, or cancel the order.")
    ] = None
    trigger_price: Annotated[DecimalInput | None, text("Of stops and take-profits: when they enter.")] = None
    trigger_source: Annotated[
        TriggerSource | None,
        text("Watch the last price, or the quote (a sell the best bid, a buy the best ask)."),
    ] = None
    trigger_if_met: Annotated[
        Annotated[str, one_of(TRIGGER_IF_MET)] | None,
        text("What happens to an order whose trigger price is reached already."),
    ] = None
    trail_offset: Annotated[DecimalInput | None, text("Of a trailing stop: the distance, in price.")] = None
    trail_percent: Annotated[
        DecimalInput | None,
        text("Of a trailing stop: the distance in percent, up to four decimals."),
    ] = None
    peg: Annotated[
        Peg | None,
        text(
            "Of a pegged order: what its price follows, the best price of its own side (primary), the middle "
            "of the two (mid) or the best price of the other side (market). Its price is its limit."
        ),
    ] = None
    peg_offset: Annotated[
        DecimalInput | None,
        text(
            "Of a pegged order: how far it stays from there, away from the other side; of market above zero."
        ),
    ] = None
    client_order_id: Annotated[
        ClientOrderId | None,
        text("Your own id. Sent again with the same payload it gets the first reply."),
    ] = None
    stp: Annotated[
        StpMode | None, text("What happens when the order meets one of the same account or group.")
    ] = None


class OrderBatchRequest(msgspec.Struct):
    orders: Annotated[list[OrderRequest], Meta(min_length=1, max_length=MAX_BATCH)]


class OrderName(msgspec.Struct):
    """Exactly one of the two ids."""

    order_id: Id | None = None
    client_order_id: ClientOrderId | None = None


class ReduceRequest(OrderName, kw_only=True):
    quantity: Annotated[DecimalInput, text("The new total quantity, the filled part included.")]


class ReplaceRequest(OrderName, kw_only=True):
    price: Annotated[DecimalInput | None, text("Always, but of an order at market that waits.")] = None
    quantity: Annotated[DecimalInput, text("The new total quantity, the filled part included.")]
    trigger_price: Annotated[DecimalInput | None, text("Only of an order that waits; absent: as it was.")] = (
        None
    )
    trigger_if_met: Annotated[
        Annotated[str, one_of(TRIGGER_IF_MET)] | None,
        text("What happens if the trigger price is reached already, as of a new order."),
    ] = None


class OcoRequest(msgspec.Struct):
    """Two orders of one symbol, side and quantity, at least one with a trigger. When one trades, the other
    shrinks by as much; when one ends, so does the other."""

    first: OrderRequest
    second: OrderRequest


class OtoRequest(msgspec.Struct):
    """Two orders of one symbol; the pending one enters when the working one is filled."""

    working: OrderRequest
    pending: OrderRequest


class OtocoRequest(msgspec.Struct):
    """An order, and two of the same symbol that enter as an OCO when it is filled."""

    working: OrderRequest
    first: OrderRequest
    second: OrderRequest


class QuoteRequest(msgspec.Struct):
    """Both sides under one name; a side without price and quantity has no order."""

    symbol: SymbolName
    quote_id: Annotated[ClientOrderId | None, text("Default 1.")] = None
    bid_price: DecimalInput | None = None
    bid_quantity: DecimalInput | None = None
    ask_price: DecimalInput | None = None
    ask_quantity: DecimalInput | None = None


class QuotesRequest(msgspec.Struct):
    quotes: Annotated[list[QuoteRequest], Meta(min_length=1, max_length=MAX_QUOTES)]


class QuoteProtectionRequest(msgspec.Struct):
    """All quotes are canceled after so many fills, or so much more bought than sold (or sold than bought),
    within the window."""

    window_ms: Annotated[int, Meta(ge=0, le=MAX_WINDOW_MS, description="0 takes the protection back.")]
    max_fills: Annotated[Annotated[int, Meta(ge=1, le=MAX_FILLS)] | None, text("Always, but with 0.")] = None
    asset: Annotated[AssetName | None, text("The quote asset in which max_net is.")] = None
    max_net: DecimalInput | None = None


class BracketRequest(msgspec.Struct):
    """A buy; what it buys is sold by a take-profit limit order or a stop, whichever comes first."""

    entry: OrderRequest
    take_profit_price: Annotated[DecimalInput, text("Above stop_price.")]
    stop_price: Annotated[DecimalInput, text("The trigger price of the stop.")]
    stop_limit_price: Annotated[
        DecimalInput | None, text("The stop's own price; absent: it sells at market.")
    ] = None
    trigger_source: Annotated[TriggerSource | None, text("What the stop watches.")] = None


class CancelReplaceRequest(OrderName, kw_only=True):
    mode: Annotated[
        Annotated[str, one_of(CANCEL_REPLACE_MODES)] | None,
        text("When the cancel fails: refuse all (the default), or enter the order all the same."),
    ] = None
    order: OrderRequest


class CancelAfterRequest(msgspec.Struct):
    after_ms: Annotated[
        int,
        Meta(ge=0, le=MAX_CANCEL_AFTER_MS, description="1000 to 86400000, or 0 to take it back."),
    ]


class CancelAllRequest(msgspec.Struct):
    symbol: Annotated[SymbolName | None, text("Absent: every symbol.")] = None


class DemoDepositRequest(msgspec.Struct):
    asset: AssetName
    amount: Annotated[DecimalInput, text("Above zero, within the bound of the asset.")]


class ReferralRequest(msgspec.Struct):
    code: Annotated[str, Meta(min_length=1, max_length=CODE_LENGTH), text("Of the user who brought you.")]


class Credentials(msgspec.Struct):
    username: Annotated[Credential, text("The user name, or the e-mail address.")]
    password: Credential
    otp: Annotated[
        Otp | None, text("With a second factor: the code of the authenticator app, or a recovery code.")
    ] = None
    terms: Annotated[
        TermsVersion | None, text("The version of the terms of service that you accept with it.")
    ] = None


class RefreshRequest(msgspec.Struct):
    refresh: RefreshToken


class RevokeRequest(msgspec.Struct):
    refresh: RefreshToken
    everywhere: Annotated[bool, text("All log-ins by token of the user.")] = False
