"""Histories and tax reports as CSV files."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from django.http import HttpResponseBase
from rest_framework.request import Request

from accounts.portfolio.portfolio_shapes import TaxAsset
from exchange.selectors import up_to_date
from exchange.selectors.fills import all_fills
from exchange.selectors.orders import all_orders
from exchange.selectors.statement import all_entries
from exchange.wire import shapes
from web.access.limiter import REPORTS
from web.rest import history_reads, params, schema
from web.rest.base import PrivateView
from web.rest.csv_files import CsvFile, Pieces
from web.rest.tax_reads import TAX_PARAMS, read_tax_report

_CSV: Final = "text/csv"
#: What each line of a tax report has before the fields of its asset.
_OF_REPORT: Final = ("year", "time_zone", "currency")
_TaxLine: Final = msgspec.defstruct("_TaxLine", [*_OF_REPORT, *TaxAsset.__struct_fields__])


class _ExportView(PrivateView):
    """A file, whatever the request accepts; errors are JSON as everywhere."""

    rate_scope = REPORTS

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        return super().perform_content_negotiation(request, force=True)


class ExportOrdersView(_ExportView):
    @schema.operation(
        operation_id="export_orders",
        summary="All orders of the account as CSV, newest first",
        description="Takes the filters of the list. Columns are the fields of an order; times are UTC.",
        tags=["orders"],
        reply=str,
        media=_CSV,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[*schema.ORDER_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = self.query(request)
        params.refuse_unknown(query, history_reads.ORDER_FILTERS)
        window, statuses = history_reads.read_order_filter(query)
        account = self.account(request)
        up_to_date()
        pieces = Pieces(shapes.Order, all_orders((account,), window, statuses))
        return CsvFile(request._request, "orders", pieces)


class ExportFillsView(_ExportView):
    @schema.operation(
        operation_id="export_fills",
        summary="All fills of the account as CSV, newest first",
        description="Takes the filters of the list. Columns are the fields of a fill; times are UTC.",
        tags=["orders"],
        reply=str,
        media=_CSV,
        errors=("SYMBOL_NOT_FOUND",),
        parameters=[*schema.FILL_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = self.query(request)
        params.refuse_unknown(query, history_reads.FILL_FILTERS)
        window, order_id = history_reads.read_fill_filter(query)
        account = self.account(request)
        up_to_date()
        return CsvFile(
            request._request, "fills", Pieces(shapes.Fill, all_fills((account,), window, order_id))
        )


class ExportLedgerView(_ExportView):
    @schema.operation(
        operation_id="export_ledger",
        summary="All ledger entries of the account as CSV, newest first",
        description="Takes the filters of the list. Columns are the fields of an entry; times are UTC.",
        tags=["account"],
        reply=str,
        media=_CSV,
        errors=("SYMBOL_NOT_FOUND", "ASSET_NOT_FOUND"),
        parameters=[*schema.LEDGER_FILTERS, *schema.SPAN],
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = self.query(request)
        params.refuse_unknown(query, history_reads.LEDGER_FILTERS)
        window, chosen = history_reads.read_ledger_filter(query)
        account = self.account(request)
        up_to_date()
        return CsvFile(
            request._request, "ledger", Pieces(shapes.LedgerEntry, all_entries((account,), window, chosen))
        )


class ExportTaxReportView(_ExportView):
    @schema.operation(
        operation_id="export_tax_report",
        summary="The tax report of a year as CSV, a line an asset",
        description="The lines of GET /v1/tax-report.",
        tags=["account"],
        reply=str,
        media=_CSV,
        errors=("ASSET_NOT_FOUND", "MISSING_FIELD"),
        parameters=list(TAX_PARAMS),
    )
    def get(self, request: Request) -> HttpResponseBase:
        report = read_tax_report(self, request)
        of_report = [report[name] for name in _OF_REPORT]
        rows = [_TaxLine(*of_report, *asset.values()) for asset in report["assets"]]
        return CsvFile(request._request, f"tax-{report['year']}", Pieces(_TaxLine, [rows]))
