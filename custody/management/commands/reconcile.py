"""``manage.py reconcile``: hold custody against the ledger now, and keep the report."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from custody.models import Reconciliation
from custody.reconciliation import reporting
from custody.reconciliation.counting import CannotCountError
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError


class Command(BaseCommand):
    help = "Hold what providers keep against the ledger; ends with 1 where the two do not agree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--patience",
            type=float,
            default=reporting.STANDS_FOR.total_seconds(),
            help="seconds that a difference is given to go away by itself (default: %(default)g)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
                client.wait_connected()
                counted = reporting.count_until(client.query, options["patience"])
        except (EngineError, CannotCountError) as error:
            raise CommandError(str(error) or type(error).__name__) from error
        report = reporting.save(counted)
        self._show(report)
        if not report.agrees:
            sys.exit(1)

    def _show(self, report: Reconciliation) -> None:
        said = "agrees" if report.agrees else "does not agree"
        self.stdout.write(f"sequence {report.sequence}: custody {said} with the ledger")
        for row in report.rows:
            kept = ", ".join(f"{name} {amount}" for name, amount in row["providers"].items()) or "nobody"
            self.stdout.write(
                f"{row['asset']}: ledger {row['ledger']}; kept by {kept}; play money {row['play_money']}; "
                f"paid, not settled {row['paid_not_settled']}; final, not credited "
                f"{row['final_not_credited']}; difference {row['difference']}"
                f"{'; counted too long ago' if row['is_stale'] else ''}"
            )
