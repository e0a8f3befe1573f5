"""``manage.py solvency publish | verify | audit``: what the venue owes, published and proven."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.journal.errors import JournalError
from exchange.link.errors import FollowerError
from exchange.management.commands.runengine import journal_folder
from exchange.models import Projection, SolvencyReport
from exchange.solvency.liabilities import InsolvencyError
from exchange.solvency.proving import book_of_tables, journal_problems, stored_problems
from exchange.solvency.publishing import publish


class Command(BaseCommand):
    help = "Publish what is owed, check a publication's leaves, or prove one by journal and ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("publish", help="at the sequence that the tables have reached")
        verify = actions.add_parser("verify", help="the kept leaves lead to the root and the sums")
        audit = actions.add_parser("audit", help="the whole journal, folded anew, leads to the root")
        for action in (verify, audit):
            action.add_argument("--sequence", type=int, help="of which publication; the newest")

    def handle(self, *_args: Any, **options: Any) -> None:
        journal = journal_folder(settings.XTRADER["JOURNAL_URL"])
        try:
            if options["action"] == "publish":
                self._publish(journal, Path(settings.XTRADER["SNAPSHOT_DIR"]))
                return
            report = self._report(options["sequence"])
            is_audit = options["action"] == "audit"
            self._tell(journal_problems(journal, report) if is_audit else stored_problems(report))
        except (JournalError, FollowerError, InsolvencyError, OSError) as error:
            raise CommandError(str(error)) from error
        self._show(report)

    def _publish(self, journal: Path, snapshots: Path) -> None:
        keep: int = settings.XTRADER["SOLVENCY_KEPT"]
        if keep < 1:
            raise CommandError("SOLVENCY_KEPT: at least 1")
        try:
            book, problems = book_of_tables(journal, snapshots)
        except Projection.DoesNotExist as error:
            raise CommandError("nothing has been projected yet") from error
        self._tell(problems)
        self._show(publish(book, keep))

    @staticmethod
    def _report(sequence: int | None) -> SolvencyReport:
        found = SolvencyReport.objects.all()
        report = (found if sequence is None else found.filter(sequence=sequence)).first()
        if report is None:
            raise CommandError("there is no such publication")
        return report

    def _tell(self, problems: Iterable[str]) -> None:
        """Every problem on a line; ends the command if there is one."""
        has_some = False
        for problem in problems:
            self.stderr.write(problem)
            has_some = True
        if has_some:
            sys.exit(1)

    def _show(self, report: SolvencyReport) -> None:
        self.stdout.write(f"sequence: {report.sequence}\nroot: {report.root}")
        for row in report.assets.all():
            self.stdout.write(
                f"{row.asset}: {row.liabilities_minor} owed to {row.accounts} accounts, "
                f"{row.fees_minor} of fees, {row.custody_minor} in custody (minor units)"
            )
