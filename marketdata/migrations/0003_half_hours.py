"""Candles of 30 minutes: those of the past are folded from the minutes that are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import migrations

MINUTE_S = 60
INTERVAL_S = 30 * MINUTE_S
_NS = 10**9
_ROWS_AT_A_TIME = 1_000


def fold_half_hours(apps: Any, schema_editor: Any) -> None:
    candles = apps.get_model("marketdata", "CandleRow").objects.using(schema_editor.connection.alias)
    for symbol in candles.filter(interval=MINUTE_S).values_list("symbol", flat=True).distinct():
        rows = []
        for row in merged(candles.filter(symbol=symbol, interval=MINUTE_S).order_by("open_ns").iterator()):
            rows.append(row)
            if len(rows) == _ROWS_AT_A_TIME:
                candles.bulk_create(rows)
                rows = []
        candles.bulk_create(rows)


def merged(minutes: Iterator[Any]) -> Iterator[Any]:
    """Rows of the longer interval from ascending minutes that had trades."""
    current = None
    for minute in minutes:
        open_ns = minute.open_ns - minute.open_ns % (INTERVAL_S * _NS)
        if current is None or current.open_ns != open_ns:
            if current is not None:
                yield current
            current = minute
            current.interval, current.open_ns = INTERVAL_S, open_ns
            continue
        current.high_ticks = max(current.high_ticks, minute.high_ticks)
        current.low_ticks = min(current.low_ticks, minute.low_ticks)
        current.close_ticks = minute.close_ticks
        current.volume_lots += minute.volume_lots
        current.quote_volume_minor += minute.quote_volume_minor
        current.trade_count += minute.trade_count
    if current is not None:
        yield current


class Migration(migrations.Migration):
    dependencies = [("marketdata", "0002_projection_moves")]

    operations = [migrations.RunPython(fold_half_hours, migrations.RunPython.noop)]
