"""The exchange app: where every process of the site (ASGI, WSGI, a command) makes the object that holds its
parts."""

from django.apps import AppConfig
from django.conf import settings


class ExchangeConfig(AppConfig):
    name = "exchange"

    def ready(self) -> None:
        from exchange import process
        from exchange.link import engine_link
        from exchange.models.sums import teach_sqlite

        teach_sqlite()
        process.begin(process.Process())
        engine_link.configure(
            settings.XTRADER["ENGINE_SOCKET"], timeout_ms=settings.XTRADER["ENGINE_TIMEOUT_MS"]
        )
