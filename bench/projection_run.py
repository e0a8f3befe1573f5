"""The projector alone, catching up with a finished journal: ``python -m bench.projection_run FOLDER
[FILLS]``.

Runs with a ``DATABASE_URL`` of its own. First puts FILLS made-up old fills and half as many orders into the
tables, if any are asked for. Prints JSON: what was stored and how long it took, how long bare COPY needs for
the very same rows, and how long a page of history takes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from bench.cpu import CpuMeter
from exchange.link.follower import Follower, Position
from exchange.models import Balance, Fill, Order
from exchange.selectors.position import projected_sequence
from marketdata.feed.board import Board
from marketdata.projection import garbage
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store

#: The tables that grow with trading.
BULK = (Order, Fill, Balance)
#: Made-up rows go in by parts, so that what is done can be seen.
PART = 1_000_000
ACCOUNTS = 1_000
PAGE = """SELECT * FROM exchange_fill WHERE account = %s AND id < %s ORDER BY id DESC LIMIT 100"""


def main() -> None:
    folder = Path(sys.argv[1])
    call_command("migrate", verbosity=0)
    old = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    fill_up(old)
    garbage.take_over()
    report = {"old_fills": old, **project(folder)}
    report |= {"copy_s": bare_copy() if not old else 0.0, "page_ms": page_ms()}
    print(json.dumps(report))


def project(folder: Path) -> dict[str, Any]:
    """Store the whole journal as marketdata does."""
    stored = {model.__name__.lower(): model.objects.filter(pk__gt=0).count() for model in (Order, Fill)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]

    def follow(position: Position | None) -> Follower:
        return Follower(folder / "journal", folder / "snapshots", position=position)

    options = Options(snapshot_commands=10**12, check_seconds=10**6)
    projector = Projector(follow, Store(), Board(), snapshot_dir=folder / "snapshots", options=options)
    meter = CpuMeter({"marketdata": os.getpid(), "database": backend})
    began = time.perf_counter()
    while projector.step(0.0):
        pass
    seconds, cpu_s = time.perf_counter() - began, meter.seconds()
    counts = {
        f"{name}s": model.objects.filter(pk__gt=0).count() - stored[name]
        for name, model in (("order", Order), ("fill", Fill))
    }
    return {"seconds": seconds, "cpu_s": cpu_s, "sequence": projected_sequence(), **counts}


def bare_copy() -> float:
    """The rows as they are now, out of the tables and by COPY into others like them, in one transaction."""
    seconds = 0.0
    with connection.cursor() as cursor:
        for model in BULK:
            name = model._meta.db_table
            cursor.execute(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)")
            with cursor.copy(f"COPY {name} TO STDOUT (FORMAT BINARY)") as copy:
                data = b"".join(copy)
            began = time.perf_counter()
            with transaction.atomic(), cursor.copy(f"COPY bare_{name} FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(data)
            seconds += time.perf_counter() - began
    return seconds


def page_ms() -> float:
    """The slowest of some pages of an account's fills, deep ones among them."""
    slowest = 0.0
    with connection.cursor() as cursor:
        for step in range(50):
            began = time.perf_counter()
            cursor.execute(PAGE, [10_000 + step * 7 % ACCOUNTS, -step * 100_000])
            cursor.fetchall()
            slowest = max(slowest, time.perf_counter() - began)
    return slowest * 1_000


def fill_up(fills: int) -> None:
    """Fills and orders of the past: ids below everything the journal makes, random accounts. Indexes other
    than the keys' are built when the rows are there, in a fraction of the time."""
    if not fills:
        return
    with connection.cursor() as cursor:
        # At work in the midst of the measurement it would be measured too.
        for model in BULK:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} SET (autovacuum_enabled = off)")
        definitions = _drop_indexes(cursor)
        for first in range(-fills, 0, PART):
            last = min(first + PART, 0) - 1
            cursor.execute(_OLD_FILLS, [ACCOUNTS, first, last])
            cursor.execute(_OLD_ORDERS, [ACCOUNTS, first // 2, (last + 1) // 2 - 1])
            print(f"{last + 1 + fills:,} old fills", file=sys.stderr, flush=True)
        for definition in definitions:
            cursor.execute(definition)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop the indexes that hold no constraint; returns what makes them again."""
    cursor.execute(_INDEXES, [[model._meta.db_table for model in BULK]])
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid::regclass::text = ANY(%s) AND NOT indisunique"""
_OLD_FILLS = """
INSERT INTO exchange_fill (id, trade_id, order_id, account, symbol, side, is_taker, price_ticks,
    quantity_lots, notional_minor, fee_minor, base_delta_minor, quote_delta_minor, base_after, quote_after,
    time_ns, sequence)
SELECT n, n / 2 - 1, n / 2 - 1, 10000 + (random() * %s)::int, 'BTC-KRW', -n %% 2, -n %% 2 = 1, 95000000,
    1000000, 95000000000000, 47500000000, 1000000, -95047500000000, 10^20, 10^20, 1795334400000000000 + n, 0
FROM generate_series(%s, %s) AS n"""
_OLD_ORDERS = """
INSERT INTO exchange_order (order_id, account, symbol, side, order_type, time_in_force, post_only, stp,
    price_ticks, quantity_lots, quote_amount_minor, filled_lots, filled_notional_minor, fee_minor, status,
    reason, created_ns, updated_ns, sequence)
SELECT n, 10000 + (random() * %s)::int, 'BTC-KRW', -n %% 2, 0, 0, false, 0, 95000000, 1000000, 0, 1000000,
    95000000000000, 47500000000, 2, 0, 1795334400000000000 + n, 1795334400000000000 + n, 0
FROM generate_series(%s, %s) AS n"""


if __name__ == "__main__":
    main()
