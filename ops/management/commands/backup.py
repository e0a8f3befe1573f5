"""``manage.py backup <folder>``: journal, snapshots and database, while trading goes on."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.journal.errors import JournalError
from exchange.management.commands.runengine import journal_folder
from exchange.management.progress_bar import shown_on
from ops.backup.errors import BackupError
from ops.backup.service import Site, back_up


class Command(BaseCommand):
    help = "Back up journal, snapshots and database into a new folder, while trading goes on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept; each gets a folder in it")
        parser.add_argument("--no-database", action="store_true", help="leave the database to its own tools")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with shown_on(self.stderr):
                folder, manifest = back_up(
                    configured_site(), options["folder"], with_database=not options["no_database"]
                )
        except (BackupError, JournalError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{folder}\nsequence: {manifest.sequence}\nevent_hash: {manifest.event_hash}\n"
            f"state_hash: {manifest.state_hash}"
        )


def configured_site() -> Site:
    """The exchange that the settings name."""
    configured = settings.XTRADER
    return Site(
        journal_folder(configured["JOURNAL_URL"]),
        Path(configured["SNAPSHOT_DIR"]),
        Path(configured["ENGINE_SOCKET"]),
    )
