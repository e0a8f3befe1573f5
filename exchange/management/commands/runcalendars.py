"""``manage.py runcalendars``: the process that opens and closes symbols with their trading calendars, and
holds the demo's auctions."""

from __future__ import annotations

import signal
import threading
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand

from exchange.control.calendars.driver import SessionDriver, run_steps
from exchange.control.calendars.hourly import HourlyAuctions
from exchange.link.blocking import BlockingEngineClient
from exchange.listing import catalog
from exchange.own_side_door import own_side_door
from exchange.telemetry.logs import get_logger
from exchange.telemetry.process_health import Rounds, health_pages

#: Without a good round for so long it does not do its work: the engine is away.
STUCK_S: Final = 15.0

logger = get_logger(__name__)


class Command(BaseCommand):
    help = "Submit the session changes of trading calendars to the engine until stopped."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        link = BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"])
        rounds = Rounds(STUCK_S)
        pages = health_pages(lambda: rounds.readiness("the calendar"))
        with own_side_door("sessions", pages), link as client:
            logger.info("sessions_started")
            steps = [SessionDriver(client).step]
            if settings.XTRADER["DEMO_AUCTIONS"]:
                steps.append(HourlyAuctions(client, catalog.AAPL_USD.symbol).step)
            run_steps(steps, stop, rounds)
        logger.info("sessions_stopped")
