"""Market-maker protection: what an account's quotes traded lately. Rule MM5 of docs/orders.md."""

from __future__ import annotations

from collections import deque

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.boxed import Boxed


class QuoteGuard:
    """The bounds of one account, and the fills of its quotes that still count."""

    __slots__ = (
        "asset",
        "fills",
        "max_fills",
        "max_net_minor",
        "net_minor",
        "number",
        "tripped",
        "window_ns",
    )

    def __init__(self, number: Boxed, window_ns: int, max_fills: int, asset: str, max_net_minor: int) -> None:
        self.number: Boxed = number
        self.window_ns = window_ns
        self.max_fills = max_fills
        #: In which quote asset bought less sold is bounded by how much, 0: by nothing.
        self.asset = asset
        self.max_net_minor = max_net_minor
        self.tripped = False
        #: (time, value bought or (negative) sold in ``asset``), oldest first; fewer than ``max_fills``.
        self.fills: deque[tuple[int, int]] = deque()
        self.net_minor = 0

    def add(self, now_ns: int, bought_minor: int) -> bool:
        """Count a fill; whether it reaches a bound."""
        fills = self.fills
        while fills and fills[0][0] <= now_ns - self.window_ns:
            self.net_minor -= fills.popleft()[1]
        fills.append((now_ns, bought_minor))
        self.net_minor += bought_minor
        if len(fills) >= self.max_fills:
            return True
        return 0 < self.max_net_minor <= abs(self.net_minor)

    def trip(self) -> None:
        """A bound is reached: it counts no more until it is set anew."""
        self.tripped = True
        self.fills.clear()
        self.net_minor = 0

    def event(self) -> m.Event:
        """As a QuoteProtectionEvent."""
        window_ms = self.window_ns // 1_000_000
        bounds = (window_ms, self.max_fills, self.asset, self.max_net_minor)
        return (m.EV_QUOTE_PROTECTION, self.number, *bounds, self.tripped)

    def row(self) -> list[object]:
        """For a snapshot."""
        bounds = [self.window_ns, self.max_fills, self.asset, self.max_net_minor]
        return [self.number, *bounds, self.tripped, [list(fill) for fill in self.fills]]
