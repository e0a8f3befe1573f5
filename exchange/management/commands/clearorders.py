"""``manage.py clearorders``: deletes old orders without a fill, as the dispatcher does once a day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from exchange.control.housekeeping import clear_unfilled_orders


class Command(BaseCommand):
    help = "Delete orders that ended without a fill so many days ago or earlier."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, help="instead of UNFILLED_ORDER_DAYS; at least 1")

    def handle(self, *_args: Any, **options: Any) -> None:
        asked = options["days"]
        days: int = settings.XTRADER["UNFILLED_ORDER_DAYS"] if asked is None else asked
        if asked is not None and asked < 1:
            raise CommandError("--days: at least 1")
        count = clear_unfilled_orders(days)
        self.stdout.write(f"deleted {count} orders without a fill" if days else "UNFILLED_ORDER_DAYS is 0")
