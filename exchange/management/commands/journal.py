"""``manage.py journal verify | export | find | repair | archive``: look at a journal, and mend one."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.engine import messages
from exchange.journal import tools
from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.errors import JournalError
from exchange.journal.recovery import recover
from exchange.journal.snapshots import valid_snapshots
from exchange.management.commands.runengine import journal_folder
from exchange.management.progress_bar import shown_on

_COMMANDS: Final = """
PLACE CANCEL CANCEL_ALL REDUCE REPLACE PLACE_OCO PLACE_BRACKET CANCEL_REPLACE CANCEL_AFTER
PLACE_OTO PLACE_QUOTES CANCEL_QUOTES PROTECT_QUOTES MOVE SET_ASSET SET_SYMBOL SET_SYMBOL_STATUS
SET_ACCOUNT SET_FEES SET_GROUP SET_RULES SET_FEE_PLAN SET_ACCOUNT_PLAN DEPOSIT WITHDRAW
PAY_FROM_FEES HOLD_WITHDRAWAL SETTLE_WITHDRAWAL RELEASE_WITHDRAWAL TICK
"""
#: Tag of a command → its word.
_KINDS: Final = {getattr(messages, name): name.lower() for name in _COMMANDS.split()}


class Command(BaseCommand):
    help = "Verify, export, repair or archive the journal. Only repair mends, and only without an engine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="read every byte and report all damage")
        verify.add_argument("--fold", action="store_true", help="also fold it and compare every event hash")
        export = actions.add_parser("export", help="print the commands as lines of JSON")
        export.add_argument("--after", type=int, help="only commands after this sequence")
        find = actions.add_parser("find", help="print what a request did, as lines of JSON")
        find.add_argument("request_id", help="the X-Request-ID of its answer, or the one of a line of a log")
        repair = actions.add_parser("repair", help="cut an unfinished write off the end")
        repair.add_argument(
            "--force", action="store_true", help="also give up everything from the first damage on"
        )
        archive = actions.add_parser("archive", help="compress segments that lie behind every snapshot")
        archive.add_argument(
            "--keep", type=int, default=1, help="how many of the newest segments stay as they are"
        )
        for action in (verify, export, find, repair, archive):
            action.add_argument("--journal", type=Path, help="folder of the journal (default: JOURNAL_URL)")
            action.add_argument("--snapshots", type=Path, help="folder of snapshots (default: SNAPSHOT_DIR)")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["journal"] or journal_folder(settings.XTRADER["JOURNAL_URL"])
        snapshots = options["snapshots"] or Path(settings.XTRADER["SNAPSHOT_DIR"])
        if not path.is_dir():
            raise CommandError(f"there is no journal at {path}")
        try:
            with shown_on(self.stderr):
                self._act(path, snapshots, options)
        except BlockingIOError as error:
            raise CommandError(f"another process archives {path}: try again later") from error
        except (JournalError, OSError) as error:
            raise CommandError(str(error)) from error

    def _act(self, path: Path, snapshots: Path, options: dict[str, Any]) -> None:
        match options["action"]:
            case "verify":
                self._verify(path, snapshots, fold=options["fold"])
            case "export":
                self._export(path, options["after"])
            case "find":
                self._find(path, options["request_id"])
            case "archive":
                self._archive(path, snapshots, options["keep"])
            case "repair":
                self._repair(path, snapshots, force=options["force"])

    def _verify(self, path: Path, snapshots: Path, *, fold: bool) -> None:
        report = tools.verify(path, snapshots)
        for name, value in asdict(report).items():
            if name != "problems":
                self.stdout.write(f"{name}: {value}")
        for problem in report.problems:
            self.stderr.write(problem)
        if report.problems:
            sys.exit(1)
        if fold:
            engine, position = recover(path, None)
            self.stdout.write(f"event_hash: {position.event_hash}\nstate_hash: {engine.state_hash()}")

    def _export(self, path: Path, after: int | None) -> None:
        for row in tools.export(path, after_sequence=after):
            self.stdout.write(json.dumps(row, ensure_ascii=False))

    def _find(self, path: Path, request_id: str) -> None:
        is_found = False
        for row in tools.find(path, request_id):
            is_found = True
            time = datetime.fromtimestamp(row["now_ns"] / 1e9, UTC).isoformat(timespec="milliseconds")
            kind = _KINDS.get(row["command"][0], "")
            line = {"sequence": row["sequence"], "time": time, "kind": kind, **row}
            self.stdout.write(json.dumps(line, ensure_ascii=False))
        if not is_found:
            raise CommandError(f"no command of the request {request_id} is in the journal")

    def _archive(self, path: Path, snapshots: Path, keep: int) -> None:
        if keep < 1:
            raise CommandError("the segment in use stays: --keep is 1 or more")
        if next(valid_snapshots(snapshots), None) is None:
            raise CommandError("there is no whole snapshot to start from without the oldest segments")
        archiver = Archiver(path, keep=keep)
        archiver.allow(unneeded_sequence(snapshots))
        self.stdout.write(f"archived {archiver.run()} segments")

    def _repair(self, path: Path, snapshots: Path, *, force: bool) -> None:
        done = tools.repair(path, snapshots, force=force)
        for line in done:
            self.stdout.write(line)
        self.stdout.write("repaired" if done else "nothing to repair")
