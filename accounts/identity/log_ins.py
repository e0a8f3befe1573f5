"""Failed log-ins: counted and slowed down.

Three counts, each of failures within ``FORGET_AFTER_S``:

a user name from one network    ``free`` attempts, then a minute's wait that grows by a minute each time
a network, whatever the name    the same, for those who try many names
a user name, from anywhere      then one attempt a minute in all

A network that has logged in under a name before is *known* for it, and only the first count applies to it. So
strangers who guess at a name from all over the world cost its owner nothing at home, and from a new place at
most a place in a queue; and whoever shares the owner's network delays him by ``longest_s`` at most. Names
count alike whether or not there is such a user.

Counts are rows of the database, which all web processes share: it knows the users, so no log-in goes on
without it, and a restart forgets nothing. An attempt that has to wait only reads.

An attempt counts as failed from its beginning until it has succeeded: a hundred at once are not a hundred
guesses.
"""

from __future__ import annotations

import hashlib
import math
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from django.db import transaction

from accounts.models import LogInCount
from exchange import process

#: A count is forgotten this long after its last failure.
FORGET_AFTER_S: Final = 3_600
#: A network stays known for a name this long after a log-in.
KNOWN_FOR_S: Final = 30 * 86_400
#: Rows kept; beyond it the oldest go.
MAX_KEPT: Final = 50_000
#: How often a process removes rows that mean nothing any more, so many at a time.
PRUNE_EVERY_S: Final = 60
PRUNED_AT_ONCE: Final = 1_000
_LONGEST_NAME: Final = 150
_STEP_S: Final = 60
_MS: Final = 1_000


class Policy(NamedTuple):
    """``free`` failures cost nothing; each one after makes the next attempt wait ``_STEP_S`` longer."""

    free: int
    longest_s: int

    def due_ms(self, failures: int, last_ms: int) -> int:
        """When the next attempt may come."""
        over = failures - self.free + 1
        return last_ms + min(self.longest_s, _STEP_S * over) * _MS if over > 0 else 0


PAIR: Final = Policy(10, 300)
#: The operator pages: fewer attempts, longer waits.
OPERATOR_PAIR: Final = Policy(5, 900)
NETWORK: Final = Policy(30, 300)
NAME: Final = Policy(30, _STEP_S)


class Keys(NamedTuple):
    """The rows that an attempt counts in."""

    pair: str
    name: str
    network: str


Rows = Mapping[str, LogInCount]


class LogIns:
    """Asks the database. Safe from any thread. ``network``: where the attempt comes from."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._prune_at_s = 0.0

    def begin(self, name: str, network: str, is_operator_page: bool = False) -> int | None:
        """Begin an attempt. None, or the seconds to wait; then nothing has begun."""
        keys = _keys(name, network)
        pair_policy = OPERATOR_PAIR if is_operator_page else PAIR
        now_ms = self._now_ms()
        wait_s = _wait_s(keys, _by_key(LogInCount.objects.filter(key__in=keys)), pair_policy, now_ms)
        if wait_s is not None:
            return wait_s
        self._prune(now_ms)
        with transaction.atomic():
            rows = _locked(keys, now_ms)
            wait_s = _wait_s(keys, rows, pair_policy, now_ms)
            if wait_s is not None:
                return wait_s
            for row in rows.values():
                row.failures = _failures(row, now_ms) + 1
                row.last_ms = now_ms
            _save(rows)
        return None

    def succeeded(self, name: str, network: str) -> None:
        """It has succeeded: the network is known for the name from now on."""
        keys, now_ms = _keys(name, network), self._now_ms()
        with transaction.atomic():
            rows = _locked(keys, now_ms)
            _take_back(rows)
            rows[keys.pair].failures = 0
            rows[keys.pair].known_until_ms = now_ms + KNOWN_FOR_S * _MS
            _save(rows)

    def is_at_limit(self, name: str, network: str, is_operator_page: bool = False) -> bool:
        """Whether the attempt just made was the last that was free: once, until the count is forgotten."""
        row = LogInCount.objects.filter(key=_keys(name, network).pair).first()
        policy = OPERATOR_PAIR if is_operator_page else PAIR
        return row is not None and _failures(row, self._now_ms()) == policy.free

    def gave_up(self, name: str, network: str) -> None:
        """It was not tried after all."""
        with transaction.atomic():
            rows = _locked(_keys(name, network), self._now_ms())
            _take_back(rows)
            _save(rows)

    def _now_ms(self) -> int:
        return int(self._clock() * _MS)

    def _prune(self, now_ms: int) -> None:
        """Remove rows that mean nothing any more, and the oldest beyond ``MAX_KEPT``."""
        if now_ms < self._prune_at_s * _MS:
            return
        self._prune_at_s = now_ms / _MS + PRUNE_EVERY_S
        forgotten = LogInCount.objects.filter(
            last_ms__lt=now_ms - FORGET_AFTER_S * _MS, known_until_ms__lt=now_ms
        )
        _delete(forgotten.values_list("key", flat=True)[:PRUNED_AT_ONCE])
        oldest = LogInCount.objects.order_by("-last_ms").values_list("key", flat=True)
        _delete(oldest[MAX_KEPT : MAX_KEPT + PRUNED_AT_ONCE])


def _keys(name: str, network: str) -> Keys:
    counted = _counted_name(name)
    return Keys(_key("pair", counted, network), _key("name", counted), _key("network", network))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _counted_name(name: str) -> str:
    """As the log-in form reads it, so that no other spelling of a name is another count."""
    return unicodedata.normalize("NFKC", name[:_LONGEST_NAME])


def _locked(keys: Keys, now_ms: int) -> Rows:
    """The rows, made where there are none, for this transaction alone. Always in one order, so that no two
    wait for each other."""
    wanted = sorted(keys)
    rows: Rows = {}
    # Again when another process has pruned one between the two statements.
    while len(rows) < len(wanted):
        new = [LogInCount(key=key, last_ms=now_ms) for key in wanted]
        LogInCount.objects.bulk_create(new, ignore_conflicts=True)
        rows = _by_key(LogInCount.objects.select_for_update().filter(key__in=wanted).order_by("key"))
    return rows


def _by_key(rows: Iterable[LogInCount]) -> Rows:
    return {row.key: row for row in rows}


def _wait_s(keys: Keys, rows: Rows, pair_policy: Policy, now_ms: int) -> int | None:
    """Seconds until the attempt may begin; None when it may now."""
    policies = {keys.pair: pair_policy}
    own = rows.get(keys.pair)
    if own is None or own.known_until_ms < now_ms:
        policies |= {keys.name: NAME, keys.network: NETWORK}
    due_ms = max(_due_ms(rows.get(key), policy, now_ms) for key, policy in policies.items())
    return math.ceil((due_ms - now_ms) / _MS) if due_ms > now_ms else None


def _due_ms(row: LogInCount | None, policy: Policy, now_ms: int) -> int:
    # A clock that was set back must not make the wait longer.
    return 0 if row is None else policy.due_ms(_failures(row, now_ms), min(row.last_ms, now_ms))


def _failures(row: LogInCount, now_ms: int) -> int:
    return 0 if now_ms - row.last_ms > FORGET_AFTER_S * _MS else row.failures


def _take_back(rows: Rows) -> None:
    for row in rows.values():
        row.failures = max(0, row.failures - 1)


def _save(rows: Rows) -> None:
    LogInCount.objects.bulk_update(rows.values(), ["failures", "last_ms", "known_until_ms"])


def _delete(keys: Iterable[str]) -> None:
    if found := list(keys):
        LogInCount.objects.filter(key__in=found).delete()


#: Of this process.
log_ins: Final = process.shared(LogIns, lambda: LogIns())
