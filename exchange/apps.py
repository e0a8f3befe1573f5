"""The exchange app: where every process of the site (ASGI, WSGI, a command) makes the object that holds its
parts."""

import os

from django.apps import AppConfig
from django.conf import settings


class ExchangeConfig(AppConfig):
    name = "exchange"

    def ready(self) -> None:
        from exchange import process
        from exchange.link import engine_link
        from exchange.models.slow_queries import watch_connections
        from exchange.models.sums import teach_sqlite
        from exchange.telemetry import tracing
        from exchange.telemetry.logs import process_name
        from exchange.telemetry.slow_log import SlowLog

        teach_sqlite()
        process.begin(process.Process())
        process.current().put(SlowLog(os.environ))
        tracing.start(process_name(), os.environ)
        watch_connections()
        engine_link.configure(
            settings.XTRADER["ENGINE_SOCKET"], timeout_ms=settings.XTRADER["ENGINE_TIMEOUT_MS"]
        )
