"""``manage.py feereport``: what fees earned, as CSV, and whether the engine's fee account has it."""

from __future__ import annotations

import csv
import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.fees import days, revenue
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError


class Command(BaseCommand):
    help = "Print what fees earned by day, symbol and tier as CSV; fail if the engine's fee account differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        today = dt.datetime.now(dt.UTC).date()
        parser.add_argument("--from", dest="start", type=dt.date.fromisoformat, default=today - 31 * days.DAY)
        parser.add_argument("--to", dest="end", type=dt.date.fromisoformat, default=today)
        parser.add_argument("--symbol", default="")
        parser.add_argument("--check", action="store_true", help="Compare with the engine alone.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["check"]:
            rows = csv.writer(self.stdout)
            rows.writerows(revenue.table(options["start"], options["end"], options["symbol"]))
        self._compare()

    def _compare(self) -> None:
        try:
            with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
                client.wait_connected()
                sequence, found = revenue.compare(client.query)
        except (EngineError, revenue.NotComparableError) as error:
            raise CommandError(f"not compared: {error}") from error
        for one in found:
            self.stderr.write(
                f"{one.asset}: reported {one.reported_minor}, since {one.since_minor}, "
                f"of withdrawals {one.withdrawals_minor}, paid out {one.paid_minor}, "
                f"engine {one.engine_minor}, difference {one.difference_minor}"
            )
        wrong = [one.asset for one in found if one.difference_minor]
        if wrong:
            raise CommandError(f"at sequence {sequence} the fee account differs in {', '.join(wrong)}")
        self.stderr.write(f"at sequence {sequence} the fee account has what was reported, to the last unit")
