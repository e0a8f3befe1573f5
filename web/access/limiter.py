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
All but the last are fixed windows: one counter per requester and window, and several windows where a scope
has several rates (``2000/s 50000000/day``). So in the length of a window up to twice the rate may pass,
around the moment at which one ends. While the shared cache is away each process counts for itself; log-ins
and what sends mail are closed then but for a few (``CLOSED_ALONE``).

In the embedded default each process counts for itself, in memory. With ``REDIS_URL`` all processes count
together, and each for itself while Redis is away: ``EXACT`` scopes ask it at each charge; of the others a
thread adds what was counted every ``SHARE_EVERY_S`` and brings back what the others counted, so that charges
never wait (``docs/decisions/0053``).

Rates come from the settings (``RATE_LIMITS``, ``MAKER_ORDER_RATE``, ``ORDER_RATES``) and from the tier of a
user (``accounts.identity.rate_tiers``).
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
from accounts.identity.rate_tiers import RateTiers
from accounts.identity.roles import QUOTE, may
from exchange import process
from exchange.errors import RefusedError
from exchange.errors.table import RETRY_AFTER_S
from exchange.units.rates import DAY_S, Rate, parse_rates
from web.access.addresses import wider_network
from web.access.shared_counts import SharedCounts

#: Counters one process keeps; an attacker with many addresses gains a fresh count, never our memory.
MAX_COUNTERS: Final = 100_000
#: Of how many of the oldest running windows the one with the lowest count goes when there are too many.
OLDEST_LOOKED_AT: Final = 16
#: An IPv6 /48 has this many times the limit of a /64.
WIDER_TIMES: Final = 10
_SPAN_NAMES: Final = {1: "s", 10: "10s", 60: "min", 3600: "h", DAY_S: "day"}

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
#: With a shared cache these ask it at each charge, and so are exact over all processes: guesses at passwords,
#: letters and money. The others are counted here and settled (``shared_counts``).
EXACT: Final = frozenset({"login", "signup", "mail", "mailbox", "demo", "accounts", "withdrawals"})

#: Whom a limit counts: a user, or an address or connection by its name.
Who = Identity | str
#: Adds to a counter: name, cost, span of its window in seconds, now; gives its new value.
Add = Callable[[str, int, int, float], int]


class Window(NamedTuple):
    """One limit of a requester."""

    #: As the RateLimit fields call it.
    policy: str
    key: str
    rate: Rate


class Standing(NamedTuple):
    """How a requester stands in one limit after a charge, or without one."""

    policy: str
    rate: Rate
    remaining: int
    #: Whole seconds until the window ends and all of the limit is there again.
    reset_s: int


class Charged(NamedTuple):
    """What a charge came to: None when it was within the limits, else the seconds until it is worth trying;
    and where the requester stands in what was counted."""

    wait_s: int | None
    standings: tuple[Standing, ...] = ()


def rates_of(
    scope: str, account: int | None = None, roles: Iterable[str] = (), tier: int | None = None
) -> tuple[Rate, ...]:
    """The rates that hold in a scope: an account's own, else those of its user's tier, of market makers for
    one of them, and of everybody."""
    configured = settings.XTRADER
    if account is None:
        return parse_rates(configured["RATE_LIMITS"][scope])
    if scope == ORDERS and (own := configured["ORDER_RATES"].get(str(account))) is not None:
        return parse_rates(own)
    is_maker = may(roles, QUOTE)
    of_tier = process.part(RateTiers).rate(tier, scope, is_maker=is_maker)
    if of_tier is not None:
        return parse_rates(of_tier)
    general = parse_rates(configured["RATE_LIMITS"][scope])
    if scope == ORDERS and general and is_maker:
        return parse_rates(configured["MAKER_ORDER_RATE"])
    return general


class Limiter:
    """Counts requests. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._counters = Counters()
        self._shared = SharedCounts(self._counters.add)
        self._buckets: dict[tuple[str, int | str], Bucket] = {}

    def charge(self, scope: str, who: Who, cost: int = 1) -> int | None:
        """Count ``cost`` requests. None when within the limit, else seconds until it is worth trying. Raises
        RATE_LIMIT_UNAVAILABLE in the scopes that close while the shared counters are away."""
        return self.charged(scope, who, cost).wait_s

    def charged(self, scope: str, who: Who, cost: int = 1) -> Charged:
        """The same, with where the requester stands then."""
        bucket = self._buckets.get((scope, _name_of(who)))
        if bucket is not None:
            return Charged(bucket.charge(cost))
        charged = _charge(_windows(scope, who), self._add(scope), cost)
        if scope in CLOSED_ALONE and self.counts_alone:
            _refuse_beyond_share(charged.standings)
        return charged

    def charged_request(self, address: str, scope: str, who: Who, cost: int = 1) -> Charged:
        """Count a request for its address, and in the scope it belongs to for ``who`` asks."""
        of_address = self.charged("address", address, cost)
        return of_address if of_address.wait_s is not None else self.charged(scope, who, cost)

    def charge_request(self, address: str, scope: str, who: Who, cost: int = 1) -> int | None:
        """The same, for those who only need the seconds to wait."""
        return self.charged_request(address, scope, who, cost).wait_s

    async def acharged_request(self, address: str, scope: str, who: Who, cost: int = 1) -> Charged:
        """``charged_request`` from a coroutine: at once where nothing asks another process, else off the
        loop."""
        if not settings.REDIS_URL or scope not in EXACT:
            return self.charged_request(address, scope, who, cost)
        charge = sync_to_async(self.charged_request, thread_sensitive=False)
        return await charge(address, scope, who, cost)

    async def acharge_request(self, address: str, scope: str, who: Who, cost: int = 1) -> int | None:
        """The same, for those who only need the seconds to wait."""
        return (await self.acharged_request(address, scope, who, cost)).wait_s

    def heaviest(self, scope: str, who: Who, weight: int) -> int:
        """``weight``, or the most that the requester's limits let through at once, for an act that has to
        remain possible under the smallest of limits."""
        return min([weight, *(each.rate.maximum for each in _windows(scope, who))])

    def meter(self, scope: str, who: Identity) -> Meter:
        """What charges a requester in a scope many times."""
        return Meter(scope, who, self._add(scope))

    def _add(self, scope: str) -> Add:
        if not settings.REDIS_URL:
            return self._counters.add
        return self._shared.add_now if scope in EXACT else self._shared.add_later

    @property
    def counts_alone(self) -> bool:
        """Whether there is a shared counter, and it did not answer when it was last asked: then limits hold
        for each process by itself."""
        return bool(settings.REDIS_URL) and self._shared.is_away

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
    """Charges one requester in one scope, without finding its limits anew each time: only after a tier has
    changed."""

    __slots__ = ("_add", "_scope", "_tiers", "_version", "_who", "_windows")

    def __init__(self, scope: str, who: Identity, add: Add) -> None:
        self._scope = scope
        self._who = who
        self._add = add
        self._tiers = process.part(RateTiers)
        self._version = self._tiers.version
        self._windows = _windows(scope, who)

    def charge(self, cost: int = 1) -> int | None:
        """As ``Limiter.charge``."""
        if self._version != self._tiers.version:
            self._look_again()
        now_s = time.time()
        for _, key, rate in self._windows:
            count = self._add(key, cost, rate.span_s, now_s)
            if count > rate.maximum:
                return _wait_s(rate, now_s)
        return None

    def heaviest(self, weight: int) -> int:
        """As ``Limiter.heaviest``."""
        return min([weight, *(each.rate.maximum for each in self._windows)])

    def standings(self) -> tuple[Standing, ...]:
        """Where the requester stands. Counts nothing."""
        if self._version != self._tiers.version:
            self._look_again()
        return _charge(self._windows, self._add, 0).standings

    def _look_again(self) -> None:
        self._version = self._tiers.version
        self._windows = _windows(self._scope, self._who)


def _charge(windows: Iterable[Window], add: Add, cost: int) -> Charged:
    """Count in one window after the other, up to one that is full: what one refuses costs nothing in the
    next, so that a day is not used up by refusals of a second."""
    now_s = time.time()
    standings = []
    for policy, key, rate in windows:
        count = add(key, cost, rate.span_s, now_s)
        wait_s = _wait_s(rate, now_s) if count > rate.maximum else None
        remaining = max(0, rate.maximum - count)
        standings.append(Standing(policy, rate, remaining, _left_s(rate.span_s, now_s)))
        if wait_s is not None:
            return Charged(wait_s, tuple(standings))
    return Charged(None, tuple(standings))


def _refuse_beyond_share(standings: Iterable[Standing]) -> None:
    """Raises RATE_LIMIT_UNAVAILABLE where more of a limit is used than one process may let through alone."""
    for standing in standings:
        maximum = standing.rate.maximum
        if maximum - standing.remaining > max(1, maximum // ALONE_SHARE):
            raise RefusedError(UNAVAILABLE, {"retry_after_s": RETRY_AFTER_S[UNAVAILABLE]})


def _windows(scope: str, who: Who) -> tuple[Window, ...]:
    """Everything a requester is counted in: the rate of its key, its own rates by rising span, and those of
    its wider network."""
    if isinstance(who, str):
        return _of_address(scope, who, rates_of(scope))
    windows = _named(scope, _name_of(who), rates_of(scope, who.account, who.roles, who.rate_tier))
    if scope != ORDERS or who.order_rate is None:
        return windows
    return Window("key", _key(scope, f"key {who.key_id}"), Rate(who.order_rate, 1)), *windows


@functools.lru_cache(maxsize=20_000)
def _of_address(scope: str, name: str, rates: tuple[Rate, ...]) -> tuple[Window, ...]:
    wider = wider_network(name) if rates else None
    if wider is None:
        return _named(scope, name, rates)
    # What the narrow limit has refused is not counted here: one network alone does not use up its
    # neighbours' share.
    more = _named(scope, wider, tuple(_times(rate, WIDER_TIMES) for rate in rates))
    return (*_named(scope, name, rates), *(each._replace(policy=f"{each.policy}-net") for each in more))


@functools.lru_cache(maxsize=20_000)
def _named(scope: str, name: int | str, rates: tuple[Rate, ...]) -> tuple[Window, ...]:
    """The first is called as the scope is, others by their span too."""
    return tuple(
        Window(
            scope if not at else f"{scope}-{_SPAN_NAMES[rate.span_s]}", _key(scope, name, rate.span_s), rate
        )
        for at, rate in enumerate(rates)
    )


def _times(rate: Rate, factor: int) -> Rate:
    return Rate(rate.maximum * factor, rate.span_s)


def _key(scope: str, name: int | str, span_s: int = 1) -> str:
    # Windows of different spans may have the same number.
    return f"rate:{scope}:{name}" if span_s < DAY_S else f"rate:{scope}:{name}:{span_s}"


def _wait_s(rate: Rate, now_s: float) -> int:
    return max(1, round((_window(rate.span_s, now_s) + 1) * rate.span_s - now_s))


def _left_s(span_s: int, now_s: float) -> int:
    return max(1, math.ceil((_window(span_s, now_s) + 1) * span_s - now_s))


def _name_of(who: Who) -> int | str:
    """An account counts whoever trades for it, and a user by id, whatever the proof."""
    if isinstance(who, str):
        return who
    return who.user_id if who.account is None else f"account {who.account}"


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
