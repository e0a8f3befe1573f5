"""Rate limits of every way in, counted in one place: the ``limiter``.

``limiter.charge(scope, who, cost)`` gives None within the limit, else the seconds to wait. Scopes:

orders    per account: order entry and changes; a batch counts each of its orders, and what is refused counts
reads     per account: private reads, and the snapshots of private channels by their size
reports   per account: sums, files and tax reports over whole histories
public    per address: market data, which needs no log-in
login     per address: tokens and the log-in pages
demo      per account: play money
accounts  per account: opening, naming, freezing and thawing accounts
withdrawals per account: requests and answers to them, and changes of the address book
signup    per address: sign-ups
mail      per address: requests that may send a letter, but for sign-ups
mailbox   per target: letters that anybody may ask for; beyond it none is sent, and the answer stays the same
address   per address: every request of all the above
connection requests    per WebSocket: a bucket that ``grant`` gives it

An IPv6 client counts by its /64, and with its neighbours by its /48 at ``WIDER_TIMES`` the limit.
A user without an account counts by the user. A key with an order rate of its own is charged for that first.
All but the last are fixed windows: one counter per requester and window. In the embedded default each process
counts for itself, in memory; with ``REDIS_URL`` all processes count together in the shared cache, and each
for itself while that is away. Log-ins and what sends mail are closed then but for a few (``CLOSED_ALONE``).
Rates come from ``settings.XTRADER["RATE_LIMITS"]``, as ``"500/s"``,
``"100/min"`` or ``"0"`` for no limit;
``settings.XTRADER["MAKER_ORDER_RATE"]`` is the rate of orders of market makers, and
``settings.XTRADER["ORDER_RATES"]`` gives single accounts another one.

``limiter.meter(scope, who)`` is for an event loop: its charges never leave the process. With ``REDIS_URL`` a
thread adds them to the shared counter every ``SHARE_EVERY_S`` and brings back what the others counted.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings

from accounts.identity.identities import Identity
from accounts.identity.roles import QUOTE, may
from exchange import process
from exchange.errors import RefusedError
from exchange.errors.table import RETRY_AFTER_S
from web.access.addresses import wider_network
from web.access.shared_counts import SharedCounts

#: Counters one process keeps; an attacker with many addresses gains a fresh count, never our memory.
MAX_COUNTERS: Final = 100_000
#: Of how many of the oldest running windows the one with the lowest count goes when there are too many.
OLDEST_LOOKED_AT: Final = 16
#: An IPv6 /48 has this many times the limit of a /64.
WIDER_TIMES: Final = 10
_SPANS_S: Final = {"s": 1, "10s": 10, "min": 60, "h": 3600}

#: With ``REDIS_URL``: while the shared counters are away a process lets only this part of the rate of these
#: scopes through. They are where passwords are guessed and strangers' mailboxes filled: an attacker who can
#: take Redis down must gain nothing. All other scopes count in each process alone then.
CLOSED_ALONE: Final = frozenset({"login", "signup", "mail", "mailbox"})
ALONE_SHARE: Final = 4
UNAVAILABLE: Final = "RATE_LIMIT_UNAVAILABLE"

ORDERS: Final = "orders"
READS: Final = "reads"
REPORTS: Final = "reports"
#: What a connection is charged in for requests that are no orders.
CONNECTION_REQUESTS: Final = "connection requests"

#: Whom a limit counts: a user, or an address or connection by its name.
Who = Identity | str
#: Adds to a counter: name, cost, span of its window in seconds, now; gives its new value.
Add = Callable[[str, int, int, float], int]


class Rate(NamedTuple):
    """At most ``maximum`` in ``span_s`` seconds; 0 is no limit."""

    maximum: int
    span_s: int


@functools.cache
def parse_rate(text: str) -> Rate:
    """A rate from its setting. Raises ``ValueError`` when it is not ``<count>/<s|10s|min|h>``."""
    count, _, span = text.strip().partition("/")
    if int(count) == 0:
        return Rate(0, 1)
    if int(count) < 0 or span not in _SPANS_S:
        raise ValueError(f"not a rate: {text!r}")
    return Rate(int(count), _SPANS_S[span])


def rate_of(scope: str, account: int | None = None, roles: Iterable[str] = ()) -> Rate:
    """The rate that the settings give to a scope, or in it to an account or to market makers."""
    general = parse_rate(settings.XTRADER["RATE_LIMITS"][scope])
    if account is None or scope != ORDERS:
        return general
    own = settings.XTRADER["ORDER_RATES"].get(str(account))
    if own is not None:
        return parse_rate(own)
    return (
        parse_rate(settings.XTRADER["MAKER_ORDER_RATE"]) if general.maximum and may(roles, QUOTE) else general
    )


class Limiter:
    """Counts requests. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._counters = Counters()
        self._shared = SharedCounts(self._counters.add)
        self._buckets: dict[tuple[str, int | str], Bucket] = {}

    def charge(self, scope: str, who: Who, cost: int = 1) -> int | None:
        """Count ``cost`` requests. None when within the limit, else seconds until it is worth trying. Raises
        RATE_LIMIT_UNAVAILABLE in the scopes that close while the shared counters are away."""
        own = _key_rate(scope, who)
        if own is not None and (wait_s := self._count(scope, own.name, cost, own.rate)) is not None:
            return wait_s
        name = _name_of(who)
        bucket = self._buckets.get((scope, name))
        if bucket is not None:
            return bucket.charge(cost)
        rate = _rate_for(scope, who)
        if not rate.maximum:
            return None
        wait_s = self._count(scope, name, cost, rate)
        wider = wider_network(who) if wait_s is None and isinstance(who, str) else None
        if wider is None:
            return wait_s
        # What the narrow limit has refused is not counted here: one network alone does not use up its
        # neighbours' share.
        return self._count(scope, wider, cost, Rate(rate.maximum * WIDER_TIMES, rate.span_s))

    def _count(self, scope: str, name: int | str, cost: int, rate: Rate) -> int | None:
        now_s = time.time()
        if not settings.REDIS_URL:
            return _wait_s(self._counters.add(_key(scope, name), cost, rate.span_s, now_s), rate, now_s)
        count, is_shared = self._shared.add_now(_key(scope, name), cost, rate.span_s, now_s)
        if not is_shared and scope in CLOSED_ALONE and count > max(1, rate.maximum // ALONE_SHARE):
            raise RefusedError(UNAVAILABLE, {"retry_after_s": RETRY_AFTER_S[UNAVAILABLE]})
        return _wait_s(count, rate, now_s)

    def charge_request(self, address: str, scope: str, who: Who, cost: int = 1) -> int | None:
        """Count a request for its address, and in the scope it belongs to for ``who`` asks."""
        return self.charge("address", address, cost) or self.charge(scope, who, cost)

    async def acharge_request(self, address: str, scope: str, who: Who, cost: int = 1) -> int | None:
        """``charge_request`` from a coroutine: at once when the counters are in this process, else off the
        loop."""
        if not settings.REDIS_URL:
            return self.charge_request(address, scope, who, cost)
        charge = sync_to_async(self.charge_request, thread_sensitive=False)
        return await charge(address, scope, who, cost)

    def meter(self, scope: str, who: Who) -> Meter:
        """What charges ``who`` in a scope without ever waiting for another process."""
        add = self._shared.add_later if settings.REDIS_URL else self._counters.add
        own = _key_rate(scope, who)
        first = None if own is None else Meter(_key(scope, own.name), own.rate, add)
        return Meter(_key(scope, _name_of(who)), _rate_for(scope, who), add, first)

    def grant(self, scope: str, who: Who, bucket: Bucket) -> None:
        """Count ``who`` in a bucket of its own in a scope, in place of the scope's rate, until
        ``release``."""
        self._buckets[scope, _name_of(who)] = bucket

    def release(self, scope: str, who: Who) -> None:
        """Take back what ``grant`` gave, if anything."""
        self._buckets.pop((scope, _name_of(who)), None)

    def reset(self) -> None:
        """Forget every count of this process."""
        self._counters.clear()


class Meter:
    """Charges one requester in one scope, by the rate that the settings had when it was made."""

    __slots__ = ("_add", "_first", "_key", "_rate")

    def __init__(self, key: str, rate: Rate, add: Add, first: Meter | None = None) -> None:
        #: Charged before this one.
        self._first = first
        self._key = key
        self._rate = rate
        self._add = add

    def charge(self, cost: int = 1) -> int | None:
        """As ``Limiter.charge``."""
        if self._first is not None and (wait_s := self._first.charge(cost)) is not None:
            return wait_s
        rate = self._rate
        if not rate.maximum:
            return None
        now_s = time.time()
        count = self._add(self._key, cost, rate.span_s, now_s)
        return None if count <= rate.maximum else _wait_s(count, rate, now_s)


class _KeyRate(NamedTuple):
    """The rate of orders by one key."""

    name: str
    rate: Rate


def _key_rate(scope: str, who: Who) -> _KeyRate | None:
    if scope != ORDERS or isinstance(who, str) or who.order_rate is None:
        return None
    return _KeyRate(f"key {who.key_id}", Rate(who.order_rate, 1))


def _key(scope: str, name: int | str) -> str:
    return f"rate:{scope}:{name}"


def _wait_s(count: int, rate: Rate, now_s: float) -> int | None:
    if count <= rate.maximum:
        return None
    return max(1, round((_window(rate.span_s, now_s) + 1) * rate.span_s - now_s))


def _name_of(who: Who) -> int | str:
    """An account counts whoever trades for it, and a user by id, whatever the proof."""
    if isinstance(who, str):
        return who
    return who.user_id if who.account is None else f"account {who.account}"


def _rate_for(scope: str, who: Who) -> Rate:
    return rate_of(scope) if isinstance(who, str) else rate_of(scope, who.account, who.roles)


def _window(span_s: int, now_s: float) -> int:
    """The number of the window that runs."""
    return int(now_s // span_s)


class Counters:
    """Counters of this process alone, ``maximum`` of them at most.

    When there are more, those whose window has ended go first. If all windows run, one of the shortest span
    goes, for it has the least time left to count: of the oldest few the one with the lowest count, so that a
    flood of new names does not free one that is over its limit."""

    def __init__(self, maximum: int = MAX_COUNTERS) -> None:
        self._maximum = maximum
        #: By span; in each, (window, count) by name, oldest window first.
        self._by_span: dict[int, dict[str, tuple[int, int]]] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._size

    def add(self, name: str, cost: int, span_s: int, now_s: float) -> int:
        """Add to the counter of a name, which starts at 0 in each window; its new value."""
        window = _window(span_s, now_s)
        with self._lock:
            counters = self._by_span.setdefault(span_s, {})
            before = counters.get(name)
            if before is not None and before[0] == window:
                count = before[1] + cost
            else:
                # Taken out and put in anew: the dictionary keeps the order of windows.
                self._remove(counters, name)
                if self._size >= self._maximum:
                    self._make_room(now_s)
                self._size += 1
                count = cost
            counters[name] = window, count
            return count

    def clear(self) -> None:
        """Start all again."""
        with self._lock:
            self._by_span.clear()
            self._size = 0

    def _remove(self, counters: dict[str, tuple[int, int]], name: str) -> None:
        if counters.pop(name, None) is not None:
            self._size -= 1

    def _make_room(self, now_s: float) -> None:
        for span_s, counters in self._by_span.items():
            window = _window(span_s, now_s)
            while counters and next(iter(counters.values()))[0] < window:
                self._remove(counters, next(iter(counters)))
        if self._size >= self._maximum:
            counters = self._by_span[min(span_s for span_s, some in self._by_span.items() if some)]
            oldest = islice(counters.items(), OLDEST_LOOKED_AT)
            self._remove(counters, min(oldest, key=lambda item: item[1][1])[0])


class Bucket:
    """Holds up to ``burst`` tokens and gains ``per_s`` a second. Starts full."""

    __slots__ = ("_burst", "_clock", "_filled_at", "_per_s", "_tokens")

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock()

    def charge(self, cost: int = 1) -> int | None:
        """None when the tokens were taken; else none were, and it is the seconds until there are enough."""
        if self.take(cost):
            return None
        return max(1, math.ceil((cost - self._tokens) / self._per_s))

    def take(self, count: int = 1) -> bool:
        """Take tokens; False (and none taken) when there are not enough."""
        if self._tokens < count:
            self._fill()
            if self._tokens < count:
                return False
        self._tokens -= count
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_s)
        self._filled_at = now


#: Of this process.
limiter: Final = process.shared(Limiter, lambda: Limiter())
