"""``manage.py runsessions``: the process that opens and closes symbols with their trading calendars."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exchange.sessions.driver import SessionDriver
from exchange.worker.client import BlockingEngineClient

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Submit the session changes of trading calendars to the engine until stopped."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        with BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"]) as client:
            logger.info("sessions started")
            SessionDriver(client).run(stop)
        logger.info("sessions stopped")
