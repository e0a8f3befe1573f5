"""Measures HTTP requests from being read to the end of their answer, by classes of addresses."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from web.server.web_figures import web_figures

Application = Callable[[Any, Any, Any], Awaitable[None]]

#: Beginnings of addresses and their class, the longer before the shorter.
_CLASSES: Final = (
    ("/v1/order", "order"),
    ("/v1/quotes", "order"),
    ("/v1/", "account"),
    *((f"/api/v1/{name}", "market") for name in ("orderbook", "auction", "symbols", "time", "executions")),
    *((f"/api/v1/{name}", "market") for name in ("statistics", "klines", "solvency", "fees")),
    ("/api/", "user"),
    ("/admin/", "operator"),
    ("/accounts/", "page"),
    ("/static/", "static"),
    ("/health", "probe"),
    ("/metrics", "probe"),
)


def route_of(path: str) -> str:
    """The class of an address: one of ``web_figures.ROUTES``."""
    if path == "/":
        return "page"
    return next((route for beginning, route in _CLASSES if path.startswith(beginning)), "other")


class Measured:
    """Around all other lanes."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began_ns, status = time.perf_counter_ns(), 0

        async def noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._inner(scope, receive, noted)
        finally:
            route, figures = route_of(scope["path"]), web_figures
            figures.edge[route].observe(time.perf_counter_ns() - began_ns)
            if status:
                figures.responses.add(route, f"{status // 100}xx")
