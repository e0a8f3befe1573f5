"""The shapes of requests and replies, as serializers: they describe the API in the OpenAPI schema.

Requests are checked by ``exchange.validation`` (shared with the WebSocket) and replies are made by
``exchange.wire``; tests hold these descriptions equal to both.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from exchange.engine.messages import (
    CANCEL_REPLACE_MODES,
    ORDER_STATUSES,
    REASONS,
    SIDES,
    STP_MODES,
    SYMBOL_STATUSES,
    TIMES_IN_FORCE,
    TRANSFER_KINDS,
    TRIGGER_SOURCES,
)
from exchange.errors import ERRORS
from exchange.validation import MAX_BATCH, ORDER_KIND_WORDS, POST_ONLY_MODES, TRIGGER_IF_MET
from exchange.validation.changes import MAX_CANCEL_AFTER_MS
from exchange.wire import AUCTION

_DECIMAL = {
    "type": "string",
    "format": "decimal",
    "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$",
    "maxLength": 40,
}


@extend_schema_field(_DECIMAL)
class DecimalText(serializers.CharField):
    """An exact decimal as text, such as ``0.015``."""


@extend_schema_field({"oneOf": [_DECIMAL, {"type": "number"}]})
class DecimalInput(serializers.CharField):
    """A decimal sent as text or as a JSON number, read digit by digit (no exponent, no NaN)."""


@extend_schema_field({"type": "integer", "format": "int64", "description": "Milliseconds UTC."})
class Milliseconds(serializers.IntegerField):
    """A time in whole milliseconds since the Unix epoch, UTC."""


@extend_schema_field({"type": "string", "pattern": "^[1-9][0-9]{0,17}$"})
class Id(serializers.CharField):
    """An id: digits, as text."""


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,36}$"})
class ClientOrderId(serializers.CharField):
    """The client's own id of an order."""


def words(choices: tuple[str, ...], **options: Any) -> serializers.ChoiceField:
    """One of the engine's words."""
    return serializers.ChoiceField(choices=choices, **options)


class Sequence(serializers.IntegerField):
    """A position in the engine's order of events."""


# --- errors ------------------------------------------------------------------------------------------


class ErrorSerializer(serializers.Serializer[Any]):
    error = serializers.ChoiceField(choices=list(ERRORS), help_text="A code that never changes its meaning.")
    message = serializers.CharField(help_text="For people: English, or Korean by Accept-Language.")
    details = serializers.DictField(help_text="`field` names what was wrong, where one field was.")


# --- orders: requests ----------------------------------------------------------------------------------


def _optional(**options: Any) -> dict[str, Any]:
    """Options of a request's field that may be absent or null."""
    return {"required": False, "allow_null": True, **options}


class OrderRequestSerializer(serializers.Serializer[Any]):
    """An order to enter. Words may be sent in any case; an explicit null counts as absent."""

    symbol = serializers.CharField(help_text="As /api/v1/symbols lists it.")
    side = words(SIDES)
    order_type = words(ORDER_KIND_WORDS)
    price = DecimalInput(
        **_optional(help_text="Of a limit order; of any other its own limit, no worse than which it trades.")
    )
    quantity = DecimalInput(**_optional(help_text="In the base asset; always, unless quote_amount is given."))
    quote_amount = DecimalInput(
        **_optional(
            help_text="Instead of quantity on orders at market: what to spend, the fee included, or (a sell) what "
            "to sell for, before the fee."
        )
    )
    time_in_force = words(
        TIMES_IN_FORCE,
        **_optional(help_text="Default gtc; of market orders ioc (the only other is fok)."),
    )
    expire_at = Milliseconds(**_optional(help_text="When a gtd order ends; milliseconds UTC."))
    post_only = serializers.BooleanField(
        **_optional(help_text="Never trade on entry; limit orders that stay, without a trigger.")
    )
    post_only_mode = words(
        POST_ONLY_MODES,
        **_optional(
            help_text="What happens to a post-only order that would trade: refused, or moved one tick away."
        ),
    )
    display_quantity = DecimalInput(**_optional(help_text="An iceberg: what the book shows at a time."))
    trigger_price = DecimalInput(**_optional(help_text="Of stops and take-profits: when they enter."))
    trigger_source = words(
        TRIGGER_SOURCES,
        **_optional(
            help_text="Watch the last price, or the quote (a sell the best bid, a buy the best ask)."
        ),
    )
    trigger_if_met = words(
        TRIGGER_IF_MET,
        **_optional(help_text="What happens to an order whose trigger price is reached already."),
    )
    trail_offset = DecimalInput(**_optional(help_text="Of a trailing stop: the distance, in price."))
    trail_percent = DecimalInput(
        **_optional(help_text="Of a trailing stop: the distance in percent, up to four decimals.")
    )
    client_order_id = ClientOrderId(
        **_optional(help_text="Your own id. Sent again with the same payload it gets the first reply.")
    )
    stp = words(
        STP_MODES,
        **_optional(help_text="What happens when the order meets one of the same account or group."),
    )


class OrderBatchRequestSerializer(serializers.Serializer[Any]):
    orders = serializers.ListField(child=OrderRequestSerializer(), min_length=1, max_length=MAX_BATCH)


class OrderNameSerializer(serializers.Serializer[Any]):
    """Exactly one of the two ids."""

    order_id = Id(required=False, allow_null=True)
    client_order_id = ClientOrderId(required=False, allow_null=True)


class ReduceRequestSerializer(OrderNameSerializer):
    quantity = DecimalInput(help_text="The new total quantity, the filled part included.")


class ReplaceRequestSerializer(OrderNameSerializer):
    price = DecimalInput(**_optional(help_text="Always, but of an order at market that waits."))
    quantity = DecimalInput(help_text="The new total quantity, the filled part included.")
    trigger_price = DecimalInput(**_optional(help_text="Only of an order that waits; absent: as it was."))


class OcoRequestSerializer(serializers.Serializer[Any]):
    """Two orders of one symbol, side and quantity, at least one with a trigger. When one trades, the other shrinks by
    as much; when one ends, so does the other."""

    first = OrderRequestSerializer()
    second = OrderRequestSerializer()


class BracketRequestSerializer(serializers.Serializer[Any]):
    """A buy; what it buys is sold by a take-profit limit order or a stop, whichever comes first."""

    entry = OrderRequestSerializer()
    take_profit_price = DecimalInput(help_text="Above stop_price.")
    stop_price = DecimalInput(help_text="The trigger price of the stop.")
    stop_limit_price = DecimalInput(
        **_optional(help_text="The stop's own price; absent: it sells at market.")
    )
    trigger_source = words(TRIGGER_SOURCES, **_optional(help_text="What the stop watches."))


class CancelReplaceRequestSerializer(OrderNameSerializer):
    mode = words(
        CANCEL_REPLACE_MODES,
        **_optional(
            help_text="When the cancel fails: refuse all (the default), or enter the order all the same."
        ),
    )
    order = OrderRequestSerializer()


class CancelAfterRequestSerializer(serializers.Serializer[Any]):
    after_ms = serializers.IntegerField(
        min_value=0, max_value=MAX_CANCEL_AFTER_MS, help_text="1000 to 86400000, or 0 to take it back."
    )


class CancelAllRequestSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField(required=False, allow_null=True, help_text="Absent: every symbol.")


# --- orders: replies -----------------------------------------------------------------------------------


class OrderSerializer(serializers.Serializer[Any]):
    order_id = Id()
    client_order_id = ClientOrderId(allow_null=True)
    symbol = serializers.CharField()
    side = words(SIDES)
    order_type = words(ORDER_KIND_WORDS)
    time_in_force = words(TIMES_IN_FORCE)
    post_only = serializers.BooleanField()
    stp = words(STP_MODES)
    price = DecimalText(allow_null=True, help_text="Null for an order at market without a limit of its own.")
    quantity = DecimalText(allow_null=True, help_text="Null for an order by quote_amount.")
    quote_amount = DecimalText(allow_null=True)
    filled_quantity = DecimalText()
    remaining_quantity = DecimalText(allow_null=True)
    filled_amount = DecimalText(help_text="What the fills came to in the quote asset, without fees.")
    average_price = DecimalText(allow_null=True, help_text="Null while nothing is filled.")
    fee = DecimalText(help_text="All fees so far; negative for a rebate.")
    fee_asset = serializers.CharField()
    status = words(ORDER_STATUSES)
    reason = serializers.ChoiceField(
        choices=[reason for reason in REASONS if reason],
        allow_null=True,
        help_text="Why it ended other than by being filled.",
    )
    created_at = Milliseconds()
    updated_at = Milliseconds()
    # Only of an order that has any of what follows; then all of them.
    waiting = serializers.BooleanField(required=False, help_text="Off the book until its trigger fires.")
    trigger_price = DecimalText(**_optional(help_text="Of a trailing stop null: it moves."))
    trigger_source = words(TRIGGER_SOURCES, **_optional())
    trail_offset = DecimalText(**_optional())
    trail_percent = DecimalText(**_optional())
    triggered_at = Milliseconds(**_optional())
    display_quantity = DecimalText(**_optional(help_text="What an iceberg shows at a time."))
    expire_at = Milliseconds(**_optional())
    prevented_quantity = DecimalText(
        required=False, help_text="What self-trade prevention kept it, or the orders it met, from trading."
    )
    linked_order_id = Id(**_optional(help_text="The other order of an OCO."))
    entry_order_id = Id(**_optional(help_text="Of an exit: the entry of its bracket."))
    take_profit_price = DecimalText(**_optional(help_text="Of an entry: where its exits will be."))
    stop_price = DecimalText(**_optional())
    stop_limit_price = DecimalText(**_optional())
    cancel_on_disconnect = serializers.BooleanField(required=False)


class FillSerializer(serializers.Serializer[Any]):
    trade_id = Id()
    order_id = Id()
    symbol = serializers.CharField()
    side = words(SIDES)
    price = DecimalText()
    quantity = DecimalText()
    amount = DecimalText(help_text="Price times quantity, in the quote asset.")
    fee = DecimalText(help_text="Negative for a rebate.")
    fee_asset = serializers.CharField()
    liquidity = serializers.ChoiceField(
        choices=["maker", "taker", AUCTION],
        help_text="In an auction nobody takes; both pay their maker rate.",
    )
    timestamp = Milliseconds()


class PlacedSerializer(serializers.Serializer[Any]):
    """The outcome, after the journal has it and matching is done."""

    order = OrderSerializer()
    fills = FillSerializer(many=True)
    sequence = Sequence()


class ChangedSerializer(serializers.Serializer[Any]):
    order = OrderSerializer()
    sequence = Sequence()


class OcoSerializer(serializers.Serializer[Any]):
    orders = OrderSerializer(many=True, help_text="Both, first and second.")
    fills = FillSerializer(many=True)
    sequence = Sequence()


class BracketSerializer(serializers.Serializer[Any]):
    order = OrderSerializer(help_text="The entry.")
    exits = OrderSerializer(many=True, help_text="Of what the entry bought at once; none if nothing.")
    fills = FillSerializer(many=True)
    sequence = Sequence()


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="OrderOrError",
        serializers=[OrderSerializer, ErrorSerializer],
        resource_type_field_name=None,
        many=False,
    )
)
class OrderOrError(serializers.DictField):
    """An order, or the error that refused it."""


class CancelReplaceSerializer(serializers.Serializer[Any]):
    canceled = OrderOrError()
    order = OrderOrError()
    fills = FillSerializer(many=True)
    sequence = Sequence()


class CancelAfterSerializer(serializers.Serializer[Any]):
    cancel_at = Milliseconds(allow_null=True, help_text="Null: not any more.")
    sequence = Sequence()


class BatchItemSerializer(serializers.Serializer[Any]):
    """Either order, fills and sequence, or error, message and details."""

    order = OrderSerializer(required=False)
    fills = FillSerializer(many=True, required=False)
    sequence = Sequence(required=False)
    error = serializers.ChoiceField(choices=list(ERRORS), required=False)
    message = serializers.CharField(required=False)
    details = serializers.DictField(required=False)


class BatchSerializer(serializers.Serializer[Any]):
    results = BatchItemSerializer(many=True, help_text="In the order of the request.")


class CanceledAllSerializer(serializers.Serializer[Any]):
    canceled = serializers.IntegerField()
    orders = OrderSerializer(many=True)
    sequence = Sequence()


class OneOrderSerializer(serializers.Serializer[Any]):
    order = OrderSerializer()
    as_of_sequence = Sequence()


class _PageSerializer(serializers.Serializer[Any]):
    next_cursor = serializers.CharField(allow_null=True, help_text="Null on the last page.")
    as_of_sequence = Sequence()


@extend_schema_serializer(many=False)
class OrderPageSerializer(_PageSerializer):
    orders = OrderSerializer(many=True)


@extend_schema_serializer(many=False)
class FillPageSerializer(_PageSerializer):
    fills = FillSerializer(many=True)


# --- account -------------------------------------------------------------------------------------------


class LedgerEntrySerializer(serializers.Serializer[Any]):
    """What one trade, deposit or withdrawal did to one asset."""

    entry_id = serializers.CharField()
    type = serializers.ChoiceField(choices=["trade", *TRANSFER_KINDS])
    asset = serializers.CharField()
    amount = DecimalText(help_text="Signed; of the quote asset of a trade, the fee is inside.")
    balance_after = DecimalText(help_text="Available and held together.")
    fee = DecimalText(help_text="The part of amount that was a fee.")
    symbol = serializers.CharField(allow_null=True)
    trade_id = Id(allow_null=True)
    order_id = Id(allow_null=True)
    timestamp = Milliseconds()
    sequence = Sequence()


@extend_schema_serializer(many=False)
class LedgerPageSerializer(_PageSerializer):
    entries = LedgerEntrySerializer(many=True)


class FeeRatesSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    maker_fee_rate = DecimalText(help_text="A fraction: 0.0005 is 0.05 %.")
    taker_fee_rate = DecimalText()


class FeesSerializer(serializers.Serializer[Any]):
    fees = FeeRatesSerializer(many=True)
    as_of_sequence = Sequence()


class BalanceSerializer(serializers.Serializer[Any]):
    asset = serializers.CharField()
    available = DecimalText()
    held = DecimalText(help_text="Reserved by open orders.")


class BalancesSerializer(serializers.Serializer[Any]):
    balances = BalanceSerializer(many=True)
    as_of_sequence = Sequence()


class DemoDepositRequestSerializer(serializers.Serializer[Any]):
    asset = serializers.CharField()
    amount = DecimalInput(help_text="Above zero, within the bound of the asset.")


class DemoDepositSerializer(serializers.Serializer[Any]):
    balance = BalanceSerializer()
    sequence = Sequence()


# --- market --------------------------------------------------------------------------------------------


class TickBandSerializer(serializers.Serializer[Any]):
    from_price = DecimalText()
    tick_size = DecimalText()


class SymbolSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    base_asset = serializers.CharField()
    quote_asset = serializers.CharField()
    status = words(SYMBOL_STATUSES)
    status_reason = serializers.CharField(allow_null=True)
    base_scale = serializers.IntegerField()
    quote_scale = serializers.IntegerField()
    price_scale = serializers.IntegerField(help_text="Decimals of a price.")
    quantity_scale = serializers.IntegerField(help_text="Decimals of a quantity.")
    tick_bands = TickBandSerializer(many=True, help_text="The tick size that holds from each price on.")
    lot_size = DecimalText()
    min_quantity = DecimalText()
    max_quantity = DecimalText()
    min_price = DecimalText()
    max_price = DecimalText()
    min_notional = DecimalText()
    maker_fee_rate = DecimalText()
    taker_fee_rate = DecimalText()
    max_open_orders = serializers.IntegerField(help_text="Of one account in this symbol.")
    max_notional = DecimalText(allow_null=True, help_text="Null: no such rule; so with those below.")
    price_collar_percent = DecimalText(
        allow_null=True, help_text="A market order trades no further than this from the best price it met."
    )
    price_band_percent = DecimalText(
        allow_null=True, help_text="Limit prices are this near the reference price."
    )
    volatility_band_percent = DecimalText(
        allow_null=True, help_text="A trade further than this from the last price starts an auction."
    )
    volatility_auction_seconds = serializers.IntegerField(allow_null=True)
    calendar = serializers.CharField(
        allow_null=True,
        help_text="Whose sessions it follows, such as XNYS; null: it trades around the clock.",
    )
    call_ends_at = Milliseconds(allow_null=True, help_text="When a volatility auction takes place.")


@extend_schema_serializer(many=False)
class SymbolsSerializer(serializers.Serializer[Any]):
    symbols = SymbolSerializer(many=True)


class OrderBookSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    bids = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2),
        help_text="[price, quantity] from the highest price down.",
    )
    asks = serializers.ListField(
        child=serializers.ListField(child=DecimalText(), min_length=2, max_length=2),
        help_text="[price, quantity] from the lowest price up.",
    )
    sequence = Sequence()
    timestamp = Milliseconds()
    checksum = serializers.IntegerField(help_text="CRC32 of the top ten levels; see the API guide.")


class AuctionSerializer(serializers.Serializer[Any]):
    """Where an auction would trade as the book stands."""

    symbol = serializers.CharField()
    status = words(SYMBOL_STATUSES)
    price = DecimalText(allow_null=True, help_text="Null where nothing would trade.")
    quantity = DecimalText()
    surplus_side = serializers.ChoiceField(
        choices=SIDES, allow_null=True, help_text="Of which side something would be left over; null: of none."
    )
    surplus_quantity = DecimalText()
    call_ends_at = Milliseconds(allow_null=True)
    sequence = Sequence()
    timestamp = Milliseconds()


class TimeSerializer(serializers.Serializer[Any]):
    server_time = Milliseconds()
