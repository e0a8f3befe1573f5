"""The account: balances, fees, ledger, and play money on a demo exchange."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from exchange import demo, selectors
from exchange.api import params, schema
from exchange.api import serializers as shapes
from exchange.api.base import PrivateView
from exchange.errors import RefusedError
from exchange.ledger import KINDS, Position, ledger


class BalancesView(PrivateView):
    @schema.operation(
        operation_id="list_balances",
        summary="Balances by asset",
        tags=["account"],
        reply=shapes.BalancesSerializer,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.balances(self.account(request)))


class FeesView(PrivateView):
    @schema.operation(
        operation_id="list_fees",
        summary="The account's fee rates",
        description="For orders entered from now on; open orders keep the rates they were entered with.",
        tags=["account"],
        reply=shapes.FeesSerializer,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.fees(self.account(request)))


class LedgerView(PrivateView):
    @schema.operation(
        operation_id="list_ledger",
        summary="Every change of the account's balances, newest first",
        tags=["account"],
        reply=shapes.LedgerPageSerializer,
        errors=("SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[
            schema.query("asset", "Only this asset."),
            schema.query("type", "Only entries of this type.", enum=list(KINDS)),
            *schema.PAGE,
        ],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, params.PAGE_PARAMS | {"asset", "type"})
        position = Position(*params.read_pair_cursor(query))
        window = params.read_window({name: query[name] for name in query if name != "cursor"})
        kind = params.read_choice(query, "type", KINDS)
        page = ledger(self.account(request), window, params.read_asset(query), position, kind)
        following = page.next_position
        return Response(
            {
                "entries": page.rows,
                "next_cursor": None if following is None else params.pair_cursor(*following),
                "as_of_sequence": page.as_of_sequence,
            }
        )


class DemoDepositView(PrivateView):
    rate_scope = "demo"

    @schema.operation(
        operation_id="demo_deposit",
        summary="Play money, on a demo exchange only",
        tags=["account"],
        request=shapes.DemoDepositRequestSerializer,
        reply=shapes.DemoDepositSerializer,
        errors=("DEMO_ONLY", "ASSET_NOT_FOUND", "ACCOUNT_NOT_FOUND", "INVALID_NUMBER", "INVALID_AMOUNT"),
    )
    def post(self, request: Request) -> Response:
        if not settings.XTRADER["DEMO"]:
            raise RefusedError("DEMO_ONLY")
        asset, amount_minor = demo.parse_deposit(self.body(request))
        return Response(demo.deposit(request.user, self.account(request), asset, amount_minor))
