"""The portfolio and the tax report over REST."""

from __future__ import annotations

import time

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.portfolio.portfolio_shapes import Portfolio, TaxReport
from accounts.portfolio.selectors import RANGES, portfolio
from web.access.limiter import REPORTS
from web.rest import params, schema
from web.rest.base import PrivateView
from web.rest.tax_reads import TAX_PARAMS, read_tax_report

_DEFAULT_RANGE = "1m"
#: Of the parameter ``accounts``.
_ALL = "all"


class PortfolioView(PrivateView):
    @schema.operation(
        operation_id="get_portfolio",
        summary="Holdings, cost and profit by average and FIFO, value and performance over time",
        description=(
            "By currency, nothing converted; or with `currency` all in that one, by the cross rates named in "
            "`rates`. A deposit of an asset counts as bought at the market's price of that minute; profit "
            "never includes deposits or withdrawals. Over all accounts a transfer between them changes "
            "nothing; a key sees its own account only."
        ),
        tags=["account"],
        reply=Portfolio,
        errors=("ASSET_NOT_FOUND",),
        parameters=[
            schema.query("range", "How far back `history` and `performance` go.", enum=list(RANGES)),
            schema.query("currency", "Convert everything to this asset."),
            schema.query("accounts", "`all`: over all your accounts, not one alone.", enum=[_ALL]),
        ],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, {"range", "currency", "accounts"})
        chosen = params.read_choice(query, "range", RANGES) or _DEFAULT_RANGE
        currency = params.read_currency(query)
        accounts: tuple[int, ...] = (self.account(request),)
        if params.read_choice(query, "accounts", (_ALL,)) is not None:
            accounts = tuple(each.number for each in self.identity(request).seen_accounts)
        return Response(portfolio(accounts, chosen, time.time_ns(), currency))


class TaxReportView(PrivateView):
    rate_scope = REPORTS

    @schema.operation(
        operation_id="get_tax_report",
        summary="A calendar year asset by asset: acquisitions, disposals, cost and profit",
        description=(
            "By FIFO and by average cost, each amount converted at the rate of its own moment. The year is "
            "that of the user's time zone."
        ),
        tags=["account"],
        reply=TaxReport,
        errors=("ASSET_NOT_FOUND", "MISSING_FIELD"),
        parameters=list(TAX_PARAMS),
    )
    def get(self, request: Request) -> Response:
        return Response(read_tax_report(self, request))
