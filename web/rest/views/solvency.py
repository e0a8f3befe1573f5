"""Proof of solvency: what is published for all, and the proofs of an account."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from exchange.errors import RefusedError
from exchange.models import SolvencyReport
from exchange.solvency.publishing import Proof, proofs, report_for_proofs, reports
from exchange.wire import solvency_shapes as shapes
from exchange.wire.rendering import Json, milliseconds
from web.rest import params, schema
from web.rest.base import PrivateView, PublicView

_DEFAULT_REPORTS = 10
_MAX_REPORTS = 100
_MAX_SEQUENCE = 10**18 - 1


class SolvencyView(PublicView):
    @schema.operation(
        operation_id="list_solvency_reports",
        summary="What the venue owes by asset, and the root that binds it, newest first",
        description="docs/solvency.md has the arithmetic; tools/verify_solvency.py checks it.",
        tags=["market"],
        reply=shapes.SolvencyReports,
        private=False,
        engine=False,
        parameters=[
            schema.query(
                "limit",
                f"Publications: 1 to {_MAX_REPORTS}, {_DEFAULT_REPORTS} by default.",
                schema.whole(1, _MAX_REPORTS, default=_DEFAULT_REPORTS),
            )
        ],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, {"limit"})
        found = reports(params.read_limit(query, _DEFAULT_REPORTS, _MAX_REPORTS))
        return Response({"reports": [_report(report) for report in found]})


class SolvencyProofView(PrivateView):
    @schema.operation(
        operation_id="get_solvency_proof",
        summary="Proof that the account's balances are in a publication",
        description="A leaf for each asset owed to the account; docs/solvency.md has the arithmetic.",
        tags=["account"],
        reply=shapes.SolvencyProof,
        errors=("PUBLICATION_NOT_FOUND",),
        parameters=[
            schema.query(
                "sequence",
                "Of which publication; the newest.",
                schema.whole(1, _MAX_SEQUENCE, format="int64"),
            )
        ],
    )
    def get(self, request: Request) -> Response:
        account, query = self.account(request), self.query(request)
        params.refuse_unknown(query, {"sequence"})
        report = report_for_proofs(params.read_integer(query, "sequence", 1, _MAX_SEQUENCE))
        if report is None:
            raise RefusedError("PUBLICATION_NOT_FOUND")
        leaves = [_leaf(proof) for proof in proofs(report, account)]
        return Response({"report": _report(report), "leaves": leaves})


def _report(report: SolvencyReport) -> Json:
    return {
        "sequence": report.sequence,
        "timestamp": milliseconds(report.time_ns),
        "root": report.root,
        "state_hash": report.state_hash,
        "assets": [
            {
                "asset": row.asset,
                "scale": row.scale,
                "hash": row.hash,
                "liabilities_minor": str(row.liabilities_minor),
                "fees_minor": str(row.fees_minor),
                "custody_minor": str(row.custody_minor),
                "accounts": row.accounts,
            }
            for row in report.assets.all()
        ],
    }


def _leaf(proof: Proof) -> Json:
    leaf = proof.leaf
    return {
        "account": str(leaf.account),
        "asset": leaf.asset,
        "amount_minor": str(leaf.amount_minor),
        "salt": proof.salt.hex(),
        "index": leaf.index,
        "path": [{"hash": node.hash.hex(), "sum_minor": str(node.sum_minor)} for node in proof.path],
    }
