"""``manage.py doctor``: is this machine fit for a venue, is the venue well, and what is to be done."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ops.doctor.findings import Finding
from ops.doctor.rounds import checks, findings

_SIGNS = {"ok": "ok  ", "warn": "WARN", "bad": "BAD "}


class Command(BaseCommand):
    help = "Check machine, disks, versions, servers, settings and venue, and say what to do. Changes nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address of the venue")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        # What the parts of this process have to say is no part of the picture.
        logging.getLogger("exchange").setLevel(logging.ERROR)
        levels: list[str] = []
        for name, check in checks(options["host"], options["port"]).items():
            self.stdout.write(f"{name}")
            for finding in findings(check):
                levels.append(finding.level)
                self._write(finding)
        bad, warned = levels.count("bad"), levels.count("warn")
        self.stdout.write(f"{len(levels)} looked at: {bad} bad, {warned} to be looked at")
        sys.exit(1 if bad else 0)

    def _write(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "bad": self.style.ERROR}[finding.level]
        self.stdout.write(f"  {style(_SIGNS[finding.level])} {finding.what}")
        if finding.advice:
            self.stdout.write(f"       → {finding.advice}")
