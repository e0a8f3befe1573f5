"""The ASGI application: HTTP by Django, WebSocket by Channels, and what a process starts and stops.

uvicorn announces its lifespan; then the engine's socket and the live feeds are up before the first
request. daphne does not: there they start with the first WebSocket, and plain HTTP opens a client of
its own when it first needs one.
"""

import gc
import logging
import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

# Loads the apps: everything that touches models is imported after it.
django_application = get_asgi_application()

from exchange.api.bodylimit import BodyLimit  # noqa: E402
from exchange.api.fastlane import OrderLane, ReadLane  # noqa: E402
from exchange.api.reads import READS  # noqa: E402
from exchange.consumers import ExchangeConsumer  # noqa: E402
from exchange.feeds import runtime  # noqa: E402
from marketdata.api.reads import READS as MARKET_READS  # noqa: E402

logger = logging.getLogger(__name__)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Start and stop what the process shares."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await runtime.start()
                _keep_garbage_collection_short()
            except Exception as error:
                logger.exception("could not start")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await runtime.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _keep_garbage_collection_short() -> None:
    """All of Django stays for as long as the process lives, and a collection that walks through it stalls every
    socket for a tenth of a second: leave out what is there now, and look through the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 125, 50)


async def no_such_socket(scope: Any, receive: Any, send: Any) -> None:
    """Any other WebSocket address: refused at the handshake."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


application = ProtocolTypeRouter(
    {
        "http": OrderLane(ReadLane(BodyLimit(django_application), READS | MARKET_READS)),
        "websocket": URLRouter(
            [re_path(r"^ws/?$", ExchangeConsumer.as_asgi()), re_path(r"", no_such_socket)]
        ),
        "lifespan": lifespan,
    }
)
