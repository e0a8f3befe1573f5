"""``manage.py restore <backup> [--sequence N]``: put a backup in the places the settings name, and prove
it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exchange.journal.errors import JournalError
from exchange.management.progress_bar import shown_on
from ops.backup.errors import BackupError
from ops.backup.service import restore
from ops.management.commands.backup import configured_site


class Command(BaseCommand):
    help = (
        "Restore a backup to an empty data folder and database; it must fold to the hashes it was taken with."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, help="folder of one backup, with its manifest.json")
        parser.add_argument("--sequence", type=int, help="the last command to keep (default: all)")
        parser.add_argument("--no-database", action="store_true", help="restore journal and snapshots only")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with shown_on(self.stderr):
                restored = restore(
                    options["backup"],
                    configured_site(),
                    sequence=options["sequence"],
                    with_database=not options["no_database"],
                )
        except (BackupError, JournalError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"sequence: {restored.sequence}\nevent_hash: {restored.event_hash}\n"
            f"state_hash: {restored.state_hash}"
        )
        if restored.is_rebuilding:
            self.stdout.write(
                "the tables were ahead of that and are empty now: marketdata fills them from the journal"
            )
