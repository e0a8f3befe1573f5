"""One running exchange for the tests that only load or annoy it; those that kill it make their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.engine import messages as m
from tests.crash.site import Site

#: Nothing in the way of the fuzzing but a limit on orders, and that one within reach.
LIMITS = {"READS": "0", "PUBLIC": "0", "LOGIN": "0", "DEMO": "0", "ADDRESS": "0", "ORDERS": "200/s"}


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """Engine, projector and web with a demo's calls; alice and carol bid for AAPL, bob offers it."""
    site = Site(
        DEMO="1", snapshot_commands=50_000, **{f"RATE_LIMIT_{name}": rate for name, rate in LIMITS.items()}
    )
    try:
        for number, side in enumerate((m.BUY, m.SELL, m.BUY)):
            price = 20_000 + 500 * (side == m.SELL)
            site.submit(
                m.place_order(f"f:{number}", 1001 + number, "AAPL", side, price_ticks=price, quantity_lots=5)
            )
        yield site
    finally:
        site.close()
