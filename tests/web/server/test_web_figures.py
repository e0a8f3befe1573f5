"""What web counts is what there is: the classes of addresses, the reasons of closing."""

from __future__ import annotations

import pytest

from web.access import needs
from web.lanes.measured import route_of
from web.live.socket_limits import CLOSE_WORDS
from web.server.web_figures import CLOSES, ROUTES


def test_every_address_of_the_api_has_a_class() -> None:
    routes = {address: route_of(f"/{address}") for address in needs.REST}
    assert set(routes.values()) <= set(ROUTES)
    others = {address for address, route in routes.items() if route == "other"}
    assert not {address for address in others if address.startswith(("v1/", "api/", "metrics", "health"))}


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/order", "order"),
        ("/v1/orders/oco", "order"),
        ("/v1/quotes", "order"),
        ("/v1/balances", "account"),
        ("/api/v1/orderbook/BTC-KRW", "market"),
        ("/api/v1/token", "user"),
        ("/admin/", "operator"),
        ("/", "page"),
        ("/static/x.js", "static"),
        ("/metrics/engine", "probe"),
        ("/no/such", "other"),
    ],
)
def test_the_class_of_an_address(path: str, route: str) -> None:
    assert route_of(path) == route


def test_every_way_to_close_a_socket_is_counted_from_the_start() -> None:
    assert sorted(CLOSES) == sorted(CLOSE_WORDS.values())
