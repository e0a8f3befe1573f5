"""``manage.py runengine``: the engine, the only writer of market state."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.node import engine_process


class Command(BaseCommand):
    help = "Run the engine: sequence, match, journal, reply. One per journal; SIGTERM stops it cleanly."
    # The engine needs neither the database nor the URLs.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        engine_process.add_arguments(parser, required=False)

    def handle(self, *args: Any, **options: Any) -> None:
        configured = settings.XTRADER
        options["journal"] = options["journal"] or journal_folder(configured["JOURNAL_URL"])
        options["snapshots"] = options["snapshots"] or Path(configured["SNAPSHOT_DIR"])
        options["socket"] = options["socket"] or Path(configured["ENGINE_SOCKET"])
        # The journal's disk and the database's, where that is a file; others by --watch-disk.
        options["watch_disk"] = [*options["watch_disk"], Path(configured["DATA_DIR"])]
        options["side_door"] = options["side_door"] or configured["SIDE_DOOR_FOLDER"]
        sys.exit(engine_process.run(options))


def journal_folder(url: str) -> Path:
    """The folder a ``file://`` journal URL names. CommandError for any other URL."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        raise CommandError(f"JOURNAL_URL {url!r}: this engine writes file:///… journals")
    return Path(parts.path)
