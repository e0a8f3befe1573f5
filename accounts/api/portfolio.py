"""The portfolio over REST."""

from __future__ import annotations

import time
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.portfolio.selectors import RANGES, portfolio
from exchange.api import params, schema
from exchange.api.base import PrivateView
from exchange.api.serializers import DecimalText, Milliseconds, Sequence

_DEFAULT_RANGE = "1m"


class HoldingSerializer(serializers.Serializer[Any]):
    """One asset, its cost and profit in the currency it is worth something in."""

    asset = serializers.CharField()
    symbol = serializers.CharField(
        allow_null=True, help_text="Whose price values it; null when it takes more than one symbol."
    )
    quantity = DecimalText(help_text="Available and held together.")
    average_cost = DecimalText(allow_null=True, help_text="Of one whole unit, fees included.")
    cost = DecimalText()
    value = DecimalText(allow_null=True, help_text="Null while the symbol has never traded.")
    share_percent = DecimalText(allow_null=True, help_text="Of the currency's whole value.")
    unrealised_profit = DecimalText(allow_null=True)
    unrealised_percent = DecimalText(allow_null=True)
    realised_profit = DecimalText(help_text="Of sales so far, fees deducted.")


class ValuePointSerializer(serializers.Serializer[Any]):
    timestamp = Milliseconds()
    value = DecimalText()
    profit = DecimalText(help_text="Since the first point: the change that no deposit explains.")


class CurrencyPortfolioSerializer(serializers.Serializer[Any]):
    """Everything that is worth something in one currency."""

    currency = serializers.CharField()
    value = DecimalText(help_text="Cash and holdings at the last prices.")
    cash = DecimalText()
    cost = DecimalText(help_text="Of the holdings, cash not counted.")
    unrealised_profit = DecimalText()
    realised_profit = DecimalText()
    holdings = HoldingSerializer(many=True)
    history = ValuePointSerializer(many=True)


@extend_schema_serializer(many=False)
class PortfolioSerializer(serializers.Serializer[Any]):
    range = serializers.ChoiceField(choices=list(RANGES))
    timestamp = Milliseconds()
    currencies = CurrencyPortfolioSerializer(many=True)
    as_of_sequence = Sequence()


class PortfolioView(PrivateView):
    @schema.operation(
        operation_id="get_portfolio",
        summary="Holdings, average cost, profit, and value over time",
        description=(
            "By currency; nothing is converted between currencies. A deposit of an asset counts as bought at "
            "the market's price of that minute; profit never includes deposits or withdrawals."
        ),
        tags=["account"],
        reply=PortfolioSerializer,
        parameters=[schema.query("range", "How far back `history` goes.", enum=list(RANGES))],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, {"range"})
        chosen = params.read_choice(query, "range", RANGES) or _DEFAULT_RANGE
        return Response(portfolio(self.account(request), chosen, time.time_ns()))
