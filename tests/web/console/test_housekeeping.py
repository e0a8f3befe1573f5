"""Expired sessions leave the database by themselves."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from exchange.audit import heads
from exchange.control import housekeeping
from exchange.engine import messages as m
from exchange.models import Order


def make_sessions(count: int, expires_in: dt.timedelta, prefix: str) -> None:
    expire = timezone.now() + expires_in
    Session.objects.bulk_create(
        Session(session_key=f"{prefix}{number}", session_data="", expire_date=expire)
        for number in range(count)
    )


@pytest.mark.attack("A25")
@pytest.mark.django_db
def test_only_expired_sessions_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 10)
    make_sessions(25, dt.timedelta(seconds=-1), "old")
    make_sessions(3, dt.timedelta(hours=1), "new")
    assert housekeeping.clear_expired_sessions() == 25
    assert set(Session.objects.values_list("pk", flat=True)) == {"new0", "new1", "new2"}
    assert housekeeping.clear_expired_sessions() == 0


class Stop(threading.Event):
    """Set after so many waits; each lets as much time pass as was asked for."""

    def __init__(self, waits: int) -> None:
        super().__init__()
        self.now = 0.0
        self._left = waits

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.now += timeout
        self._left -= 1
        if self._left == 0:
            self.set()
        return self.is_set()


@pytest.mark.attack("A25")
def test_it_happens_at_the_start_and_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[float] = []
    stop = Stop(3 * 24 * 60)
    monkeypatch.setattr(housekeeping, "clear_expired_sessions", lambda: done.append(stop.now) or 0)
    monkeypatch.setattr(housekeeping, "clear_unfilled_orders", lambda days: 0)
    monkeypatch.setattr(heads, "note", lambda: None)
    housekeeping.run_daily(stop, lambda: stop.now)
    assert done == [0, housekeeping.DAY_S, 2 * housekeeping.DAY_S]


def test_a_database_that_is_away_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []
    stop = Stop(5)

    def away() -> int:
        tried.append(stop.now)
        if len(tried) < 3:
            raise DatabaseError("away")
        return 0

    monkeypatch.setattr(housekeeping, "clear_expired_sessions", away)
    monkeypatch.setattr(housekeeping, "clear_unfilled_orders", lambda days: 0)
    monkeypatch.setattr(heads, "note", lambda: None)
    housekeeping.run_daily(stop, lambda: stop.now)
    assert tried == [0, 60, 120]


# --- orders without a fill --------------------------------------------------------------------------------


DAY_NS = 24 * 3600 * 10**9
NOW_NS = 400 * DAY_NS


def make_order(order_id: int, days_old: int, status: int = m.CANCELED, filled: int = 0) -> None:
    """Placed a day before it was last changed."""
    Order.objects.create(
        order_id=order_id,
        account=1000,
        symbol="BTC-KRW",
        side=m.BUY,
        order_type=m.LIMIT,
        time_in_force=m.GTC,
        post_only=False,
        stp=0,
        price_ticks=1,
        quantity_lots=2,
        quote_amount_minor=0,
        filled_lots=filled,
        filled_notional_minor=filled,
        fee_minor=0,
        status=status,
        reason=m.REASON_NONE,
        created_ns=NOW_NS - (days_old + 1) * DAY_NS,
        updated_ns=NOW_NS - days_old * DAY_NS,
        sequence=order_id,
    )


@pytest.mark.django_db
@pytest.mark.parametrize("batch", [1, 2, 500])
def test_only_old_orders_that_ended_without_a_fill_go(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", batch)
    make_order(1, 200)
    make_order(2, 200, filled=1)
    make_order(3, 200, m.FILLED, filled=2)
    make_order(4, 200, m.NEW)
    make_order(5, 150, m.EXPIRED)
    make_order(6, 91)
    make_order(7, 90)
    make_order(8, 89)
    assert housekeeping.clear_unfilled_orders(0, lambda: NOW_NS) == 0
    assert housekeeping.clear_unfilled_orders(90, lambda: NOW_NS) == 3
    assert set(Order.objects.values_list("order_id", flat=True)) == {2, 3, 4, 7, 8}
    assert housekeeping.clear_unfilled_orders(90, lambda: NOW_NS) == 0


@pytest.mark.django_db
def test_the_command_does_it_at_once(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    make_order(1, 1)
    call_command("clearorders", "--days", "100000")
    assert "deleted 0 orders" in capsys.readouterr().out
    call_command("clearorders")
    assert ("deleted 1 orders" in capsys.readouterr().out, Order.objects.count()) == (True, 0)
    settings.XTRADER = settings.XTRADER | {"UNFILLED_ORDER_DAYS": 0}
    call_command("clearorders")
    assert "is 0" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("clearorders", "--days", "0")
