"""What fees earned, by day, symbol and tier, and whether that is what the engine's fee account has.

Fees are in the quote asset of their symbol. The days that were added up and the fills since then are all fees
of trades there ever were. With the fees of withdrawals, less the shares that were paid out, they must be the
balance of the fee account, to the last unit.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, QuerySet

from accounts.fee_models import FeeDay, FeeRun
from exchange.engine.messages import FEE_ACCOUNT, MOVED_IN, WITHDRAWN
from exchange.link.protocol import Answer
from exchange.models import Asset, Fill, Symbol, Transfer
from exchange.models.sums import ExactSum
from exchange.selectors.position import wait_for
from exchange.units.decimals import format_units

#: How long a comparison waits for the tables to reach the engine.
WAIT_S: Final = 30.0


#: As ``engine_link.query``.
Query = Callable[..., Answer]


class NotComparableError(Exception):
    """The tables do not follow the engine."""


@dataclass(frozen=True, slots=True)
class Revenue:
    """Of a day, a symbol and a tier. ``asset``: that of the amounts."""

    day: dt.date
    symbol: str
    tier: int
    asset: str
    accounts: int
    volume_minor: int
    maker_fee_minor: int
    taker_fee_minor: int

    @property
    def total_minor(self) -> int:
        return self.maker_fee_minor + self.taker_fee_minor


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one asset at one sequence of the engine: fees of the days added up, of the fills since and of
    withdrawals, shares paid out, and what the engine's fee account has."""

    asset: str
    reported_minor: int
    since_minor: int
    withdrawals_minor: int
    paid_minor: int
    engine_minor: int

    @property
    def difference_minor(self) -> int:
        """0, or something is wrong."""
        earned_minor = self.reported_minor + self.since_minor + self.withdrawals_minor
        return self.engine_minor + self.paid_minor - earned_minor


def report(start: dt.date, end: dt.date, symbol: str = "") -> Iterator[Revenue]:
    """The days from ``start`` up to and with ``end``, newest first, by symbol and tier."""
    rows = FeeDay.objects.filter(day__gte=start, day__lte=end)
    if symbol:
        rows = rows.filter(symbol=symbol)
    quotes = dict(Symbol.objects.values_list("code", "quote_id"))
    sums = map(ExactSum, ("volume_minor", "maker_fee_minor", "taker_fee_minor"))
    groups = rows.order_by("-day", "symbol", "tier").values_list("day", "symbol", "tier")
    grouped = groups.annotate(Count("account"), *sums)
    for day, name, tier, accounts, volume, maker, taker in grouped.iterator():
        yield Revenue(day, name, tier, quotes[name], accounts, volume, maker, taker)


def compare(query: Query, wait_s: float = WAIT_S) -> tuple[int, list[Comparison]]:
    """The sequence of the engine, and every asset that ever had a fee as the engine and the tables have it at
    that sequence. Raises NotComparableError when the tables do not get there, and EngineError."""
    sequence, balances = query("balances", FEE_ACCOUNT)
    if wait_for(sequence, wait_s) < sequence:
        raise NotComparableError(f"the tables have not reached sequence {sequence}")
    engine = {asset: available + held for asset, available, held in balances}
    last = FeeRun.objects.first()
    reported = _by_asset(_day_fees())
    since = _by_asset(_fill_fees(0 if last is None else last.last_fill_id, sequence))
    moved = Transfer.objects.filter(sequence__lte=sequence).order_by()
    withdrawals = _sums(moved.filter(kind=WITHDRAWN).exclude(withdrawal_id=""), "fee_minor")
    paid = _sums(moved.filter(kind=MOVED_IN, counter_account=FEE_ACCOUNT), "amount_minor")
    found = (reported, since, withdrawals, paid, engine)
    assets = sorted(set().union(*found))
    return sequence, [Comparison(asset, *(amounts.get(asset, 0) for amounts in found)) for asset in assets]


def _sums(transfers: QuerySet[Transfer], amount: str) -> dict[str, int]:
    """By asset."""
    return dict(transfers.values_list("asset").annotate(ExactSum(amount)))


def _day_fees() -> Iterator[tuple[str, int]]:
    sums = ExactSum("maker_fee_minor"), ExactSum("taker_fee_minor")
    for symbol, maker, taker in FeeDay.objects.order_by().values_list("symbol").annotate(*sums):
        yield symbol, maker + taker


def _fill_fees(after_id: int, sequence: int) -> Iterator[tuple[str, int]]:
    fills = Fill.objects.filter(id__gt=after_id, sequence__lte=sequence).order_by()
    yield from fills.values_list("symbol").annotate(ExactSum("fee_minor"))


def _by_asset(fees: Iterator[tuple[str, int]]) -> dict[str, int]:
    quotes = dict(Symbol.objects.values_list("code", "quote_id"))
    totals: dict[str, int] = defaultdict(int)
    for symbol, fee_minor in fees:
        totals[quotes[symbol]] += fee_minor
    return totals


#: Of ``table``.
HEADERS: Final = (
    *("day", "symbol", "tier", "accounts", "asset"),
    *("volume", "maker_fees", "taker_fees", "fees"),
)


def table(start: dt.date, end: dt.date, symbol: str = "") -> Iterator[tuple[str, ...]]:
    """``report`` as rows of decimals for CSV, the headers first. Negative fees are rebates."""
    scales = dict(Asset.objects.values_list("code", "scale"))
    yield HEADERS
    for row in report(start, end, symbol):
        scale = scales[row.asset]
        amounts = (row.volume_minor, row.maker_fee_minor, row.taker_fee_minor, row.total_minor)
        yield (
            *(row.day.isoformat(), row.symbol, str(row.tier), str(row.accounts), row.asset),
            *(format_units(amount, scale) for amount in amounts),
        )
