"""What a web process measures. Orders of WebSockets are measured one in ``SAMPLE``: reading the clock three
times for each would cost three hundredths of what an order costs here."""

from __future__ import annotations

from typing import Final

from exchange import process
from exchange.telemetry.instruments import Durations
from exchange.telemetry.measures import own
from ops.health_detail import certificate_days

#: A power of two.
SAMPLE: Final = 16
#: The classes of addresses (``web.lanes.measured``), and the orders of WebSockets.
ROUTES: Final = (
    *("order", "market", "account", "user", "operator", "page", "static", "probe", "other"),
    "socket_order",
)
#: Why this side closes a WebSocket, and how a log-in ends.
CLOSES: Final = (
    *("slow", "flood", "silent", "bad_token", "too_large", "try_later"),
    *("restart", "internal", "normal"),
)
LOG_INS: Final = ("ok", "failed", "delayed", "busy")


class WebFigures:
    """The instruments of this process."""

    def __init__(self) -> None:
        figures = own()
        self.edge: dict[str, Durations] = figures.durations_by("xtrader_web_request_seconds", ROUTES)
        self.socket_orders = self.edge["socket_order"]
        self.responses = figures.shared_tally("xtrader_web_responses_total")
        self.validate = figures.durations("xtrader_web_validate_seconds")
        self.engine = figures.durations("xtrader_web_engine_seconds")
        self.push = figures.durations("xtrader_web_push_seconds")
        self.event_age = figures.durations("xtrader_web_event_age_seconds")
        self.errors = figures.shared_tally("xtrader_errors_total")
        self.closes = figures.shared_tally("xtrader_web_socket_closes_total", *CLOSES)
        figures.read("xtrader_certificate_days_left", certificate_days)
        self.log_ins = figures.shared_tally("xtrader_log_ins_total", *LOG_INS)


#: Of this process.
web_figures: Final = process.shared(WebFigures)
