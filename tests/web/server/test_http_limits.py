"""How plain connections are counted, without a socket."""

from __future__ import annotations

import asyncio

import pytest

from web.access.addresses import counted
from web.server.http_limits import STATE_KEY, HttpConnections, HttpLimits, connections_of


class Plain:
    def __init__(self) -> None:
        self.checked = 0

    def check_time(self, now_s: float) -> None:
        self.checked += 1


@pytest.fixture
def loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@pytest.mark.attack("A5")
def test_an_address_and_the_process_have_bounds(loop: asyncio.AbstractEventLoop) -> None:
    connections = HttpConnections(HttpLimits(connections=5, connections_per_address=2))
    opened = [Plain() for _ in range(5)]
    for connection, address in zip(opened, ("a", "a", "b", None, None), strict=True):
        assert connections.refusal(address) is None
        connections.add(connection, address, loop)
        if connection is opened[1]:
            assert (connections.refusal("a"), connections.refusal("b"), connections.refusal(None)) == (
                429,
                None,
                None,
            )
    assert connections.refusal("c") == 503
    connections.discard(opened[0])
    connections.discard(opened[0])
    assert len(connections) == 4 and connections.refusal("a") is None
    loop.close()


def test_a_network_counts_as_one_and_a_proxy_is_not_counted(loop: asyncio.AbstractEventLoop) -> None:
    connections = HttpConnections(HttpLimits(connections_per_address=1), counted)
    connections.add(Plain(), "2001:db8::1", loop)
    assert connections.refusal("2001:db8::ffff") == 429
    assert connections.refusal("2001:db8:1::1") is None
    behind_proxy = HttpConnections(HttpLimits(connections_per_address=0))
    for _ in range(300):
        assert behind_proxy.refusal("192.0.2.1") is None
        behind_proxy.add(Plain(), "192.0.2.1", loop)
    loop.close()


def test_connections_are_looked_at_while_there_are_any() -> None:
    async def scenario() -> int:
        connections, plain = HttpConnections(HttpLimits()), Plain()
        connections.add(plain, "a", asyncio.get_running_loop())
        await asyncio.sleep(1.2)
        seen = plain.checked
        connections.discard(plain)
        await asyncio.sleep(0.7)
        assert plain.checked <= seen + 1
        return seen

    assert asyncio.run(scenario()) >= 1


def test_a_server_without_the_application_has_bounds_too() -> None:
    state: dict[str, object] = {}
    assert connections_of(state) is connections_of(state) is state[STATE_KEY]
