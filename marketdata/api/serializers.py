"""The shapes of the public replies, for the schema. Replies are built ready (``marketdata.wire``)."""

from __future__ import annotations

from rest_framework import serializers

from exchange.engine.messages import SIDES
from marketdata.intervals import INTERVALS


def _decimal(help_text: str, *, allow_null: bool = False) -> serializers.CharField:
    return serializers.CharField(help_text=help_text, allow_null=allow_null)


class ExecutionSerializer(serializers.Serializer):  # type: ignore[type-arg]  # not generic at run time
    """One trade."""

    execution_id = serializers.CharField()
    symbol = serializers.CharField()
    price = _decimal("In the quote asset.")
    quantity = _decimal("In the base asset.")
    side = serializers.ChoiceField(
        choices=SIDES, allow_null=True, help_text="The aggressor's; null in an auction."
    )
    timestamp = serializers.IntegerField(help_text="Milliseconds UTC.")
    sequence = serializers.IntegerField(help_text="The engine's sequence of the trade.")


class ExecutionsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    executions = ExecutionSerializer(many=True)


class CandleSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """One candle. Without trades all four prices are the close before it and the volumes are 0."""

    open_time = serializers.IntegerField(help_text="Milliseconds UTC.")
    close_time = serializers.IntegerField(help_text="The candle's last millisecond.")
    open = _decimal("Price of the first trade.")
    high = _decimal("Highest price.")
    low = _decimal("Lowest price.")
    close = _decimal("Price of the last trade.")
    volume = _decimal("In the base asset.")
    quote_volume = _decimal("In the quote asset.")
    trade_count = serializers.IntegerField()
    closed = serializers.BooleanField(help_text="False for the candle in progress.")


class KlinesSerializer(serializers.Serializer):  # type: ignore[type-arg]
    symbol = serializers.CharField()
    interval = serializers.ChoiceField(choices=list(INTERVALS))
    candles = CandleSerializer(many=True)


class StatisticsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    """The last 24 hours in minute steps, the current minute included. Prices are those of trades; without
    a trade in the window they are the last price ever, null if there is none."""

    symbol = serializers.CharField()
    timestamp = serializers.IntegerField(help_text="Milliseconds UTC.")
    open_price_24h = _decimal("First price in the window.", allow_null=True)
    high_price_24h = _decimal("Highest price in the window.", allow_null=True)
    low_price_24h = _decimal("Lowest price in the window.", allow_null=True)
    last_price = _decimal("Last price.", allow_null=True)
    volume_24h = _decimal("In the base asset; each trade counts once.")
    quote_volume_24h = _decimal("In the quote asset.")
    vwap_24h = _decimal("Volume-weighted average price, rounded down to a price step.", allow_null=True)
    trade_count_24h = serializers.IntegerField()
    price_change_24h = _decimal("Last price less open price.", allow_null=True)
    price_change_percent_24h = _decimal("The change in percent of the open price.", allow_null=True)
    bid_price = _decimal("Best bid.", allow_null=True)
    ask_price = _decimal("Best ask.", allow_null=True)


class AllStatisticsSerializer(serializers.Serializer):  # type: ignore[type-arg]
    statistics = StatisticsSerializer(many=True)
