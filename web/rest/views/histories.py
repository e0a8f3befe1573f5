"""Histories of the account: fills and ledger a page at a time, and what histories come to in sum.

The pages of orders are beside order entry, whose address they share."""

from __future__ import annotations

from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from exchange.selectors import totals, up_to_date
from exchange.wire import shapes
from web.access.limiter import REPORTS
from web.rest import history_reads, params, schema
from web.rest.base import PrivateView


def history_reply(read: history_reads.HistoryRead, account: int) -> Any:
    """The reply to a read, for DRF to render."""
    return msgspec.json.decode(history_reads.ask(read, account))


class FillsView(PrivateView):
    @schema.operation(
        operation_id="list_fills",
        summary="The account's sides of trades, newest first",
        description="Waits up to 0.3 s for what the account did just before; `as_of_sequence` is "
        "the position reached.",
        tags=["orders"],
        reply=shapes.FillPage,
        errors=("SYMBOL_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[*schema.FILL_FILTERS, *schema.PAGE],
    )
    def get(self, request: Request) -> Response:
        read = history_reads.read_fills(self.query(request))
        return Response(history_reply(read, self.account(request)))


class LedgerView(PrivateView):
    @schema.operation(
        operation_id="list_ledger",
        summary="Every change of the account's balances, newest first",
        description="Each entry is what one trade, transfer or withdrawal did to one asset of the account.",
        tags=["account"],
        reply=shapes.LedgerPage,
        errors=("SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[*schema.LEDGER_FILTERS, *schema.PAGE],
    )
    def get(self, request: Request) -> Response:
        read = history_reads.read_ledger(self.query(request))
        return Response(history_reply(read, self.account(request)))


# --- sums ------------------------------------------------------------------------------------------------


class _TotalsView(PrivateView):
    """Sums of what may be many rows."""

    rate_scope = REPORTS

    def totals(self, account: int, query: params.Query, reached: int) -> msgspec.Struct:
        raise NotImplementedError

    def answer(self, request: Request) -> Response:
        """The sums. Waits a moment for the database."""
        query = self.query(request)
        found = self.totals(self.account(request), query, up_to_date())
        return Response(msgspec.to_builtins(found))


class OrderTotalsView(_TotalsView):
    @schema.operation(
        operation_id="total_orders",
        summary="What the account's orders have traded, by symbol",
        description="Takes the filters of the list.",
        tags=["orders"],
        reply=shapes.Totals,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[*schema.ORDER_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    def totals(self, account: int, query: params.Query, reached: int) -> msgspec.Struct:
        params.refuse_unknown(query, history_reads.ORDER_FILTERS)
        window, statuses = history_reads.read_order_filter(query)
        return totals.order_totals((account,), window, statuses, reached)


class FillTotalsView(_TotalsView):
    @schema.operation(
        operation_id="total_fills",
        summary="What the account's fills come to, by symbol",
        description="Takes the filters of the list.",
        tags=["orders"],
        reply=shapes.Totals,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[*schema.FILL_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    def totals(self, account: int, query: params.Query, reached: int) -> msgspec.Struct:
        params.refuse_unknown(query, history_reads.FILL_FILTERS)
        window, order_id = history_reads.read_fill_filter(query)
        return totals.fill_totals((account,), window, order_id, reached)


class LedgerTotalsView(_TotalsView):
    @schema.operation(
        operation_id="total_ledger",
        summary="What the account's ledger entries come to, by asset and type",
        description="Takes the filters of the list.",
        tags=["account"],
        reply=shapes.LedgerTotals,
        errors=("SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND"),
        parameters=[*schema.LEDGER_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    def totals(self, account: int, query: params.Query, reached: int) -> msgspec.Struct:
        params.refuse_unknown(query, history_reads.LEDGER_FILTERS)
        window, chosen = history_reads.read_ledger_filter(query)
        return totals.ledger_totals((account,), window, chosen, reached)
