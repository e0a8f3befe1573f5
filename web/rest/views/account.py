"""The account: balances, fees, and play money on a demo exchange."""

from __future__ import annotations

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.fees import referrals
from accounts.fees import standing as fee_standing
from accounts.identity.scopes import TRANSFER
from accounts.models import User
from accounts.wallet import play_money
from exchange import selectors
from exchange.errors import RefusedError
from exchange.wire import shapes
from exchange.wire.field_readers import read_text, refuse_unknown
from exchange.wire.rendering import Json
from web.rest import params, request_shapes, schema
from web.rest.base import PrivateView, PublicView


class BalancesView(PrivateView):
    @schema.operation(
        operation_id="list_balances",
        summary="Balances by asset",
        description="`held` is what open orders and withdrawals reserve.",
        tags=["account"],
        reply=shapes.Balances,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(selectors.balances(self.account(request)))


class FeesView(PrivateView):
    @schema.operation(
        operation_id="list_fees",
        summary="The account's fee rates, its tier and the way to the next",
        description=(
            "For orders entered from now on; open orders keep the rates they were entered with. The tier"
            " follows from what all accounts of the owner traded in 30 days, counted once a day."
        ),
        tags=["account"],
        reply=shapes.Fees,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        account = self.account(request)
        return Response({**selectors.fees(account), **fee_standing.standing(account)})


class FeeScheduleView(PublicView):
    @schema.operation(
        operation_id="get_fee_schedule",
        summary="The fee tiers and their rates",
        description="The tier of an account follows what its owner traded in 30 days.",
        tags=["market"],
        reply=shapes.FeeSchedule,
        private=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        return Response(fee_standing.schedule_json())


class ReferralView(PrivateView):
    changes_scope = TRANSFER

    @schema.operation(
        operation_id="get_referral",
        summary="Your referral code and what it earned",
        description="Others name the code after they have joined; a share of their fees is yours.",
        tags=["account"],
        reply=shapes.Referral,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        self.account(request)
        return Response(_referral_of(self.identity(request).user_id))

    @schema.operation(
        operation_id="use_referral_code",
        summary="Say whose code brought you: once, and soon after joining",
        description="Within 30 days of joining, not your own code, and not in a circle.",
        tags=["account"],
        request=request_shapes.ReferralRequest,
        reply=shapes.Referral,
        errors=("REFERRAL_REFUSED",),
    )
    def post(self, request: Request) -> Response:
        self.account(request)
        user_id = self.identity(request).user_id
        body = self.body(request)
        refuse_unknown(body, {"code"})
        referrals.tie(user_id, User.objects.get(pk=user_id).date_joined, read_text(body, "code"))
        return Response(_referral_of(user_id))


def _referral_of(user_id: int) -> Json:
    return referrals.standing(user_id, User.objects.get(pk=user_id).date_joined)


class DemoDepositView(PrivateView):
    rate_scope = "demo"
    changes_scope = TRANSFER

    @schema.operation(
        operation_id="demo_deposit",
        summary="Play money, on a demo exchange only",
        description="Other exchanges answer `DEMO_ONLY`.",
        tags=["account"],
        request=request_shapes.DemoDepositRequest,
        reply=shapes.DemoDeposit,
        errors=("DEMO_ONLY", "ASSET_NOT_FOUND", "ACCOUNT_NOT_FOUND", "INVALID_NUMBER", "INVALID_AMOUNT"),
    )
    def post(self, request: Request) -> Response:
        if not settings.XTRADER["DEMO"]:
            raise RefusedError("DEMO_ONLY")
        asset, amount_minor = play_money.parse_deposit(self.body(request))
        return Response(play_money.deposit(request.user, self.account(request), asset, amount_minor))
