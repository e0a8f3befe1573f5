"""The web app: HTTP and WebSocket surfaces."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "web"

    def ready(self) -> None:
        from web.pages import log_in_records

        log_in_records.connect()
