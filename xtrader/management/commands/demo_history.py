"""``manage.py demo_history``: the first days of a new demo venue, in its journal before the engine starts."""

from __future__ import annotations

import os
import shutil
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.demo_bots import DEMO_BOTS
from demo.history import make_history
from exchange.control.services import pending_commands
from exchange.engine.messages import Command as EngineCommand
from exchange.engine.messages import Event
from exchange.journal.files import OS_FILES, Files
from exchange.models import Account
from exchange.node.sequencer import open_sequencer


class Command(BaseCommand):
    help = "Trade some days of demo history into an empty journal. Does nothing when there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        hours = settings.XTRADER["DEMO_HISTORY_HOURS"]
        parser.add_argument("--hours", type=int, default=hours, help=f"how far back it goes ({hours})")

    def handle(self, *_args: Any, **options: Any) -> None:
        journal = journal_folder()
        if journal is None or (journal.exists() and any(journal.iterdir())):
            return
        makers, takers = bot_accounts("maker"), bot_accounts("taker")
        if not makers or not takers:
            raise CommandError("The demo users are missing: run `manage.py seed` with DEMO=1 first.")
        started = time.monotonic()
        count = build(journal, settings.XTRADER["SNAPSHOT_DIR"], makers, takers, options["hours"])
        took_s = time.monotonic() - started
        self.stdout.write(f"{options['hours']} hours of demo history: {count} commands in {took_s:.1f} s")


class _SyncLater(Files):
    """The disk without waiting for it at every batch: there is no requester here, and the journal gets its
    name only once all of it is on the disk."""

    def sync_data(self, file: int) -> None:
        return None


def build(journal: Path, snapshots: Path, makers: list[int], takers: list[int], hours: int) -> int:
    """Make the history in a folder beside and rename it: there is all of it or none. Returns the number
    of commands."""
    making = journal.with_name(f"{journal.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    now_ns = time.time_ns()
    with open_sequencer(making, snapshots, files=_SyncLater()) as sequencer:

        def submit(commands: Sequence[EngineCommand], at_ns: int) -> list[list[Event]]:
            return [outcome.events for outcome in sequencer.submit(commands, at_ns)]

        submit(setup(), now_ns - (hours * 60 + 1) * 60 * 10**9)
        count = make_history(submit, makers, takers, now_ns, hours)
    for path in making.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    OS_FILES.sync_dir(making)
    if journal.exists():
        journal.rmdir()
    OS_FILES.rename(making, journal)
    OS_FILES.sync_dir(journal.parent)
    return count


def setup() -> list[EngineCommand]:
    """What the seed asked for. The dispatcher submits it again under the same ids once the engine runs,
    and is answered with what happened here."""
    return [command for _request_id, command in pending_commands()]


def bot_accounts(kind: str) -> list[int]:
    """Account numbers of the bots of a kind, in the order of their names."""
    names = [name for name in DEMO_BOTS if name.startswith(kind)]
    accounts = Account.objects.filter(user__username__in=names).order_by("user__username")
    return list(accounts.values_list("number", flat=True))


def journal_folder() -> Path | None:
    """The folder of a file journal; None for journals kept elsewhere."""
    url = urlsplit(settings.XTRADER["JOURNAL_URL"])
    return Path(url.path) if url.scheme == "file" else None
