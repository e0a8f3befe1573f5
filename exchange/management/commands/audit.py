"""``manage.py audit``: check the audit log, note its head, export it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from exchange import audit
from exchange.audit import heads
from exchange.audit.chain import Verified, follow
from exchange.audit.reading import FORMATS, chunks, read_jsonl
from exchange.models import AuditRecord


class Command(BaseCommand):
    help = "Check the audit log, note its head outside the database, or write it out."

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        verify = commands.add_parser("verify", help="follow the chain; name the first broken link")
        verify.add_argument("file", nargs="?", help="an export (jsonl) instead of the database")
        commands.add_parser("head", help="note the last record's hash in the file of heads")
        export = commands.add_parser("export", help="write records to the standard output, oldest first")
        export.add_argument("--format", choices=sorted(FORMATS), default="jsonl")
        export.add_argument("--since", help="only from this time on, such as 2026-12-01T00:00Z")
        export.add_argument("--until", help="only before this time")

    def handle(self, *_args: Any, **options: Any) -> None:
        match options["command"]:
            case "verify":
                self._verify(options["file"])
            case "head":
                self._note_head()
            case "export":
                self._export(options["format"], options["since"], options["until"])

    def _verify(self, file: str | None) -> None:
        found = heads.verify() if file is None else _verify_file(Path(file))
        if found.broken is not None:
            raise CommandError(f"broken after {found.records:,} records: {found.broken.what}")
        self.stdout.write(f"{found.records:,} records hold; the last is {found.head.id}, {found.head.hash}")

    def _note_head(self) -> None:
        try:
            noted = heads.note()
        except OSError as error:
            raise CommandError(f"the head was not noted: {error}") from None
        shown = heads.present()
        self.stdout.write(f"record {shown.id}, {shown.hash}{'' if noted else ' (noted before)'}")

    def _export(self, name: str, since: str | None, until: str | None) -> None:
        records = AuditRecord.objects.all()
        if since:
            records = records.filter(at__gte=_time(since))
        if until:
            records = records.filter(at__lt=_time(until))
        wanted = {"format": name, "since": since, "until": until}
        audit.record("audit.exported", after={key: value for key, value in wanted.items() if value})
        first, lines_of = FORMATS[name]
        self.stdout.write(first, ending="")
        for found in chunks(records):
            self.stdout.write(lines_of(found), ending="")


def _verify_file(path: Path) -> Verified:
    try:
        with path.open(encoding="utf-8") as lines:
            return follow(read_jsonl(lines), is_whole=False)
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from None


def _time(text: str) -> Any:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(f"{text!r} is no time with its zone, such as 2026-12-01T00:00Z")
    return at
