"""What has to be done once a day and belongs to no request: expired sessions leave the database, and so do
old orders that never traded. Orders with fills, and the ledger, stay. The head of the audit log is noted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from exchange.audit import heads
from exchange.engine.messages import OPEN_STATUSES
from exchange.models import Order
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

DAY_S: Final = 24 * 3600.0
_DAY_NS: Final = 24 * 3600 * 10**9
#: Rows a statement deletes: on SQLite the projector waits while one runs.
BATCH: Final = 500


def clear_expired_sessions() -> int:
    """Delete sessions nobody can use any more, a batch at a time; how many they were."""
    total = 0
    while True:
        expired = Session.objects.filter(expire_date__lt=timezone.now())
        keys = list(expired.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return total
        total += Session.objects.filter(pk__in=keys).delete()[0]


def clear_unfilled_orders(days: int, clock_ns: Callable[[], int] = time.time_ns) -> int:
    """Delete orders that ended so many days ago or earlier without a fill; how many they were. 0 days keeps
    all. Walks the orders by id, which is by the time they were placed, a batch at a time."""
    if days <= 0:
        return 0
    before_ns = clock_ns() - days * _DAY_NS
    total = last = 0
    while True:
        later = Order.objects.filter(order_id__gt=last).order_by("order_id")
        placed = list(later.values_list("order_id", "created_ns")[:BATCH])
        if not placed or placed[0][1] >= before_ns:
            return total
        span = Order.objects.filter(order_id__gt=last, order_id__lte=placed[-1][0])
        ended = span.filter(filled_lots=0, updated_ns__lt=before_ns).exclude(status__in=OPEN_STATUSES)
        total += ended.delete()[0]
        last = placed[-1][0]


def run_daily(stop: threading.Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Do it now and then once a day until ``stop`` is set. A database that is away is tried again in a
    minute."""
    due = clock()
    while not stop.is_set():
        if clock() >= due:
            due = clock() + (DAY_S if _clear() else 60.0)
        stop.wait(min(60.0, max(0.0, due - clock())))


def _clear() -> bool:
    try:
        cleared = clear_expired_sessions()
        orders = clear_unfilled_orders(settings.XTRADER["UNFILLED_ORDER_DAYS"])
        heads.note()
    except (DatabaseError, OSError) as error:
        logger.warning("daily_work_waits", error=error)
        return False
    finally:
        connections.close_all()
    if cleared:
        logger.info("expired_sessions_cleared", count=cleared)
    if orders:
        logger.info("unfilled_orders_cleared", count=orders)
    return True
