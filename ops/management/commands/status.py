"""``manage.py status``: the venue at a glance."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from argparse import ArgumentParser
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.live import Live

from exchange.link import engine_link
from ops.glance.collecting import Glance, Watcher
from ops.glance.screen import drawn


class Command(BaseCommand):
    help = (
        "Show how the venue is, anew every second until Ctrl-C; once where the output is no terminal. "
        "Ends with 1 if an operator has to see to something."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="show it once and end")
        parser.add_argument("--json", action="store_true", help="once, as JSON")
        parser.add_argument("--every", type=float, default=1.0, help="seconds between looks (at least 0.2)")

    def handle(self, *args: Any, **options: Any) -> None:
        # What the parts of this process have to say is no part of the picture.
        logging.getLogger("exchange").setLevel(logging.ERROR)
        stream = cast(TextIO, self.stdout._out)
        is_once = options["once"] or options["json"] or not stream.isatty()
        every_s = max(0.2, options["every"])
        try:
            glance = asyncio.run(_look(Console(file=stream), every_s, is_once=is_once))
        except KeyboardInterrupt:
            return
        if options["json"]:
            self.stdout.write(json.dumps(glance.as_json(), indent=2))
        else:
            Console(file=stream).print(drawn(glance))
        sys.exit(1 if glance.problems() else 0)


async def _look(console: Console, every_s: float, *, is_once: bool) -> Glance:
    """Look once, or show looks for ever. Each is compared with the one before for its rates."""
    watcher = Watcher()
    await engine_link.start()
    try:
        glance = await watcher.glance()
        if is_once:
            await asyncio.sleep(every_s)
            return await watcher.glance()
        with Live(drawn(glance), console=console, screen=True, auto_refresh=False) as live:
            while True:
                await asyncio.sleep(every_s)
                live.update(drawn(await watcher.glance()), refresh=True)
    finally:
        await engine_link.stop()
