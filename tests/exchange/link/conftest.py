"""The engine of the node's tests: what is linked to."""

from tests.exchange.node.conftest import engine, service

__all__ = ["engine", "service"]
