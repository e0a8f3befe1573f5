"""The ASGI application: HTTP by Django, WebSocket by Channels, and what a process starts and stops.

uvicorn announces its lifespan; then the engine's socket and the live feeds are up before the first
request. daphne does not: there they start with the first WebSocket, and plain HTTP opens a client of
its own when it first needs one.
"""

import gc
import os
from dataclasses import replace
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import re_path

from exchange.telemetry.logs import get_logger
from xtrader.variables.first_check import settings_or_exit

# What this process writes is for its owner only.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

settings_or_exit()

# Loads the apps: everything that touches models is imported after it.
django_application = get_asgi_application()

from exchange.own_side_door import own_side_door  # noqa: E402
from exchange.telemetry.breakers import ENGINE  # noqa: E402
from exchange.telemetry.process_health import Readiness, health_pages  # noqa: E402
from web.access.addresses import counted, has_proxies  # noqa: E402
from web.lanes import HistoryLane, OrderLane, ReadLane  # noqa: E402
from web.lanes.body_limit import BodyLimit  # noqa: E402
from web.lanes.compression import Compression  # noqa: E402
from web.lanes.cors import Cors  # noqa: E402
from web.lanes.measured import Measured  # noqa: E402
from web.lanes.request_edge import RequestEdge  # noqa: E402
from web.lanes.secure_headers import SecureHeaders  # noqa: E402
from web.live import runtime  # noqa: E402
from web.rest.public_reads import READS  # noqa: E402
from web.server.deflate import DEFLATE_FROM_KEY  # noqa: E402
from web.server.http_limits import STATE_KEY, HttpConnections, HttpLimits  # noqa: E402
from web.stream.consumer import ExchangeConsumer  # noqa: E402

logger = get_logger(__name__)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Start and stop what the process shares."""
    door = own_side_door("web", health_pages(_readiness))
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                started = await runtime.start()
                scope["state"][DEFLATE_FROM_KEY] = started.limits.deflate_from_bytes
                scope["state"][STATE_KEY] = HttpConnections(_http_limits(), counted)
                _keep_garbage_collection_short()
            except Exception as error:
                logger.exception("web_not_started")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await runtime.stop()
            door.close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _readiness() -> Readiness:
    """For the side door: whether this process follows the engine. Asks nobody."""
    running = runtime.current()
    if running is None or not running.hub.knows_state:
        return Readiness(("the engine has not been reached yet",))
    venue = running.venue.now()
    reasons = ("the engine does not answer",) if ENGINE in venue.stale else ()
    return Readiness(reasons, {"cancel_only": venue.is_cancel_only, "stale": list(venue.stale)})


def _http_limits() -> HttpLimits:
    """The bounds of plain connections. Raises TypeError for an unknown name in the setting."""
    # A proxy is one address for all of its clients.
    behind_proxy = {"connections_per_address": 0} if has_proxies() else {}
    return replace(HttpLimits(), **{**behind_proxy, **getattr(settings, "XTRADER_HTTP", {})})


def _keep_garbage_collection_short() -> None:
    """All of Django stays for as long as the process lives, and a collection that walks through it stalls
    every socket for a tenth of a second: leave out what is there now, and look through the rest less
    often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 125, 50)


def _hsts() -> str:
    """Strict-Transport-Security as Django writes it; empty without TLS."""
    seconds = getattr(settings, "SECURE_HSTS_SECONDS", 0)
    more = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    more += "; preload" if settings.SECURE_HSTS_PRELOAD else ""
    return f"max-age={seconds}{more}" if seconds else ""


async def no_such_socket(scope: Any, receive: Any, send: Any) -> None:
    """Any other WebSocket address: refused at the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


application = ProtocolTypeRouter(
    {
        "http": RequestEdge(
            Measured(
                SecureHeaders(
                    Cors(
                        OrderLane(ReadLane(BodyLimit(Compression(HistoryLane(django_application))), READS)),
                        settings.CORS_ALLOWED_ORIGINS,
                        private=settings.CORS_PRIVATE,
                    ),
                    _hsts(),
                )
            )
        ),
        "websocket": RequestEdge(
            URLRouter(
                [re_path(r"^ws/?$", ExchangeConsumer.as_asgi()), re_path(r"", no_such_socket)]  # type: ignore[arg-type]  # an ASGI app
            )
        ),
        "lifespan": lifespan,
    }
)
