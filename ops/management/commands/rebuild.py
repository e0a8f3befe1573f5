"""``manage.py rebuild``: orders, fills, ledger and candles made anew from the journal."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.journal.errors import JournalError
from exchange.link.errors import FollowerError
from exchange.management.commands.runengine import journal_folder
from exchange.management.progress_bar import shown_on
from marketdata.management.commands.runmarketdata import only_one
from marketdata.projection.rebuilding import rebuild
from marketdata.projection.store import ProjectionError


class Command(BaseCommand):
    help = "Empty the tables that follow from the journal and make them anew. Stop marketdata before."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        configured = settings.XTRADER
        if not options["yes"] and input("Empty the tables and project the journal anew? [y/N] ") != "y":
            raise CommandError("nothing was changed")
        try:
            with only_one(Path(configured["MARKETDATA_SOCKET"])), shown_on(self.stderr):
                sequence = rebuild(
                    journal_folder(configured["JOURNAL_URL"]),
                    Path(configured["SNAPSHOT_DIR"]),
                    Path(configured["ENGINE_SOCKET"]),
                )
        except (FollowerError, JournalError, ProjectionError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"the tables are at sequence {sequence}")
