"""What falls due by time: orders that expire, dead man's switches, auctions that end."""

from __future__ import annotations

from typing import Final

from sortedcontainers import SortedList

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
DAY_NS: Final = 24 * 3600 * SECOND_NS


class Timers:
    """Deadlines in their order. What is due is taken by a TICK, at the latest with the next minute."""

    __slots__ = ("behind", "calls", "deadlines", "ending", "expiries", "paused", "switches")

    def __init__(self) -> None:
        #: (expire_ns, order id) of open orders
        self.expiries: SortedList[tuple[int, int]] = SortedList()
        #: account -> when its orders are canceled, and the same as (deadline_ns, account)
        self.switches: dict[int, int] = {}
        self.deadlines: SortedList[tuple[int, int]] = SortedList()
        #: symbols in which orders gather -> when that ends by itself, or 0
        self.calls: dict[str, int] = {}
        #: symbols in which fired orders are left over from a command that did all it may: a tick is due at
        #: once
        self.paused: set[str] = set()
        #: closed symbols of whose DAY orders some have yet to end; and whether the last tick had more to
        #: forget than it may: a tick is due at once
        self.ending: set[str] = set()
        self.behind = False

    def set_switch(self, account: int, deadline_ns: int) -> None:
        """Set, move or (0) take back an account's dead man's switch."""
        standing = self.switches.pop(account, 0)
        if standing:
            self.deadlines.remove((standing, account))
        if deadline_ns:
            self.switches[account] = deadline_ns
            self.deadlines.add((deadline_ns, account))

    def pop_due_switch(self, now_ns: int) -> int | None:
        """The account whose time was up first, whose switch is off then; None if there is none."""
        if not self.deadlines or self.deadlines[0][0] > now_ns:
            return None
        account: int = self.deadlines.pop(0)[1]
        del self.switches[account]
        return account

    def due_orders(self, now_ns: int, most: int) -> list[int]:
        """Ids of the open orders whose time is up, earliest first, at most so many."""
        count = self.expiries.bisect_right((now_ns, 1 << 200))
        return [order_id for _, order_id in self.expiries[: min(count, most)]]

    def due_calls(self, now_ns: int) -> list[str]:
        """Symbols whose auction takes place now, by name."""
        return sorted(name for name, ends_ns in self.calls.items() if ends_ns and ends_ns <= now_ns)

    def next_ns(self, now_ns: int) -> int:
        """When a tick is due: the next full minute or anything here that comes before it; the next full
        second while orders gather somewhere; at once where something is left over."""
        if self.paused or self.ending or self.behind:
            return now_ns
        due = (now_ns // MINUTE_NS + 1) * MINUTE_NS
        if self.calls:
            due = (now_ns // SECOND_NS + 1) * SECOND_NS
            due = min([due, *[ends_ns for ends_ns in self.calls.values() if ends_ns]])
        if self.expiries:
            due = min(due, self.expiries[0][0])
        if self.deadlines:
            due = min(due, self.deadlines[0][0])
        return max(due, now_ns)


def next_midnight_ns(now_ns: int) -> int:
    """The end of the UTC day, in nanoseconds since the epoch."""
    return (now_ns // DAY_NS + 1) * DAY_NS
