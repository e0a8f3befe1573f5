"""The exchange app: where the site learns the engine's address and keeps the roles up to date."""

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class ExchangeConfig(AppConfig):
    name = "exchange"

    def ready(self) -> None:
        from exchange import roles
        from exchange.worker import gateway

        gateway.configure(settings.XTRADER["ENGINE_SOCKET"], timeout_ms=settings.XTRADER["ENGINE_TIMEOUT_MS"])
        post_migrate.connect(roles.after_migrate, dispatch_uid="exchange.roles")
