"""``manage.py rundispatcher``: the process that brings change requests to the engine, letters to people and
withdrawals to who pays them, and does what is due once a day."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.delivery.postman import Postman
from accounts.fees.job import FeeJob
from custody.custody_job import CustodyJob
from exchange.control.dispatcher import Dispatcher
from exchange.control.housekeeping import run_daily
from exchange.link.blocking import BlockingEngineClient
from exchange.own_side_door import own_side_door
from exchange.telemetry.logs import get_logger
from exchange.telemetry.process_health import health_pages

logger = get_logger(__name__)


class Command(BaseCommand):
    help = "Submit change requests to the engine, send letters, and do what is due daily, until stopped."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        # The database may be slow to delete: requests do not wait for it.
        threading.Thread(target=run_daily, args=(stop,), name="housekeeping", daemon=True).start()
        # A mail server that is away keeps letters from being sent, and nothing else.
        threading.Thread(target=Postman().run, args=(stop,), name="postman", daemon=True).start()
        link = BlockingEngineClient(settings.XTRADER["ENGINE_SOCKET"])
        dispatcher = Dispatcher(link)
        pages = health_pages(lambda: dispatcher.rounds.readiness("the dispatcher"))
        with own_side_door("dispatcher", pages), link as client:
            threading.Thread(target=FeeJob(client).run, args=(stop,), name="fees", daemon=True).start()
            # A provider may take its time to answer.
            threading.Thread(target=CustodyJob(client).run, args=(stop,), name="custody", daemon=True).start()
            logger.info("dispatcher_started")
            dispatcher.run(stop)
        logger.info("dispatcher_stopped")
