"""``manage.py runcalendars``: the process that opens and closes symbols with their trading calendars, and
holds the demo's auctions."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exchange.control.calendars.driver import SessionDriver, run_steps
from exchange.control.calendars.hourly import HourlyAuctions
from exchange.link.blocking import BlockingEngineClient
from exchange.listing import catalog
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)


class Command(BaseCommand):
    help = "Submit the session changes of trading calendars to the engine until stopped."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
            logger.info("sessions_started")
            steps = [SessionDriver(client).step]
            if settings.XTRADER["DEMO_AUCTIONS"]:
                steps.append(HourlyAuctions(client, catalog.AAPL_USD.symbol).step)
            run_steps(steps, stop)
        logger.info("sessions_stopped")
