"""Days added up: what each account traded and paid in each symbol, once the day is over.

A fill's id rises with its time, so a day is a span of ids; its ends are found by halving.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Max

from accounts.fee_models import FeeDay
from accounts.portfolio.market_prices import MinutePrices
from accounts.portfolio.valuation import Valuer
from exchange.models import Account, Fill
from exchange.models.sums import ExactSum
from marketdata.selectors import all_specs, first_trades

_EPOCH: Final = dt.date(1970, 1, 1)
DAY: Final = dt.timedelta(days=1)
_DAY_NS: Final = 24 * 3600 * 10**9
#: Days that a tier looks back.
SPAN_DAYS: Final = 30
_BATCH: Final = 500


@dataclass(slots=True)
class _Total:
    """Of one account in one symbol."""

    volume_minor: int = 0
    maker_fee_minor: int = 0
    taker_fee_minor: int = 0


def start_ns(day: dt.date) -> int:
    """When a day begins (UTC)."""
    return (day - _EPOCH).days * _DAY_NS


def day_of(time_ns: int) -> dt.date:
    """The day (UTC) of a moment."""
    return _EPOCH + dt.timedelta(days=time_ns // _DAY_NS)


def first_day() -> dt.date | None:
    """The day of the first fill there is."""
    first_ns = Fill.objects.order_by("id").values_list("time_ns", flat=True).first()
    return None if first_ns is None else day_of(first_ns)


def last_fill_before(time_ns: int) -> int:
    """The id of the last fill before a moment, or of where it would be."""
    low, high = 0, Fill.objects.aggregate(newest=Max("id"))["newest"] or 0
    while low < high:
        middle = (low + high + 1) // 2
        found = Fill.objects.filter(id__gte=middle).order_by("id").values_list("id", "time_ns").first()
        if found is not None and found[1] < time_ns:
            low = found[0]
        else:
            high = middle - 1
    return low


def add_up(day: dt.date, after_id: int, up_to_id: int) -> None:
    """Write the rows of a day, whose fills are those after ``after_id`` up to ``up_to_id``. Call it within a
    transaction: a day is whole or not there."""
    totals = _totals(after_id, up_to_id)
    tiers = dict(Account.objects.exclude(fee_plan=0).values_list("number", "fee_plan"))
    worth = _Worth(start_ns(day + DAY))
    rows = [
        FeeDay(
            day=day,
            account=account,
            symbol=symbol,
            tier=tiers.get(account, 0),
            volume_minor=total.volume_minor,
            value_minor=worth.of(symbol, total.volume_minor),
            maker_fee_minor=total.maker_fee_minor,
            taker_fee_minor=total.taker_fee_minor,
        )
        for (account, symbol), total in sorted(totals.items())
    ]
    FeeDay.objects.bulk_create(rows, batch_size=_BATCH)


def _totals(after_id: int, up_to_id: int) -> dict[tuple[int, str], _Total]:
    fills = Fill.objects.filter(id__gt=after_id, id__lte=up_to_id).order_by()
    groups = fills.values_list("account", "symbol", "is_taker", "is_auction").annotate(
        ExactSum("notional_minor"), ExactSum("fee_minor")
    )
    totals: dict[tuple[int, str], _Total] = defaultdict(_Total)
    for account, symbol, is_taker, is_auction, notional_minor, fee_minor in groups:
        total = totals[account, symbol]
        total.volume_minor += notional_minor
        if is_taker and not is_auction:
            total.taker_fee_minor += fee_minor
        else:
            total.maker_fee_minor += fee_minor
    return totals


class _Worth:
    """Values volumes in the reference currency by the prices at one moment. What leads to another currency
    counts nothing: no rate between currencies is known."""

    def __init__(self, time_ns: int) -> None:
        specs = all_specs()
        self._quotes = {spec.name: spec.quote for spec in specs}
        self._valuer = Valuer(specs, MinutePrices(), first_trades())
        self._time_ns = time_ns

    def of(self, symbol: str, volume_minor: int) -> int:
        quote = self._quotes[symbol]
        if self._valuer.currency_of(quote) != settings.XTRADER["FEES"]["CURRENCY"]:
            return 0
        return self._valuer.worth(quote, volume_minor, self._time_ns) or 0


def values_of(day: dt.date, accounts: Iterable[int] | None = None) -> dict[int, int]:
    """What each account traded in the ``SPAN_DAYS`` up to and with ``day``, in the reference currency."""
    rows = FeeDay.objects.filter(day__gt=day - SPAN_DAYS * DAY, day__lte=day)
    if accounts is not None:
        rows = rows.filter(account__in=list(accounts))
    return dict(rows.order_by().values_list("account").annotate(ExactSum("value_minor")))
