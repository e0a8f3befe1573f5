"""Deposits over REST."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from custody.deposits import own_deposits
from custody.deposits.deposit_addresses import place_for
from custody.deposits.own_deposits import Place, Wanted
from custody.states import DepositState
from exchange.errors import RequestError
from web.access.limiter import REPORTS
from web.rest import deposit_shapes as shapes
from web.rest import params, schema
from web.rest.base import PrivateView

_FILTERS = frozenset({"asset", "state", "cursor", "limit"})


class DepositsView(PrivateView):
    @schema.operation(
        operation_id="list_deposits",
        summary="The account's deposits, newest first",
        description="Those that a provider has told of, from the first notice on, and those that operators "
        "or play money made. Each stands here once.",
        tags=["account"],
        reply=shapes.DepositPage,
        errors=("ASSET_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[
            schema.query("asset", "Only this asset."),
            schema.query("state", "Only those in this state.", enum=DepositState.values),
            schema.CURSOR,
            schema.LIMIT,
        ],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, _FILTERS)
        wanted = Wanted(params.read_asset(query), params.read_choice(query, "state", DepositState.values))
        place, limit = Place(*params.read_pair_cursor(query)), params.read_limit(query)
        rows, following = own_deposits.page(self.account(request), wanted, place, limit)
        next_cursor = None if following is None else params.pair_cursor(*following)
        return Response({"deposits": rows, "next_cursor": next_cursor})


class DepositAddressView(PrivateView):
    #: The first call for an asset asks the provider.
    rate_scope = REPORTS

    @schema.operation(
        operation_id="get_deposit_address",
        summary="Where to send deposits of an asset to",
        description="The same address each time, and the account's alone.",
        tags=["account"],
        reply=shapes.DepositAddress,
        errors=("ASSET_NOT_FOUND", "MISSING_FIELD", "PROVIDER_UNAVAILABLE"),
        parameters=[schema.query("asset", "The asset.", required=True)],
    )
    def get(self, request: Request) -> Response:
        account, query = self.account(request), self.query(request)
        params.refuse_unknown(query, {"asset"})
        asset = params.read_asset(query)
        if asset is None:
            raise RequestError("MISSING_FIELD", {"field": "asset"})
        place = place_for(account, asset)
        return Response(
            {"asset": asset, "open": place.is_open, "address": place.address, "tag": place.tag or None}
        )
